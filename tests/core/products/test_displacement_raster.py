"""Displacement raster, vectors and GCPs: sign, units, and what other programs read in them."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.transform import Affine

from model_core.errors import BadInputError
from model_core.geometry.field import ControlGrid, Field
from model_core.geometry.grid import Grid
from model_core.products.displacement_raster import (
    DisplacementField,
    people_field,
    read_displacement_raster,
    write_displacement_raster,
)
from model_core.products.gcps import write_gcps
from model_core.products.tie_points import select_tie_points
from model_core.products.vectors import FIELDS, azimuth, write_displacement_vectors
from tests.core.rasters import NORTH_UP, UTM, texture, write

SIDE = 128
UTM_GRID = Grid(CRS.from_string(UTM), NORTH_UP, SIDE, SIDE)
DEGREES = Grid(CRS.from_epsg(4326), Affine(1e-4, 0, 10, 0, -1e-4, 60), SIDE, SIDE)
PLAIN = Grid(None, Affine.identity(), SIDE, SIDE)


def field(grid: Grid, dx: float = 3.0, dy: float = 2.0, holes: bool = False) -> DisplacementField:
    """The moving image shows the ground of pixel x at x + (dx, dy): too far right and down."""
    lattice = ControlGrid(SIDE, SIDE, 8)
    valid = np.ones(lattice.shape, bool)
    if holes:
        valid[:4] = False
    certainty = np.linspace(0, 1, valid.size, dtype=np.float32).reshape(valid.shape)
    residual = np.full(lattice.shape, 0.5, np.float32)
    inner = Field(np.array([[1.0, 0, dx], [0, 1, dy]]), lattice)
    return people_field(grid, grid, grid, 1.0, inner, certainty, residual, valid)


def test_the_sign_in_metres() -> None:
    # Too far right and down by 3 and 2 pixels of 10 m: the correction goes west and north.
    found = field(UTM_GRID)
    assert np.allclose(found.dx, -30)
    assert np.allclose(found.dy, 20)
    assert np.allclose(found.in_pixels(), [-3, -2])


def test_degrees_become_metres_on_the_ellipsoid() -> None:
    found = field(DEGREES)
    # At 60 degrees north, 1e-4 degrees are 5.58 m to the east and 11.14 m to the north.
    assert np.allclose(found.dx, -3 * 5.580, atol=0.01)
    assert np.allclose(found.dy, 2 * 11.141, atol=0.01)


@pytest.mark.parametrize("grid", [UTM_GRID, DEGREES, PLAIN], ids=["utm", "degrees", "plain"])
@pytest.mark.parametrize("holes", [False, True])
def test_the_raster_brings_the_field_back(tmp_path: Path, grid: Grid, holes: bool) -> None:
    written = field(grid, holes=holes)
    path = tmp_path / "displacement.tif"
    write_displacement_raster(written, path)
    found = read_displacement_raster(path)
    assert found.working == written.working
    assert np.array_equal(found.valid, written.valid)
    assert np.allclose(found.dx, written.dx)
    assert np.allclose(found.dy, written.dy)
    points = np.array([[0.0, 0.0], [60.3, 71.8], [127.0, 127.0]])
    assert np.allclose(found.to_field().at(points), points + np.array([3, 2]), atol=1e-4)


def test_the_raster_speaks_for_itself(tmp_path: Path) -> None:
    path = tmp_path / "displacement.tif"
    write_displacement_raster(field(UTM_GRID, holes=True), path)
    with rasterio.open(path) as dataset:
        assert dataset.descriptions == ("dx", "dy", "certainty", "residual")
        assert dataset.units[:2] == ("metre", "metre")
        assert "map_new = map_old + (dx, dy)" in dataset.tags()["SIGN_CONVENTION"]
        assert dataset.crs.to_epsg() == 32630
        assert dataset.res == (80.0, 80.0)
        assert np.ma.getmaskarray(dataset.read(1, masked=True))[:4].all()


def test_another_raster_is_no_displacement(tmp_path: Path) -> None:
    path = write(tmp_path / "image.tif", texture(64, 64)[None].astype(np.float32))
    with pytest.raises(BadInputError, match="not a displacement raster"):
        read_displacement_raster(path)


def test_tie_points_leave_out_the_uncertain() -> None:
    points = select_tie_points(field(UTM_GRID), spacing=16, min_certainty=0.5)
    assert points.certainty.min() >= 0.5
    assert len(points.new) == pytest.approx((SIDE / 16) ** 2 / 2, abs=10)
    assert points.inlier.all()


def test_vectors_run_from_the_uncorrected_to_the_corrected_place(tmp_path: Path) -> None:
    path = tmp_path / "vectors.gpkg"
    points = select_tie_points(field(UTM_GRID), spacing=32, min_certainty=0.3)
    write_displacement_vectors(points, UTM_GRID.crs, path)
    with closing(sqlite3.connect(path)) as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(displacements)")]
        assert columns[2:] == list(FIELDS)
        geometry, dx, dy, direction = database.execute(
            "SELECT geom, dx_m, dy_m, azimuth_deg FROM displacements"
        ).fetchone()
        srs = database.execute("SELECT srs_id FROM gpkg_contents").fetchone()[0]
    x0, y0, x1, y1 = struct.unpack_from("<4d", geometry, 8 + 32 + 9)
    assert (x1 - x0, y1 - y0) == pytest.approx((-30, 20))
    assert (dx, dy) == pytest.approx((-30, 20))
    assert direction == pytest.approx(360 - np.degrees(np.arctan2(30, 20)))
    assert srs == 32630


def test_azimuth_is_clockwise_from_north() -> None:
    east, north = np.array([0.0, 1.0, 0.0, -1.0]), np.array([1.0, 0.0, -1.0, 0.0])
    assert azimuth(east, north).tolist() == [0, 90, 180, 270]


def test_gcps_have_the_georeferencers_form(tmp_path: Path) -> None:
    points = select_tie_points(field(UTM_GRID), spacing=32, min_certainty=0.3)
    path = tmp_path / "gcps.points"
    write_gcps(points, field(UTM_GRID), path)
    first, header, *rows = path.read_text(encoding="utf-8").splitlines()
    assert first.startswith("#CRS: PROJ")
    assert header == "mapX,mapY,sourceX,sourceY,enable,dX,dY,residual"
    values = np.array([[float(v) for v in row.split(",")] for row in rows])
    assert np.allclose(values[:, 0] - values[:, 2], -30)
    assert np.allclose(values[:, 1] - values[:, 3], 20)
    assert (values[:, 4] == 1).all()


def test_gcps_of_plain_images_count_pixels_downwards_as_negative(tmp_path: Path) -> None:
    points = select_tie_points(field(PLAIN), spacing=32, min_certainty=0.3)
    path = tmp_path / "gcps.points"
    write_gcps(points, field(PLAIN), path)
    values = np.array(
        [[float(v) for v in row.split(",")] for row in path.read_text().splitlines()[2:]]
    )
    assert (values[:, 2] > 0).all()
    assert (values[:, 3] < 0).all()
    assert np.allclose(values[:, 0] - values[:, 2], -3)
    assert np.allclose(values[:, 1] - values[:, 3], 2)
