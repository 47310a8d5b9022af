"""What points that a person found in both images say of a registration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_core.geometry.field import Field
from model_core.products.displacement_field import RegistrationGrids

OUTLIER = 3.0
"""A point is an outlier from so many times the median of all distances on, and so many pixels."""


@dataclass(frozen=True)
class PointFigure:
    """One point, in pixels of the reference.

    Attributes:
        label: how it is called.
        before: its error as the images came.
        after: what is left of it; None where nothing was registered.
        left: the same as (dx, dy), to the right and down.
        outlier: it is much further off than the other points, or they do not agree with it.
    """

    label: str
    before: float
    after: float | None
    left: tuple[float, float] | None
    outlier: bool


@dataclass(frozen=True)
class PointFigures:
    """All points of one file; pixels are those of the reference, outliers are among them.

    Attributes:
        rmse_before_px: root mean square of the points' errors as the images came.
        rmse_after_px: the same after the registration; None where nothing was registered.
        rmse_after_m: the same in metres; None where the images have no CRS.
        ce90_px: distance within which 90 % of the points are after the registration.
        points: each of them.
    """

    rmse_before_px: float
    rmse_after_px: float | None
    rmse_after_m: float | None
    ce90_px: float | None
    points: tuple[PointFigure, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return vars(self) | {"points": [vars(point) for point in self.points]}


def point_figures(
    labels: Sequence[str],
    points: tuple[NDArray[np.float64], NDArray[np.float64]],
    grids: RegistrationGrids,
    field: Field | None,
    agrees: NDArray[np.bool_] | None,
) -> PointFigures:
    """Return the figures of points.

    Args:
        labels: how they are called.
        points: (N, 2) twice, in the reference and where the moving image's georeferencing has them,
            in pixels of the working grid.
        grids: of the registration.
        field: on the working grid; None: nothing was registered.
        agrees: (N,), which of them agree with each other; None: not known.
    """
    at, moving = points
    before = np.linalg.norm(moving - at, axis=1) * grids.pixel
    agreeing = np.ones(len(at), bool) if agrees is None else agrees
    if field is None:
        rows = zip(labels, before, agreeing, strict=True)
        each = tuple(PointFigure(n, float(b), None, None, not a) for n, b, a in rows)
        return PointFigures(_rms(before), None, None, None, each)
    left = (moving - field.at(at)) @ np.linalg.inv(field.affine[:, :2]).T
    distance = np.linalg.norm(left, axis=1) * grids.pixel
    far = distance > OUTLIER * max(float(np.median(distance)), 1.0)
    each = tuple(
        PointFigure(name, float(b), float(d), (float(x), float(y)), bool(out))
        for name, b, d, (x, y), out in zip(
            labels, before, distance, left * grids.pixel, far | ~agreeing, strict=True
        )
    )
    metres = None
    if grids.working.in_metres:
        here, there = grids.working.to_map(at), grids.working.to_map(at + left)
        metres = _rms(np.linalg.norm(grids.working.metres(there - here, here), axis=1))
    return PointFigures(
        _rms(before), _rms(distance), metres, float(np.quantile(distance, 0.9)), each
    )


def _rms(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.square(values).mean()))
