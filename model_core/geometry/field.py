"""The displacement field: an affine and, at control points, what is left beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from model_core.geometry.pixels import cell_to_pixel, centre_offset, pixel_to_cell, window_pixels
from model_core.geometry.sampling import sample
from model_core.geometry.window import Window, downsampled_size

AffineMatrix = NDArray[np.float64]
"""(2, 3), reference pixel (x, y) to position in the moving image."""


def transform(affine: AffineMatrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points (..., 2) moved by an affine (2, 3)."""
    return np.asarray(points @ affine[:, :2].T + affine[:, 2])


def affine_of_crop(affine: AffineMatrix, origin: NDArray[np.float64], factor: int) -> AffineMatrix:
    """Return an affine between full images, from one between downsampled crops of them.

    Args:
        affine: (2, 3), in pixels of the two crops.
        origin: (2,), the (x, y) of both crops' first pixel in the downsampled grid.
        factor: the downsampling factor.
    """
    # Pixel x' of the crop stands at x = (x' + origin + 0.5) * factor - 0.5.
    shift = origin * factor + centre_offset(factor)
    linear = affine[:, :2]
    offset = affine[:, 2] * factor + shift - linear @ shift
    return np.column_stack([linear, offset])


@dataclass(frozen=True)
class ControlGrid:
    """Control points over an image of ``height`` × ``width`` pixels.

    Control point (i, j) stands for ``spacing`` × ``spacing`` pixels, and lies at their centre.
    ``origin`` is the (x, y) of the first pixel: not 0 where the image is a part of a larger one, in
    whose pixels all positions are.
    """

    height: int
    width: int
    spacing: int
    origin: tuple[int, int] = (0, 0)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of control points."""
        return downsampled_size(self.height, self.width, self.spacing)

    def positions(self) -> NDArray[np.float64]:
        """Return the pixel positions (h, w, 2) of the control points as (x, y)."""
        return cell_to_pixel(window_pixels(0, 0, *self.shape), self.spacing) + self.origin

    def cells(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return pixel positions (..., 2) as (column, row) of control points, with fractions."""
        return pixel_to_cell(points - np.array(self.origin), self.spacing)


class Field:
    """Position in the moving image of every reference pixel: affine plus smooth residual."""

    def __init__(
        self,
        affine: AffineMatrix,
        grid: ControlGrid,
        residual_displacement: NDArray[np.float32] | None = None,
    ) -> None:
        """Make a field.

        Args:
            affine: (2, 3), in pixels of the working grid.
            grid: the control points.
            residual_displacement: (2, h, w) as (dx, dy), pixels that the field adds to the affine
                at the control points; None: nothing.
        """
        self.affine = affine
        self.grid = grid
        self.residual_displacement = residual_displacement

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the positions (..., 2) in the moving image of reference points (..., 2)."""
        mapped = transform(self.affine, points)
        if self.residual_displacement is not None:
            flat = torch.from_numpy(self.grid.cells(points)).reshape(1, 1, -1, 2).float()
            extra = sample(torch.from_numpy(self.residual_displacement)[None], flat)
            mapped = mapped + extra[0, :, 0].T.reshape(points.shape).double().numpy()
        return mapped

    def window(self, window: Window) -> NDArray[np.float64]:
        """Return the positions (height, width, 2) in the moving image of a window's pixels.

        They are in pixels of the full grid, whatever the window's downsampling factor.
        """
        return self.at(window.positions())
