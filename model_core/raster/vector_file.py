"""Geometries from GeoJSON and GeoPackage files, with their CRS and attributes.

GDAL's vector drivers are not part of rasterio: other formats are to be converted.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rasterio.crs import CRS
from rasterio.errors import CRSError

from model_core.errors import BadInputError, first_line, shown
from model_core.paths import LAYER, is_file, looking_at
from model_core.raster.wkb import geometry_of_geopackage

CONVERT = "convert it to GeoJSON or GeoPackage (in QGIS: Export > Save Features As)"
DEGREES = "OGC:CRS84"
"""What GeoJSON is in that does not say otherwise."""

SQLITE = b"SQLite format 3\0"
DAMAGED = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What a document raises that is of another form than it should be."""

UNDEFINED = (-1, 0, 99999)
"""Systems of a GeoPackage that are none: two by the standard, and one by GDAL."""


@dataclass(frozen=True)
class Feature:
    """One geometry as GeoJSON has it ("type", "coordinates"), and its attributes."""

    geometry: Mapping[str, Any]
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class VectorFile:
    """What a file holds.

    Attributes:
        name: of the file, for sentences.
        crs: None where the file says that it is unknown.
        features: those that have a geometry; collections are taken apart.
    """

    name: str
    crs: CRS | None
    features: tuple[Feature, ...]


def is_vector_file(source: str) -> bool:
    """Return whether a path leads to a file that :func:`read_vector_file` can try to read."""
    path = Path(source.partition(LAYER)[0])
    if not is_file(path):
        return False
    with looking_at(path), path.open("rb") as file:
        start = file.read(64)
    if start.startswith(SQLITE):
        return bool(LAYER in source or _tables(path))
    return start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def read_vector_file(source: str) -> VectorFile:
    """Read a GeoJSON file (RFC 7946, or with the older "crs" member) or a layer of a GeoPackage.

    Args:
        source: a path; ``|layername=`` may choose one of the layers of a GeoPackage.

    Raises:
        BadInputError: the file is neither, is damaged, or has several layers and none is named.
    """
    path = Path(source.partition(LAYER)[0])
    try:
        with path.open("rb") as file:
            packed = file.read(16) == SQLITE
        return _geopackage(path, source.partition(LAYER)[2]) if packed else _geojson(path)
    except (
        OSError,
        ValueError,
        sqlite3.Error,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        raise BadInputError(
            f"{shown(path.name)} cannot be read as GeoJSON or GeoPackage ({first_line(error)}); "
            f"{CONVERT}."
        ) from error


def crs_from(text: str, name: str) -> CRS:
    """Return a CRS by what a file says of it.

    Raises:
        BadInputError: it is unknown.
    """
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise BadInputError(
            f"{name} has a CRS that is not known ({text[:60]}); save it again in another one."
        ) from error


def _geojson(path: Path) -> VectorFile:
    document = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(document, dict):
        raise ValueError("it is no object")
    crs: CRS | None = CRS.from_user_input(DEGREES)
    if "crs" in document:
        said = document["crs"]
        crs = None if said is None else crs_from(str(said["properties"]["name"]), path.name)
    return VectorFile(shown(path.name), crs, tuple(_features(document, {})))


def _features(one: Any, attributes: Mapping[str, Any]) -> Iterator[Feature]:
    """Yield the geometries of a GeoJSON object, collections taken apart."""
    kind = one["type"]
    if kind == "FeatureCollection":
        for part in one["features"]:
            yield from _features(part, {})
    elif kind == "Feature":
        if one["geometry"] is not None:
            yield from _features(one["geometry"], one.get("properties") or {})
    elif kind == "GeometryCollection":
        for part in one["geometries"]:
            yield from _features(part, attributes)
    elif kind.startswith("Multi"):
        for part in one["coordinates"]:
            if part:
                yield Feature({"type": kind.removeprefix("Multi"), "coordinates": part}, attributes)
    elif kind in ("Point", "LineString", "Polygon"):
        if one["coordinates"]:
            yield Feature({"type": kind, "coordinates": one["coordinates"]}, attributes)
    else:
        raise ValueError(f"it holds {kind!r}, which is no geometry")


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _tables(path: Path) -> list[str]:
    """Return the feature tables of a GeoPackage; none where it is something else."""
    try:
        with closing(_connect(path)) as file:
            rows = file.execute("SELECT table_name FROM gpkg_contents WHERE data_type='features'")
            return [str(name) for (name,) in rows]
    except sqlite3.Error:
        return []


def _geopackage(path: Path, layer: str) -> VectorFile:
    tables = _tables(path)
    if layer and layer not in tables:
        raise ValueError(f"it has no layer {layer}, only {', '.join(tables) or 'none'}")
    if not layer and len(tables) != 1:
        several = f"it has the layers {', '.join(tables)}; give {path.name}{LAYER}{tables[0]}"
        raise ValueError(several if tables else "it has no layer of features")
    table = layer or tables[0]
    with closing(_connect(path)) as file:
        file.row_factory = sqlite3.Row
        of_table = "SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE table_name=?"
        geometry, srs = file.execute(of_table, (table,)).fetchone()
        crs = _crs_of(file, srs, path.name)
        quoted = table.replace('"', '""')
        features: list[Feature] = []
        for row in file.execute(f'SELECT * FROM "{quoted}"'):
            if row[geometry] is not None:
                shape = geometry_of_geopackage(row[geometry])
                features += _features(shape, {k: row[k] for k in row.keys() if k != geometry})  # noqa: SIM118
    return VectorFile(shown(path.name), crs, tuple(features))


def _crs_of(file: sqlite3.Connection, srs: int, name: str) -> CRS | None:
    if srs in UNDEFINED:
        return None
    known = (
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys "
        "WHERE srs_id=?"
    )
    organization, code, definition = file.execute(known, (srs,)).fetchone()
    epsg = str(organization).upper() == "EPSG"
    return crs_from(f"EPSG:{code}" if epsg else str(definition), name)
