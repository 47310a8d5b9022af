"""Ground control points place every pixel, as exactly as they themselves are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.geometry.ground_control import PointLocator
from tests.core.located import HEIGHT, WIDTH, pixels, place

SOME = pixels()[::20, ::20].reshape(-1, 2)


def lattice(rows: int, columns: int) -> NDArray[np.float64]:
    x, y = np.meshgrid(np.linspace(0, WIDTH, columns), np.linspace(0, HEIGHT, rows))
    return np.stack([x.ravel(), y.ravel()], axis=-1) - 0.5


def error(locator: PointLocator) -> float:
    return float(np.abs(locator.to_pixels(place(SOME)) - SOME).max())


def test_points_in_rows_and_columns_place_a_bent_image() -> None:
    where = lattice(10, 21)
    locator = PointLocator(where, place(where))
    assert error(locator) < 0.05
    assert "210 ground control points through a thin-plate spline" in locator.words


def test_scattered_points_do_as_well() -> None:
    where = np.random.default_rng(1).uniform(0, 1, (150, 2)) * [WIDTH, HEIGHT]
    assert error(PointLocator(where, place(where))) < 0.2


def test_pixels_to_the_map_is_the_way_back() -> None:
    where = lattice(10, 21)
    locator = PointLocator(where, place(where))
    assert np.abs(locator.to_pixels(locator.to_map(SOME)) - SOME).max() < 2e-3


def test_errors_of_points_set_by_hand_are_smoothed() -> None:
    random = np.random.default_rng(3)
    where = random.uniform(0, 1, (40, 2)) * [WIDTH, HEIGHT]
    truth = 600_000 + 10 * SOME * [1, -1]
    locator = PointLocator(where + random.normal(0, 2, where.shape), 600_000 + 10 * where * [1, -1])
    assert "through an affine" in locator.words
    assert np.abs(locator.to_pixels(truth) - SOME).max() < 2


def test_three_points_say_an_affine() -> None:
    where = np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 50.0]], np.float64)
    locator = PointLocator(where, 500.0 + 2.0 * where)
    assert locator.to_pixels(np.array([600.0, 600.0])) == pytest.approx([50, 50])
    assert locator.words == "3 ground control points through an affine"


def test_two_rows_of_points_say_how_the_image_bends_along_them() -> None:
    where = lattice(2, 15)
    locator = PointLocator(where, place(where))
    assert np.abs(locator.to_pixels(place(where)) - where).max() < 1.0


def test_so_many_points_are_more_than_enough() -> None:
    where = lattice(60, 60)
    locator = PointLocator(where, place(where))
    assert error(locator) < 0.06
    assert locator.words.startswith("3600 ground control points")


@pytest.mark.parametrize(
    "where",
    [
        np.array([[0.0, 0.0], [9.0, 4.0]]),
        np.array([[0.0, 0.0], [9.0, 4.0], [9.0, 4.0]]),
        np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]),
    ],
)
def test_points_that_say_no_place_are_refused(where: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="fewer than three points"):
        PointLocator(where, 10 * where)
