"""Fixed oriented-gradient descriptors: what SAR and optical images of one place have in common.

Orientations of edges survive where brightness does not. The descriptor is that of CFOG (Ye et al.,
2019, "Fast and robust matching for multimodal remote sensing image registration"): absolute
directional derivatives, smoothed in space and over neighbouring directions, normalised per pixel.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from model_core.network.filters import average_blocks, blur

DIRECTIONS = 8


def _strongest(dx: Tensor, dy: Tensor) -> tuple[Tensor, Tensor]:
    """Return the derivatives (B, 1, H, W) of that of the channels with the largest gradient."""
    energy = dx * dx + dy * dy
    best, x, y = energy[:, :1], dx[:, :1], dy[:, :1]
    for channel in range(1, dx.shape[1]):
        one = slice(channel, channel + 1)
        more = energy[:, one] > best
        best = torch.where(more, energy[:, one], best)
        x, y = torch.where(more, dx[:, one], x), torch.where(more, dy[:, one], y)
    return x, y


def structure_descriptors(
    image: Tensor, valid: Tensor, stride: int, presmooth: float = 1.0, sigma: float = 1.2
) -> Tensor:
    """Return fixed descriptors (B, 8, ceil(H / stride), ceil(W / stride)), unit length per cell.

    Args:
        image: (B, C, H, W), its invalid pixels filled (see :func:`fill_invalid`); of several bands
            the one with the strongest gradient speaks.
        valid: (B, 1, H, W).
        stride: 1, 2 or 4; derivatives are taken at full resolution, then averaged over the cell.
        presmooth: sigma, in pixels, of the Gaussian before the derivative.
        sigma: sigma, in pixels, of the smoothing of the directional responses.
    """
    padded = F.pad(blur(image, presmooth), (1, 1, 1, 1), mode="replicate")
    dx = padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]
    dy = padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]
    if image.shape[1] > 1:
        dx, dy = _strongest(dx, dy)
    valid = valid.to(image.dtype)
    dx, dy = dx * valid, dy * valid
    # One direction at a time: all of them at full resolution would not stay in the cache.
    directions = [
        average_blocks(torch.add(dx * math.cos(angle), dy, alpha=math.sin(angle)).abs(), stride)
        for angle in (index * math.pi / DIRECTIONS for index in range(DIRECTIONS))
    ]
    responses = torch.cat(directions, dim=1)
    rest = math.sqrt(max(sigma**2 - (stride**2 - 1) / 12, 0.0)) / stride
    if rest > 0.3:
        responses = blur(responses, rest)
    responses = (responses.roll(1, 1) + 2 * responses + responses.roll(-1, 1)) / 4
    return responses / (responses.square().sum(1, keepdim=True) + 1e-8).sqrt()
