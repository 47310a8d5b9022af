"""The working grid: where two scenes lie on the same ground."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from rasterio.transform import Affine
from rasterio.warp import transform_bounds

from model_core.errors import BadInputError
from model_core.geometry.footprint import Footprint, footprint
from model_core.geometry.grid import Grid
from model_core.geometry.located import LocatedGrid, regular_grid
from model_core.raster.pixels import Extent
from model_core.raster.scene import SMALLEST_SIDE, Scene

COARSER = 1.5
"""Ratio of pixel sizes from which the working grid follows the coarser image: finer pixels would
hold no more information."""


def common_grid(
    reference: Scene,
    moving: Scene,
    extent: tuple[float, float, float, float] | None = None,
    start: NDArray[np.float64] | None = None,
) -> Grid:
    """Return the grid on which two scenes are matched.

    It is aligned with the reference's pixels, bounded by the box around the overlap, and coarsened
    by a whole factor where the moving image's pixels are larger. Images without geotransform
    share the pixel plane; those with a geotransform and no CRS share their coordinates.

    Args:
        reference: gives CRS and pixels.
        moving: the other one.
        extent: (xmin, ymin, xmax, ymax) in the reference's CRS, to look at a part only.
        start: (2, 3), what is known of the moving image's displacement: reference pixel to where
            its georeferencing puts the same ground; None: nothing.

    Raises:
        BadInputError: only one is georeferenced, only one has a CRS, they do not overlap, or the
            overlap is too small.
    """
    check_alike(reference, moving)
    base = regular_grid(reference.grid)
    found = _footprint(moving, reference.name, base)
    if start is not None:
        linear = start[:, :2]
        points = np.asarray((found.points - start[:, 2]) @ np.linalg.inv(linear).T, np.float64)
        found = Footprint(points, found.pixel / math.sqrt(abs(np.linalg.det(linear))))
    factor = _coarsening(found, base)
    first, last = np.array(_stored(reference, base)).T[:, ::-1]
    low = np.maximum(np.floor(found.points.min(axis=0) + 0.5), first)
    high = np.minimum(np.ceil(found.points.max(axis=0) + 0.5), last)
    if (high <= low).any():
        raise BadInputError(_apart(reference, moving, base, found.points))
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


def check_alike(reference: Scene, moving: Scene) -> None:
    """Refuse images of which one says less than the other of where its pixels lie.

    Raises:
        BadInputError: only one is georeferenced, or only one has a CRS.
    """
    if reference.georeferenced != moving.georeferenced:
        without = moving if reference.georeferenced else reference
        raise BadInputError(
            f"{without.name} is not georeferenced and the other image is, so their common ground "
            "is unknown; georeference it roughly first, or give two images without georeferencing."
        )
    if not reference.georeferenced or reference.grid.in_metres == moving.grid.in_metres:
        return
    without, other = (moving, reference) if reference.grid.in_metres else (reference, moving)
    raise BadInputError(
        f"{without.name} has coordinates but does not say in which CRS, and {other.name} has one; "
        "write the CRS into the file (in QGIS: Raster > Projections > Assign Projection), then "
        "register."
    )


def _footprint(moving: Scene, reference: str, base: Grid) -> Footprint:
    """Return where the moving image lies on the reference.

    Raises:
        BadInputError: no point of it has a place in the reference's CRS.
    """
    (top, bottom), (left, right) = _stored(moving, moving.grid)
    part = moving.grid
    if (bottom - top, right - left) != (part.height, part.width):
        part = part.window(top, left, bottom - top, right - left)
    found = footprint(part, base)
    if not len(found.points):
        raise BadInputError(
            f"{moving.name} cannot be projected to the CRS of {reference}; "
            "check the CRS of both layers."
        )
    return found


def _stored(scene: Scene, grid: Grid) -> Extent:
    """Return the rows and columns of a scene's grid that count: what its file stores, where a
    geotransform places it."""
    placed = scene.georeferenced and not isinstance(scene.grid, LocatedGrid)
    return scene.stored if placed else ((0, grid.height), (0, grid.width))


def _coarsening(found: Footprint, base: Grid) -> int:
    """Return how many reference pixels make one pixel of the working grid."""
    if base.crs is None:
        return 1
    return math.floor(found.pixel + 1e-6) if found.pixel >= COARSER else 1


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
    distance = float(np.linalg.norm(gap * grid.ground_pixel_size))
    if grid.in_metres:
        how_far = f"{distance / 1000:.1f} km"
    else:
        how_far = f"{distance:.0f} {'pixels' if grid.crs is None else 'units'}"
    return (
        f"{reference.name} and {moving.name} do not overlap; they lie {how_far} apart. "
        "Check that both show the same place and that their CRS is set rightly."
    )
