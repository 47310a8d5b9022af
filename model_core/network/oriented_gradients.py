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

DIRECTIONS = 8


def gaussian_kernel(sigma: float, like: Tensor) -> Tensor:
    """Return a normalised 1-D Gaussian reaching 3 sigma, odd length."""
    radius = max(1, math.ceil(3 * sigma))
    x = torch.arange(-radius, radius + 1, device=like.device, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (x / sigma) ** 2)
    return (kernel / kernel.sum()).to(like.dtype)


def blur(image: Tensor, sigma: float) -> Tensor:
    """Blur (B, C, H, W) by a Gaussian of ``sigma`` pixels; borders are repeated."""
    kernel = gaussian_kernel(sigma, image)
    radius = kernel.numel() // 2
    return separable(F.pad(image, (radius, radius, radius, radius), mode="replicate"), kernel)


def window_mean(values: Tensor, sigma: float) -> Tensor:
    """Return the Gaussian mean over the window around (B, C, H, W); outside counts as zero."""
    kernel = gaussian_kernel(sigma, values)
    radius = kernel.numel() // 2
    return separable(F.pad(values, (radius, radius, radius, radius)), kernel)


FEW_CHANNELS, LARGE = 3, 128 * 128
"""Up to so many channels of at least so many pixels, sums of shifted images are faster on a CPU
than a depthwise convolution."""


def separable(image: Tensor, kernel: Tensor) -> Tensor:
    """Convolve each channel of (B, C, H, W) with a symmetric 1-D kernel along both axes, without
    padding."""
    channels = image.shape[1]
    large = image.shape[-2] * image.shape[-1] >= LARGE
    if image.device.type == "cpu" and channels <= FEW_CHANNELS and large:
        return _shifted_sum(_shifted_sum(image, kernel, 3), kernel, 2)
    # Depthwise: ten times faster on a CPU than the channels as a batch of single-channel images.
    across = kernel.view(1, 1, 1, -1).expand(channels, 1, 1, -1)
    down = kernel.view(1, 1, -1, 1).expand(channels, 1, -1, 1)
    return F.conv2d(F.conv2d(image, across, groups=channels), down, groups=channels)


def _shifted_sum(image: Tensor, kernel: Tensor, dim: int) -> Tensor:
    weights = kernel.tolist()
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
        image: (B, C, H, W). valid: (B, 1, H, W), 1 where the image holds data.
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
