"""Displacement vectors as a GeoPackage (OGC 12-128r18), written with the standard library's SQLite.

Lines run from the uncorrected to the corrected position.
"""

from __future__ import annotations

import dataclasses
import math
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS

from model_core.geometry.grid import Grid
from model_core.products.finished_run import FinishedRun
from model_core.products.tie_points import TiePoints
from model_core.raster.output import atomic_write

TABLE = "displacements"

FIELDS = {
    "dx_m": "REAL",
    "dy_m": "REAL",
    "dx_px": "REAL",
    "dy_px": "REAL",
    "magnitude_m": "REAL",
    "azimuth_deg": "REAL",
    "certainty": "REAL",
    "residual_px": "REAL",
    "inlier": "BOOLEAN",
}

_SCHEMA = f"""
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE {TABLE} (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom LINESTRING,
  {", ".join(f"{name} {column}" for name, column in FIELDS.items())});
"""

_UNDEFINED = (
    ("Undefined cartesian SRS", -1, "NONE", -1, "undefined", None),
    ("Undefined geographic SRS", 0, "NONE", 0, "undefined", None),
    (
        "WGS 84 geodetic",
        4326,
        "EPSG",
        4326,
        CRS.from_epsg(4326).to_wkt(),
        "longitude/latitude coordinates in decimal degrees on the WGS 84 spheroid",
    ),
)

_UP = np.array([1.0, -1.0])

_CUSTOM_SRS = 100000
"""Identifier of a CRS that has no EPSG code."""


def write(run: FinishedRun, path: Path) -> None:
    """Write the displacement vectors of a run."""
    write_displacement_vectors(run.tie_points, run.field.working, path)


def azimuth(east: NDArray[np.float64], north: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the direction of vectors in degrees, clockwise from north, in [0, 360)."""
    return np.asarray(np.degrees(np.arctan2(east, north)) % 360.0)


def write_displacement_vectors(points: TiePoints, grid: Grid, path: str | Path) -> None:
    """Write one line per tie point, on the map of a grid; without CRS it is in the undefined
    Cartesian system."""
    srs_id, rows = _reference_system(grid.written_crs)
    if grid.crs is None:
        # Rows run to negative y, as in Grid.written_transform: that is where QGIS has the image.
        points = dataclasses.replace(points, old=points.old * _UP, new=points.new * _UP)
    with (
        atomic_write(path) as temporary,
        _errors_of_sqlite(),
        closing(sqlite3.connect(temporary)) as database,
    ):
        database.execute("PRAGMA application_id = 0x47504B47")  # "GPKG"
        database.execute("PRAGMA user_version = 10300")
        database.executescript(_SCHEMA)
        database.executemany("INSERT INTO gpkg_spatial_ref_sys VALUES (?,?,?,?,?,?)", rows)
        both = np.concatenate([points.old, points.new])
        box = [*both.min(axis=0), *both.max(axis=0)] if len(both) else [None] * 4
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, min_x, "
            "min_y, max_x, max_y, srs_id) VALUES (?, 'features', ?, ?, ?, ?, ?, ?, ?)",
            (TABLE, TABLE, "from the uncorrected to the corrected position", *box, srs_id),
        )
        database.execute(
            "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'LINESTRING', ?, 0, 0)",
            (TABLE, srs_id),
        )
        names = ", ".join(["geom", *FIELDS])
        marks = ", ".join("?" * (len(FIELDS) + 1))
        database.executemany(
            # Table and columns are constants of this module; values go through the marks.
            f"INSERT INTO {TABLE} ({names}) VALUES ({marks})",  # nosec B608
            _rows(points, srs_id),
        )
        database.commit()
        [(said,)] = database.execute("PRAGMA integrity_check(1)").fetchall()
        if said != "ok":
            raise sqlite3.DatabaseError(said)


@contextmanager
def _errors_of_sqlite() -> Iterator[None]:
    """Make of SQLite's errors, such as that of a full disk, what they are: errors of a file."""
    try:
        yield
    except sqlite3.Error as error:
        raise OSError(str(error)) from error


def _reference_system(crs: CRS | None) -> tuple[int, list[tuple[object, ...]]]:
    rows: list[tuple[object, ...]] = list(_UNDEFINED)
    if crs is None:
        return -1, rows
    code = crs.to_epsg()
    if code == 4326:
        return 4326, rows
    identifier = code or _CUSTOM_SRS
    organization = ("EPSG", code) if code else ("NONE", _CUSTOM_SRS)
    name = crs.to_wkt().split('"')[1]
    rows.append((name, identifier, *organization, crs.to_wkt(), None))
    return identifier, rows


def _rows(points: TiePoints, srs_id: int) -> list[tuple[object, ...]]:
    azimuths = azimuth(points.metres[:, 0], points.metres[:, 1])
    rows: list[tuple[object, ...]] = []
    for i in range(len(points.new)):
        residual = float(points.residual[i])
        rows.append(
            (
                _line(points.old[i], points.new[i], srs_id),
                *map(float, points.metres[i]),
                *map(float, points.pixels[i]),
                math.hypot(*points.metres[i]),
                float(azimuths[i]),
                float(points.certainty[i]),
                None if math.isnan(residual) else residual,
                bool(points.inlier[i]),
            )
        )
    return rows


def _line(start: NDArray[np.float64], end: NDArray[np.float64], srs_id: int) -> bytes:
    """Return a GeoPackage geometry: header with envelope (2.1.3), then a WKB line string."""
    xs, ys = sorted((start[0], end[0])), sorted((start[1], end[1]))
    header = struct.pack("<2sBBi4d", b"GP", 0, 0b00000011, srs_id, *xs, *ys)
    return header + struct.pack("<BII4d", 1, 2, 2, *start, *end)
