"""Grids that cannot be right, whether a file or a request asks for them."""

from __future__ import annotations

import math

import numpy as np
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.errors import CRSError

from model_core.errors import BadInputError, first_line
from model_core.geometry.crs import facts, kind_of
from model_core.geometry.grid import Grid

PRECISE = 0.01
"""Pixels to which a place on the map must lead back to its pixel in double precision."""


MAPS = {
    "GeographicCRS", "ProjectedCRS", "EngineeringCRS", "DerivedGeographicCRS",
    "DerivedProjectedCRS", "DerivedEngineeringCRS",
}  # fmt: skip
"""Kinds of CRSs with two axes along which a raster's rows and columns can lie."""

NO_MAPS = {
    "GeodeticCRS": "it is geocentric, with three axes from the centre of the Earth",
    "VerticalCRS": "it is of heights only",
    "TemporalCRS": "it is of times only",
    "ParametricCRS": "it is of another quantity than place",
}

LARGEST_SIDE = 2**31 - 1
"""Pixels: GDAL counts them in integers of 32 bits."""


def check_crs(crs: CRS, name: str) -> None:
    """Refuse a CRS in which a raster cannot lie.

    Args:
        crs: of a file.
        name: of the file, for the sentence.

    Raises:
        BadInputError: it is geocentric or of heights or times only, or PROJ cannot tell.
    """
    try:
        kind, unit = kind_of(crs), facts(crs).unit
    except (CPLE_BaseError, CRSError, ValueError, KeyError) as error:
        raise BadInputError(
            f"{name} has a CRS that PROJ does not understand ({first_line(error)}); "
            "set the CRS of the file anew."
        ) from error
    if not 0 < unit < math.inf:
        raise BadInputError(
            f"{name} has a CRS whose unit has no length; set the CRS of the file anew."
        )
    if kind not in MAPS:
        why = NO_MAPS.get(kind, f"it is a {kind}")
        raise BadInputError(
            f"{name} has a CRS in which no map can lie ({why}); set the CRS that its coordinates "
            "are of, or warp it to a map projection."
        )


def check_georeferencing(grid: Grid, name: str) -> None:
    """Refuse a geotransform with which no place can be computed.

    Args:
        grid: of a file.
        name: of the file, for the sentence.

    Raises:
        BadInputError: it is not finite, its pixels have no area, or they are too small for their
            coordinates.
    """
    why = georeferencing_trouble(grid)
    if why:
        raise BadInputError(
            f"{name} has a geotransform that cannot be right ({why}); set its georeferencing anew."
        )


def check_output_size(width: float, height: float, overlap: tuple[int, int]) -> None:
    """Refuse a registered raster that no file can hold, or that would show nothing.

    Args:
        width: wanted, in pixels, before it is rounded.
        height: likewise.
        overlap: width and height of the common ground in working pixels.

    Raises:
        BadInputError: it has too many pixels, or one pixel would be larger than the common ground.
    """
    if not max(width, height) <= LARGEST_SIDE:
        raise BadInputError(
            f"The registered raster would have {width:.4g} x {height:.4g} pixels, but no side may "
            f"have more than {LARGEST_SIDE}; give a larger output_pixel_size."
        )
    if min(width, height) < 0.5:
        raise BadInputError(
            f"A pixel of the registered raster would be larger than the common ground of "
            f"{overlap[0]} x {overlap[1]} pixels; give a smaller output_pixel_size."
        )


def georeferencing_trouble(grid: Grid) -> str | None:
    """Return what is wrong with a geotransform, as a clause; None: nothing."""
    values = tuple(grid.transform)[:6]
    if not all(math.isfinite(value) for value in values):
        return "it holds numbers that are not finite"
    sides = grid.pixel_size
    area = abs(grid.transform.a * grid.transform.e - grid.transform.b * grid.transform.d)
    if grid.transform.is_degenerate or area / max(sides) < 1e-9 * min(sides):
        return "its pixels have no area"
    corners = np.array([[0, 0], [grid.width - 1, 0], [0, grid.height - 1]], dtype=np.float64)
    with np.errstate(all="ignore"):
        found = grid.to_pixels(grid.to_map(corners))
    if not np.abs(found - corners).max() < PRECISE:  # NaN is not smaller
        farthest = max(abs(values[2]), abs(values[5]))
        return f"pixels of {min(sides):g} are too small for coordinates of {farthest:g}"
    return None
