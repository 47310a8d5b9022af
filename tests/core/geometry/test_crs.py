"""What CRSs say, and the way from one to another."""

from __future__ import annotations

import numpy as np
import pytest
from rasterio.crs import CRS

from model_core.geometry.crs import COORDINATES, facts, is_nameless, project


def crs(text: str) -> CRS:
    return CRS.from_user_input(text)


@pytest.mark.parametrize(
    ("text", "circle"),
    [
        ("EPSG:4326", 360.0),
        ("EPSG:4807", 400.0),  # grads
        ("EPSG:3857", 2 * np.pi * 6378137),
        ("EPSG:3395", 2 * np.pi * 6378137),
        ("EPSG:3832", 2 * np.pi * 6378137),  # around 150° E
        ("EPSG:32633", None),
        ("EPSG:3413", None),
        ("EPSG:3035", None),
        ("EPSG:2053", None),
    ],
)
def test_once_around_the_earth(text: str, circle: float | None) -> None:
    expected = None if circle is None else pytest.approx(circle, rel=1e-9)
    assert facts(crs(text)).circle == expected


def test_a_point_without_a_place_does_not_hide_the_others() -> None:
    limb = crs("+proj=geos +h=35785831 +lon_0=0 +datum=WGS84")
    points = np.array([[0.0, 0.0], [6e6, 0.0], [np.nan, 0.0], [1e6, 1e6], [0.0, 6e6]])
    found = project(points, limb, crs("EPSG:4326"))
    assert np.isfinite(found).all(axis=1).tolist() == [True, False, False, True, False]
    alone = project(points[3], limb, crs("EPSG:4326"))
    assert found[3] == pytest.approx(alone, abs=1e-12)


def test_between_worlds_there_is_no_way() -> None:
    moon = crs("+proj=longlat +R=1737400 +no_defs")
    assert np.isinf(project(np.array([[10.0, 20.0]]), moon, crs("EPSG:4326"))).all()


@pytest.mark.parametrize("name", ["unnamed", "Undefined Cartesian SRS", "Arbitrary"])
def test_a_crs_that_a_format_made_up_is_none(name: str) -> None:
    assert is_nameless(crs(f'LOCAL_CS["{name}",UNIT["metre",1]]'))
    assert not is_nameless(crs('LOCAL_CS["Site grid",UNIT["metre",1]]'))
    assert not is_nameless(COORDINATES)
    assert not is_nameless(crs("EPSG:4326"))
