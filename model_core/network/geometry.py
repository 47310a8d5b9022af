"""Every conversion between pixels, fields and the sampler's coordinates; nobody else does one.

Conventions: pixel centres at integers, x to the right, y down, ``align_corners=False`` everywhere.
A *field* (B, H, W, 2) gives for each reference pixel the position (x, y) in the moving image. An
*affine* (B, 2, 3) maps reference pixels to moving positions. A cell (i, j) of a map of stride s
covers s × s pixels; its centre stands at pixel ``(j + 0.5) * s - 0.5``.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def pixel_grid(height: int, width: int, like: Tensor) -> Tensor:
    """Return the pixel centres (H, W, 2) as (x, y), in the device and dtype of ``like``."""
    y = torch.arange(height, device=like.device, dtype=like.dtype)
    x = torch.arange(width, device=like.device, dtype=like.dtype)
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)


def identity_affine(batch: int, like: Tensor) -> Tensor:
    """Return ``batch`` identity affines (B, 2, 3)."""
    eye = torch.eye(2, 3, device=like.device, dtype=like.dtype)
    return eye.expand(batch, 2, 3).clone()


def similarity_about(centre: tuple[float, float], degrees: Tensor, scale: Tensor) -> Tensor:
    """Return affines (B, 2, 3) that rotate (x towards y) and scale about a pixel that stays."""
    angle = torch.deg2rad(degrees)
    a, b = scale * torch.cos(angle), scale * torch.sin(angle)
    x, y = centre
    return torch.stack(
        [
            torch.stack([a, -b, x - a * x + b * y], dim=-1),
            torch.stack([b, a, y - b * x - a * y], dim=-1),
        ],
        dim=-2,
    )


def transform_points(affine: Tensor, points: Tensor) -> Tensor:
    """Map points (B, ..., 2) by affines (B, 2, 3)."""
    shape = (affine.shape[0],) + (1,) * (points.dim() - 2)
    x, y = points[..., 0], points[..., 1]
    a = affine
    return torch.stack(
        [
            a[:, 0, 0].view(shape) * x + a[:, 0, 1].view(shape) * y + a[:, 0, 2].view(shape),
            a[:, 1, 0].view(shape) * x + a[:, 1, 1].view(shape) * y + a[:, 1, 2].view(shape),
        ],
        dim=-1,
    )


def affine_field(affine: Tensor, height: int, width: int) -> Tensor:
    """Return the field (B, H, W, 2) of affines (B, 2, 3)."""
    grid = pixel_grid(height, width, affine)
    return transform_points(affine, grid.expand(affine.shape[0], height, width, 2))


def homogeneous(affine: Tensor) -> Tensor:
    """Return (B, 3, 3) with the row (0, 0, 1) added."""
    row = torch.zeros_like(affine[:, :1])
    row[..., 2] = 1
    return torch.cat([affine, row], dim=1)


def compose(outer: Tensor, inner: Tensor) -> Tensor:
    """Return the affine that applies ``inner`` first, then ``outer``; all (B, 2, 3)."""
    composed: Tensor = outer @ homogeneous(inner)
    return composed


def invert(affine: Tensor) -> Tensor:
    """Return the inverse affines (B, 2, 3); raises RuntimeError for a singular one."""
    inverse: Tensor = torch.linalg.inv(homogeneous(affine))
    return inverse[:, :2]


def at_stride(affine: Tensor, stride: float) -> Tensor:
    """Convert an affine between pixels into the same affine between cells of ``stride`` pixels.

    ``at_stride(a, 1 / s)`` converts back.
    """
    shift = (stride - 1) / 2
    linear = affine[:, :, :2]
    offset = affine[:, :, 2] + linear.sum(dim=-1) * shift - shift
    return torch.cat([linear, (offset / stride).unsqueeze(-1)], dim=-1)


def inside(positions: Tensor, height: int, width: int) -> Tensor:
    """Return a bool map (B, H', W'): the position lies on the image, to its outermost edges."""
    x, y = positions[..., 0], positions[..., 1]
    return (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)


def sample(image: Tensor, positions: Tensor) -> Tensor:
    """Sample an image (B, C, H, W) bilinearly at pixel positions (B, H', W', 2).

    Outside the image the border pixel is repeated: combine with :func:`inside` to know where.
    """
    height, width = image.shape[-2:]
    size = positions.new_tensor([width, height])
    normalised = (2 * positions + 1) / size - 1
    return F.grid_sample(
        image,
        normalised.to(image.dtype),
        mode="bilinear",
        padding_mode="border",
        align_corners=False,
    )


def sample_mask(mask: Tensor, positions: Tensor) -> Tensor:
    """Return a float mask (B, 1, H', W'): 1 where all pixels that ``sample`` mixes are valid."""
    height, width = mask.shape[-2:]
    whole = sample(mask, positions) > 0.999
    return (whole & inside(positions, height, width).unsqueeze(1)).to(mask.dtype)


def resize_displacement(displacement: Tensor, height: int, width: int, stride: int) -> Tensor:
    """Interpolate a displacement (B, 2, h, w), in pixels, from cells of ``stride`` to pixels.

    Cell (i, j) is centred at pixel ``(j + 0.5) * stride - 0.5``; beyond the outermost centres the
    value is kept. Returns (B, 2, height, width); the unit stays the pixel.
    """
    grid = pixel_grid(height, width, displacement)
    positions = (grid + 0.5) / stride - 0.5
    return sample(displacement, positions.expand(displacement.shape[0], height, width, 2))
