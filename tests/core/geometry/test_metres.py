"""Metres on the ellipsoid, towards true east and north, from any CRS."""

from __future__ import annotations

import numpy as np
import pytest
from rasterio.crs import CRS

from model_core.geometry import metres
from model_core.geometry.metres import ground_matrices, unit_lengths

A, E2 = 6378137.0, 0.00669437999014  # WGS 84
ROTATED = "+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=30 +lon_0=10 +datum=WGS84 +no_defs"
SITE = 'LOCAL_CS["Site",UNIT["foot",0.3048],AXIS["Easting",EAST],AXIS["Northing",NORTH]]'
LIMB = "+proj=geos +h=35785831 +lon_0=0 +datum=WGS84"


def matrix(crs: str, x: float, y: float) -> np.ndarray:
    return ground_matrices(CRS.from_user_input(crs), np.array([x, y]))


@pytest.mark.parametrize(
    ("latitude", "east", "north"),
    # Lengths of a degree on WGS 84, as tabulated by the NGA.
    [(0.0, 111_319.5, 110_574.3), (45.0, 78_846.8, 111_131.8), (60.0, 55_800.0, 111_412.2)],
)
def test_a_degree_on_the_ellipsoid(latitude: float, east: float, north: float) -> None:
    found = unit_lengths(CRS.from_epsg(4326), np.array(latitude))
    assert found[0] == pytest.approx(east, abs=1.0)
    assert found[1] == pytest.approx(north, abs=1.0)


def test_a_grad_is_nine_tenths_of_a_degree() -> None:
    # NTF (Paris), grads, Clarke 1880 (IGN); at 50 grads, which is 45°.
    a, b, sine = 6378249.2, 6356515.0, np.sin(np.pi / 4)
    e2 = 1 - (b / a) ** 2
    w = np.sqrt(1 - e2 * sine**2)
    found = matrix("EPSG:4807", 3, 50)
    assert found[0, 0] == pytest.approx(np.pi / 200 * a / w * sine, rel=1e-9)
    assert found[1, 1] == pytest.approx(np.pi / 200 * a * (1 - e2) / w**3, rel=1e-9)


def test_feet_are_not_metres() -> None:
    # New York, US survey feet; the map's scale is 1 to some 1e-5 there.
    assert matrix("EPSG:2263", 1e6, 2e5)[0, 0] == pytest.approx(0.3048006, rel=2e-5)


def test_web_mercator_is_as_wide_as_the_parallel() -> None:
    """At 60° a unit of it is half a metre, but for the ellipsoid that it does not know."""
    y = A * np.log(np.tan(np.pi / 4 + np.pi / 6))
    found = matrix("EPSG:3857", 1e6, y)
    w = np.sqrt(1 - E2 * 0.75)
    assert found[0, 0] == pytest.approx(0.5 / w, rel=1e-8)
    assert found[1, 1] == pytest.approx(0.5 * (1 - E2) / w**3, rel=1e-8)
    assert np.abs(found[[0, 1], [1, 0]]).max() < 1e-8
    sphere = matrix("+proj=merc +R=6378137", 1e6, y)
    assert np.allclose(sphere, [[0.5, 0], [0, 0.5]], atol=1e-8)


def test_utm_is_drawn_smaller_on_its_central_meridian() -> None:
    assert np.allclose(matrix("EPSG:32633", 500_000, 5e6), np.eye(2) / 0.9996, atol=1e-8)


def test_utm_turns_beside_its_central_meridian() -> None:
    """By Δλ sin φ, to first order: some two degrees at the border of a zone."""
    found = matrix("EPSG:32633", 700_000, 6e6)
    from_north = np.degrees(np.arctan2(found[0, 1], found[1, 1]))
    w = np.sqrt(1 - E2 * np.sin(np.radians(54.11)) ** 2)
    degrees = np.degrees(200_000 / 0.9996 * w / A / np.cos(np.radians(54.11)))
    # East of the meridian, true north lies left of the map's: the map's y leads to the east.
    assert from_north == pytest.approx(degrees * np.sin(np.radians(54.11)), abs=0.01)
    assert np.linalg.det(found) > 0


@pytest.mark.parametrize(
    ("crs", "x", "y", "along_x", "along_y"),
    [
        # Around the north pole, longitude 45° W downwards: left of it lies 135° W.
        ("EPSG:3413", 0, -1e6, (1, 0), (0, 1)),
        ("EPSG:3413", 0, 1e6, (-1, 0), (0, -1)),
        ("EPSG:3413", 1e6, 0, (0, -1), (1, 0)),
        ("EPSG:3995", -1e6, 0, (0, 1), (-1, 0)),
        # Around the south pole, longitude 0 upwards, 90° E to the right.
        ("EPSG:3031", 0, 1e6, (1, 0), (0, 1)),
        ("EPSG:3031", 1e6, 0, (0, 1), (-1, 0)),
        # South Africa counts to the west and to the south.
        ("EPSG:2053", 0, 3e6, (-1, 0), (0, -1)),
    ],
)
def test_directions_are_those_on_the_ground(crs, x, y, along_x, along_y) -> None:
    found = matrix(crs, x, y)
    unit = found / np.linalg.norm(found, axis=0)
    assert np.allclose(unit.T, [along_x, along_y], atol=1e-6)


def test_polar_stereographic_has_its_scale_at_the_pole() -> None:
    # EPSG:32661 has 0.994 there; near the pole it hardly changes.
    found = matrix("EPSG:32661", 2_000_000, 2_000_000 - 1000)
    assert np.allclose(found, np.eye(2) / 0.994, atol=1e-6)
    at_it = matrix("EPSG:32661", 2_000_000, 2_000_000)
    assert np.allclose(at_it.T @ at_it, np.eye(2) / 0.994**2, atol=1e-6)


def test_krovak_counts_to_the_south_and_to_the_west() -> None:
    """Its axes are turned against the meridian by some degrees in Moravia, at a scale of 1."""
    crs = CRS.from_epsg(5513)
    found = ground_matrices(crs, np.array([1.1e6, 7e5]))
    south, west = found[:, 0], found[:, 1]
    assert np.allclose(found.T @ found, np.eye(2), atol=3e-4)
    assert south[1] < -0.9
    assert west[0] < -0.9


def test_a_rotated_pole_turns_north() -> None:
    """A degree of it is as long as any great circle's; its north is not the Earth's."""
    found = matrix(ROTATED, 5, 5)
    assert np.allclose(np.linalg.norm(found, axis=0), [111_200, 111_460], rtol=3e-3)
    assert abs(found[0, 1]) > 0.1 * found[1, 1]


def test_a_height_beside_it_changes_nothing() -> None:
    flat, both = (matrix(crs, 7e5, 5e6) for crs in ("EPSG:25832", "EPSG:25832+5783"))
    assert np.allclose(flat, both, rtol=0, atol=1e-12)


def test_a_known_shift_of_the_datum_changes_nothing() -> None:
    bound = "+proj=utm +zone=33 +ellps=bessel +towgs84=100,200,300,0,0,0,0"
    free = "+proj=utm +zone=33 +ellps=bessel"
    assert np.allclose(matrix(bound, 6e5, 5e6), matrix(free, 6e5, 5e6), atol=1e-12)


def test_a_site_grid_has_its_own_east_and_north() -> None:
    assert matrix(SITE, 100, 200).tolist() == [[0.3048, 0], [0, 0.3048]]


def test_where_a_map_shows_no_ground_its_axes_stand() -> None:
    assert matrix(LIMB, 5.6e6, 0).tolist() == [[1, 0], [0, 1]]
    assert matrix(LIMB, 0, 0)[0, 0] == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize(
    ("crs", "x", "y", "step"),
    [
        ("EPSG:32633", 5e5, 5e6, 1500),
        ("EPSG:3413", -101_000, -102_000, 4000),  # the pole lies within
        ("EPSG:3857", 0, 7e6, 4000),
        (LIMB, 5.1e6, -1e5, 4000),  # beyond the limb in part
    ],
)
def test_of_many_points_some_are_enough(monkeypatch, crs, x, y, step) -> None:
    points = np.stack(np.meshgrid(x + step * np.arange(80), y + step * np.arange(70)), axis=-1)
    system = CRS.from_user_input(crs)
    found = ground_matrices(system, points)
    monkeypatch.setattr(metres, "AT_ONCE", points.size)
    exact = ground_matrices(system, points)
    # At the limb a step on the map leads arbitrarily far on the ground, which changes fast there.
    tolerance = 5e-3 if crs == LIMB else 3e-6
    assert (
        np.abs(found - exact) <= tolerance * np.abs(exact).max(axis=(-2, -1), keepdims=True)
    ).all()
