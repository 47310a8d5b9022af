"""The field behind measurements at control points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model_core.geometry.field import ControlGrid, transform
from model_core.registration.fit import Fit, Targets, fit_flexible, fit_linear
from model_core.registration.spline import REFERENCE_CURVATURE

AFFINE = np.array([[1.01, 0.04, 3.0], [-0.03, 0.99, -6.0]])
GRID = ControlGrid(height=400, width=560, spacing=8)


def targets(residual: float = 0.0, factor: int = 1) -> Targets:
    """Return exact targets of an affine and a smooth residual of so many pixels."""
    grid = ControlGrid(GRID.height * factor, GRID.width * factor, GRID.spacing * factor)
    points = grid.positions()
    x, y = points[..., 0] / factor, points[..., 1] / factor
    smooth = residual * np.stack([np.sin(x / 70 + y / 120), np.cos(y / 80)], axis=-1)
    curvature = np.zeros((3, *grid.shape), np.float32)
    curvature[[0, 2]] = 2 * REFERENCE_CURVATURE
    return Targets(
        grid,
        transform(AFFINE, points) + smooth,
        np.full(grid.shape, 0.7, np.float32),
        curvature,
        np.ones(grid.shape, bool),
        np.ones(grid.shape, bool),
        factor,
        tolerance=2.0 * factor,
    )


def fit_both(wanted: Targets) -> Fit:
    """Fit an affine and a residual displacement."""
    return fit_flexible(wanted, wanted.robust("affine")[0])


def rms(difference: np.ndarray) -> float:
    return float(np.sqrt(np.square(difference).sum(axis=-1).mean()))


def test_an_affine_is_fitted_exactly() -> None:
    fit = fit_linear(targets(), "affine")
    assert np.allclose(fit.field.affine, AFFINE, atol=1e-3)
    assert fit.field.residual_displacement is None
    assert fit.weight == pytest.approx(0.7, abs=1e-3)
    assert np.nanmax(fit.residual) < 1e-2


@pytest.mark.parametrize("factor", [1, 4])
def test_affine_and_residual_together_follow_the_targets(factor: int) -> None:
    wanted = targets(residual=3.0 * factor, factor=factor)
    points = wanted.grid.positions()
    alone = fit_linear(wanted, "affine").field.at(points) - wanted.positions
    fit = fit_both(wanted)
    both = fit.field.at(points) - wanted.positions
    assert rms(alone) > 1.5 * factor
    assert rms(both) < 0.25 * factor
    assert np.sqrt(np.nanmean(fit.residual**2)) == pytest.approx(rms(both), rel=0.02)


def test_where_nothing_was_measured_the_neighbours_decide() -> None:
    wanted = targets(residual=2.0)
    hole = (slice(20, 28), slice(30, 38))
    certainty = wanted.certainty.copy()
    certainty[hole] = 0
    positions = wanted.positions.copy()
    positions[hole] = 1e6
    given = replace(wanted, certainty=certainty, positions=positions)
    for fit in (fit_linear(given, "affine"), fit_both(given)):
        assert np.isnan(fit.residual[hole]).all()
        assert (fit.weight[hole] == 0).all()
        assert np.isfinite(fit.residual[certainty > 0]).all()
        found = fit.field.at(wanted.grid.positions())
        assert rms((found - wanted.positions)[hole]) < 3


def test_outliers_lose_their_weight() -> None:
    wanted = targets()
    wrong = np.random.default_rng(0).uniform(size=GRID.shape) < 0.1
    positions = wanted.positions.copy()
    positions[wrong] += [12.0, -9.0]
    for fit in (
        fit_linear(replace(wanted, positions=positions), "affine"),
        fit_both(replace(wanted, positions=positions)),
    ):
        assert fit.weight[wrong].max() < 0.1
        assert fit.weight[~wrong].min() > 0.5
        assert fit.residual[wrong] == pytest.approx(15.0, abs=1.0)


def test_a_given_affine_is_kept() -> None:
    given = np.array([[1.0, 0.0, 4.0], [0.0, 1.0, -5.0]])
    fit = fit_flexible(targets(), given)
    assert fit.field.affine is given
    points = GRID.positions()
    inner = (slice(6, -6), slice(6, -6))
    assert rms((fit.field.at(points) - transform(AFFINE, points))[inner]) < 0.3


def test_a_downsampled_image_is_fitted_as_its_own_pixels_say() -> None:
    """Twice the size, displacements and tolerance, at half the resolution: twice the field."""
    random = np.random.default_rng(3)
    noise = random.normal(scale=0.4, size=(*GRID.shape, 2))
    noise[random.uniform(size=GRID.shape) < 0.05] += 6.0

    def field(factor: int) -> np.ndarray:
        wanted = targets(residual=2.0 * factor, factor=factor)
        given = replace(wanted, positions=wanted.positions + factor * noise)
        found = fit_flexible(given, AFFINE).field.residual_displacement
        assert found is not None
        return found

    assert np.abs(field(1)).max() > 0.5
    assert np.allclose(field(3), 3 * field(1), atol=0.12)
