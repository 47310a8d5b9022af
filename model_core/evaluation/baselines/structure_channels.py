"""Dense structural channels, alike in SAR and optical images, for structure matching.

- CFOG, channel features of orientated gradients: Ye, Bruzzone, Shan, Bovolo and Zhu, "Fast and
  Robust Matching for Multimodal Remote Sensing Image Registration", TGRS 2019.
- MIND, modality independent neighbourhood descriptor: Heinrich et al., "MIND: Modality independent
  neighbourhood descriptor for multi-modal deformable registration", Medical Image Analysis 2012.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from model_core.network.filters import gaussian_weights

CFOG_DIRECTIONS = 9
MIND_OFFSETS = ((2, 0), (-2, 0), (0, 2), (0, -2), (2, 2), (-2, -2), (2, -2), (-2, 2))

Channels = Callable[[Tensor], Tensor]


def blur_by_shifts(image: Tensor, sigma: float) -> Tensor:
    """Blur (B, C, H, W) by a Gaussian of ``sigma`` pixels; borders are repeated.

    A sum of shifted images: on a CPU ten times as fast as convolutions of single channels.
    """
    kernel = gaussian_weights(sigma)
    reach = len(kernel) // 2
    for dim, pad in ((3, (reach, reach, 0, 0)), (2, (0, 0, reach, reach))):
        padded, length = F.pad(image, pad, mode="replicate"), image.shape[dim]
        image = padded.narrow(dim, reach, length) * kernel[reach]
        for step in range(reach):
            image.add_(padded.narrow(dim, step, length), alpha=kernel[step])
            image.add_(padded.narrow(dim, 2 * reach - step, length), alpha=kernel[step])
    return image


def _normalised(channels: Tensor) -> Tensor:
    return channels / (channels.square().sum(1, keepdim=True) + 1e-6).sqrt()


def sobel_gradient(image: Tensor) -> tuple[Tensor, Tensor]:
    """Return the Sobel derivatives along x and y of (B, 1, H, W)."""
    kernel = image.new_tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    padded = F.pad(image, (1, 1, 1, 1), mode="reflect")
    both = F.conv2d(padded, torch.stack([kernel, kernel.T]).unsqueeze(1))
    return both[:, :1], both[:, 1:]


def cfog_channels(image: Tensor) -> Tensor:
    """Return CFOG (B, 9, H, W), unit length per pixel, of grey values (B, 1, H, W) in [0, 255]."""
    dx, dy = sobel_gradient(blur_by_shifts(image, 1.0))
    angles = torch.arange(CFOG_DIRECTIONS, device=image.device) * (math.pi / CFOG_DIRECTIONS)
    cos, sin = angles.cos().view(1, -1, 1, 1), angles.sin().view(1, -1, 1, 1)
    responses = blur_by_shifts((dx * cos + dy * sin).abs(), 1.2)
    responses = (responses.roll(1, 1) + 2 * responses + responses.roll(-1, 1)) / 4
    return _normalised(responses)


def mind_channels(image: Tensor) -> Tensor:
    """Return MIND (B, 8, H, W), centred and of unit length, of grey values (B, 1, H, W).

    Per neighbour two pixels away, the likeness of its patch: exp(-distance / local variance).
    """
    smooth = blur_by_shifts(image, 1.0)
    reach = 2
    height, width = image.shape[-2:]
    padded = F.pad(smooth, (reach, reach, reach, reach), mode="reflect")
    shifted = torch.cat(
        [
            padded[..., reach + dy : reach + dy + height, reach + dx : reach + dx + width]
            for dx, dy in MIND_OFFSETS
        ],
        dim=1,
    )
    distance = blur_by_shifts((shifted - smooth).square(), 1.5)
    likeness = torch.exp(-distance / (distance.mean(1, keepdim=True) + 1e-3))
    return _normalised(likeness - likeness.mean(1, keepdim=True))


CHANNELS: dict[str, Channels] = {"cfog": cfog_channels, "mind": mind_channels}
