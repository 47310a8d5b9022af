"""Grids of images without geotransform: sizes, the regular grid over them, and their place."""

from __future__ import annotations

import numpy as np
import pytest
from rasterio.crs import CRS

from model_core.geometry.grid import Grid
from model_core.geometry.ground_control import PointLocator
from model_core.geometry.local import local_crs, local_points
from model_core.geometry.located import LocatedGrid, lattice, regular_grid
from model_core.geometry.pixels import window_pixels
from model_core.geometry.projection import map_pixels
from tests.core.located import HEIGHT, MIDDLE, UTM_CRS, WIDTH, pixels, place
from tests.core.rasters import NORTH_UP


def located(shift: float = 0.0, scale: int = 1) -> LocatedGrid:
    where = lattice(WIDTH, HEIGHT)
    locator = PointLocator((where + 0.5) / scale - 0.5, place(where) + shift)
    return LocatedGrid.of(UTM_CRS, (WIDTH // scale, HEIGHT // scale), locator)


def test_a_pixel_is_as_large_as_on_the_ground() -> None:
    assert located().pixel_size == pytest.approx((10, 10), abs=0.05)
    assert located(scale=2).pixel_size == pytest.approx((20, 20), abs=0.1)


def test_the_regular_grid_covers_the_image_north_up() -> None:
    regular = regular_grid(located())
    assert regular.transform.b == regular.transform.d == 0
    assert regular.pixel_size == pytest.approx((10, 10), abs=0.05)
    inside = regular.to_pixels(place(pixels()[::30, ::30]))
    assert inside.min() > -1.5
    assert (inside.max(axis=(0, 1)) < [regular.width + 0.5, regular.height + 0.5]).all()


def test_a_regular_grid_stays() -> None:
    grid = Grid(UTM_CRS, NORTH_UP, 20, 20)
    assert regular_grid(grid) is grid


def test_far_outside_nothing_is_known() -> None:
    grid = located()
    far = MIDDLE + np.array([[0.0, 0.0], [0.0, 3000.0], [9000.0, 0.0], [0.0, -1e6]])
    assert np.isnan(grid.to_pixels(far)).all(axis=-1).tolist() == [False, False, True, True]


def test_pixels_of_a_map_have_their_place_in_the_image() -> None:
    grid = located()
    working = Grid(UTM_CRS, NORTH_UP, 320, 320)
    window = window_pixels(40, 60, 200, 150)
    found = map_pixels(window, working, grid)
    assert np.abs(place(found) - working.to_map(window)).max() < 0.3  # metres
    coarse = 16 * window_pixels(0, 0, 20, 20)
    assert np.abs(place(map_pixels(coarse, working, grid)) - working.to_map(coarse)).max() < 0.5


def test_pixels_of_the_image_have_their_place_on_a_map() -> None:
    grid = located()
    working = Grid(UTM_CRS, NORTH_UP, 320, 320)
    window = window_pixels(40, 60, 200, 150)
    found = map_pixels(window, grid, working)
    assert np.abs(working.to_map(found) - place(window)).max() < 0.5  # metres


def test_images_of_one_place_are_of_it_at_any_pixel_size() -> None:
    grid = located()
    assert grid.apart(located()) == 0
    assert grid.apart(located(scale=2)) < 0.1
    assert grid.apart(located(shift=30.0)) == pytest.approx(np.sqrt(2) * 3, abs=1.5)
    assert np.isinf(grid.apart(Grid(UTM_CRS, NORTH_UP, WIDTH, HEIGHT)))


@pytest.mark.parametrize(
    ("longitude", "latitude", "code"),
    [(-1.8, 39.7, 32630), (179.9, -17, 32760), (-179.9, -17, 32701), (10, 88, 5041)],
)
def test_a_projection_in_metres(longitude: float, latitude: float, code: int) -> None:
    assert local_crs(longitude, latitude) == CRS.from_epsg(code)


def test_points_on_both_sides_of_the_antimeridian_stay_together() -> None:
    degrees = np.array([[179.9, -17.0], [-179.9, -17.0], [179.95, -17.1]])
    points, crs = local_points(degrees, CRS.from_epsg(4326))
    assert crs.is_projected
    assert np.linalg.norm(points[1] - points[0]) == pytest.approx(21_300, rel=0.01)


def test_points_on_a_map_stay_in_its_crs() -> None:
    points = np.array([[1.0, 2.0]])
    assert local_points(points, UTM_CRS) == (points, UTM_CRS)
