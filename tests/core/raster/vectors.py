"""Small GeoJSON and GeoPackage files for tests, written byte by byte as the standards say."""

from __future__ import annotations

import json
import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import Any

Ring = list[tuple[float, float]]


def square(x: float, y: float, side: float) -> Ring:
    """Return a closed ring from its lower left corner on."""
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)]


def geojson(path: Path, *geometries: dict[str, Any], crs: str | None = None) -> Path:
    """Write geometries; ``crs`` as the older "crs" member."""
    features = [{"type": "Feature", "properties": {}, "geometry": one} for one in geometries]
    document: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if crs is not None:
        document["crs"] = {"type": "name", "properties": {"name": crs}}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def polygon(*rings: Ring) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [list(map(list, ring)) for ring in rings]}


def wkb_polygon(*rings: Ring, order: str = "<", height: bool = False) -> bytes:
    """Return a polygon in well-known binary, with a height at each point where asked for."""
    first = b"\x01" if order == "<" else b"\x00"
    data = first + struct.pack(order + "II", 1003 if height else 3, len(rings))
    for ring in rings:
        data += struct.pack(order + "I", len(ring))
        for point in ring:
            data += struct.pack(order + ("ddd" if height else "dd"), *point, *([7.0] * height))
    return data


def blob(wkb: bytes, envelope: bool = False) -> bytes:
    """Return a GeoPackage's geometry, with the place of an envelope in its header or without."""
    header = b"GP\0" + bytes([1 | envelope << 1]) + struct.pack("<i", 0)
    return header + struct.pack("<4d", 0, 0, 0, 0) * envelope + wkb


def geopackage(path: Path, srs: int = 32630, **layers: list[bytes]) -> Path:
    """Write layers of geometries in a GeoPackage; EPSG code ``srs``, or -1 for unknown."""
    with closing(sqlite3.connect(path)) as file:
        file.executescript(
            "CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT, srs_id INTEGER);"
            "CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INT);"
            "CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER, organization TEXT,"
            " organization_coordsys_id INTEGER, definition TEXT);"
        )
        row = ("name", srs, "EPSG", srs, "undefined")
        file.execute("INSERT INTO gpkg_spatial_ref_sys VALUES (?,?,?,?,?)", row)
        for name, blobs in layers.items():
            file.execute(f'CREATE TABLE "{name}" (fid INTEGER, geom BLOB, kind TEXT)')
            file.execute("INSERT INTO gpkg_contents VALUES (?,'features',?)", (name, srs))
            file.execute("INSERT INTO gpkg_geometry_columns VALUES (?,'geom',?)", (name, srs))
            rows = [(number, one, "lake") for number, one in enumerate(blobs)]
            file.executemany(f'INSERT INTO "{name}" VALUES (?,?,?)', rows)
        file.commit()
    return path
