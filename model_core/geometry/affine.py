"""Affine transforms between pixels, as tensors (B, 2, 3), batch first.

An affine maps reference pixels to positions in the moving image; pixel centres at integers, x to
the right, y down.
"""

from __future__ import annotations

import torch
from torch import Tensor

from model_core.geometry.pixels import centre_offset, pixel_grid


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
    shift = centre_offset(stride)
    linear = affine[:, :, :2]
    offset = affine[:, :, 2] + linear.sum(dim=-1) * shift - shift
    return torch.cat([linear, (offset / stride).unsqueeze(-1)], dim=-1)
