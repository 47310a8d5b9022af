"""Samples of the measurements of a scene."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model_core.geometry.field import ControlGrid, transform
from model_core.registration.samples import (
    MOST_SAMPLES,
    PATCH_SIDE,
    SAMPLE_SPACING,
    Measured,
    Samples,
    chosen_places,
    lattice,
)
from model_core.registration.transformation import LINEAR, LinearKind
from tests.core.registration.measured import (
    about_middle,
    exact,
    on_ground,
    turn,
    unmeasured,
)

GRID = ControlGrid(300, 420, 8)
ALL = np.ones(GRID.shape, np.float32)


def taken(linear: np.ndarray, aspect: float = 1.0, shift: tuple[float, float] = (0, 0)) -> Samples:
    """Return samples of exact measurements of a linear map of the ground, and a shift in pixels."""
    affine = about_middle(GRID, on_ground(aspect, linear), shift)
    return Measured.of(exact(GRID, affine, aspect=aspect), ALL).some()


def test_a_large_scene_has_few_samples_all_over_and_some_that_are_near_each_other() -> None:
    """As many control points as 10,980 pixels have."""
    usable = np.ones((1373, 1373), bool)
    rows, columns = chosen_places(usable, step=4)
    assert 200 < len(rows) <= MOST_SAMPLES
    assert len({*zip(rows.tolist(), columns.tolist(), strict=True)}) == len(rows)
    for places in (rows, columns):
        assert places.min() < 100
        assert places.max() > 1273
    apart = np.hypot(rows[:, None] - rows, columns[:, None] - columns)
    np.fill_diagonal(apart, np.inf)
    near = apart.min(axis=1) == 4
    assert near.sum() >= 4 * PATCH_SIDE**2
    assert apart.min() >= 1
    for down in (rows < 686, rows >= 686):
        for right in (columns < 686, columns >= 686):
            assert (near & down & right).sum() >= PATCH_SIDE**2
            assert (~near & down & right).sum() >= 10


def test_patches_lie_in_the_middle_of_the_quarters() -> None:
    rows, columns = chosen_places(np.ones((800, 1600), bool), step=4)
    apart = np.hypot(rows[:, None] - rows, columns[:, None] - columns)
    np.fill_diagonal(apart, np.inf)
    near = (apart == 4).sum(axis=1) >= 3
    inside = PATCH_SIDE * 4
    for middle in (200, 600):
        for across in (400, 1200):
            here = near & (abs(rows - middle) <= inside) & (abs(columns - across) <= inside)
            assert rows[here].mean() == pytest.approx(middle, abs=2)
            assert columns[here].mean() == pytest.approx(across, abs=2)


def test_a_small_scene_has_all_samples_of_its_lattice() -> None:
    usable = np.ones((40, 52), bool)
    usable[6, 10] = False
    rows, columns = chosen_places(usable, step=4)
    assert len(rows) == 10 * 13 - 1
    assert (rows % 4 == 2).all()
    assert (columns % 4 == 2).all()
    assert (6, 10) not in {*zip(rows.tolist(), columns.tolist(), strict=True)}
    assert [part.size for part in lattice(np.zeros((40, 52), bool), 4)] == [0, 0]


@pytest.mark.parametrize(("spacing", "step"), [(8, 4), (16, 2), (32, 1), (48, 1)])
def test_samples_are_as_far_apart_as_is_said_whatever_the_spacing(spacing: int, step: int) -> None:
    grid = ControlGrid(480, 480, spacing)
    measured = Measured.of(exact(grid), np.ones(grid.shape, np.float32))
    assert measured.step == step
    points = measured.some().points
    assert np.diff(np.unique(points[:, 0])).min() == max(SAMPLE_SPACING, spacing)


def test_outliers_and_what_was_not_measured_are_no_samples() -> None:
    nowhere = np.zeros(GRID.shape, bool)
    nowhere[:, 30:] = True
    agreement = ALL.copy()
    agreement[:19] = 0.05
    agreement[19:] = 0.25
    measured = Measured.of(unmeasured(exact(GRID), nowhere), agreement)
    assert (measured.usable == (agreement > 0.05) & ~nowhere).all()
    some = measured.some()
    assert len(some.points) == 4 * 7
    assert some.points[:, 1].min() > 8 * 19
    assert some.points[:, 0].max() < 8 * 30
    # What agrees to a quarter counts a quarter: it is twice as far off.
    sure = replace(measured, agreement=ALL).take(lattice(measured.usable, 4))
    assert some.deviation == pytest.approx(2 * sure.deviation)


def test_lengths_are_those_of_the_ground() -> None:
    """Pixels are twice as high as wide: what is down counts twice."""
    some, square = taken(np.eye(2), 2.0, (3.0, -4.0)), taken(np.eye(2), 1.0, (3.0, -4.0))
    assert some.points == pytest.approx(square.points * [1, 2])
    assert some.positions - some.points == pytest.approx(
        np.tile([3.0, -8.0], (len(some.points), 1))
    )
    assert some.deviation == pytest.approx(square.deviation * [[1], [2]])
    assert some.distances[0, 1] == pytest.approx(32)
    assert some.distances[0, 13] == pytest.approx(64)


def test_coarse_measurements_are_off_by_coarse_pixels() -> None:
    fine = exact(GRID)
    coarse = replace(exact(ControlGrid(900, 1260, 24)), factor=3, tolerance=6.0)
    one, other = (Measured.of(targets, ALL).spread for targets in (fine, coarse))
    assert other == pytest.approx(3 * one, rel=1e-4)


@pytest.mark.parametrize("aspect", [1.0, 2.0])
def test_the_rotation_is_that_of_the_best_affine(aspect: float) -> None:
    stretch = turn(25.0) @ np.diag([1.04, 0.97]) @ turn(-25.0)
    assert taken(turn(12.0) @ stretch, aspect).rotation == pytest.approx(turn(12.0), abs=1e-4)


def moved(
    some: Samples, kind: LinearKind, parameters: np.ndarray, points: np.ndarray
) -> np.ndarray:
    """Return where points (n, 2) of the ground are put."""
    ground = np.array([1.0, some.aspect])
    return transform(some.affine(kind, parameters), points / ground) * ground


@pytest.mark.parametrize("aspect", [1.0, 2.0])
@pytest.mark.parametrize("kind", LINEAR)
def test_the_design_says_how_points_move_with_each_parameter(kind, aspect) -> None:
    """Against differences of the affine, in the reference's axes."""
    some = taken(turn(12.0), aspect)
    count = {"shift": 2, "rigid": 3, "similarity": 4, "affine": 6}[kind]
    points = np.random.default_rng(0).uniform(0, 400, (20, 2))
    design = some.design_at(points)
    back = np.eye(2) if kind == "shift" else some.rotation
    for index in range(count):
        step = np.zeros(count)
        step[index] = 1e-3
        slope = (moved(some, kind, step, points) - moved(some, kind, -step, points)) / 2e-3
        assert (slope @ back).T.ravel() == pytest.approx(design[:, index], abs=1e-6)


@pytest.mark.parametrize("aspect", [1.0, 2.0])
@pytest.mark.parametrize("kind", LINEAR)
def test_the_affine_undoes_what_is_left(kind: LinearKind, aspect: float) -> None:
    """Parameters found from design and rest put the samples where they were measured."""
    linear = {
        "shift": np.eye(2),
        "rigid": turn(12.0),
        "similarity": turn(12.0) * 1.05,
        "affine": np.array([[1.02, 0.1], [-0.03, 0.95]]),
    }[kind]
    some = taken(linear, aspect, (5.0, -7.0))
    count = {"shift": 2, "rigid": 3, "similarity": 4, "affine": 6}[kind]
    solved = np.linalg.lstsq(some.design[:, :count], some.rest(kind), rcond=None)[0]
    assert some.design[:, :count] @ solved == pytest.approx(some.rest(kind), abs=1e-6)
    found = moved(some, kind, solved, some.points)
    assert found == pytest.approx(some.positions, abs=1e-6)
    if kind != "shift":
        assert abs(solved[2:]).max() < 0.1


@pytest.mark.parametrize("kind", LINEAR)
def test_the_variance_is_that_of_the_drawn_parameters(kind: LinearKind) -> None:
    some, rng = taken(turn(12.0), 2.0), np.random.default_rng(1)
    count = {"shift": 2, "rigid": 3, "similarity": 4, "affine": 6}[kind]
    root = rng.normal(size=(count, count)) * [1.0, 1.0, 4e-3, 4e-3, 4e-3, 4e-3][:count]
    points = np.array([[0.0, 0.0], [200.0, 300.0], [420.0, 600.0]])
    draws = np.array(
        [moved(some, kind, one, points) for one in rng.normal(size=(4000, count)) @ root]
    )
    found = some.variance(root.T @ root, points)
    assert found == pytest.approx(draws.var(axis=0).mean(axis=1), rel=0.1)
