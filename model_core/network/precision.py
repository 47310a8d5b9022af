"""Where autocast must not lower the precision."""

from __future__ import annotations

import torch
from torch import Tensor


def full_precision(like: Tensor) -> torch.autocast:
    """Return a context in which autocast does not lower the precision: sub-pixel peaks need it."""
    return torch.autocast(like.device.type, enabled=False)
