"""Where the pixels of an image lie that has no geotransform: the ways from ground to pixels.

An image straight from its sensor is located by ground control points, by rational polynomial
coefficients, or by arrays that hold the place of every pixel. Each of these is a *locator*; with a
:class:`~model_core.geometry.located.LocatedGrid` around it the image is read like any other, and
resampled once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rasterio.transform import Affine

MOST_STEPS = 20
"""Of Newton's method; a smooth geometry takes three or four."""

CLOSE = 1e-3
"""Pixels by which an inverse may miss."""


class Locator(Protocol):
    """A way between map and pixels; threads may share it.

    Attributes:
        spacing: pixels between exactly located points from which the others are interpolated.
        words: what places the image, in words.
    """

    spacing: int
    words: str

    def to_pixels(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map points of the map (..., 2) to pixel centres (..., 2); NaN where there is none."""

    def to_map(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map pixel centres (..., 2) to points of the map (..., 2); NaN where there is none."""


def solve(
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    wanted: NDArray[np.float64],
    start: NDArray[np.float64],
    step: float,
    close: float,
) -> NDArray[np.float64]:
    """Return points (N, 2) whose values under a smooth function are the wanted ones, by Newton's
    method; NaN where it finds none.

    Args:
        function: of points (N, 2) to values (N, 2).
        wanted: values (N, 2).
        start: points (N, 2) to begin with.
        step: over which slopes are taken, in units of the points.
        close: the distance of values from the wanted ones at which the search ends.
    """
    points = start.copy()
    across, down = np.array([step, 0.0]), np.array([0.0, step])
    with np.errstate(all="ignore"):
        for _ in range(MOST_STEPS):
            values = function(points)
            miss = wanted - values
            if not (np.abs(miss) > close).any():
                break
            a, b = (function(points + across) - values).T / step
            c, d = (function(points + down) - values).T / step
            determinant = a * d - b * c
            change = np.stack(
                [d * miss[:, 0] - c * miss[:, 1], a * miss[:, 1] - b * miss[:, 0]], axis=-1
            )
            points = points + change / determinant[:, None]
        missed = np.abs(wanted - function(points)).max(axis=-1)
    return np.where((missed <= 10 * close)[:, None], points, np.nan)


def fit_affine(source: NDArray[np.float64], target: NDArray[np.float64]) -> Affine:
    """Return the affine transformation that maps points (N, 2) best to others, by least squares.

    Raises:
        ValueError: fewer than three of them are known in both.
    """
    known = np.isfinite(source).all(axis=-1) & np.isfinite(target).all(axis=-1)
    if known.sum() < 3:
        raise ValueError("the image has no place on the map")
    source, target = source[known], target[known]
    centre = source.mean(axis=0)
    spread = max(float(np.abs(source - centre).max()), 1e-12)
    columns = np.column_stack([(source - centre) / spread, np.ones(len(source))])
    (a, d), (b, e), (c, f) = np.linalg.lstsq(columns, target, rcond=None)[0].tolist()
    to_centre = Affine.scale(1 / spread) * Affine.translation(*(-centre).tolist())
    return Affine(a, b, c, d, e, f) * to_centre
