"""Ground control points in the form that QGIS's Georeferencer saves and loads (``.points``)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from model_core.geometry.located import LocatedGrid
from model_core.geometry.pixels import from_corner
from model_core.geometry.projection import on_map_of
from model_core.products.displacement_field import DisplacementField
from model_core.products.finished_run import FinishedRun
from model_core.products.tie_points import TiePoints
from model_core.raster.output import atomic_write

_UP = np.array([1.0, -1.0])


def write(run: FinishedRun, path: Path) -> None:
    """Write the ground control points of a run."""
    write_gcps(run.tie_points, run.field, path)


def write_gcps(points: TiePoints, field: DisplacementField, path: str | Path) -> None:
    """Write one point per tie point: where it belongs (map) and where the moving image has it.

    Line 1 names the CRS of the map columns; then ``mapX,mapY,sourceX,sourceY,enable,dX,dY,
    residual``. Since QGIS 3.26 the source columns are layer coordinates for an image with a
    geotransform, and pixels (column, minus row, from the upper left corner) otherwise; dX, dY and
    residual are of QGIS's own fit and start at 0. Outliers are written disabled.
    """
    working, moving = field.working, field.grids.moving
    source, target = on_map_of(moving, points.old, working), points.new
    if working.crs is None:
        # The map of an image without geotransform is its pixel plane; QGIS counts rows downwards.
        source, target = source * _UP, target * _UP
    elif isinstance(moving, LocatedGrid):
        source = from_corner(moving.to_pixels(source)) * _UP
    first = "#CRS: " + ("" if working.written_crs is None else working.written_crs.to_wkt())
    lines = [first, "mapX,mapY,sourceX,sourceY,enable,dX,dY,residual"]
    for new, old, inlier in zip(target, source, points.inlier, strict=True):
        numbers = ",".join(repr(float(v)) for v in (*new, *old))
        lines.append(f"{numbers},{int(inlier)},0,0,0")
    with atomic_write(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
