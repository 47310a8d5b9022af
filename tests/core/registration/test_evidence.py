"""Which kind of transformation the measurements speak for."""

from __future__ import annotations

import numpy as np
import pytest

from model_core.geometry.field import ControlGrid
from model_core.registration.evidence import (
    LENGTHS,
    NOISE_USUAL,
    PARAMETERS,
    PRIOR_DEVIATION,
    Choice,
    Smoothness,
    Whitened,
    choose,
    covariances,
    lengths,
    noise_prior,
)
from model_core.registration.fit import Targets
from model_core.registration.noise import bell
from model_core.registration.samples import Measured, Samples
from model_core.registration.transformation import KINDS, LINEAR, Kind, LinearKind
from tests.core.registration.measured import (
    about_middle,
    distances,
    drawn,
    exact,
    ground_points,
    on_ground,
    turn,
    with_errors,
)

GRID = ControlGrid(320, 320, 32)
SEEDS = range(10)

LINEARS: dict[Kind, np.ndarray] = {
    "shift": np.eye(2),
    "rigid": turn(1.5),
    "similarity": 1.025 * turn(1.5),
    "affine": np.array([[1.0, 0.03], [0.02, 1.02]]),
    "affine+flow": np.array([[1.0, 0.03], [0.02, 1.02]]),
}
"""On the ground."""


def measured(kind: Kind, seed: int, aspect: float = 1.0, grid: ControlGrid = GRID) -> Targets:
    """Return measurements of a kind with errors; the local field changes over 60 px."""
    random = np.random.default_rng(seed)
    residual = None
    if kind == "affine+flow":
        apart = distances(ground_points(exact(grid, aspect=aspect)))
        residual = 3 * drawn(bell(apart, 60.0), random).reshape(*grid.shape, 2) / [1, aspect]
    affine = about_middle(grid, on_ground(aspect, LINEARS[kind]), (7.0, -4.0))
    return with_errors(exact(grid, affine, residual, aspect), random)


def samples(targets: Targets) -> Samples:
    return Measured.of(targets, np.ones(targets.grid.shape, np.float32)).some()


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_behind_noisy_measurements_is_chosen(kind: Kind) -> None:
    """And the noise's correlation between neighbours is taken for no local field.

    For an affine that takes more than a hundred measurements: fewer leave room for a small field.
    """
    side = 448 if kind == "affine" else 320
    grid = ControlGrid(side, side, 32)
    found = [choose(samples(measured(kind, seed, grid=grid)), float(side)) for seed in SEEDS]
    assert sum(one.kind == kind for one in found) >= 9, [one.kind for one in found]
    assert np.median([one.probability[kind] for one in found]) > 0.8
    for one in found:
        assert list(one.probability) == list(KINDS)
        assert sum(one.probability.values()) == pytest.approx(1)
        assert one.probability[one.kind] == max(one.probability.values())


@pytest.mark.parametrize("kind", ["rigid", "similarity"])
def test_a_rotation_is_one_on_the_ground(kind: Kind) -> None:
    """In pixels that are twice as high as wide it is none, and still no affine."""
    found = [choose(samples(measured(kind, seed, aspect=2.0)), 320.0).kind for seed in range(5)]
    assert found.count(kind) >= 4, found


def test_the_smoothness_is_that_of_the_field() -> None:
    """Drawn with an amplitude of 3 px over 60 px: 2 and 4 px are tried, 45, 60 and 110 px."""
    found = [choose(samples(measured("affine+flow", seed)), 320.0).smoothness for seed in range(5)]
    assert {one.parts[0][1] for one in found} <= {45.0, 60.0}
    assert {one.parts[0][0] for one in found} <= {2.0, 4.0}
    assert np.median([one.noise for one in found]) == pytest.approx(NOISE_USUAL, abs=0.05)


@pytest.mark.parametrize("kind", LINEAR)
def test_the_evidence_is_the_density_of_the_measurements(kind: LinearKind) -> None:
    """Against the Gaussian density of all of them, with the parameters' prior in its covariance."""
    some = samples(measured("affine", 0, aspect=2.0))
    noise = covariances(some, 0.95, 4.0 * bell(some.distances, 60.0))
    louder = (4 * noise[0], noise[1])
    _, found = Whitened(some, [louder, noise]).posteriors(kind)
    count = PARAMETERS[kind]
    design, prior = some.design[:, :count], np.diag(np.square(PRIOR_DEVIATION[:count]))
    nothing = np.zeros_like(noise[0])
    errors = np.block([[noise[0], nothing], [nothing, noise[1]]])
    covariance = errors + design @ prior @ design.T
    rest = some.rest(kind)
    exactly = -0.5 * (rest @ np.linalg.solve(covariance, rest) + np.linalg.slogdet(covariance)[1])
    assert found.evidence == pytest.approx(exactly, abs=1e-4)
    gain = prior @ design.T @ np.linalg.inv(covariance)
    assert found.parameters == pytest.approx(gain @ rest, abs=1e-6)
    assert found.covariance == pytest.approx(prior - gain @ design @ prior, abs=1e-6)


def test_the_covariance_is_that_of_errors_and_residual() -> None:
    some = samples(exact(GRID, aspect=2.0))
    along_x, along_y = covariances(some, 1.3, None)
    assert np.sqrt(np.diag(along_x)) == pytest.approx(1.3 * some.deviation[0])
    assert np.sqrt(np.diag(along_y)) == pytest.approx(1.3 * some.deviation[1])
    assert 0.5 < along_x[44, 45] / along_x[44, 44] < 0.9  # 32 px apart
    assert abs(along_x[0, 99]) < 1e-3
    residual = 9 * bell(some.distances, 60.0)
    for one, other in zip(covariances(some, 1.3, residual), (along_x, along_y), strict=True):
        assert one - other == pytest.approx(residual)


@pytest.mark.parametrize(
    ("extent", "longest"), [(100.0, 200.0), (1439.0, 200.0), (1441.0, 360.0), (10_980.0, 2099.52)]
)
def test_in_larger_scenes_longer_fields_are_tried(extent: float, longest: float) -> None:
    found = lengths(extent)
    assert tuple(found[:4]) == LENGTHS
    assert found[-1] == pytest.approx(longest)
    assert found == sorted(set(found))


def test_the_usual_noise_is_the_most_probable() -> None:
    found = [noise_prior(factor) for factor in (0.7, NOISE_USUAL, 1.3)]
    assert found[1] == 0 > max(found[0], found[2])
    assert found[2] == pytest.approx(-0.5 * (np.log(1.3 / 0.97) / 0.25) ** 2)


def choice(kind: Kind, shares: tuple[float, ...]) -> Choice:
    return Choice(kind, dict(zip(KINDS, shares, strict=True)), Smoothness(((1.0, 60.0),), 0.95))


def test_a_sentence_says_what_was_chosen_and_what_else_was_possible() -> None:
    assert choice("shift", (0.7, 0.041, 0.25, 0.004, 0.005)).sentence == (
        "Transformation chosen: shift, the most probable with 70 % "
        "(shift, rotation and scale 25 %, shift and rotation 4 %)."
    )
    assert choice("affine+flow", (0, 0, 0, 0.001, 0.999)).sentence == (
        "Transformation chosen: affine and local field, the most probable with more than 99 %."
    )
    assert choice("affine", (0, 0, 0, 0.6, 0.4)).named == {
        "shift": 0, "rigid": 0, "similarity": 0, "affine": 0.6, "affine+flow": 0.4,
    }  # fmt: skip
