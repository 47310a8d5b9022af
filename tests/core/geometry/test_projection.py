"""From pixels of one grid to pixels of another, across reference systems."""

from __future__ import annotations

import numpy as np
import pytest
from rasterio.crs import CRS
from rasterio.transform import Affine

from model_core.geometry import projection
from model_core.geometry.grid import Grid
from model_core.geometry.pixels import window_pixels
from model_core.geometry.projection import map_pixels, project

UTM = Grid(CRS.from_epsg(32630), Affine(10, 0, 600_000, 0, -10, 4_400_000), 600, 500)
DEGREES = Grid(CRS.from_epsg(4326), Affine(1e-4, 0, -1.85, 0, -1e-4, 39.75), 900, 700)


def test_within_one_crs_pixels_map_by_the_two_geotransforms() -> None:
    finer = Grid(UTM.crs, UTM.transform * Affine.translation(5, 7) * Affine.scale(0.5), 300, 300)
    found = map_pixels(np.array([[[5.0, 7.0], [15.0, 8.0]]]), UTM, finer)
    assert found.tolist() == [[[0.5, 0.5], [20.5, 2.5]]]


def test_across_crss_interpolation_is_exact_to_a_hundredth_of_a_pixel() -> None:
    pixels = window_pixels(100, 150, 130, 170)
    exact = DEGREES.to_pixels(project(UTM.to_map(pixels), UTM.crs, DEGREES.crs))
    found = map_pixels(pixels, UTM, DEGREES)
    assert np.abs(found - exact).max() < 0.01
    back = map_pixels(found, DEGREES, UTM)
    assert np.abs(back - pixels).max() < 0.01


def test_unreferenced_grids_share_the_pixel_plane() -> None:
    plane = Grid(None, Affine.identity(), 50, 40)
    pixels = window_pixels(0, 0, 3, 4)
    assert np.array_equal(map_pixels(pixels, plane, plane), pixels)


def test_without_a_finite_position_nothing_is_known() -> None:
    lost = np.full((2, 2, 2), np.nan)
    assert np.isnan(map_pixels(lost, UTM, DEGREES)).all()


def test_positions_without_a_place_stay_unknown() -> None:
    pixels = window_pixels(0, 0, 4, 4)
    pixels[1, 2] = np.nan
    found = map_pixels(pixels, UTM, DEGREES)
    assert np.isnan(found[1, 2]).all()
    assert found[0, 0] == pytest.approx(map_pixels(window_pixels(0, 0, 1, 1), UTM, DEGREES)[0, 0])


@pytest.mark.parametrize("size", [(130, 170), (33, 300)])
def test_points_are_projected_exactly_every_so_many_pixels(monkeypatch, size) -> None:
    projected = []

    def counted(points: np.ndarray, source: CRS, target: CRS) -> np.ndarray:
        projected.append(points.shape[:2])
        return project(points, source, target)

    monkeypatch.setattr(projection, "project", counted)
    map_pixels(window_pixels(100, 150, *size), UTM, DEGREES)
    expected = tuple(-(-(side - 1) // projection.EXACT_SPACING) + 1 for side in size)
    assert projected == [expected]


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1)])
def test_a_single_row_or_column_has_a_place(size) -> None:
    pixels = window_pixels(100, 150, *size)
    exact = DEGREES.to_pixels(project(UTM.to_map(pixels), UTM.crs, DEGREES.crs))
    assert np.abs(map_pixels(pixels, UTM, DEGREES) - exact).max() < 0.01
