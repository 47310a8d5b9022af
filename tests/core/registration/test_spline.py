"""The smooth field behind what was measured at control points."""

from __future__ import annotations

import numpy as np
import pytest

from model_core.registration.spline import (
    FLEXIBLE,
    REFERENCE_CURVATURE,
    Observations,
    Stiffness,
    fit_spline,
    smooth_field,
)

SHAPE, SPACING, TOLERANCE = (64, 64), 8.0, 2.0


def everywhere(value: float) -> np.ndarray:
    return np.full(SHAPE, value, np.float32)


def deformation() -> np.ndarray:
    """Waves of up to some 4 px, 250 to 500 px long."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]] * SPACING
    return np.stack(
        [3 * np.sin(x / 45 + y / 90), 2 * np.cos(y / 60) + np.sin(x / 80)], axis=0
    ).astype(np.float32)


def peaks(along_x: float | np.ndarray, along_y: float | np.ndarray) -> np.ndarray:
    """Curvatures, in units of the reference one, of peaks whose axes are those of the image."""
    return (
        np.stack([everywhere(1) * along_x, everywhere(0), everywhere(1) * along_y])
        * REFERENCE_CURVATURE
    )


def observed(
    measured: np.ndarray,
    certainty: np.ndarray,
    curvature: np.ndarray,
    known: np.ndarray | None = None,
) -> Observations:
    """Return measurements; ``known`` None: everywhere."""
    seen = np.ones(SHAPE, bool) if known is None else known
    return Observations(measured, certainty, curvature, seen, SPACING)


def smoothed(measured: np.ndarray, certainty: np.ndarray) -> np.ndarray:
    return smooth_field(observed(measured, certainty, peaks(2, 2)), TOLERANCE)[0]


def rms(vectors: np.ndarray) -> float:
    return float(np.sqrt(np.square(vectors).sum(axis=0).mean()))


@pytest.mark.parametrize("stiffness", [FLEXIBLE, Stiffness(24.0, 14.0), Stiffness(30.0, 0.0)])
def test_the_spline_is_the_minimum(stiffness: Stiffness) -> None:
    rng = np.random.default_rng(0)
    h, w = 9, 12
    measured = rng.normal(size=(2, h, w)).astype(np.float32)
    one, other = rng.normal(size=(2, 2, h, w)) * (rng.uniform(size=(h, w)) > 0.3) * 0.6
    weights = np.stack(
        [one[0] ** 2 + other[0] ** 2, one[0] * one[1] + other[0] * other[1],
         one[1] ** 2 + other[1] ** 2]
    ).astype(np.float32)  # fmt: skip
    found = fit_spline(measured, weights, stiffness, SPACING, np.zeros_like(measured))
    unit = np.eye(h * w).reshape(h * w, h, w)

    def squares(differences: np.ndarray) -> np.ndarray:
        flat = differences.reshape(h * w, -1)
        return flat @ flat.T

    bending, tension = (stiffness.bending / SPACING) ** 4, (stiffness.tension / SPACING) ** 2
    dx, dy = np.diff(unit, axis=2), np.diff(unit, axis=1)
    system = tension * (squares(dx) + squares(dy)) + bending * (
        squares(np.diff(dx, axis=2))
        + squares(np.diff(dy, axis=1))
        + 2 * squares(np.diff(dx, axis=1))
    )
    xx, xy, yy = (np.diag(part.ravel()) for part in weights)
    given = np.block([[xx, xy], [xy, yy]])
    system = np.kron(np.eye(2), system) + given
    exact = np.linalg.solve(system, given @ measured.ravel()).reshape(2, h, w)
    assert np.abs(found - exact).max() < 0.02 * np.abs(exact).max()


def test_a_deformation_is_followed_and_noise_is_damped() -> None:
    rng = np.random.default_rng(1)
    truth = deformation()
    noise = rng.normal(scale=0.7, size=truth.shape).astype(np.float32)
    error = smoothed(truth + noise, everywhere(0.6)) - truth
    inner = error[:, 4:-4, 4:-4]
    assert rms(inner) < 0.3
    assert rms(error) < 0.5
    assert rms(smoothed(noise, everywhere(0.6))) < 0.2 < rms(noise) / 4


def test_what_is_the_same_everywhere_is_followed_to_the_border() -> None:
    everywhere_alike = np.full((2, *SHAPE), 4.0, np.float32)
    assert np.abs(smoothed(everywhere_alike, everywhere(0.6)) - 4).max() < 0.2


def test_outliers_and_uncertain_points_do_not_matter() -> None:
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


def test_without_any_measurement_there_is_no_residual_displacement() -> None:
    measured = np.full((2, *SHAPE), 3.0, np.float32)
    found, factors = smooth_field(observed(measured, everywhere(0), peaks(0, 0)), TOLERANCE)
    assert not found.any()
    assert np.isfinite(factors).all()


def test_a_hole_is_bridged_smoothly() -> None:
    truth, certainty = deformation(), everywhere(0.6)
    certainty[24:36, 20:34] = 0
    known = certainty > 0
    found, _ = smooth_field(observed(truth, certainty, peaks(2, 2), known), TOLERANCE)
    assert np.isfinite(found).all()
    assert np.abs(np.diff(found, axis=2)).max() < 1.5
    assert rms((found - truth)[:, known]) < 0.35


def test_little_is_left_of_a_small_deformation() -> None:
    """What is measured around the field is to be near 0; the answer itself is smoother."""
    measured = (0.2 * deformation()).astype(np.float32)
    assert rms(measured - smoothed(measured, everywhere(0.6))) < 0.2 * rms(measured)


def test_along_an_edge_a_measurement_says_nothing() -> None:
    """Where the correlation is a ridge, what was measured along it is left to the neighbours."""
    measured, inside = np.zeros((2, *SHAPE), np.float32), np.zeros(SHAPE, bool)
    inside[24:40, 24:40] = True
    measured[:, inside] = 1.5
    ridge = peaks(2.0, np.where(inside, 0.02, 2.0))
    found, _ = smooth_field(observed(measured, everywhere(0.9), ridge), TOLERANCE)
    assert found[0, 28:36, 28:36].min() > 1.2
    assert np.abs(found[1]).max() < 0.3
    oblique = np.stack(
        [peaks(1, 1)[0], np.where(inside, 0.99, 0) * REFERENCE_CURVATURE, peaks(1, 1)[2]]
    )
    found, _ = smooth_field(observed(measured, everywhere(0.9), 2 * oblique), TOLERANCE)
    # Sharp along (1, 1), which is how it is displaced: followed.
    assert found[:, 28:36, 28:36].min() > 1.2
    measured[1] *= -1
    found, _ = smooth_field(observed(measured, everywhere(0.9), 2 * oblique), TOLERANCE)
    assert np.abs(found).max() < 0.4


def test_sharp_matches_count_more_than_blunt_ones() -> None:
    """Two measurements side by side, everywhere: the field is near the sharper one."""
    measured = np.zeros((2, *SHAPE), np.float32)
    measured[:, :, ::2] = 1.0
    odd = np.arange(SHAPE[1]) % 2 == 0
    blunt, sharp = (np.where(odd, one, other) for one, other in ((0.5, 2), (2, 0.5)))
    low, high = (
        smooth_field(observed(measured, everywhere(0.6), peaks(c, c)), TOLERANCE)[0]
        for c in (blunt, sharp)
    )
    assert low.mean() < 0.25
    assert high.mean() > 0.75
