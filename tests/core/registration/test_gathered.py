"""What a finished registration holds for and against itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model_core.geometry.field import ControlGrid
from model_core.registration.answer import answer
from model_core.registration.gathered import gather, root_mean_square
from model_core.registration.search import Start
from model_core.registration.verify import VerificationWindows
from tests.core.registration.measured import about_middle, exact, turn

GRID = ControlGrid(96, 96, 16)
CERTAINTY = np.arange(36, dtype=np.float32).reshape(6, 6) / 50

WINDOWS = VerificationWindows(
    points=np.zeros((5, 2)),
    residual=np.array([[3.0, 4.0], [0.0, 1.0], [1.0, 0.0], [60.0, 0.0], [0.0, 0.0]]),
    consistent=np.ones(5, bool),
    certainty=np.array([0.9, 0.9, 0.1, 0.8, 0.9]),
    independent=2.0,
)
INLIERS = np.array([True, True, True, False, False])
MOVED = np.array([[3.0, 4.0], [0.0, 2.0], [9.0, 0.0], [0.0, 0.0], [30.0, 40.0]])


def found(certainty: np.ndarray = CERTAINTY):
    """Return the answer for a rotation by 3° and a stretch along x."""
    linear = turn(3.0) @ np.diag([1.05, 1.0])
    targets = replace(exact(GRID, about_middle(GRID, linear, (5.0, 0.0))), certainty=certainty)
    given = answer(targets, "affine", last=True)
    assert given is not None
    return given


def test_windows_that_show_nothing_do_not_count() -> None:
    """Four of five windows tell something; three are inliers, of which two tell something."""
    start = Start(found().fit.field, 0.4, 0.6)
    evidence = gather(start, found(), WINDOWS, INLIERS, MOVED)
    assert evidence.inlier_ratio == pytest.approx(2 / 4)
    assert evidence.windows == 2.0
    # Five windows are two independent ones.
    assert evidence.telling == pytest.approx(4 * 2 / 5)
    assert evidence.agreeing == pytest.approx(2 * 2 / 5)
    assert (evidence.correlation, evidence.rival) == (0.4, 0.6)
    assert evidence.rmse_after == pytest.approx(np.sqrt((25 + 1 + 1) / 3))
    assert evidence.shift == 5.0
    assert evidence.rotation == pytest.approx(3.0, abs=0.01)
    assert evidence.stretch == pytest.approx(0.05, abs=1e-3)
    assert evidence.distortion == pytest.approx(np.log(1.05), abs=1e-3)


def test_the_certainty_is_that_of_the_more_certain_half_of_the_known_ground() -> None:
    given = found()
    start = Start(given.fit.field, 0.4, 0.6)
    evidence = gather(start, given, WINDOWS, INLIERS, MOVED)
    assert evidence.certainty == pytest.approx(np.arange(18, 36).mean() / 50, abs=1e-4)
    known = np.zeros((6, 6), bool)
    known[0] = True
    few = replace(given, fit=replace(given.fit, known=known))
    assert gather(start, few, WINDOWS, INLIERS, MOVED).certainty == pytest.approx(4 / 50, abs=1e-4)


def test_without_windows_or_known_ground_there_is_no_evidence() -> None:
    none = np.zeros((0, 2))
    empty = VerificationWindows(none, none, np.zeros(0, bool), np.zeros(0), 0.0)
    given = found()
    nothing = replace(given, fit=replace(given.fit, known=np.zeros((6, 6), bool)))
    start = Start(given.fit.field, 0.4, 0.6)
    evidence = gather(start, nothing, empty, np.zeros(0, bool), none)
    assert evidence.rmse_after is None
    figures = ("inlier_ratio", "windows", "telling", "agreeing", "certainty", "shift")
    assert [getattr(evidence, name) for name in figures] == [0.0] * 6
    water = replace(WINDOWS, certainty=np.full(5, 0.1))
    assert gather(start, given, water, INLIERS, MOVED).inlier_ratio == 0.0


def test_the_root_mean_square_is_that_of_lengths() -> None:
    assert root_mean_square(np.array([[3.0, 4.0], [0.0, 0.0]])) == pytest.approx(5 / np.sqrt(2))
    assert root_mean_square(np.zeros((0, 2))) is None
