"""Tie points are spread evenly and are certain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model_core.products.tie_points import select_tie_points
from tests.core.products.fields import SIDE, shifted


def test_tie_points_leave_out_the_uncertain() -> None:
    points = select_tie_points(shifted(), spacing=16, min_certainty=0.5)
    assert points.certainty.min() >= 0.5
    assert len(points.new) == pytest.approx((SIDE / 16) ** 2 / 2, abs=10)
    assert points.inlier.all()


def test_a_tie_point_runs_from_where_the_moving_image_has_the_ground() -> None:
    points = select_tie_points(shifted(), spacing=32, min_certainty=0.3)
    assert np.allclose(points.new - points.old, [-30, 20])
    assert np.allclose(points.pixels, [-3, -2])


def test_the_most_certain_place_of_each_square_is_taken() -> None:
    points = select_tie_points(shifted(), spacing=SIDE, min_certainty=0.0)
    assert points.certainty.tolist() == [1.0]


def test_among_equally_certain_places_the_best_measured_is_taken() -> None:
    """Most fields are nearly as certain everywhere: the first of a square says nothing."""
    field = shifted()
    wavering = np.random.default_rng(0).uniform(0.9498, 0.9502, field.valid.shape)
    residual = np.full_like(field.residual, 0.5)
    residual[3, 2], residual[5, 4], residual[0, 0] = 0.1, 0.2, np.nan
    field = replace(field, certainty=wavering.astype(np.float32), residual=residual)
    (place,) = select_tie_points(field, spacing=SIDE, min_certainty=0.3).new
    assert field.control_grid.positions()[3, 2] == pytest.approx(
        field.working.to_pixels(place[None])[0]
    )


def test_no_place_is_taken_of_a_square_without_a_certain_one() -> None:
    field = shifted()
    field = replace(field, certainty=np.full_like(field.certainty, 0.2))
    assert len(select_tie_points(field, spacing=32, min_certainty=0.3).new) == 0
