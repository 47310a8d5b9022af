"""How far measurements are off, and how alike the errors of neighbours are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model_core.geometry.field import ControlGrid
from model_core.registration.noise import (
    CORRELATION,
    DEVIATION,
    LEAST_CURVATURE,
    REFERENCE_CURVATURE,
    bell,
    correlation,
    deviation,
)
from model_core.registration.samples import IDENTITY
from model_core.registration.spline import Observations
from tests.core.registration.measured import distances, exact

USUAL = exact(ControlGrid(320, 320, 8)).observations(IDENTITY)
MIDDLE = (slice(None), 20, 20)


def of(observed: Observations) -> np.ndarray:
    """Return the deviations (2,) in the middle."""
    return deviation(observed)[MIDDLE]


def with_certainty(value: float) -> Observations:
    return replace(USUAL, certainty=np.full_like(USUAL.certainty, value))


def test_the_usual_measurement_is_as_far_off_as_is_said() -> None:
    assert of(USUAL) == pytest.approx([DEVIATION, DEVIATION], rel=0.01)


def test_the_surer_a_measurement_the_nearer_it_is() -> None:
    found = [of(with_certainty(value))[0] for value in (0.03, 0.2, 0.5, 0.8, 0.97)]
    assert found == sorted(found, reverse=True)
    # The odds of 0.8 are four times those of 0.5.
    assert found[3] / found[2] == pytest.approx(4**-0.17)
    assert of(with_certainty(0.98))[0] == of(with_certainty(1.0))[0] > 0


@pytest.mark.parametrize("value", [0.0, 0.01])
def test_where_nothing_was_measured_the_deviation_is_infinite(value: float) -> None:
    assert np.isinf(of(with_certainty(value))).all()
    assert np.isfinite(of(with_certainty(0.03))).all()


def test_across_an_edge_a_measurement_is_nearer_than_along_it() -> None:
    """The curvature is that of the axis; below the least one it tells no more."""
    curvature = USUAL.curvature.copy()
    curvature[0], curvature[2] = 4 * REFERENCE_CURVATURE, 0.25 * REFERENCE_CURVATURE
    along_x, along_y = of(replace(USUAL, curvature=curvature))
    assert along_x == pytest.approx(DEVIATION * 4**-0.36, rel=0.01)
    assert along_y == pytest.approx(DEVIATION * 4**0.36, rel=0.01)
    blunt = []
    for value in (-0.01, 0.0, LEAST_CURVATURE):
        curvature[2] = value
        blunt.append(of(replace(USUAL, curvature=curvature.copy()))[1])
    assert blunt == pytest.approx([blunt[0]] * 3, rel=1e-6)
    assert blunt[0] > along_y


def test_near_the_border_and_beside_what_is_unknown_measurements_are_further_off() -> None:
    whole = deviation(USUAL)[0]
    assert whole[20, 20] < whole[20, 3] < whole[20, 0] < whole[0, 0] < 3 * DEVIATION
    known = USUAL.known.copy()
    known[:, 24:] = False
    half = deviation(replace(USUAL, known=known))[0]
    assert half[20, 10] == pytest.approx(whole[20, 10], rel=0.01)
    assert half[20, 23] > 1.4 * whole[20, 23]


def test_errors_of_neighbours_go_together_and_those_of_distant_places_do_not() -> None:
    distance = np.array([0.0, 1e-9, 8.0, 32.0, 100.0, 400.0])
    found = correlation(distance)
    assert found[0] == 1
    assert found[1] == pytest.approx(sum(share for share, _ in CORRELATION))
    assert (np.diff(found) < 0).all()
    assert found[-1] < 1e-6
    assert bell(np.array([0.0, 5.0]), 5.0).tolist() == pytest.approx([1, np.exp(-0.5)])


@pytest.mark.parametrize("aspect", [1.0, 2.0])
def test_the_correlations_of_a_lattice_are_positive_definite(aspect: float) -> None:
    points = ControlGrid(256, 256, 16).positions().reshape(-1, 2) * [1.0, aspect]
    values = np.linalg.eigvalsh(correlation(distances(points)))
    assert values.min() > 0.9 * (1 - sum(share for share, _ in CORRELATION))
