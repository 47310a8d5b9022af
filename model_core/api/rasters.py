"""Moved images in the form in which they came: arrays, or xarray's DataArrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.io import DatasetReader

from model_core.api.field import map_coordinates
from model_core.api.images import Image, Raster, is_data_array, ma
from model_core.geometry.grid import Grid
from model_core.geometry.pixels import window_pixels
from model_core.products.displacement_field import DisplacementField
from model_core.products.registered_form import form_of
from model_core.products.registered_pixels import RegisteredReader, blocks
from model_core.raster.fill import Fill


def move(
    source: DatasetReader, placed: Grid, field: DisplacementField, resampling: str, fill: Fill
) -> NDArray[Any]:
    """Return all bands of a raster on the registration's output grid, (bands, H, W), masked.

    Args:
        source: the raster.
        placed: its grid.
        field: the registration.
        resampling: "auto", "nearest", "bilinear" or "cubic".
        fill: of the raster, is masked.
    """
    form = form_of(source, resampling)
    reader = RegisteredReader(source, placed, field, form, fill)
    grid = field.grids.output
    values = np.empty((source.count, grid.height, grid.width), form.held_by)
    valid = np.empty(values.shape, bool)
    for block in blocks(grid):
        rows = slice(block.row, block.row + block.height)
        columns = slice(block.column, block.column + block.width)
        values[:, rows, columns], valid[:, rows, columns] = reader.read(block)
    moved: NDArray[Any] = ma.MaskedArray(values, ~valid, fill_value=form.nodata)
    return moved


def as_given(moved: NDArray[Any], grid: Grid, given: Image) -> Raster | Any:
    """Return a moved raster in the form of the image it was made from.

    Args:
        moved: (bands, H, W), masked.
        grid: where it lies.
        given: the image as the caller gave it.
    """
    if is_data_array(given):
        return _data_array(moved, grid, given)
    array = given[0] if isinstance(given, tuple) else given
    flat = getattr(array, "ndim", 3) == 2
    if grid.crs is None:
        return Raster(moved[0] if flat else moved)
    return Raster(moved[0] if flat else moved, grid.transform, grid.written_crs)


def _data_array(moved: NDArray[Any], grid: Grid, given: Any) -> Any:
    """Return xarray's DataArray with the name, bands and attributes of the one that was given."""
    import xarray

    y, x = given.rio.y_dim, given.rio.x_dim
    others = [dimension for dimension in given.dims if dimension not in (y, x)]
    points = grid.to_map(window_pixels(0, 0, grid.height, grid.width))
    rotated = grid.transform.b != 0 or grid.transform.d != 0
    coordinates = map_coordinates(
        points[..., 0] if rotated else points[0, :, 0],
        points[..., 1] if rotated else points[:, 0, 1],
        grid.transform,
        grid.written_crs,
    )
    coordinates |= {name: given.coords[name] for name in others if name in given.coords}
    axes = (*others, "y", "x")
    moved = moved if others else moved[0]
    result = xarray.DataArray(ma.getdata(moved), coordinates, axes, given.name, given.attrs)
    known = xarray.DataArray(~ma.getmaskarray(moved), dims=axes)
    nodata = given.rio.nodata
    # Without a nodata value xarray itself marks missing integers by NaN, as floating point.
    return result.where(known) if nodata is None else result.where(known, nodata)
