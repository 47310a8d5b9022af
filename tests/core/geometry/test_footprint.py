"""Where one raster lies on another, across the antimeridian and the poles."""

from __future__ import annotations

import numpy as np
import pytest
from rasterio.crs import CRS
from rasterio.transform import Affine

from model_core.geometry.footprint import footprint
from model_core.geometry.grid import Grid


def degrees(west: float, north: float, pixel: float, width: int, height: int) -> Grid:
    return Grid(CRS.from_epsg(4326), Affine(pixel, 0, west, 0, -pixel, north), width, height)


def box(moving: Grid, reference: Grid) -> list[float]:
    points = footprint(moving, reference).points
    size = [reference.width, reference.height]
    low, high = (
        np.clip(points.min(axis=0) + 0.5, 0, size),
        np.clip(points.max(axis=0) + 0.5, 0, size),
    )
    return [*low.tolist(), *high.tolist()]


def test_a_part_of_the_same_map() -> None:
    found = footprint(degrees(10.2, 49.9, 0.002, 100, 50), degrees(10, 50, 0.001, 1000, 1000))
    assert found.points.min(axis=0) + 0.5 == pytest.approx([200, 100])
    assert found.points.max(axis=0) + 0.5 == pytest.approx([400, 200])
    assert found.pixel == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("moving", "reference"), [(179.5, -181.0), (-180.5, 179.0), (179.5, 179.0)]
)
def test_beyond_the_antimeridian(moving: float, reference: float) -> None:
    found = box(degrees(moving, 10, 0.01, 100, 100), degrees(reference, 10, 0.01, 200, 200))
    assert found == pytest.approx([50, 0, 150, 100], abs=1e-6)


def test_utm_zones_beside_the_antimeridian() -> None:
    first = Grid(CRS.from_epsg(32601), Affine(10, 0, 1.7e5, 0, -10, 1e6), 1000, 1000)
    last = Grid(CRS.from_epsg(32660), Affine(10, 0, 8.25e5, 0, -10, 1e6), 1000, 1000)
    left, top, right, bottom = box(first, last)
    assert right - left > 300
    assert bottom - top > 900


def test_all_of_the_earth_moved_onto_a_part() -> None:
    earth = degrees(0, 90, 0.5, 720, 360)
    part = degrees(-20, 50, 0.01, 3000, 2000)
    assert box(earth, part) == [0, 0, 3000, 2000]
    assert footprint(earth, part).pixel == pytest.approx(50.0)
    zone = Grid(CRS.from_epsg(32631), Affine(1000, 0, 3e5, 0, -1000, 5e6), 300, 300)
    assert box(earth, zone) == [0, 0, 300, 300]


def test_a_part_moved_onto_all_of_the_earth() -> None:
    """From 20° W to 10° E it is at both ends of a map from 0 to 360°."""
    found = box(degrees(-20, 50, 0.01, 3000, 2000), degrees(0, 90, 0.5, 720, 360))
    assert found[0] == 0
    assert found[2] == 720
    assert found[1] == pytest.approx(80, abs=6)
    assert found[3] == pytest.approx(120, abs=6)


def test_the_pole_lies_within() -> None:
    polar = Grid(CRS.from_epsg(3413), Affine(1000, 0, -1e6, 0, -1000, 1e6), 2000, 2000)
    found = box(polar, degrees(-180, 90, 0.5, 720, 180))
    assert found[:3] == [0, 0, 720]
    # The corners are farthest from the pole: 1414 km, some 13°.
    assert found[3] == pytest.approx(26, abs=3)


def test_what_has_no_place_there_has_no_footprint() -> None:
    moon = CRS.from_string("+proj=longlat +R=1737400 +no_defs")
    grid = Grid(moon, Affine(0.01, 0, 10, 0, -0.01, 50), 100, 100)
    assert len(footprint(grid, degrees(10, 50, 0.01, 100, 100)).points) == 0
