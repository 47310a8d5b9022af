"""Filters over images: Gaussian blur and window means, block averages, filling invalid pixels."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from model_core.network.precision import full_precision


@lru_cache(maxsize=256)
def gaussian_kernel(sigma: float, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Return a normalised 1-D Gaussian reaching 3 sigma, odd length."""
    with torch.inference_mode(False):  # kept, and perhaps trained with later
        radius = max(1, math.ceil(3 * sigma))
        x = torch.arange(-radius, radius + 1, device=device, dtype=torch.float32)
        kernel = torch.exp(-0.5 * (x / sigma) ** 2)
        return (kernel / kernel.sum()).to(dtype)


@lru_cache(maxsize=256)
def gaussian_weights(sigma: float) -> tuple[float, ...]:
    """Return the same as numbers."""
    kernel = gaussian_kernel(sigma, torch.device("cpu"), torch.float32)
    return tuple(kernel.tolist())


def blur(image: Tensor, sigma: float) -> Tensor:
    """Blur (B, C, H, W) by a Gaussian of ``sigma`` pixels; borders are repeated."""
    radius = len(gaussian_weights(sigma)) // 2
    return separable(F.pad(image, (radius, radius, radius, radius), mode="replicate"), sigma)


def window_mean(values: Tensor, sigma: float) -> Tensor:
    """Return the Gaussian mean over the window around (B, C, H, W); outside counts as zero."""
    radius = len(gaussian_weights(sigma)) // 2
    return separable(F.pad(values, (radius, radius, radius, radius)), sigma)


FEW_CHANNELS, LARGE = 3, 128 * 128
"""Up to so many channels of at least so many pixels, sums of shifted images are faster on a CPU
than a depthwise convolution."""


def separable(image: Tensor, sigma: float) -> Tensor:
    """Convolve each channel of (B, C, H, W) with a Gaussian along both axes, without padding."""
    channels = image.shape[1]
    large = image.shape[-2] * image.shape[-1] >= LARGE
    if image.device.type == "cpu" and channels <= FEW_CHANNELS and large:
        weights = gaussian_weights(sigma)
        return _shifted_sum(_shifted_sum(image, weights, 3), weights, 2)
    # Depthwise: ten times faster on a CPU than the channels as a batch of single-channel images.
    kernel = gaussian_kernel(sigma, image.device, image.dtype)
    across = kernel.view(1, 1, 1, -1).expand(channels, 1, 1, -1)
    down = kernel.view(1, 1, -1, 1).expand(channels, 1, -1, 1)
    with full_precision(image):
        return F.conv2d(F.conv2d(image, across, groups=channels), down, groups=channels)


def _shifted_sum(image: Tensor, weights: tuple[float, ...], dim: int) -> Tensor:
    radius = len(weights) // 2
    size = image.shape[dim] - 2 * radius
    total: Tensor = image.narrow(dim, radius, size) * weights[radius]
    for i in range(radius):
        mirrored = image.narrow(dim, i, size) + image.narrow(dim, 2 * radius - i, size)
        total = torch.add(total, mirrored, alpha=weights[i])
    return total


def average_blocks(image: Tensor, stride: int) -> Tensor:
    """Average (B, C, H, W) over blocks of ``stride`` pixels; of cut blocks, what there is of them.

    What ``avg_pool2d`` computes; whole blocks two to three times faster on a CPU.
    """
    if stride == 1:
        return image
    if image.shape[-2] % stride or image.shape[-1] % stride:
        return F.avg_pool2d(image, stride, ceil_mode=True, count_include_pad=False)
    rows = image[..., ::stride, :]
    for offset in range(1, stride):
        rows = rows + image[..., offset::stride, :]
    blocks = rows[..., ::stride]
    for offset in range(1, stride):
        blocks = blocks + rows[..., offset::stride]
    return blocks / stride**2


def fill_invalid(image: Tensor, valid: Tensor, sigma: float = 4.0) -> Tensor:
    """Replace invalid pixels by a smooth continuation of the valid ones, so no edge appears.

    Args:
        image: (B, C, H, W).
        valid: (B, 1, H, W), 1 where the image holds data.
    """
    if bool((valid > 0).all()):
        return image
    weight = valid.to(image.dtype)
    near = blur(weight, sigma)
    mean = (image * weight).sum((2, 3), keepdim=True) / weight.sum((2, 3), keepdim=True).clamp_min(
        1
    )
    smooth = (blur(image * weight, sigma) + 1e-4 * mean) / (near + 1e-4)
    return torch.where(valid > 0, image, smooth)
