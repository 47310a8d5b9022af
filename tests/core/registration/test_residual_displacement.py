"""The residual displacement of a whole scene, against the formula for few samples."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from model_core.geometry.field import ControlGrid
from model_core.registration import residual_displacement
from model_core.registration.evidence import PRIOR_DEVIATION, Smoothness, covariances
from model_core.registration.fit import Targets
from model_core.registration.noise import bell, correlation
from model_core.registration.residual_displacement import (
    Kriging,
    Torus,
    conjugate_gradients,
    residual_variance,
)
from model_core.registration.samples import Measured, lattice
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

GRID = ControlGrid(330, 420, 8)
SMOOTH = Smoothness(((1.0, 60.0),), 0.95)
TWO_PARTS = Smoothness(((1.0, 300.0), (0.5, 45.0)), 0.95)


def deformed(aspect: float, seed: int, smoothness: Smoothness = SMOOTH) -> tuple[Targets, Targets]:
    """Return measurements with errors of a turned, deformed image, and without."""
    random = np.random.default_rng(seed)
    coarse = ControlGrid(GRID.height, GRID.width, 32)
    few = ground_points(exact(coarse, aspect=aspect))
    every = ground_points(exact(GRID, aspect=aspect))
    ((amplitude, length),) = smoothness.parts
    values = drawn(bell(distances(few), length), random)
    # What is smooth over 60 px is known between points that are 32 px apart.
    near = np.linalg.norm(every[:, None] - few, axis=-1)
    known = bell(distances(few), length) + 1e-6 * np.eye(len(few))
    smooth = bell(near, length) @ np.linalg.solve(known, values)
    residual = amplitude * smooth.reshape(*GRID.shape, 2) / [1, aspect]
    linear = on_ground(aspect, turn(8.0) @ np.array([[1.01, 0.02], [0.0, 0.99]]))
    truth = exact(GRID, about_middle(GRID, linear, (5.0, -3.0)), residual, aspect)
    return with_errors(truth, random, smoothness.noise), truth


def dense(measured: Measured, smoothness: Smoothness) -> tuple[np.ndarray, np.ndarray]:
    """Return positions (h, w, 2) and deviations (h, w) by the formula for Gaussian processes, with
    the covariances of all samples as one matrix."""
    some, targets = measured.take(lattice(measured.usable, measured.step)), measured.targets
    points = ground_points(targets)

    def signal(apart: np.ndarray) -> np.ndarray:
        one, nothing = smoothness.covariance(apart), 0 * apart
        return np.block([[one, nothing], [nothing, one]])

    along_x, along_y = covariances(some, smoothness.noise, None)
    nothing = np.zeros_like(along_x)
    noise = np.block([[along_x, nothing], [nothing, along_y]])
    prior = np.diag(np.square(PRIOR_DEVIATION))
    here, there = some.design, some.design_at(points)
    apart = np.linalg.norm(points[:, None] - some.points, axis=-1)
    covariance = here @ prior @ here.T + signal(some.distances) + noise
    crossed = there @ prior @ here.T + signal(apart)
    gain = np.linalg.solve(covariance, crossed.T).T
    moved = (gain @ some.rest("affine")).reshape(2, -1).T
    found = some.centre + (points - some.centre + moved) @ some.rotation.T
    known = np.einsum("ij,ij->i", gain, crossed)
    before = np.einsum("ij,jk,ik->i", there, prior, there)
    before = before + float(smoothness.covariance(np.zeros(1))[0])
    variance = (before - known).reshape(2, -1).mean(axis=0)
    shape = targets.grid.shape
    return (found / [1, targets.aspect]).reshape(*shape, 2), np.sqrt(variance).reshape(shape)


def measured(targets: Targets) -> Measured:
    return Measured.of(targets, np.ones(targets.grid.shape, np.float32))


def holes(targets: Targets) -> Targets:
    """Return measurements without those of a corner, of a hole, and of a tenth of the others."""
    nowhere = np.random.default_rng(9).uniform(size=GRID.shape) < 0.1
    nowhere[:14, :14] = True
    nowhere[20:32, 30:42] = True
    return unmeasured(targets, nowhere)


@pytest.mark.parametrize("smoothness", [SMOOTH, TWO_PARTS], ids=["one part", "two parts"])
@pytest.mark.parametrize("aspect", [0.4, 1.0, 2.0])
@pytest.mark.parametrize("part", [False, True], ids=["everywhere", "with holes"])
def test_the_lattice_gives_what_the_dense_formula_gives(
    smoothness: Smoothness, aspect: float, part: bool
) -> None:
    targets, _ = deformed(aspect, seed=1)
    given = measured(holes(targets) if part else targets)
    found = Kriging(given, smoothness).solve()
    positions, deviation = dense(given, smoothness)
    ground = np.array([1.0, aspect])
    away = (found.field.at(GRID.positions()) - positions) * ground
    assert np.linalg.norm(away, axis=-1).max() < 0.01
    assert found.deviation.shape == GRID.shape
    # It is computed as if the samples were equally sure all over.
    ratio = found.deviation / deviation
    assert ratio.min() > 0.6
    assert ratio.max() < 1.6
    assert np.median(ratio) == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("aspect", [1.0, 2.0])
def test_the_affine_is_unsure_where_the_residual_displacement_does_not_make_up_for_it(
    aspect, monkeypatch
) -> None:
    """Against the dense formula, the residual displacement's own variance left out."""
    monkeypatch.setattr(residual_displacement, "residual_variance", lambda *_: 0.0)
    targets, _ = deformed(aspect, seed=1)
    curvature = targets.curvature.copy()
    curvature[0] *= 30  # along x, measurements are much surer
    given = measured(holes(replace(targets, curvature=curvature)))
    found = Kriging(given, SMOOTH).solve().deviation
    some = given.take(lattice(given.usable, given.step))
    places = lattice(np.ones(GRID.shape, bool), given.step)
    points = (GRID.positions() * [1, aspect])[places]
    apart = np.linalg.norm(points[:, None] - some.points, axis=-1)
    here, there = (one.reshape(2, -1, 6) for one in (some.design, some.design_at(points)))
    precision, left = np.diag(1 / np.square(PRIOR_DEVIATION)), []
    for axis, noise in enumerate(covariances(some, SMOOTH.noise, None)):
        solved = np.linalg.solve(noise + SMOOTH.covariance(some.distances), here[axis])
        precision = precision + here[axis].T @ solved
        left.append(there[axis] - SMOOTH.covariance(apart) @ solved)
    covariance = np.linalg.inv(precision)
    variance = sum(np.einsum("ij,jk,ik->i", one, covariance, one) for one in left) / 2
    assert found[places] == pytest.approx(np.sqrt(variance), rel=0.02)


def test_a_deformation_is_found_and_the_deviation_says_how_well() -> None:
    smoothness = Smoothness(((3.0, 60.0),), 0.95)
    left, units, before = [], [], []
    for seed in range(3):
        targets, truth = deformed(1.0, seed, smoothness)
        found = Kriging(measured(targets), smoothness).solve()
        error = found.field.at(GRID.positions()) - truth.positions
        before.append((targets.positions - truth.positions).std())
        left.append(error.std())
        units.append(error / found.deviation[..., None])
    assert np.mean(left) < 0.95 * np.mean(before)
    assert np.mean(left) < 0.35 * 3.0
    assert np.sqrt(np.square(units).mean()) == pytest.approx(1, abs=0.25)


def test_where_nothing_was_measured_the_field_is_less_sure() -> None:
    targets, _ = deformed(1.0, seed=2)
    found = Kriging(measured(holes(targets)), SMOOTH).solve()
    assert found.deviation[3, 3] > found.deviation[26, 36] > 1.1 * found.deviation[20, 20]
    assert np.isfinite(found.field.at(GRID.positions())).all()


def test_the_border_has_less_to_say() -> None:
    """Windows that hang over it see one side only; if it counted as much, it would be 1.04 px."""
    targets = exact(GRID)
    quiet = Smoothness(((0.5, 60.0),), 0.95)
    positions = targets.positions.copy()
    positions[:, :3, 0] += 1.2
    found = Kriging(measured(replace(targets, positions=positions)), quiet).solve()
    assert 0.4 < np.abs(found.field.at(GRID.positions()) - GRID.positions()).max() < 0.8
    alike = Kriging(measured(replace(targets, positions=targets.positions + 4)), SMOOTH).solve()
    assert alike.field.at(GRID.positions()) - GRID.positions() == pytest.approx(4, abs=0.01)


def test_noise_that_neighbours_share_is_not_followed() -> None:
    """Errors of neighbours go together: where they are all there is, little is made of them."""
    quiet = Smoothness(((0.5, 60.0),), 0.95)
    targets = with_errors(exact(GRID), np.random.default_rng(5))
    found = Kriging(measured(targets), quiet).solve()
    residual = found.field.residual_displacement
    assert residual is not None
    assert residual.std() < 0.3
    assert targets.beside_field(found.field).std() > 2 * residual.std()


def test_a_scene_of_a_quarter_million_control_points_is_solved() -> None:
    """No matrix of its 15,625 samples is made: it would have 2 GB, and take minutes."""
    grid = ControlGrid(4000, 4000, 8)
    points = grid.positions()
    truth = exact(grid)
    wave = np.stack([4 * np.sin(points[..., 1] / 400), 3 * np.cos(points[..., 0] / 300)], axis=-1)
    errors = np.random.default_rng(0).normal(size=wave.shape)
    spread = np.full((2, *grid.shape), 0.9)
    targets = replace(truth, positions=truth.positions + wave + errors)
    given = Measured(targets, np.ones(grid.shape, np.float32), spread, np.eye(2))
    started = time.process_time()
    found = Kriging(given, Smoothness(((4.0, 200.0),), 0.95)).solve()
    assert time.process_time() - started < 60
    away = found.field.at(points) - (points + wave)
    assert np.sqrt(np.square(away).mean()) < 0.3
    assert found.deviation.shape == grid.shape
    assert found.deviation[100:-100, 100:-100].std() < 0.05 * found.deviation.mean()


def test_opposite_borders_of_the_torus_meet() -> None:
    torus = Torus((4, 6), (2.0, 1.0))
    assert torus.distances[0].tolist() == [0, 1, 2, 3, 2, 1]
    assert torus.distances[:, 0].tolist() == [0, 2, 4, 2]
    assert torus.distances[1, 1] == pytest.approx(np.sqrt(5))


@pytest.mark.parametrize("shape", [(12, 17), (9, 16)])
def test_a_convolution_on_the_torus_is_a_product_with_the_covariance(shape) -> None:
    torus = Torus(shape, (2.0, 1.0))

    def covariance(distance: np.ndarray) -> np.ndarray:
        return np.asarray(bell(distance, 1.5))

    rows, columns = np.indices(shape).reshape(2, -1)
    down, across = (abs(one[:, None] - one) for one in (rows, columns))
    apart = np.hypot(2.0 * np.minimum(down, shape[0] - down), np.minimum(across, shape[1] - across))
    values = np.random.default_rng(0).normal(size=(2, *shape))
    found = torus.convolve(torus.spectrum(covariance), torch.from_numpy(values))
    exactly = values.reshape(2, -1) @ covariance(apart)
    assert found.numpy().reshape(2, -1) == pytest.approx(exactly, abs=1e-3)


def test_conjugate_gradients_solve_each_map_by_itself() -> None:
    rng = np.random.default_rng(1)
    root = rng.normal(size=(30, 30))
    matrix = torch.from_numpy(root @ root.T + 3 * np.eye(30))
    calls = []

    def system(maps: torch.Tensor) -> torch.Tensor:
        calls.append(len(maps))
        return (maps.reshape(-1, 30) @ matrix).reshape(maps.shape)

    right = torch.from_numpy(rng.normal(size=(3, 5, 6)) * [[[1.0]], [[1e4]], [[0.0]]])
    found = conjugate_gradients(system, lambda maps: maps / 20, right)
    exactly = np.linalg.solve(matrix.numpy(), right.numpy().reshape(3, 30).T).T
    assert found[0].numpy().ravel() == pytest.approx(exactly[0], abs=1e-5)
    assert found[1].numpy().ravel() == pytest.approx(exactly[1], abs=1e-1)
    assert not found[2].any()
    assert len(calls) < 60


def test_conjugate_gradients_end(monkeypatch) -> None:
    monkeypatch.setattr(residual_displacement, "MOST_STEPS", 7)
    calls = []

    def system(maps: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        return maps * torch.linspace(1, 1e6, 400, dtype=torch.float64).reshape(1, 20, 20)

    found = conjugate_gradients(system, torch.clone, torch.ones(1, 20, 20, dtype=torch.float64))
    assert len(calls) == 7
    assert torch.isfinite(found).all()


@pytest.mark.parametrize("shape", [(24, 30), (24, 31)])
def test_the_variance_under_equal_precision_is_the_dense_one(shape) -> None:
    torus = Torus(shape, (32.0, 32.0))
    rows, columns = np.indices(shape).reshape(2, -1)
    down, across = (abs(one[:, None] - one) for one in (rows, columns))
    apart = 32 * np.hypot(np.minimum(down, shape[0] - down), np.minimum(across, shape[1] - across))
    signal, noise = 4 * bell(apart, 60.0), correlation(apart)
    spectra = torus.spectrum(correlation), torus.spectrum(lambda d: 4 * bell(d, 60.0))
    precision = np.array([[0.01, 0.3, 1.0, 20.0]])
    found = residual_variance(*spectra, shape, precision)
    for level, variance in zip(precision[0], found[0], strict=True):
        exactly = signal - signal @ np.linalg.solve(signal + noise / level, signal)
        assert variance == pytest.approx(exactly[0, 0], rel=0.02)
    # Without samples it is the prior's, with perfect ones it is 0.
    nothing, all_of_it = residual_variance(*spectra, shape, np.array([[0.0, 1e3]]))[0]
    assert nothing == pytest.approx(4.0, rel=0.02)
    assert all_of_it < 0.02
