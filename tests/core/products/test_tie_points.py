"""Tie points are spread evenly and are certain."""

from __future__ import annotations

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
