"""The smooth field behind what was measured at lattice nodes."""

from __future__ import annotations

import numpy as np
import pytest

from model_core.registration.spline import (
    CALM,
    LIVELY,
    Stiffness,
    fit_spline,
    smooth_field,
)

SHAPE, STEP, TOLERANCE = (64, 64), 8.0, 2.0


def everywhere(value: float) -> np.ndarray:
    return np.full(SHAPE, value, np.float32)


def deformation() -> np.ndarray:
    """Waves of up to some 4 px, 250 to 500 px long."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]] * STEP
    return np.stack(
        [3 * np.sin(x / 45 + y / 90), 2 * np.cos(y / 60) + np.sin(x / 80)], axis=0
    ).astype(np.float32)


def smoothed(measured: np.ndarray, certainty: np.ndarray, final: bool = True) -> np.ndarray:
    known = np.ones(SHAPE, bool)
    return smooth_field(measured, certainty, known, STEP, TOLERANCE, final)[0]


def rms(vectors: np.ndarray) -> float:
    return float(np.sqrt(np.square(vectors).sum(axis=0).mean()))


@pytest.mark.parametrize("stiffness", [LIVELY, CALM, Stiffness(30.0, 0.0)])
def test_the_spline_is_the_minimum(stiffness: Stiffness) -> None:
    rng = np.random.default_rng(0)
    h, w = 9, 12
    measured = rng.normal(size=(1, h, w)).astype(np.float32)
    weight = (rng.uniform(size=(h, w)) * (rng.uniform(size=(h, w)) > 0.3)).astype(np.float32)
    found = fit_spline(measured, weight, stiffness, STEP, np.zeros_like(measured))
    unit = np.eye(h * w).reshape(h * w, h, w)

    def squares(differences: np.ndarray) -> np.ndarray:
        flat = differences.reshape(h * w, -1)
        return flat @ flat.T

    bending, tension = (stiffness.bending / STEP) ** 4, (stiffness.tension / STEP) ** 2
    dx, dy = np.diff(unit, axis=2), np.diff(unit, axis=1)
    system = tension * (squares(dx) + squares(dy)) + bending * (
        squares(np.diff(dx, axis=2))
        + squares(np.diff(dy, axis=1))
        + 2 * squares(np.diff(dx, axis=1))
    )
    system += np.diag(weight.ravel())
    exact = np.linalg.solve(system, (weight * measured[0]).ravel()).reshape(h, w)
    assert np.abs(found[0] - exact).max() < 0.02 * np.abs(exact).max()


def test_a_deformation_is_followed_and_noise_is_not() -> None:
    rng = np.random.default_rng(1)
    truth = deformation()
    noise = rng.normal(scale=0.7, size=truth.shape).astype(np.float32)
    error = smoothed(truth + noise, everywhere(0.6)) - truth
    inner = error[:, 4:-4, 4:-4]
    assert rms(inner) < 0.3
    assert rms(error) < 0.5
    assert rms(smoothed(noise, everywhere(0.6))) < 0.1


def test_what_only_the_border_says_is_not_believed() -> None:
    measured = np.zeros((2, *SHAPE), np.float32)
    measured[0, :, :3] = 1.2
    assert np.abs(smoothed(measured, everywhere(0.6))).max() < 0.3
    everywhere_alike = np.full_like(measured, 4.0)
    assert np.abs(smoothed(everywhere_alike, everywhere(0.6)) - 4).max() < 0.2


def test_outliers_and_uncertain_nodes_do_not_matter() -> None:
    truth = deformation()
    measured, certainty = truth.copy(), everywhere(0.6)
    clean = smoothed(truth, certainty)
    rng = np.random.default_rng(2)
    wrong = rng.uniform(size=SHAPE) < 0.05
    measured[:, wrong] += rng.choice([-14, 14], size=(2, int(wrong.sum())))
    assert np.abs(smoothed(measured, certainty) - clean).max() < 0.5
    measured = truth.copy()
    measured[:, wrong] = 1e4
    certainty[wrong] = 0
    assert np.abs(smoothed(measured, certainty) - clean).max() < 0.2


def test_without_any_measurement_there_is_no_departure() -> None:
    measured = np.full((2, *SHAPE), 3.0, np.float32)
    found, factors = smooth_field(
        measured, everywhere(0), np.ones(SHAPE, bool), STEP, TOLERANCE, True
    )
    assert not found.any()
    assert np.isfinite(factors).all()


def test_a_hole_is_bridged_smoothly() -> None:
    truth, certainty = deformation(), everywhere(0.6)
    certainty[24:36, 20:34] = 0
    known = certainty > 0
    found, _ = smooth_field(truth, certainty, known, STEP, TOLERANCE, True)
    assert np.isfinite(found).all()
    assert np.abs(np.diff(found, axis=2)).max() < 1.5
    assert rms((found - truth)[:, known]) < 0.35


def test_before_the_last_stage_more_is_followed() -> None:
    measured = (0.2 * deformation()).astype(np.float32)
    certainty = everywhere(0.6)
    left = [rms(measured - smoothed(measured, certainty, final)) for final in (False, True)]
    assert left[0] < 0.2 * rms(measured) < left[1]
