"""The network, loaded and on its device, taking views instead of tensors."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from model_core.device import choose_device
from model_core.memory import check_memory
from model_core.network.checkpoint import load_network
from model_core.network.feature_maps import FeatureMaps
from model_core.network.images import ImageBatch
from model_core.network.soma import Soma
from model_core.paths import is_file
from model_core.raster.view import View


class RegistrationModel:
    """A loaded network. Not thread-safe; one per process and device.

    Attributes:
        network: in evaluation mode.
        device: it is on.
        name: as shown to users.
    """

    def __init__(self, network: Soma, device: torch.device, name: str) -> None:
        self.network = network.to(device).eval()
        if device.type == "cpu":  # convolutions are a tenth faster so
            for parameter in self.network.parameters():
                if parameter.ndim == 4:
                    parameter.data = parameter.data.to(memory_format=torch.channels_last)
        self.device = device
        self.name = name

    def batch(self, view: View) -> ImageBatch:
        """Return a view as a batch of one on the device."""
        return ImageBatch(
            torch.from_numpy(view.image).to(self.device)[None],
            torch.from_numpy(view.valid.astype(np.float32)).to(self.device)[None, None],
            view.modality,
        )

    def feature_maps(self, view: View) -> FeatureMaps:
        """Return a view with its feature maps, which are computed when they are first asked for."""
        return self.network.feature_maps(self.batch(view))


@lru_cache(maxsize=2)
def _cached(model: str, stamp: int, device: torch.device) -> RegistrationModel:
    network, name = load_network(model)
    return RegistrationModel(network, device, name)


def load_model(model: str, device: str) -> tuple[RegistrationModel, str]:
    """Return a model, kept warm for the next call, and why it runs where it does.

    Args:
        model: name of a bundled model or path of a checkpoint.
        device: "auto", "cpu" or "cuda".

    Raises:
        BadInputError: the model is unknown or its file is not sound; the device is not there; a
            limit leaves this process too little memory.
    """
    check_memory()
    chosen, reason = choose_device(device)
    file = Path(model)
    stamp = file.stat().st_mtime_ns if is_file(file) else 0  # a replaced file is loaded anew
    return _cached(model, stamp, chosen), reason
