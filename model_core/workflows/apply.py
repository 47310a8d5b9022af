"""A saved registration, applied to any raster with the geometry of the moving image."""

from __future__ import annotations

from dataclasses import replace

from rasterio import Affine
from rasterio.io import DatasetReader

from model_core.errors import BadInputError
from model_core.feedback import Feedback, Progress
from model_core.geometry.grid import Grid
from model_core.geometry.located import LocatedGrid
from model_core.geometry.projection import share_coordinates
from model_core.memory import check_memory
from model_core.products.displacement_field import DisplacementField
from model_core.products.displacement_raster import read_displacement_raster
from model_core.products.output_grid import output_grid
from model_core.products.registered_raster import (
    MOVED,
    RasterOptions,
    check_creation,
    write_registered,
)
from model_core.products.space import registered_space
from model_core.raster.destination import check_outputs
from model_core.raster.fill import Fill
from model_core.raster.fill_search import find_fill_of_raster
from model_core.raster.location import heights_unused, uses_heights
from model_core.raster.naming import raster_name
from model_core.raster.opening import open_raster
from model_core.raster.scene import grid_of
from model_core.raster.sentinel1 import note

SAME_PLACE = 0.5
"""Pixels by which two images may lie apart that the same points, RPCs or arrays place."""


def apply_registration(
    displacement_raster: str,
    raster: str,
    output: str,
    options: RasterOptions,
    feedback: Feedback,
) -> None:
    """Move a raster as a saved displacement raster says; one resampling.

    Args:
        displacement_raster: written by a registration.
        raster: another band, polarisation, date or product on the moving image's ground, of any
            pixel size.
        output: the raster to write.
        options: resampling, creation options, the heights that place the raster, and the output
            grid; "auto" without a pixel size: the registration's.
        feedback: is told progress, and asked whether to stop.

    Raises:
        BadInputError: a file cannot be used, the raster is not of the moving geometry, or the
            output cannot be written; nothing was written.
        CancelledError: on request; nothing was written.
    """
    check_memory()
    field = read_displacement_raster(displacement_raster)
    wanted = options.output_grid, options.output_pixel_size
    with open_raster(raster) as dataset:
        grid = grid_of(dataset, options.dem)
        check_geometry(field, grid)
        if wanted != ("auto", None):
            field = on_other_pixels(field, grid, *wanted)
        fill = find_fill_of_raster(dataset)
        notes = _notes(dataset, raster, grid, options.dem, fill)
    inputs = [displacement_raster, raster, *([options.dem] if options.dem else [])]
    check_creation(raster, field.grids.output, options)
    needed = {output: registered_space(raster, field.grids.output, options)}
    check_outputs([output], inputs, needed)
    for sentence in notes:
        feedback.log(sentence)
    write_registered(raster, field, output, options, Progress(feedback, "write"), fill)


def _notes(dataset: DatasetReader, path: str, grid: Grid, dem: str | None, fill: Fill) -> list[str]:
    """Return what a user should know of how a raster is read."""
    name, read_as = raster_name(path), note(dataset)
    notes = [read_as] if read_as else []
    if MOVED in dataset.tags():
        notes.append(
            f"{name} was moved by SOMA before, and is moved once more; choose a raster that lies "
            "as the moving image did before its registration."
        )
    if isinstance(grid, LocatedGrid):
        notes.append(grid.sentence(name))
    if dem is not None and not uses_heights(grid):
        notes.append(heights_unused("the raster is not"))
    if fill:
        notes.append(fill.sentence(name))
    return notes


def on_other_pixels(
    field: DisplacementField, grid: Grid, choice: str, pixel_size: float | None
) -> DisplacementField:
    """Return a field whose registered rasters have other pixels.

    Args:
        field: of a registration.
        grid: of the raster that is moved.
        choice: see :func:`output_grid`.
        pixel_size: likewise.

    Raises:
        BadInputError: no raster can have pixels of that size.
    """
    working, pixel = field.grids.working, field.grids.pixel
    count = round(working.width * pixel), round(working.height * pixel)
    reference = Grid(working.crs, working.transform * Affine.scale(1 / pixel), *count)
    output = output_grid(working, reference, pixel_size, grid, choice)
    return replace(field, grids=replace(field.grids, output=output))


def check_geometry(field: DisplacementField, grid: Grid) -> None:
    """Refuse a raster to which the correction does not apply.

    The correction is a function of the ground, so another pixel size is fine; another CRS has
    another georeferencing error, as has another geometry of images without geotransform, and pixels
    without a map mean nothing at another size.
    """
    moving = field.grids.moving
    if isinstance(moving, LocatedGrid) or isinstance(grid, LocatedGrid):
        same = isinstance(moving, LocatedGrid) and moving.apart(grid) <= SAME_PLACE
    elif moving.crs is None:
        size = grid.width, grid.height
        same = not grid.in_metres and size == (moving.width, moving.height)
    else:
        same = share_coordinates(grid, moving)
    if not same:
        also = ", and give the same DEM" if isinstance(moving, LocatedGrid) else ""
        raise BadInputError(
            f"The raster is not of the moving image's geometry ({_words(grid)} instead of "
            f"{_words(moving)}); choose a raster that was made on the same ground in the same CRS"
            f"{also}."
        )


def _words(grid: Grid) -> str:
    if grid.crs is None:
        return f"{grid.width} x {grid.height} pixels without georeferencing"
    if grid.written_crs is None:
        return "coordinates without a CRS"
    crs = str(grid.crs.to_string())
    return f"{crs}, placed by {grid.locator.words}" if isinstance(grid, LocatedGrid) else crs
