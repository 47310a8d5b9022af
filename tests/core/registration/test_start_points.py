"""The start from points is the simplest that explains them, and wrong points do not drag it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.errors import BadInputError
from model_core.geometry.field import transform
from model_core.registration.start_points import PointStart, start_from_points

SPREAD = np.array(
    [[100.0, 80.0], [900.0, 150.0], [500.0, 850.0], [820.0, 700.0], [150.0, 640.0], [480.0, 420.0]]
)


def similarity(degrees: float, scale: float = 1.0) -> NDArray[np.float64]:
    angle = math.radians(degrees)
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    return np.array([[cos, -sin, 1000.0], [sin, cos, -700.0]])


AFFINE = np.array([[1.1, 0.05, 300.0], [-0.12, 0.93, -200.0]])


def start(
    truth: NDArray[np.float64],
    count: int,
    wrong: dict[int, tuple[float, float]] | None = None,
    error: float = 5.0,
    **more: object,
) -> PointStart:
    """Start from points with an error of some pixels along each axis, and some that are wrong."""
    points = SPREAD[:count]
    moving = transform(truth, points) + np.random.default_rng(count).normal(0, error, points.shape)
    for index, by in (wrong or {}).items():
        moving[index] += by
    labels = [str(number) for number in range(1, count + 1)]
    options: dict[str, object] = {"wanted": "auto", **more}
    return start_from_points(points, moving, labels, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [2, 3, 6])
@pytest.mark.parametrize(
    ("truth", "kind"),
    [(similarity(0), "shift"), (similarity(120), "rigid"), (similarity(-90), "rigid")],
)
def test_rough_points_give_a_start_that_is_good_to_some_pixels(
    truth: NDArray[np.float64], kind: str, count: int
) -> None:
    found = start(truth, count)
    assert found.kind == kind
    assert found.agrees.all()
    inside = SPREAD[:count].mean(axis=0)
    assert np.linalg.norm(transform(found.affine, inside) - transform(truth, inside)) < 9
    turned = np.linalg.det(found.affine[:, :2]) / np.linalg.det(truth[:, :2])
    assert turned == pytest.approx(1, abs=0.05)


def test_other_scales_and_shear_are_taken_where_the_points_show_them() -> None:
    assert start(similarity(40, 1.5), 3, placed=False).kind == "similarity"
    found = start(AFFINE, 6, error=1.0, placed=False)
    assert found.kind == "affine"
    assert np.abs(found.affine[:, :2] - AFFINE[:, :2]).max() < 0.01
    # Points along a line say nothing of shear.
    line = np.linspace([100.0, 80.0], [900.0, 820.0], 6)
    line[2] += [8.0, -8.0]
    labels = [str(number) for number in range(6)]
    moving = transform(similarity(40, 1.5), line)
    found = start_from_points(line, moving, labels, "auto", placed=False)
    assert found.kind == "similarity"


def test_the_start_is_of_no_freer_kind_than_is_asked_for() -> None:
    assert start(similarity(1.0), 6, wanted="shift").kind == "shift"
    with pytest.raises(BadInputError, match="contradict each other"):
        start(similarity(120), 6, wanted="shift")


@pytest.mark.parametrize("degrees", [0.0, 120.0])
def test_a_wrong_point_does_not_drag_the_start(degrees: float) -> None:
    truth = similarity(degrees)
    found = start(truth, 6, {2: (140.0, -60.0)})
    assert found.agrees.tolist() == [True, True, False, True, True, True]
    assert found.residual[2] == pytest.approx(math.hypot(140, 60), abs=25)
    assert np.abs(transform(found.affine, SPREAD) - transform(truth, SPREAD)).max() < 12


def test_points_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(BadInputError, match="contradict each other"):
        start(similarity(120), 3, {1: (300.0, 0.0)})
    with pytest.raises(BadInputError, match="contradict each other"):
        start(similarity(0), 4, {0: (300.0, 0.0), 1: (-200.0, 90.0), 2: (0.0, 170.0)})
    with pytest.raises(BadInputError, match=r"scales differ by a factor of 1\.[56]"):
        start(similarity(0), 2, {1: (450.0, 50.0)})


def test_points_on_one_line_or_at_one_place_are_enough_for_a_shift() -> None:
    close = np.array([[100.0, 100.0], [104.0, 101.0], [109.0, 99.0]])
    found = start_from_points(close, close + np.array([500.0, 40.0]), ["1", "2", "3"], "auto")
    assert found.kind == "shift"
    assert np.allclose(found.affine, [[1, 0, 500], [0, 1, 40]])


def test_pixels_that_are_not_square_on_the_ground_turn_on_the_ground() -> None:
    aspect = 2.0  # as tall on the ground as two are wide
    stretch = np.diag([1.0, aspect])
    turn = np.linalg.inv(stretch) @ similarity(60)[:, :2] @ stretch
    truth = np.column_stack([turn, [100.0, 50.0]])
    found = start(truth, 3, error=0.0, aspect=aspect)
    assert found.kind == "rigid"
    assert np.allclose(found.affine, truth, atol=0.02)
