"""Tie points: places on the reference with the correction that moves the moving image there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_core.products.displacement_field import DisplacementField

VECTORS_ALONG_SIDE = 40

DECIMALS_OF_CERTAINTY = 2
"""Places whose certainty differs less are equally certain: the field is smooth."""

INLIER_RESIDUAL = 2.0
"""Working pixels by which an inlier's own measurement may differ from the field."""


@dataclass(frozen=True)
class TiePoints:
    """Arrays over N places.

    Attributes:
        new: (N, 2), places on the reference, in map coordinates of its CRS.
        old: (N, 2), where the moving image's georeferencing puts the same ground, in the same CRS.
        metres: (N, 2), new - old towards true east and north; see :meth:`Grid.metres` for images
            without CRS.
        pixels: (N, 2), the same in reference pixels, right and down.
        certainty: (N,), the probability that the correction is right to a pixel, in [0, 1].
        residual: (N,), in pixels, NaN where not measured.
        inlier: (N,) bool.
    """

    new: NDArray[np.float64]
    old: NDArray[np.float64]
    metres: NDArray[np.float64]
    pixels: NDArray[np.float64]
    certainty: NDArray[np.float64]
    residual: NDArray[np.float64]
    inlier: NDArray[np.bool_]


def select_tie_points(
    field: DisplacementField, spacing: float | None, min_certainty: float
) -> TiePoints:
    """Take places from the field, one in each square of ``spacing`` pixels: the most certain one,
    and among equally certain ones that whose own measurement agrees best with the field.

    Args:
        spacing: in reference pixels; None: about 40 along the longer side.
        min_certainty: places below it are left out.
    """
    height, width = field.control_grid.shape
    if spacing is None:
        stride = max(1, round(max(height, width) / VECTORS_ALONG_SIDE))
    else:
        stride = max(1, round(spacing / (field.spacing * field.grids.pixel)))
    usable = field.valid & (field.certainty >= max(min_certainty, 1e-6))
    index = _best_of_blocks(field, usable, stride)
    metres = field.displacement()[index]
    new = field.working.to_map(field.control_grid.positions())[index]
    residual = field.residual[index].astype(np.float64)
    return TiePoints(
        new=new,
        old=new - field.working.map_units(metres, new),
        metres=metres,
        pixels=field.in_pixels()[index],
        certainty=field.certainty[index].astype(np.float64),
        residual=residual,
        inlier=residual <= INLIER_RESIDUAL * field.grids.pixel,
    )


def _best_of_blocks(
    field: DisplacementField, usable: NDArray[np.bool_], stride: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows and columns of the best usable control point of each block that has one."""
    height, width = usable.shape
    certainty = np.where(usable, field.certainty.round(DECIMALS_OF_CERTAINTY), -1.0)
    residual = np.nan_to_num(field.residual, nan=np.inf)
    rows, columns = [], []
    for top in range(0, height, stride):
        for left in range(0, width, stride):
            block = (slice(top, top + stride), slice(left, left + stride))
            keys = -field.certainty[block], residual[block], -certainty[block]  # the last is first
            best = np.lexsort([key.ravel() for key in keys])[0]
            row, column = np.unravel_index(best, usable[block].shape)
            if usable[block][row, column]:
                rows.append(top + int(row))
                columns.append(left + int(column))
    return np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64)
