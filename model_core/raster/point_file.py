"""Places that a person has found in both images, from files.

Forms: the ``.points`` of QGIS's Georeferencer; CSV; lines, or points with two columns, in GeoJSON
and GeoPackage. See ``docs/guide/masks-and-points.md``.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS

from model_core.errors import BadInputError, shown
from model_core.paths import is_file, looking_at
from model_core.raster.vector_file import (
    DAMAGED,
    VectorFile,
    crs_from,
    is_vector_file,
    read_vector_file,
)

COLUMNS = {
    ("moving", "map"): ("moving_x", "moving_y"),
    ("moving", "pixel"): ("moving_column", "moving_row"),
    ("reference", "map"): ("reference_x", "reference_y"),
    ("reference", "pixel"): ("reference_column", "reference_row"),
}
"""Of a CSV file, in map coordinates or in pixels from the upper left corner of the image."""

POINTS_COLUMNS = (("mapx", "mapy"), ("sourcex", "sourcey"), ("pixelx", "pixely"))
"""Of the Georeferencer: on the reference; in the moving image, since QGIS 3.26 and before."""

FORMS = (
    "the columns mapX, mapY, sourceX, sourceY of the Georeferencer, or moving_x, moving_y (or "
    "moving_column, moving_row) and reference_x, reference_y (or reference_column, reference_row)"
)


@dataclass(frozen=True)
class Places:
    """Coordinates of points in one image, as a file gives them.

    Attributes:
        xy: (N, 2).
        pixels: they are columns and rows, from the upper left corner of the image on; where rows
            are negative, they count downwards. None: they may be these or map coordinates.
        crs: of map coordinates; None: that of the image.
    """

    xy: NDArray[np.float64]
    pixels: bool | None = False
    crs: CRS | None = None


@dataclass(frozen=True)
class PointFile:
    """Points that a file holds.

    Attributes:
        name: of the file, for sentences.
        labels: how each point is called: its number in the file, or its name.
        reference: where they lie in the reference.
        moving: where they lie in the moving image.
    """

    name: str
    labels: tuple[str, ...]
    reference: Places
    moving: Places


def read_point_file(source: str) -> PointFile:
    """Read points.

    Args:
        source: the path of a file.

    Raises:
        BadInputError: there is no file, it is of another form, or holds no point.
    """
    path = Path(source)
    if is_vector_file(source):
        file = read_vector_file(source)
        try:
            found = _of_geometries(file)
        except DAMAGED as error:
            raise BadInputError(
                f"{file.name} holds geometries without two coordinates each; save it again."
            ) from error
    else:
        if not is_file(path):
            raise BadInputError(f"{shown(source)} does not exist; check the path of the points.")
        with looking_at(path):
            data = path.read_bytes()
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise BadInputError(
                f"{shown(path.name)} is no text in UTF-8; give points as .points, CSV, GeoJSON or "
                "GeoPackage."
            ) from error
        found = _of_text(shown(path.name), text)
    if not found.labels:
        raise BadInputError(f"{found.name} holds no point that is enabled; add some.")
    for places in (found.reference, found.moving):
        if not np.isfinite(places.xy).all():
            raise BadInputError(f"{found.name} holds coordinates that are no finite numbers.")
    return found


def _of_text(name: str, text: str) -> PointFile:
    """Read ``.points`` or CSV."""
    lines = text.splitlines()
    crs: CRS | None = None
    while lines and lines[0].startswith("#"):
        said = lines.pop(0).lstrip("# ")
        if said.upper().startswith("CRS:") and said[4:].strip():
            crs = crs_from(said[4:].strip(), name)
    if not lines or not lines[0].strip():
        raise BadInputError(f"{name} is empty; it needs {FORMS}.")
    delimiter = max(",;\t", key=lines[0].count)
    header = [column.strip().strip('"').lower() for column in lines[0].split(delimiter)]
    rows = []
    for number, cells in enumerate(csv.reader(lines[1:], delimiter=delimiter), 1):
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        enabled = row.get("enable", row.get("enabled", "1")).lower()
        if any(cells) and enabled not in ("0", "0.0", "false"):
            rows.append((row.get("name") or row.get("id") or str(number), row))
    decimal = delimiter == ";"

    def places(columns: tuple[str, str]) -> NDArray[np.float64]:
        cells = [(label, [row.get(column, "") for column in columns]) for label, row in rows]
        return _numbers(name, cells, decimal)

    labels = tuple(label for label, _ in rows)
    if set(POINTS_COLUMNS[0]) <= set(header):
        source = next((c for c in POINTS_COLUMNS[1:] if set(c) <= set(header)), None)
        if source is not None:
            # Either version may write pixels or map coordinates: the image decides.
            moving = Places(places(source), None)
            return PointFile(name, labels, Places(places(POINTS_COLUMNS[0]), False, crs), moving)
    parts: dict[str, Places] = {}
    for (image, kind), columns in COLUMNS.items():
        if set(columns) <= set(header) and image not in parts:
            parts[image] = Places(places(columns), kind == "pixel")
    if len(parts) < 2:
        raise BadInputError(f"{name} has no columns that are known; it needs {FORMS}.")
    return PointFile(name, labels, parts["reference"], parts["moving"])


def _numbers(name: str, rows: list[tuple[str, list[Any]]], decimal: bool) -> NDArray[np.float64]:
    found = []
    for label, cells in rows:
        try:
            x, y = (float(str(c).replace(",", ".") if decimal else c) for c in cells)
            found.append((x, y))
        except (TypeError, ValueError, OverflowError) as error:
            raise BadInputError(
                f"Point {shown(label)} of {name} has {shown(', '.join(map(str, cells)))} where two "
                "numbers belong; correct it."
            ) from error
    return np.array(found, dtype=np.float64).reshape(-1, 2)


def _of_geometries(file: VectorFile) -> PointFile:
    """Read lines from the moving image's place to the reference's, or points of the reference with
    the moving image's place in two columns."""
    lines = [one for one in file.features if one.geometry["type"] == "LineString"]
    points = [one for one in file.features if one.geometry["type"] == "Point"]
    if bool(lines) == bool(points) or len(lines) + len(points) < len(file.features):
        kinds = sorted({str(one.geometry["type"]) for one in file.features}) or ["none"]
        raise BadInputError(
            f"{file.name} holds geometries of the type {' and '.join(kinds)}; give lines from the "
            "place in the moving image to that in the reference, or points of the reference with "
            "the columns moving_x and moving_y."
        )
    chosen = lines or points
    labels = tuple(
        str(one.attributes.get("name") or number) for number, one in enumerate(chosen, 1)
    )

    def coordinates(ends: Iterator[Any]) -> NDArray[np.float64]:
        rows = [(label, list(end[:2])) for label, end in zip(labels, ends, strict=True)]
        return _numbers(file.name, rows, decimal=False)

    if lines:
        first = coordinates(one.geometry["coordinates"][0] for one in lines)
        last = coordinates(one.geometry["coordinates"][-1] for one in lines)
        return PointFile(
            file.name, labels, Places(last, False, file.crs), Places(first, False, file.crs)
        )
    here = coordinates(one.geometry["coordinates"] for one in points)
    for kind in ("map", "pixel"):
        columns = COLUMNS["moving", kind]
        if all(set(columns) <= _lower(one.attributes).keys() for one in points):
            there = coordinates([_lower(one.attributes)[c] for c in columns] for one in points)
            moving = Places(there, kind == "pixel")
            return PointFile(file.name, labels, Places(here, False, file.crs), moving)
    raise BadInputError(
        f"The points of {file.name} have no columns moving_x and moving_y (or moving_column and "
        "moving_row) with their place in the moving image; add them, or give lines."
    )


def _lower(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {key.lower(): math.nan if value is None else value for key, value in attributes.items()}
