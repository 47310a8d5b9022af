"""From pixels of one grid to pixels of another, across reference systems."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.warp import transform as transform_coordinates

from model_core.geometry.grid import Grid
from model_core.geometry.located import LocatedGrid
from model_core.geometry.sampling import sample

EXACT_SPACING = 32
"""Pixels between exactly projected points; between them bilinear interpolation is exact to far
below a hundredth of a pixel at the scale of image tiles."""


def project(points: NDArray[np.float64], source: CRS, target: CRS) -> NDArray[np.float64]:
    """Project map coordinates (..., 2) as (x, y); points that cannot be projected become inf."""
    x, y = transform_coordinates(source, target, points[..., 0].ravel(), points[..., 1].ravel())
    return np.asarray(np.stack([x, y], axis=-1).reshape(points.shape))


def map_pixels(positions: NDArray[np.float64], source: Grid, target: Grid) -> NDArray[np.float64]:
    """Map pixel positions (h, w, 2) of one grid to pixel positions of another.

    The way between CRSs, and that of an image without geotransform, is computed exactly on a sparse
    grid around the positions and interpolated. Unreferenced grids share the pixel plane. Positions
    that are not finite become NaN.
    """
    located = isinstance(target, LocatedGrid)
    if source.crs is None or target.crs is None or (source.crs == target.crs and not located):
        return target.to_pixels(source.to_map(positions))
    finite = np.isfinite(positions).all(axis=-1)
    if not finite.any():
        return np.full_like(positions, np.nan)
    low, high = positions[finite].min(axis=0), positions[finite].max(axis=0)
    spacing = target.locator.spacing if isinstance(target, LocatedGrid) else EXACT_SPACING
    counts = np.maximum(2, np.ceil((high - low) / spacing).astype(int) + 1)
    if located and counts.prod() >= finite.size:
        return _exact(positions, source, target)
    xs, ys = (np.linspace(low[i], max(high[i], low[i] + 1e-6), counts[i]) for i in (0, 1))
    exact = _exact(np.stack(np.meshgrid(xs, ys), axis=-1), source, target)
    # Interpolated relative to the grid's corner, in float64: coordinates are large numbers.
    steps = np.array([xs[1] - xs[0], ys[1] - ys[0]])
    where = torch.from_numpy((positions - low) / steps)[None]
    coarse = torch.from_numpy(exact.transpose(2, 0, 1))[None]
    mapped = sample(coarse, where)[0].permute(1, 2, 0).numpy()
    return np.where(finite[..., None], mapped, np.nan)


def _exact(positions: NDArray[np.float64], source: Grid, target: Grid) -> NDArray[np.float64]:
    points = source.to_map(positions)
    if source.crs != target.crs:
        points = project(points, source.crs, target.crs)
    return target.to_pixels(points)
