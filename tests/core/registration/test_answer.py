"""The field of a finished refinement, its kind, and what is known of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model_core.geometry.field import ControlGrid, transform
from model_core.registration.answer import answer, most_probable
from model_core.registration.fit import Targets
from model_core.registration.noise import bell
from model_core.registration.samples import LEAST_SAMPLES, Measured
from model_core.registration.transformation import FLOW, KINDS, LINEAR, Kind, LinearKind
from tests.core.registration.measured import (
    about_middle,
    distances,
    drawn,
    exact,
    ground_points,
    on_ground,
    turn,
    unmeasured,
    with_errors,
)

GRID = ControlGrid(320, 320, 32)


def turned(aspect: float = 1.0) -> Targets:
    """Return exact measurements of a rotation and a shift."""
    return exact(GRID, about_middle(GRID, on_ground(aspect, turn(2.0)), (5, -3)), aspect=aspect)


def deformed(seed: int = 0) -> tuple[Targets, Targets]:
    """Return measurements with errors of a field that bends, and without."""
    random = np.random.default_rng(seed)
    apart = distances(ground_points(exact(GRID)))
    residual = 3 * drawn(bell(apart, 60.0), random).reshape(*GRID.shape, 2)
    truth = exact(GRID, about_middle(GRID, np.eye(2), (5, -3)), residual)
    return with_errors(truth, random), truth


@pytest.mark.parametrize("wanted", KINDS)
def test_what_was_asked_for_is_measured_to_the_end(wanted: Kind) -> None:
    targets = with_errors(turned(), np.random.default_rng(0))
    assert answer(targets, wanted, last=False) is None
    found = answer(targets, wanted, last=True)
    assert found is not None
    assert found.kind == wanted
    assert found.choice is None
    assert (found.fit.field.residual_displacement is None) == (wanted != FLOW)
    assert found.deviation.shape == GRID.shape
    assert np.isfinite(found.deviation).all()


def test_a_kind_of_the_whole_image_is_enough_after_the_first_measurement() -> None:
    for last in (False, True):
        found = answer(with_errors(turned(), np.random.default_rng(1)), "auto", last)
        assert found is not None
        assert found.kind == "rigid"
        assert found.choice is not None
        assert found.choice.kind == "rigid"
        linear = found.fit.field.affine[:, :2]
        assert linear == pytest.approx(turn(2.0), abs=0.01)
        assert linear.T @ linear == pytest.approx(np.eye(2), abs=1e-9)


def test_a_local_field_is_measured_twice() -> None:
    targets, truth = deformed()
    assert answer(targets, "auto", last=False) is None
    found = answer(targets, "auto", last=True)
    assert found is not None
    assert found.kind == FLOW
    assert found.choice is not None
    assert found.choice.probability[FLOW] > 0.9
    error = found.fit.field.at(GRID.positions()) - truth.positions
    alone = answer(targets, "affine", last=True)
    assert alone is not None
    assert error.std() < 0.6 * (alone.fit.field.at(GRID.positions()) - truth.positions).std()
    # Measurements that agree with the field keep their certainty.
    left = np.linalg.norm(targets.beside_field(found.fit.field), axis=-1)
    assert found.fit.residual == pytest.approx(left, abs=1e-4)
    assert found.fit.weight == pytest.approx(0.5 * (1 + left**2 / 4) ** -2, abs=1e-4)


@pytest.mark.parametrize("wanted", ["auto", FLOW, "similarity"])
def test_where_too_little_was_measured_nobody_knows_how_far_the_field_is_off(wanted) -> None:
    nowhere = np.ones(GRID.shape, bool)
    nowhere[[2, 2, 7], [2, 7, 5]] = False
    assert (~nowhere).sum() == LEAST_SAMPLES - 1
    found = answer(unmeasured(exact(GRID, about_middle(GRID, np.eye(2), (5, -3))), nowhere),
                   wanted, last=True)  # fmt: skip
    assert found is not None
    assert np.isinf(found.deviation).all()
    assert found.kind == ("similarity" if wanted == "similarity" else "shift")
    assert found.choice is None
    assert found.fit.field.affine == pytest.approx(np.array([[1, 0, 5], [0, 1, -3]]), abs=1e-2)
    nowhere[7, 2] = False
    one_more = answer(unmeasured(exact(GRID), nowhere), "affine", last=True)
    assert one_more is not None
    assert np.isfinite(one_more.deviation).all()


def test_nothing_measured_is_answered_too() -> None:
    found = answer(unmeasured(exact(GRID), np.ones(GRID.shape, bool)), "auto", last=False)
    assert found is not None
    assert found.fit.field.affine == pytest.approx(np.eye(2, 3))
    assert np.isinf(found.deviation).all()
    assert np.isnan(found.fit.residual).all()


@pytest.mark.parametrize("aspect", [1.0, 2.0])
@pytest.mark.parametrize("kind", LINEAR)
def test_the_deviation_says_how_far_fields_are_off(kind: LinearKind, aspect: float) -> None:
    """In pixels that are as high as wide, over many draws of the errors.

    It is that of the most probable transformation. The robust one, which is given, knows nothing of
    the errors' correlation, and is off by somewhat more.
    """
    truth = exact(GRID, about_middle(GRID, np.eye(2), (5, -3)), aspect=aspect)
    units, probable, corner, middle = [], [], [], []
    for seed in range(24):
        targets = with_errors(truth, np.random.default_rng(seed))
        found = answer(targets, kind, last=True)
        assert found is not None
        away = (found.fit.field.at(GRID.positions()) - truth.positions) * [1, aspect]
        units.append(away / found.deviation[..., None])
        some = Measured.of(targets, np.ones(GRID.shape, np.float32)).some()
        affine = some.affine(kind, most_probable(some, kind).parameters)
        nearer = (transform(affine, GRID.positions()) - truth.positions) * [1, aspect]
        probable.append(nearer / found.deviation[..., None])
        corner.append(found.deviation[0, 0])
        middle.append(found.deviation[5, 5])
    assert np.sqrt(np.square(probable).mean()) == pytest.approx(1.0, abs=0.25)
    assert np.sqrt(np.square(units).mean()) == pytest.approx(1.1, abs=0.3)
    if kind == "shift":
        assert corner == pytest.approx(middle)
    else:
        assert np.mean(corner) > 1.2 * np.mean(middle)


@pytest.mark.parametrize("kind", ["shift", "rigid"])
def test_a_kind_that_was_asked_for_is_as_sure_as_one_that_was_chosen(kind: LinearKind) -> None:
    targets = with_errors(exact(GRID) if kind == "shift" else turned(), np.random.default_rng(1))
    chosen, asked = answer(targets, "auto", last=True), answer(targets, kind, last=True)
    assert chosen is not None
    assert asked is not None
    assert chosen.kind == kind
    assert np.array_equal(chosen.fit.field.affine, asked.fit.field.affine)
    assert chosen.deviation == pytest.approx(asked.deviation)


def test_outliers_are_no_evidence() -> None:
    """A tenth of the measurements 12 px off: the shift is still a shift."""
    random = np.random.default_rng(4)
    targets = with_errors(exact(GRID, about_middle(GRID, np.eye(2), (5, -3))), random)
    wrong = random.uniform(size=GRID.shape) < 0.1
    positions = targets.positions + np.where(wrong, 12.0, 0.0)[..., None]
    found = answer(replace(targets, positions=positions), "auto", last=False)
    assert found is not None
    assert found.kind == "shift"
    assert found.fit.weight[wrong].max() < 0.1
    assert found.fit.field.affine[:, 2] == pytest.approx([5, -3], abs=1.0)


@pytest.mark.parametrize("aspect", [1.0, 2.0])
def test_the_distortion_is_that_of_the_best_affine_on_the_ground(aspect: float) -> None:
    """A rotation and a scale are none; whatever kind was asked for."""
    stretched = turn(20.0) @ np.diag([1.1, 1.0])
    for linear, expected in ((1.2 * turn(20.0), 0.0), (stretched, np.log(1.1))):
        affine = about_middle(GRID, on_ground(aspect, linear), (5, -3))
        for kind in ("shift", "affine"):
            found = answer(exact(GRID, affine, aspect=aspect), kind, last=True)
            assert found is not None
            assert found.distortion == pytest.approx(expected, abs=1e-3)


def test_the_noise_that_explains_the_measurements_best_is_taken() -> None:
    """Errors twice as large: parameters that are less sure."""
    ones = np.ones(GRID.shape, np.float32)
    quiet, loud = (
        Measured.of(with_errors(exact(GRID), np.random.default_rng(0), factor), ones).some()
        for factor in (0.7, 1.4)
    )
    one, other = (most_probable(some, "shift").covariance[0, 0] for some in (quiet, loud))
    assert other / one == pytest.approx((1.3 / 0.7) ** 2, rel=0.02)
