"""Displacement vectors as QGIS reads them."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from model_core.products.tie_points import select_tie_points
from model_core.products.vectors import FIELDS, azimuth, write_displacement_vectors
from tests.core.products.fields import UTM_GRID, WEST_AND_NORTH, shifted


def test_vectors_run_from_the_uncorrected_to_the_corrected_place(tmp_path: Path) -> None:
    path = tmp_path / "vectors.gpkg"
    points = select_tie_points(shifted(), spacing=32, min_certainty=0.3)
    write_displacement_vectors(points, UTM_GRID, path)
    with closing(sqlite3.connect(path)) as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(displacements)")]
        assert columns[2:] == list(FIELDS)
        geometry, dx, dy, direction = database.execute(
            "SELECT geom, dx_m, dy_m, azimuth_deg FROM displacements"
        ).fetchone()
        srs = database.execute("SELECT srs_id FROM gpkg_contents").fetchone()[0]
    x0, y0, x1, y1 = struct.unpack_from("<4d", geometry, 8 + 32 + 9)
    assert (x1 - x0, y1 - y0) == pytest.approx((-30, 20))
    assert (dx, dy) == pytest.approx(WEST_AND_NORTH, abs=0.01)
    # True north lies 0.75° to the left of the map's.
    assert direction == pytest.approx(360 - np.degrees(np.arctan2(30, 20)) + 0.751, abs=0.01)
    assert srs == 32630


def test_azimuth_is_clockwise_from_north() -> None:
    east, north = np.array([0.0, 1.0, 0.0, -1.0]), np.array([1.0, 0.0, -1.0, 0.0])
    assert azimuth(east, north).tolist() == [0, 90, 180, 270]
