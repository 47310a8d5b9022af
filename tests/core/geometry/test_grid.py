"""Pixels on the ground: conventions, lengths and directions."""

from __future__ import annotations

import numpy as np
import pytest
from rasterio.crs import CRS
from rasterio.transform import Affine

from model_core.geometry.crs import COORDINATES
from model_core.geometry.grid import Grid


def test_pixel_centres_are_integers() -> None:
    grid = Grid(CRS.from_epsg(32630), Affine(10, 0, 500, 0, -10, 900), 4, 4)
    assert grid.to_map(np.array([0.0, 0.0])).tolist() == [505.0, 895.0]
    assert grid.to_pixels(np.array([505.0, 895.0])).tolist() == [0.0, 0.0]


def test_metres_and_back_are_the_same_in_degrees() -> None:
    grid = Grid(CRS.from_epsg(4326), Affine(1e-4, 0, 10, 0, -1e-4, 50), 100, 100)
    at = np.array([[10.0, 50.0], [10.1, 49.9]])
    step = np.array([[1e-3, -2e-3], [5e-4, 1e-3]])
    assert np.allclose(grid.map_units(grid.metres(step, at), at), step, rtol=1e-12)
    assert grid.metres(step, at)[0, 0] == pytest.approx(71.7, abs=0.1)


@pytest.mark.parametrize("crs", [3857, 3413, 2053, 32630, 3035, 4807])
def test_metres_and_back_are_the_same_in_any_crs(crs) -> None:
    points = {3857: (0, 8e6), 3413: (-1e6, 5e5), 2053: (2e4, 3e6), 4807: (0, 54)}
    at = np.array([points.get(crs, (6e5, 5e6))], dtype=np.float64)
    grid = Grid(CRS.from_epsg(crs), Affine.identity(), 10, 10)
    step = np.array([[1e-3, -2e-3]]) if crs == 4807 else np.array([[120.0, -340.0]])
    assert np.allclose(grid.map_units(grid.metres(step, at), at), step, rtol=1e-12)


def test_coordinates_without_a_crs_stay_as_they_are() -> None:
    grid = Grid(COORDINATES, Affine(10, 0, 6e5, 0, -10, 4.4e6), 10, 10)
    step = np.array([3.0, -4.0])
    assert grid.metres(step, np.array([6e5, 4.4e6])).tolist() == [3.0, -4.0]
    assert not grid.in_metres
    assert grid.written_crs is None
    assert grid.written_transform == grid.transform
    assert grid.ground_pixel_size == (10.0, 10.0)


def test_without_a_map_up_is_positive() -> None:
    grid = Grid(None, Affine.identity(), 10, 10)
    assert grid.metres(np.array([2.0, 3.0]), np.zeros(2)).tolist() == [2.0, -3.0]


@pytest.mark.parametrize(
    ("crs", "transform", "aspect"),
    [
        # A degree of longitude is 55,800 m at 60°, one of latitude 111,412 m.
        (4326, Affine(1e-4, 0, 10, 0, -1e-4, 60.005), 111_412.2 / 55_800.0),
        (4326, Affine(1e-4, 0, 10, 0, -1e-4, 0.005), 110_574.3 / 111_319.5),
        (32630, Affine(10, 0, 5e5, 0, -10, 5e6), 1.0),
        (32630, Affine(10, 0, 5e5, 0, -25, 5e6), 2.5),
        (2263, Affine(3, 0, 1e6, 0, -6, 2e5), 2.0),  # feet are of no matter
        # Web Mercator is a sphere's: pixels on the ellipsoid are less high than wide, at the
        # equator by 1 - e².
        (3857, Affine(10, 0, 0, 0, -10, 500), 1 - 0.00669438),
        (None, Affine(1, 0, 0, 0, 3, 0), 3.0),
        # Rows that run to the north-east: pixels 10 m wide and 20 m high, turned.
        (32630, Affine.translation(5e5, 5e6) * Affine.rotation(30) * Affine.scale(10, -20), 2.0),
        # Turned by 90°, rows run along the meridian: a pixel is as high as a degree is wide.
        (4326, Affine.translation(10, 60) * Affine.rotation(90) * Affine.scale(1e-4, -1e-4),
         55_800.0 / 111_412.2),
    ],
)  # fmt: skip
def test_the_aspect_of_a_pixel_is_that_on_the_ground(crs, transform, aspect) -> None:
    grid = Grid(CRS.from_epsg(crs) if crs else None, transform, 100, 100)
    assert grid.pixel_aspect == pytest.approx(aspect, rel=2e-4)


def test_a_conformal_map_leaves_the_aspect_as_it_is_exactly() -> None:
    for crs, x, y in ((32630, 7e5, 6e6), (3395, 1e6, 7e6), (3031, 1e6, 2e6)):
        for height in (10, 10.0001):
            grid = Grid(CRS.from_epsg(crs), Affine(10, 0, x, 0, -height, y), 100, 100)
            assert grid.pixel_aspect == height / 10
