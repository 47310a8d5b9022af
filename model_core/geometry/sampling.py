"""Sampling images at positions; nobody else writes the sampler's normalised coordinates.

``align_corners=False`` everywhere. A *field* (B, H, W, 2) gives for each reference pixel the
position (x, y) in the moving image.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from model_core.geometry.pixels import pixel_grid, pixel_to_cell


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
    positions = pixel_to_cell(grid, stride)
    return sample(displacement, positions.expand(displacement.shape[0], height, width, 2))
