"""Windows of an image, at full resolution or downsampled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model_core.geometry.pixels import cell_to_pixel, window_pixels


class Window(NamedTuple):
    """A rectangle of pixels of a grid, or of that grid downsampled.

    Attributes:
        row: the first row; it may lie outside the grid.
        column: the first column; it may lie outside the grid.
        height: number of rows.
        width: number of columns.
        factor: the downsampling factor of the grid whose pixels the other four count; 1 is full
            resolution.
    """

    row: int
    column: int
    height: int
    width: int
    factor: int = 1

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    def positions(self) -> NDArray[np.float64]:
        """Return the centres (height, width, 2) of the pixels as (x, y), in full-grid pixels."""
        return cell_to_pixel(window_pixels(*self[:4]), self.factor)


def downsampled_size(height: int, width: int, factor: int) -> tuple[int, int]:
    """Return height and width of a grid downsampled by a factor; cut blocks count as whole ones."""
    return -(-height // factor), -(-width // factor)
