"""The working grid: where two scenes lie on the same ground."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from rasterio.transform import Affine
from rasterio.warp import transform_bounds

from model_core.errors import BadInputError
from model_core.geometry.grid import Grid
from model_core.geometry.located import LocatedGrid, regular_grid
from model_core.geometry.projection import project
from model_core.raster.scene import SMALLEST_SIDE, Scene

COARSER = 1.5
"""Ratio of pixel sizes from which the working grid follows the coarser image: finer pixels would
hold no more information."""


def common_grid(
    reference: Scene, moving: Scene, extent: tuple[float, float, float, float] | None = None
) -> Grid:
    """Return the grid on which two scenes are matched.

    It is aligned with the reference's pixels, bounded by the box around the overlap, and coarsened
    by a whole factor where the moving image's pixels are larger. Images without georeferencing
    share the pixel plane.

    Args:
        extent: (xmin, ymin, xmax, ymax) in the reference's CRS, to look at a part only.

    Raises:
        BadInputError: only one is georeferenced, they do not overlap, or the overlap is too small.
    """
    if reference.georeferenced != moving.georeferenced:
        without = moving if reference.georeferenced else reference
        raise BadInputError(
            f"{without.name} is not georeferenced and the other image is, so their common ground "
            "is unknown; georeference it roughly first, or give two images without georeferencing."
        )
    base = regular_grid(reference.grid)
    footprint = _footprint(moving, reference.name, base)
    factor = _coarsening(footprint, moving, base)
    low = np.maximum(np.floor(footprint.min(axis=0) + 0.5), 0)
    high = np.minimum(np.ceil(footprint.max(axis=0) + 0.5), [base.width, base.height])
    if (high <= low).any():
        raise BadInputError(_apart(reference, moving, base, footprint))
    if extent is not None:
        low, high = _limit(low, high, extent, base, reference)
    # Whole blocks only: a cut block would be a smaller pixel.
    low = np.floor(low / factor) * factor
    size = ((high - low) // factor).astype(int)
    if size.min() < SMALLEST_SIDE:
        raise BadInputError(
            f"{reference.name} and {moving.name} have only {size[0]} x {size[1]} pixels in common, "
            f"but at least {SMALLEST_SIDE} x {SMALLEST_SIDE} are needed to match; "
            "use images with more overlap or a larger extent."
        )
    transform = base.transform * Affine.translation(*low) * Affine.scale(factor)
    return Grid(base.crs, transform, int(size[0]), int(size[1]))


def _footprint(moving: Scene, reference: str, base: Grid) -> NDArray[np.float64]:
    """Return points (N, 2) along the border of the moving image, in reference pixels.

    Raises:
        BadInputError: no point of it has a place in the reference's CRS.
    """
    on_map = moving.grid.to_map(_outline(moving.grid))
    if base.crs is not None and moving.grid.crs != base.crs:
        on_map = project(on_map, moving.grid.crs, base.crs)
    footprint = base.to_pixels(on_map)
    footprint = footprint[np.isfinite(footprint).all(axis=1)]
    if footprint.size == 0:
        raise BadInputError(
            f"{moving.name} cannot be projected to the CRS of {reference}; "
            "check the CRS of both layers."
        )
    return np.asarray(footprint)


def _outline(grid: Grid) -> NDArray[np.float64]:
    """Return points (N, 2) along the border, in pixel centres convention."""
    t = np.linspace(0, 1, 33)
    w, h = grid.width, grid.height
    zero, one = np.zeros_like(t), np.ones_like(t)
    edges = [(t, zero), (t, one), (zero, t), (one, t)]
    return np.asarray(np.concatenate([np.stack([x * w, y * h], axis=-1) for x, y in edges]) - 0.5)


def _coarsening(footprint: NDArray[np.float64], moving: Scene, base: Grid) -> int:
    """Return how many reference pixels make one pixel of the working grid."""
    if base.crs is None:
        return 1
    # Mean sides of a moving pixel, in reference pixels, from the outline's own corners.
    side = len(footprint) // 4
    if side < 2:
        return 1
    across, down = (
        np.linalg.norm(np.diff(footprint[first : first + side], axis=0), axis=1).sum() / count
        for first, count in ((0, moving.grid.width), (2 * side, moving.grid.height))
    )
    along = math.sqrt(across * down)
    return math.floor(along + 1e-6) if along >= COARSER else 1


def _limit(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    extent: tuple[float, float, float, float],
    base: Grid,
    reference: Scene,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if isinstance(reference.grid, LocatedGrid) and reference.grid.stated != base.crs:
        extent = transform_bounds(reference.grid.stated, base.crs, *extent)
    xmin, ymin, xmax, ymax = extent
    box = base.to_pixels(np.array([[xmin, ymin], [xmin, ymax], [xmax, ymin], [xmax, ymax]]))
    low = np.maximum(low, np.floor(box.min(axis=0) + 0.5))
    high = np.minimum(high, np.ceil(box.max(axis=0) + 0.5))
    if (high <= low).any():
        raise BadInputError(
            f"The extent lies outside the part that {reference.name} and the other image share; "
            "choose an extent within the overlap, in the reference's CRS."
        )
    return low, high


def _apart(reference: Scene, moving: Scene, grid: Grid, footprint: NDArray[np.float64]) -> str:
    size = np.array([grid.width, grid.height])
    gap = np.maximum(np.maximum(-footprint.max(axis=0), footprint.min(axis=0) - size), 0)
    units = np.array(grid.pixel_size) * np.array(grid.metres_per_unit())
    distance = float(np.linalg.norm(gap * units))
    how_far = f"{distance / 1000:.1f} km" if grid.crs is not None else f"{distance:.0f} pixels"
    return (
        f"{reference.name} and {moving.name} do not overlap; they lie {how_far} apart. "
        "Check that both show the same place and that their CRS is set rightly."
    )
