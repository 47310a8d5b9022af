"""Images located by ground control points: pixels whose place on the ground is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from model_core.geometry.grid import apply_transform
from model_core.geometry.locator import CLOSE, fit_affine, solve

MOST_POINTS = 1000
"""Points that are used; a spline through more would take long, and they are dense enough."""

AT_ONCE = 2**20
"""Features that are computed at one time, so that memory stays bounded."""

LEAST_POINTS = 3
"""Fewer do not say how large a pixel is and where north is."""

ORDERS = {1: "an affine", 2: "a quadratic", 3: "a cubic"}

SIMPLER = 0.02
"""Pixels by which a simpler fit may predict points worse and is still taken."""

Features = Callable[[NDArray[np.float64]], NDArray[np.float64]]


class PointLocator:
    """Locates by a polynomial or a thin-plate spline, whichever predicts the points best.

    Each fit is judged by how well it predicts every point from all others. A spline goes through
    all points, a polynomial smooths the errors of points that somebody set by hand.
    """

    spacing = 16

    def __init__(self, pixels: NDArray[np.float64], points: NDArray[np.float64]) -> None:
        """Fit.

        Args:
            pixels: (N, 2), pixel centres as (x, y).
            points: (N, 2), the same on the map.

        Raises:
            ValueError: there are fewer than three different points, or all lie on a line.
        """
        count = len(pixels)
        points, pixels = _different(points, pixels)
        if len(points) < LEAST_POINTS or _in_line(points) or _in_line(pixels):
            raise ValueError("fewer than three points, or all on one line")
        self._centre = points.mean(axis=0)
        offsets = points - self._centre
        self._scale = float(np.abs(offsets).max())
        self._affine = fit_affine(pixels, points)
        normal = offsets / self._scale
        self._features, self._weights, error, words = _best_fit(normal, pixels)
        self.words = f"{count} ground control points through {words}"
        if error is not None:
            self.words += f", which tells each of them from the others to {error:.2f} px"

    def to_pixels(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map points of the map (..., 2) to pixel centres (..., 2)."""
        flat = (points.reshape(-1, 2) - self._centre) / self._scale
        some = max(1, AT_ONCE // len(self._weights))
        parts = [
            self._features(flat[i : i + some]) @ self._weights for i in range(0, len(flat), some)
        ]
        return np.asarray(np.concatenate([np.empty((0, 2)), *parts])).reshape(points.shape)

    def to_map(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map pixel centres (..., 2) to points of the map (..., 2)."""
        flat = pixels.reshape(-1, 2)
        step = abs(self._affine.determinant) ** 0.5
        start = apply_transform(self._affine, flat)
        return solve(self.to_pixels, flat, start, step, CLOSE).reshape(pixels.shape)


def _different(
    points: NDArray[np.float64], pixels: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points that differ, as many as are used, with their pixels."""
    index = np.sort(np.unique(points, axis=0, return_index=True)[1])
    if len(index) > MOST_POINTS:
        # Not every n-th one: of points in rows and columns these could be few columns.
        index = np.sort(np.random.default_rng(0).permutation(index)[:MOST_POINTS])
    return points[index], pixels[index]


def _in_line(points: NDArray[np.float64]) -> bool:
    lengths = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return bool(lengths[-1] <= 1e-6 * lengths[0])


def _best_fit(
    points: NDArray[np.float64], pixels: NDArray[np.float64]
) -> tuple[Features, NDArray[np.float64], float | None, str]:
    """Return features and weights of the best fit, its error and its name, the simpler first."""
    orders = [
        order
        for order in ORDERS
        if len(points) > (terms := (order + 1) * (order + 2) // 2)
        and np.linalg.matrix_rank(_monomials(order)(points)) == terms
    ]
    if not orders:
        features = _monomials(1)
        weights = np.linalg.lstsq(features(points), pixels, rcond=None)[0]
        return features, weights, None, "an affine"
    fits = [(*_polynomial(order, points, pixels), ORDERS[order]) for order in orders]
    # With few points a spline bends at each of them.
    if len(points) > 2 * LEAST_POINTS:
        fits += [(*_spline(order, points, pixels), "a thin-plate spline") for order in orders]
    least = min(error for _, _, error, _ in fits)
    return next(fit for fit in fits if fit[2] <= least + SIMPLER)


def _monomials(order: int) -> Features:
    powers = [(i, j) for i in range(order + 1) for j in range(order + 1 - i)]
    return lambda points: np.stack(
        [points[:, 0] ** i * points[:, 1] ** j for i, j in powers], axis=-1
    )


def _polynomial(
    order: int, points: NDArray[np.float64], pixels: NDArray[np.float64]
) -> tuple[Features, NDArray[np.float64], float]:
    """Fit by least squares; return features, weights and the error of predicted points."""
    features = _monomials(order)
    orthogonal, triangle = np.linalg.qr(features(points))
    weights = np.linalg.lstsq(triangle, orthogonal.T @ pixels, rcond=None)[0]
    # What a fit without a point would miss there follows from the fit with it.
    leverage = np.square(orthogonal).sum(axis=1, keepdims=True)
    missed = (pixels - features(points) @ weights) / np.maximum(1 - leverage, 1e-9)
    return features, weights, _root_mean_square(missed)


def _spline(
    order: int, points: NDArray[np.float64], pixels: NDArray[np.float64]
) -> tuple[Features, NDArray[np.float64], float]:
    """Fit the thin-plate spline that goes through all points, around a polynomial; do the same."""
    drift = _monomials(order)

    def features(where: NDArray[np.float64]) -> NDArray[np.float64]:
        square = np.square(where[:, None] - points[None]).sum(axis=-1)
        bends = square * np.log(np.maximum(square, 1e-30))
        return np.column_stack([bends, drift(where)])

    count = len(points)
    rows = features(points)
    system = np.zeros((rows.shape[1], rows.shape[1]))
    system[:count] = rows
    system[count:, :count] = system[:count, count:].T
    inverse = np.linalg.inv(system)
    weights = inverse[:, :count] @ pixels
    missed = weights[:count] / np.diag(inverse)[:count, None]
    return features, weights, _root_mean_square(missed)


def _root_mean_square(missed: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.square(missed).sum(axis=1).mean()))
