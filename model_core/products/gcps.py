"""Ground control points in the form that QGIS's Georeferencer saves and loads (``.points``)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from model_core.geometry.projection import project
from model_core.products.displacement_raster import DisplacementField
from model_core.products.tie_points import TiePoints
from model_core.raster.output import atomic_write


def write_gcps(points: TiePoints, field: DisplacementField, path: str | Path) -> None:
    """Write one point per tie point: where it belongs (map) and where the moving image has it.

    Line 1 names the CRS of the map columns; then ``mapX,mapY,sourceX,sourceY,enable,dX,dY,
    residual``. Since QGIS 3.26 the source columns are layer coordinates for a georeferenced image,
    and pixels (column, minus row, from the upper left corner) otherwise; dX, dY and residual are
    of QGIS's own fit and start at 0. Outliers are written disabled.
    """
    if field.working.crs is None or field.moving.crs is None:
        corner = field.working.to_pixels(points.old) + 0.5
        source = corner * np.array([1.0, -1.0])
        target = (field.working.to_pixels(points.new) + 0.5) * np.array([1.0, -1.0])
        first = "#CRS: "
    else:
        source, target = points.old, points.new
        if field.moving.crs != field.working.crs:
            source = project(points.old, field.working.crs, field.moving.crs)
        first = f"#CRS: {field.working.crs.to_wkt()}"
    lines = [first, "mapX,mapY,sourceX,sourceY,enable,dX,dY,residual"]
    for new, old, inlier in zip(target, source, points.inlier, strict=True):
        numbers = ",".join(repr(float(v)) for v in (*new, *old))
        lines.append(f"{numbers},{int(inlier)},0,0,0")
    with atomic_write(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
