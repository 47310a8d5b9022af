"""Which device the network runs on, and why."""

from __future__ import annotations

import torch

from model_core.errors import BadInputError


def choose_device(wanted: str) -> tuple[torch.device, str]:
    """Return the device and the reason in words; raises BadInputError for an absent GPU."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise BadInputError("No CUDA GPU is usable here; choose the device 'auto' or 'cpu'.")
    if wanted != "cpu" and torch.cuda.is_available():
        return torch.device("cuda"), "a CUDA GPU is there"
    return torch.device("cpu"), "asked for" if wanted == "cpu" else "no CUDA GPU was found"
