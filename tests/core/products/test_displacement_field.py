"""Sign and unit of the displacement, on maps and without one."""

from __future__ import annotations

import numpy as np
import pytest

from model_core.geometry.grid import Grid
from model_core.products.displacement_field import sign_of, unit_of
from tests.core.products.fields import (
    COORDINATES_GRID,
    DEGREES,
    PLAIN,
    UTM_GRID,
    WEST_AND_NORTH,
    shifted,
)


def test_the_sign_in_metres() -> None:
    # Too far right and down by 3 and 2 pixels of 10 m: the correction goes west and north.
    found = shifted()
    assert np.allclose(found.dx, WEST_AND_NORTH[0], atol=0.01)
    assert np.allclose(found.dy, WEST_AND_NORTH[1], atol=0.01)
    assert np.allclose(found.in_pixels(), [-3, -2])


def test_without_a_map_the_unit_is_the_pixel_and_up_is_positive() -> None:
    found = shifted(grid=PLAIN)
    assert np.allclose(found.dx, -3)
    assert np.allclose(found.dy, 2)


def test_without_a_crs_the_unit_is_the_maps() -> None:
    found = shifted(grid=COORDINATES_GRID)
    assert np.allclose(found.dx, -30)
    assert np.allclose(found.dy, 20)
    assert unit_of(found.working) == ""
    assert "no CRS" in sign_of(found.working)


def test_degrees_become_metres_on_the_ellipsoid() -> None:
    found = shifted(grid=DEGREES)
    # At 60 degrees north, 1e-4 degrees are 5.58 m to the east and 11.14 m to the north.
    assert np.allclose(found.dx, -3 * 5.580, atol=0.01)
    assert np.allclose(found.dy, 2 * 11.141, atol=0.01)


@pytest.mark.parametrize("grid", [UTM_GRID, DEGREES, PLAIN], ids=["utm", "degrees", "plain"])
def test_metres_lead_back_to_the_field_in_pixels(grid: Grid) -> None:
    points = np.array([[0.0, 0.0], [60.3, 71.8], [127.0, 127.0]])
    found = shifted(grid=grid).to_field().at(points)
    assert np.allclose(found, points + np.array([3, 2]), atol=1e-4)


def test_where_the_images_share_no_data_the_affine_stands_and_nothing_is_certain() -> None:
    found = shifted(holes=True)
    assert np.allclose(found.dx, WEST_AND_NORTH[0], atol=0.01)
    assert not found.certainty[:4].any()
    assert found.certainty[4:].all()
