"""Images located by a mesh: pixels in rows and columns whose place on the ground is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model_core.geometry.locator import CLOSE, solve

COARSE = 24
"""Rows and columns of the nodes among which an inverse begins at the nearest."""

AT_ONCE = 2**20
"""Distances that are computed at one time, so that memory stays bounded."""


class MeshLocator:
    """Locates by interpolation between the nodes of a mesh, as geolocation arrays are meant."""

    def __init__(
        self,
        columns: NDArray[np.float64],
        rows: NDArray[np.float64],
        nodes: NDArray[np.float64],
        words: str,
    ) -> None:
        """Take a mesh.

        Args:
            columns: (W,), the evenly spaced pixel centres of its columns.
            rows: (H,), those of its rows.
            nodes: (H, W, 2), their places on the map, NaN where unknown.
            words: what places the image, in words.

        Raises:
            ValueError: it has fewer than two rows or columns, or knows no place.
        """
        nodes = np.where(np.isfinite(nodes).all(axis=-1, keepdims=True), nodes, np.nan)
        if min(len(columns), len(rows)) < 2 or not np.isfinite(nodes).all(axis=-1).any():
            raise ValueError("no mesh")
        self.words = words
        self._first = np.array([columns[0], rows[0]])
        self._step = np.array([columns[1] - columns[0], rows[1] - rows[0]])
        if not (np.isfinite(self._step) & (self._step > 0)).all():
            raise ValueError("no mesh")
        self.spacing = int(np.clip(self._step.min(), 4, 16))
        self._nodes = nodes
        row, column = (
            np.unique(np.linspace(0, count - 1, COARSE).round()).astype(int)
            for count in nodes.shape[:2]
        )
        places = nodes[np.ix_(row, column)].reshape(-1, 2)
        where = np.stack(np.meshgrid(columns[column], rows[row]), axis=-1).reshape(-1, 2)
        known = np.isfinite(places).all(axis=-1)
        self._places, self._where = places[known], where[known]
        middle = self._where[len(self._where) // 2]
        aside = self.to_map(middle + np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
        self._pixel = float(np.nanmean(np.linalg.norm(aside[1:] - aside[0], axis=-1)))

    def to_map(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map pixel centres (..., 2) to points of the map (..., 2); beyond the nodes the last
        cells go on."""
        height, width = self._nodes.shape[:2]
        cells = (pixels - self._first) / self._step
        low = np.clip(np.nan_to_num(np.floor(cells)), 0, [width - 2, height - 2]).astype(np.int64)
        part = cells - low
        x, y, column, row = part[..., :1], part[..., 1:], low[..., 0], low[..., 1]
        above = self._nodes[row, column] * (1 - x) + self._nodes[row, column + 1] * x
        below = self._nodes[row + 1, column] * (1 - x) + self._nodes[row + 1, column + 1] * x
        return np.asarray(above * (1 - y) + below * y)

    def to_pixels(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map points of the map (..., 2) to pixel centres (..., 2)."""
        flat = points.reshape(-1, 2)
        found = solve(self.to_map, flat, self._nearest(flat), 0.5, CLOSE * self._pixel)
        return found.reshape(points.shape)

    def _nearest(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the pixels of the coarse nodes that lie nearest to points (N, 2)."""
        some = max(1, AT_ONCE // len(self._places))
        nearest = [
            np.square(points[i : i + some, None] - self._places).sum(axis=-1).argmin(axis=1)
            for i in range(0, len(points), some)
        ]
        return self._where[np.concatenate(nearest)] if nearest else np.empty((0, 2))
