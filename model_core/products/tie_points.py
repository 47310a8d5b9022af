"""Tie points: places on the reference with the correction that moves the moving image there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_core.products.displacement_field import DisplacementField

VECTORS_ALONG_SIDE = 40

INLIER_RESIDUAL = 2.0
"""Working pixels by which an inlier's own measurement may differ from the field."""


@dataclass(frozen=True)
class TiePoints:
    """Arrays over N places.

    Attributes:
        new: (N, 2), places on the reference, in map coordinates of its CRS.
        old: (N, 2), where the moving image's georeferencing puts the same ground, in the same CRS.
        metres: (N, 2), new - old, east and north (right and up in pixels where unreferenced).
        pixels: (N, 2), the same in reference pixels, right and down.
        certainty: (N,), in [0, 1].
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
    """Take places from the field, one in each square of ``spacing`` pixels: the most certain one.

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
    rows, columns = [], []
    for top in range(0, height, stride):
        for left in range(0, width, stride):
            block = (slice(top, top + stride), slice(left, left + stride))
            certainty = np.where(usable[block], field.certainty[block], -1.0)
            if certainty.max() < 0:
                continue
            row, column = np.unravel_index(int(certainty.argmax()), certainty.shape)
            rows.append(top + int(row))
            columns.append(left + int(column))
    index = (np.array(rows, dtype=int), np.array(columns, dtype=int))
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
