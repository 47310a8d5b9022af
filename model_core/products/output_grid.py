"""The grid of registered rasters: on the reference's pixels, or on larger ones."""

from __future__ import annotations

from rasterio import Affine

from model_core.geometry.grid import Grid
from model_core.raster.grid_checks import check_output_size


def output_grid(working: Grid, reference: Grid, pixel_size: float | None) -> Grid:
    """Return the grid of the registered raster over the ground of the working grid.

    The reference's own pixels, or square ones of ``pixel_size`` in the unit of its CRS.

    Raises:
        BadInputError: no raster can have pixels of that size.
    """
    across, down = working.pixel_size
    if pixel_size is None:
        wanted_across, wanted_down = reference.pixel_size
    else:
        wanted_across = wanted_down = pixel_size
    x, y = wanted_across / across, wanted_down / down
    width, height = working.width / x, working.height / y
    check_output_size(width, height, (working.width, working.height))
    return Grid(
        working.crs,
        working.transform * Affine.scale(x, y),
        max(1, round(width)),
        max(1, round(height)),
    )
