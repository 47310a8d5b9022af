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


def separable(image: Tensor, kernel: Tensor) -> Tensor:
    """Convolve each channel of (B, C, H, W) with a 1-D kernel along both axes, without padding."""
    # Depthwise: ten times faster on a CPU than the channels as a batch of single-channel images.
    channels = image.shape[1]
    across = kernel.view(1, 1, 1, -1).expand(channels, 1, 1, -1)
    down = kernel.view(1, 1, -1, 1).expand(channels, 1, -1, 1)
    return F.conv2d(F.conv2d(image, across, groups=channels), down, groups=channels)


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
        image: (B, C, H, W); of several bands the one with the strongest gradient speaks.
        valid: (B, 1, H, W).
        stride: 1, 2 or 4; derivatives are taken at full resolution, then averaged over the cell.
        presmooth: sigma, in pixels, of the Gaussian before the derivative.
        sigma: sigma, in pixels, of the smoothing of the directional responses.
    """
    smooth = blur(fill_invalid(image, valid), presmooth)
    padded = F.pad(smooth, (1, 1, 1, 1), mode="replicate")
    dx = padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]
    dy = padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]
    if image.shape[1] > 1:
        dx, dy = _strongest(dx, dy)
    angles = torch.arange(DIRECTIONS, device=image.device) * (math.pi / DIRECTIONS)
    cos = torch.cos(angles).to(image.dtype).view(1, -1, 1, 1)
    sin = torch.sin(angles).to(image.dtype).view(1, -1, 1, 1)
    responses = (dx * cos + dy * sin).abs() * valid.to(image.dtype)
    if stride > 1:
        responses = F.avg_pool2d(responses, stride, ceil_mode=True, count_include_pad=False)
    rest = math.sqrt(max(sigma**2 - (stride**2 - 1) / 12, 0.0)) / stride
    if rest > 0.3:
        responses = blur(responses, rest)
    responses = (responses.roll(1, 1) + 2 * responses + responses.roll(-1, 1)) / 4
    return responses / (responses.square().sum(1, keepdim=True) + 1e-8).sqrt()
