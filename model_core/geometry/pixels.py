"""Pixel positions, and every conversion between pixels and the cells of a smaller image.

Conventions: pixel centres at integers, x to the right, y down. A cell (i, j) of a map downsampled
by a factor s covers s × s pixels; its centre stands at pixel ``(j + 0.5) * s - 0.5``. Nobody else
in the code writes this: half a pixel would be a systematic error of every registration.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Positions = TypeVar("Positions", NDArray[np.float64], Tensor)


def cell_to_pixel(cells: Positions, factor: Any) -> Positions:
    """Return the positions, in pixels, of positions in cells of ``factor`` × ``factor`` pixels.

    Args:
        cells: array or tensor of any shape.
        factor: the downsampling factor, a number; or an array of one number for x and one for y.
    """
    pixels: Positions = (cells + 0.5) * factor - 0.5
    return pixels


def pixel_to_cell(pixels: Positions, factor: Any) -> Positions:
    """Return the positions, in cells, of positions in pixels; the inverse of :func:`cell_to_pixel`.

    Args:
        pixels: array or tensor of any shape.
        factor: the downsampling factor, a number; or an array of one number for x and one for y.
    """
    cells: Positions = (pixels + 0.5) / factor - 0.5
    return cells


def from_corner(pixels: Positions) -> Positions:
    """Return positions as GDAL and QGIS count them: from the upper left corner of the image."""
    counted: Positions = pixels + 0.5
    return counted


def centre_offset(factor: float) -> float:
    """Return the distance, in pixels, from a cell's first pixel to the cell's centre."""
    return (factor - 1) / 2


def window_pixels(row: int, column: int, height: int, width: int) -> NDArray[np.float64]:
    """Return the pixel centres (height, width, 2) as (x, y) of a window of a grid."""
    x = np.arange(column, column + width, dtype=np.float64)
    y = np.arange(row, row + height, dtype=np.float64)
    return np.stack(np.meshgrid(x, y), axis=-1)


def pixel_grid(height: int, width: int, like: Tensor) -> Tensor:
    """Return the pixel centres (H, W, 2) as (x, y), in the device and dtype of ``like``."""
    y = torch.arange(height, device=like.device, dtype=like.dtype)
    x = torch.arange(width, device=like.device, dtype=like.dtype)
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)


def image_centre(height: int, width: int) -> tuple[float, float]:
    """Return the centre (x, y) of an image, in pixels."""
    return (width - 1) / 2, (height - 1) / 2
