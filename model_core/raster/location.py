"""Where an image lies that has no geotransform: what its file says of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.io import DatasetReader
from rasterio.rpc import RPC

from model_core.errors import BadInputError
from model_core.geometry.grid import Grid
from model_core.geometry.ground_control import PointLocator
from model_core.geometry.local import local_crs, local_points
from model_core.geometry.located import LocatedGrid
from model_core.geometry.mesh import MeshLocator
from model_core.geometry.rational import WGS84, RationalLocator, check_coefficients
from model_core.raster.heights import read_heights
from model_core.raster.naming import raster_name
from model_core.raster.opening import open_raster

DEGREES_EAST, DEGREES_NORTH = (
    {f"degree{plural}{end}" for plural in ("", "s") for end in (f"_{word}", word[0].upper())}
    for word in ("east", "north")
)
"""How files in the convention CF name the units of longitude and latitude."""

MOST_NODES = 1_000_000
"""Of geolocation arrays; of larger ones every n-th row and column is taken."""


def located_grid(dataset: DatasetReader, dem: str | None) -> LocatedGrid | None:
    """Return the grid of an image that ground control points, RPCs or geolocation arrays place.

    Args:
        dataset: without a geotransform.
        dem: path of a raster with the height of the ground, for RPCs; None: their mean height.

    Returns:
        None where the file has none of these.

    Raises:
        BadInputError: what it has cannot be used.
    """
    name = raster_name(dataset.name)
    try:
        points, crs = dataset.gcps
        if points:
            return _by_points(dataset, points, crs, name)
        if dataset.rpcs is not None:
            return _by_rpcs(dataset, dataset.rpcs, dem)
        arrays = dataset.tags(ns="GEOLOCATION")
        return _by_arrays(dataset, arrays, name) if "X_DATASET" in arrays else None
    except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        raise BadInputError(
            f"What {name} says of its place cannot be used ({error}); warp it to a map projection "
            "first, or give it with what places it rightly."
        ) from error


def crs_of_axes(dataset: DatasetReader) -> CRS | None:
    """Return WGS 84 where a NetCDF names no CRS, but says that its axes are degrees east and north,
    as its convention (CF) has them; None elsewhere."""
    if dataset.driver != "netCDF":
        return None
    units = {value for key, value in dataset.tags().items() if key.endswith("#units")}
    return WGS84 if units & DEGREES_EAST and units & DEGREES_NORTH else None


def uses_heights(grid: Grid) -> bool:
    """Return whether heights of the ground are part of what places an image."""
    return isinstance(grid, LocatedGrid) and isinstance(grid.locator, RationalLocator)


def heights_unused(nobody: str) -> str:
    """Return the sentence on heights that were given for nothing; ``nobody`` uses them."""
    return f"The heights of the DEM are not used: {nobody} placed by RPCs."


def _by_points(
    dataset: DatasetReader, points: list[GroundControlPoint], crs: CRS | None, name: str
) -> LocatedGrid:
    if crs is None:
        raise BadInputError(
            f"{name} has ground control points without a CRS; write the CRS of their coordinates "
            "into the file (gdal_edit -a_srs), then register."
        )
    known = np.array([[point.col, point.row, point.x, point.y] for point in points])
    known = known[np.isfinite(known).all(axis=1)]
    pixels = known[:, :2] - 0.5
    places, local = local_points(known[:, 2:], crs)
    size = (dataset.width, dataset.height)
    return LocatedGrid.of(local, size, PointLocator(pixels, places), crs)


def _by_rpcs(dataset: DatasetReader, rpcs: RPC, dem: str | None) -> LocatedGrid:
    check_coefficients(rpcs)
    crs = local_crs(rpcs.long_off, rpcs.lat_off)
    size = (dataset.width, dataset.height)
    grid = LocatedGrid.of(crs, size, RationalLocator(rpcs, crs, None), WGS84)
    if dem is None:
        return grid
    heights = read_heights(dem, grid)
    return LocatedGrid.of(crs, size, RationalLocator(rpcs, crs, heights), WGS84)


def _by_arrays(dataset: DatasetReader, tags: Mapping[str, str], name: str) -> LocatedGrid:
    if "Y_DATASET" not in tags:
        raise ValueError("geolocation arrays of one axis only")
    x, y = (_array(tags[f"{axis}_DATASET"], int(tags.get(f"{axis}_BAND", 1))) for axis in "XY")
    if x.shape[0] == 1 and y.shape[0] == 1:  # one place a column, and one a row
        x, y = np.meshgrid(x[0], y[0])
    if x.shape != y.shape:
        raise ValueError("geolocation arrays of two sizes")
    every = max(1, int(np.ceil(np.sqrt(x.size / MOST_NODES))))
    try:
        given = CRS.from_user_input(tags.get("SRS") or "EPSG:4326")
    except CRSError as error:
        raise ValueError(str(error)) from error
    nodes, crs = local_points(np.stack([x, y], axis=-1)[::every, ::every], given)
    # GDAL counts from the corner of the first pixel, unless the arrays name the pixels' centres.
    corner = 0.0 if tags.get("GEOREFERENCING_CONVENTION") == "PIXEL_CENTER" else 0.5
    columns, rows = (
        float(tags.get(f"{axis}_OFFSET", 0))
        + float(tags.get(f"{axis}_STEP", 1)) * every * np.arange(count)
        - corner
        for axis, count in (("PIXEL", nodes.shape[1]), ("LINE", nodes.shape[0]))
    )
    words = f"geolocation arrays of {x.shape[1]} x {x.shape[0]} places"
    locator = MeshLocator(columns, rows, nodes, words)
    return LocatedGrid.of(crs, (dataset.width, dataset.height), locator, given)


def _array(path: str, band: int) -> NDArray[np.float64]:
    with open_raster(path) as dataset:
        known = dataset.read_masks(band) > 0
        values = dataset.read(band).astype(np.float64)
    return np.where(known & np.isfinite(values), values, np.nan)
