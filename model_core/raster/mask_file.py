"""Masks from files: polygons, or a raster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.features import is_valid_geom
from rasterio.transform import Affine

from model_core.errors import BadInputError
from model_core.feedback import Feedback
from model_core.geometry.crs import COORDINATES, project, same_crs
from model_core.geometry.grid import Grid
from model_core.geometry.window import Window
from model_core.raster.mask import Mask, PolygonMask, RasterMask
from model_core.raster.opening import open_raster
from model_core.raster.scene import grid_of
from model_core.raster.vector_file import (
    CONVERT,
    DEGREES,
    VectorFile,
    is_vector_file,
    read_vector_file,
)

LARGEST = 1e15
"""Coordinate of a point: beyond, numbers no longer tell metres apart."""


def read_mask(source: str, working: Grid, feedback: Feedback) -> Mask:
    """Return the mask of a file.

    Args:
        source: polygons as GeoJSON or GeoPackage, or a raster: its valid pixels that are not 0.
        working: the grid on which images are matched. Where it has no CRS, the file is in its
            coordinates, or in its pixels: the raster's own, and in polygons to the right and down,
            or up as QGIS shows them.
        feedback: hears what in the file is not used.

    Raises:
        BadInputError: the file cannot be read, has no polygon, or is of another CRS than it says.
    """
    if is_vector_file(source):
        return _polygons(read_vector_file(source), working, feedback)
    return _raster(source, working)


def _raster(source: str, working: Grid) -> RasterMask:
    try:
        with open_raster(source) as dataset:
            grid = grid_of(dataset)
    except BadInputError as error:
        raise BadInputError(
            f"The mask cannot be used: {error} Where it is a layer of polygons, {CONVERT}."
        ) from error
    _check_crs(source, grid.crs, working)
    return RasterMask(source, grid)


def _check_crs(name: str, crs: CRS | None, working: Grid) -> None:
    has_crs = crs is not None and not same_crs(crs, COORDINATES)
    if not has_crs and working.in_metres:
        raise BadInputError(
            f"The mask {name} has no CRS and the images have one, so that its place is unknown; "
            "give it a CRS."
        )
    if has_crs and not working.in_metres:
        raise BadInputError(
            f"The mask {name} has a CRS and the images have none, so that its place in them is "
            "unknown; give one in pixels of the images, or in their coordinates."
        )
    if not has_crs and not same_crs(crs, working.crs):
        raise BadInputError(
            f"Of the mask {name} and the images one is in pixels and the other has coordinates; "
            "give a mask that is georeferenced as the images are."
        )


def _polygons(file: VectorFile, working: Grid, feedback: Feedback) -> PolygonMask:
    polygons = [dict(one.geometry) for one in file.features if one.geometry["type"] == "Polygon"]
    if not polygons:
        kinds = sorted({str(one.geometry["type"]) for one in file.features})
        found = f"only geometries of the type {' and '.join(kinds)}" if kinds else "no geometry"
        raise BadInputError(f"The mask {file.name} holds {found}; give polygons.")
    others = len(file.features) - len(polygons)
    boxes = [_box(one) for one in polygons]
    sound = [index for index, box in enumerate(boxes) if box is not None]
    if not sound:
        raise BadInputError(
            f"No polygon of the mask {file.name} is sound: each needs rings of four points or more "
            "with finite coordinates; repair it (in QGIS: Fix geometries)."
        )
    for count, what in ((others, "are no polygons"), (len(boxes) - len(sound), "are not sound")):
        if count:
            feedback.log(f"The mask {file.name}: {count} geometries {what} and are left aside.")
    used = [polygons[index] for index in sound]
    corners = np.array([boxes[index] for index in sound], dtype=np.float64)
    if not working.in_metres:
        # A GeoJSON file that says nothing of a CRS is in degrees; here it cannot be.
        unsaid = file.crs in (None, CRS.from_user_input(DEGREES))
        _check_crs(file.name, working.crs if unsaid else file.crs, working)
    if working.crs is None:
        if -corners[:, 1].min() > corners[:, 3].max():  # as QGIS shows images without geotransform
            used = [_upside_down(one) for one in used]
            corners = corners[:, [0, 3, 2, 1]] * [1, -1, 1, -1]
        return PolygonMask(lattice(working, None), used, corners)
    if not working.in_metres:
        return PolygonMask(lattice(working, working.crs), used, corners)
    _check_crs(file.name, file.crs, working)
    _check_degrees(file, corners)
    return PolygonMask(lattice(working, file.crs), used, corners)


def _box(polygon: Mapping[str, Any]) -> list[float] | None:
    """Return xmin, ymin, xmax, ymax; None where the polygon is not sound."""
    try:
        points = np.array([point[:2] for ring in polygon["coordinates"] for point in ring], float)
        if not ((np.abs(points) < LARGEST).all() and is_valid_geom(polygon)):
            return None
    except (TypeError, ValueError, LookupError, OverflowError, AttributeError, RasterioError):
        return None
    return [*points.min(axis=0).tolist(), *points.max(axis=0).tolist()]


def _upside_down(polygon: Mapping[str, Any]) -> dict[str, Any]:
    rings = [[(point[0], -point[1]) for point in ring] for ring in polygon["coordinates"]]
    return {"type": "Polygon", "coordinates": rings}


def _check_degrees(file: VectorFile, boxes: NDArray[np.float64]) -> None:
    if file.crs is None or not file.crs.is_geographic:
        return
    if np.abs(boxes[:, [1, 3]]).max() > 90 or np.abs(boxes[:, [0, 2]]).max() > 360:
        x, y = boxes[np.abs(boxes).max(axis=1).argmax(), :2]
        raise BadInputError(
            f"The mask {file.name} says that it is in degrees, but has coordinates such as "
            f"({x:.10g}, {y:.10g}); save it again with its right CRS."
        )


def lattice(working: Grid, crs: CRS | None) -> Grid:
    """Return a grid in a CRS whose pixels are about as large as those of the working grid.

    Raises:
        BadInputError: the working grid has no place in the CRS.
    """
    outline = Window(0, 0, 33, 33).positions() / 32 * [working.width, working.height] - 0.5
    on_map = working.to_map(outline)
    if working.crs is not None and crs is not None and not same_crs(crs, working.crs):
        on_map = project(on_map, working.crs, crs)
    known = np.isfinite(on_map).all(axis=-1)
    points, on_map = on_map[known], np.where(known[..., None], on_map, np.nan)
    if len(points) == 0:
        raise BadInputError("The images have no place in the CRS of the mask; check its CRS.")
    (xmin, _), (_, ymax) = points.min(axis=0), points.max(axis=0)
    steps = [np.abs(np.diff(on_map, axis=axis)) for axis in (0, 1)]
    width, height = (
        float(np.nanmedian(np.maximum(steps[0][:, :-1, i], steps[1][:-1, :, i]))) for i in (0, 1)
    )
    scale = Affine.scale(width * 32 / working.width, -height * 32 / working.height)
    return Grid(crs, Affine.translation(xmin, ymax) * scale, working.width, working.height)
