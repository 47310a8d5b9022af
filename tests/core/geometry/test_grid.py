"""The metre as seen from a CRS, and pixel conventions."""

from __future__ import annotations

import numpy as np
import pytest
from rasterio.crs import CRS
from rasterio.transform import Affine

from model_core.geometry.grid import Grid, metres_per_unit


@pytest.mark.parametrize(
    ("latitude", "east", "north"),
    # Lengths of a degree on WGS 84, as tabulated by the NGA.
    [(0.0, 111_319.5, 110_574.3), (45.0, 78_846.8, 111_131.8), (60.0, 55_800.0, 111_412.2)],
)
def test_a_degree_on_the_ellipsoid(latitude: float, east: float, north: float) -> None:
    found = metres_per_unit(CRS.from_epsg(4326), latitude)
    assert found[0] == pytest.approx(east, abs=1.0)
    assert found[1] == pytest.approx(north, abs=1.0)


def test_feet_are_not_metres() -> None:
    east, north = metres_per_unit(CRS.from_epsg(2263), 0.0)  # New York, US survey feet
    assert east == pytest.approx(0.3048, abs=1e-5)
    assert north == pytest.approx(0.3048, abs=1e-5)


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


def test_without_a_map_up_is_positive() -> None:
    grid = Grid(None, Affine.identity(), 10, 10)
    assert grid.metres(np.array([2.0, 3.0]), np.zeros(2)).tolist() == [2.0, -3.0]


@pytest.mark.parametrize(
    ("crs", "transform", "aspect"),
    [
        # A degree of longitude is 55,800 m at 60°, one of latitude 111,412 m.
        (4326, Affine(1e-4, 0, 10, 0, -1e-4, 60.005), 111_412.2 / 55_800.0),
        (4326, Affine(1e-4, 0, 10, 0, -1e-4, 0.005), 110_574.3 / 111_319.5),
        (32630, Affine(10, 0, 500, 0, -10, 900), 1.0),
        (32630, Affine(10, 0, 500, 0, -25, 900), 2.5),
        (2263, Affine(3, 0, 500, 0, -6, 900), 2.0),  # feet are of no matter
        (None, Affine(1, 0, 0, 0, 3, 0), 3.0),
        # Rows that run to the north-east: pixels 10 m wide and 20 m high, turned.
        (32630, Affine.rotation(30) * Affine.scale(10, -20), 2.0),
        # Turned by 90°, rows run along the meridian: a pixel is as high as a degree is wide.
        (4326, Affine.translation(10, 60) * Affine.rotation(90) * Affine.scale(1e-4, -1e-4),
         55_800.0 / 111_412.2),
    ],
)  # fmt: skip
def test_the_aspect_of_a_pixel_is_that_on_the_ground(crs, transform, aspect) -> None:
    grid = Grid(CRS.from_epsg(crs) if crs else None, transform, 100, 100)
    assert grid.pixel_aspect == pytest.approx(aspect, rel=2e-4)
