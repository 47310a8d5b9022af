"""From pixels of one grid to pixels of another, across reference systems."""

from __future__ import annotations

import numpy as np
import pytest
from rasterio.crs import CRS
from rasterio.transform import Affine

from model_core.geometry import projection
from model_core.geometry.crs import project
from model_core.geometry.grid import Grid
from model_core.geometry.pixels import window_pixels
from model_core.geometry.projection import map_pixels, on_map_of, share_coordinates

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


def degrees(west: float, north: float, pixel: float = 0.01, size: int = 200) -> Grid:
    return Grid(CRS.from_epsg(4326), Affine(pixel, 0, west, 0, -pixel, north), size, size)


def utm(zone: int, east: float, north: float) -> Grid:
    return Grid(CRS.from_epsg(32600 + zone), Affine(100, 0, east, 0, -100, north), 300, 300)


@pytest.mark.parametrize("west", [179.0, -181.0, 539.0])
def test_a_longitude_has_one_place_however_it_is_counted(west: float) -> None:
    grid = degrees(west, 10)
    found = on_map_of(grid, np.array([[-179.5, 9.0], [179.5, 9.0], [180.5, 9.0]]), grid)
    pixels = grid.to_pixels(found)
    assert pixels[:, 0] == pytest.approx([149.5, 49.5, 149.5], abs=1e-6)


def test_in_web_mercator_the_earth_ends_and_goes_on() -> None:
    mercator = CRS.from_epsg(3857)
    around = Grid(mercator, Affine(100, 0, 20_000_000, 0, -100, 1e6), 2000, 100)
    # 179.9° W lies beyond the edge of the map.
    found = on_map_of(around, np.array([-179.9, 5.0]), degrees(-180, 6))
    assert found[0] == pytest.approx(np.radians(180.1) * 6378137, abs=1e-3)


def test_across_the_antimeridian_nothing_is_torn() -> None:
    """A window in UTM zone 1 that begins in zone 60, seen in degrees, and back."""
    zone = utm(1, 150_000, 1_010_000)
    for west in (178.0, -182.0):
        target = degrees(west, 10, 0.01, 400)
        pixels = window_pixels(0, 0, 300, 300)
        longitudes = project(zone.to_map(pixels), zone.crs, target.crs)[..., 0]
        assert longitudes.min() < -179
        assert longitudes.max() > 179
        expected = (longitudes % 360 - west % 360) / 0.01 - 0.5
        found = map_pixels(pixels, zone, target)
        assert np.abs(found[..., 0] - expected).max() < 0.02
        assert np.abs(map_pixels(found, target, zone) - pixels).max() < 0.05


def test_where_the_target_is_cut_each_side_is_found_in_its_place() -> None:
    """The whole Earth in 0 to 360°, and a window across Greenwich."""
    earth = Grid(CRS.from_epsg(4326), Affine(0.5, 0, 0, 0, -0.5, 90), 720, 360)
    window = Grid(CRS.from_epsg(3857), Affine(5000, 0, -5e5, 0, -5000, 6e6), 200, 200)
    pixels = window_pixels(0, 0, 200, 200)
    longitudes = project(window.to_map(pixels), window.crs, earth.crs)[..., 0]
    assert longitudes.min() < 0 < longitudes.max()
    found = map_pixels(pixels, window, earth)
    assert np.abs(found[..., 0] - (longitudes % 360 / 0.5 - 0.5)).max() < 0.02


def test_around_the_pole_longitudes_are_not_mixed() -> None:
    polar = Grid(CRS.from_epsg(3413), Affine(1000, 0, -1e5, 0, -1000, 1e5), 200, 200)
    earth = Grid(CRS.from_epsg(4326), Affine(0.25, 0, -180, 0, -0.25, 90), 1440, 720)
    pixels = window_pixels(0, 0, 200, 200) + 0.25
    exact = earth.to_pixels(project(polar.to_map(pixels), polar.crs, earth.crs))
    # A column is less than a thousandth of a degree there; what matters is the place it stands for.
    found = map_pixels(pixels, polar, earth)
    east = (found - exact)[..., 0] * 0.25 * np.cos(np.radians(89.5))
    assert np.abs(east).max() < 0.002
    assert np.abs(found - exact)[..., 1].max() < 0.05


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("EPSG:4326", "OGC:CRS84", True),
        ("EPSG:4326", "EPSG:4979", True),
        ("EPSG:25832", "EPSG:25832+5783", True),
        ("EPSG:3857", "ESRI:102100", True),
        ("EPSG:32632", "EPSG:32633", False),
        ("EPSG:32632", "EPSG:32632", True),
        ("EPSG:4326", "EPSG:4807", False),
        ("EPSG:4326", "+proj=longlat +R=1737400 +no_defs", False),
    ],
)
def test_one_crs_may_be_spelled_in_several_ways(first: str, second: str, same: bool) -> None:
    transform = Affine(10, 0, 6e5, 0, -10, 5e6)
    if CRS.from_user_input(first).is_geographic:
        transform = Affine(1e-4, 0, 10, 0, -1e-4, 50)
    grids = [Grid(CRS.from_user_input(text), transform, 100, 100) for text in (first, second)]
    assert share_coordinates(*grids) == same
