"""Ground control points in the form of QGIS's Georeferencer."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.transform import Affine

from model_core.geometry.crs import project
from model_core.geometry.grid import Grid
from model_core.products.displacement_field import DisplacementField
from model_core.products.gcps import write_gcps
from model_core.products.tie_points import select_tie_points
from tests.core.products.fields import COORDINATES_GRID, PLAIN, SIDE, UTM_GRID, shifted


def written(field: DisplacementField, folder: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Return the two head lines and the numbers (N, 8)."""
    path = folder / "gcps.points"
    points = select_tie_points(field, spacing=32, min_certainty=0.3)
    write_gcps(points, field, path)
    first, header, *rows = path.read_text(encoding="utf-8").splitlines()
    return [first, header], np.array([[float(v) for v in row.split(",")] for row in rows])


def test_gcps_have_the_georeferencers_form(tmp_path: Path) -> None:
    (first, header), values = written(shifted(), tmp_path)
    assert first.startswith("#CRS: PROJ")
    assert header == "mapX,mapY,sourceX,sourceY,enable,dX,dY,residual"
    assert np.allclose(values[:, 0] - values[:, 2], -30)
    assert np.allclose(values[:, 1] - values[:, 3], 20)
    assert (values[:, 4] == 1).all()


def test_the_source_is_in_the_moving_images_own_crs(tmp_path: Path) -> None:
    field = shifted()
    # Its longitudes are counted from 0 to 360°; the reference lies at 1.8° W.
    degrees = Grid(CRS.from_epsg(4326), Affine(1e-4, 0, 358.1, 0, -1e-4, 39.8), 900, 700)
    other = dataclasses.replace(field, grids=dataclasses.replace(field.grids, moving=degrees))
    _, values = written(other, tmp_path)
    assert ((values[:, 2] > 358) & (values[:, 2] < 359)).all()
    source = project(values[:, 2:4], degrees.crs, UTM_GRID.crs)
    assert np.allclose(values[:, :2] - source, [-30, 20], atol=1e-3)


def test_without_a_crs_the_coordinates_stand_as_they_are(tmp_path: Path) -> None:
    (first, _), values = written(shifted(grid=COORDINATES_GRID), tmp_path)
    assert first == "#CRS: "
    assert (values[:, 1] > 4_390_000).all()
    assert np.allclose(values[:, :2] - values[:, 2:4], [-30, 20])


def test_an_outlier_is_switched_off(tmp_path: Path) -> None:
    field = shifted()
    field.residual[-4:, -4:] = 9.0
    _, values = written(field, tmp_path)
    assert set(values[:, 4]) == {0.0, 1.0}


def test_gcps_of_plain_images_count_pixels_downwards_as_negative(tmp_path: Path) -> None:
    _, values = written(shifted(grid=PLAIN), tmp_path)
    assert (values[:, 2] > 0).all()
    assert (values[:, 3] < 0).all()
    assert np.allclose(values[:, 0] - values[:, 2], -3)
    assert np.allclose(values[:, 1] - values[:, 3], 2)


def test_pixels_count_from_the_image_also_where_only_a_part_was_registered(tmp_path: Path) -> None:
    part = Grid(None, Affine.translation(200, 300), SIDE, SIDE)
    _, whole = written(shifted(grid=PLAIN), tmp_path)
    _, values = written(shifted(grid=part), tmp_path)
    assert np.allclose(values[:, [0, 2]], whole[:, [0, 2]] + 200)
    assert np.allclose(values[:, [1, 3]], whole[:, [1, 3]] - 300)
