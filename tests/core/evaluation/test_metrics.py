"""Figures against cases that can be computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from model_core.evaluation import calibration
from model_core.evaluation.metrics import (
    acceptance,
    accuracy,
    best_affine,
    bootstrap,
    distances,
    mean,
    rmse,
)


def test_errors_of_a_case() -> None:
    """Lengths 0, 5 and 5: mean 10/3, root mean square sqrt(50/3)."""
    found = np.array([[1.0, 1.0], [3.0, 4.0], [-3.0, -4.0]])
    errors = distances(found, np.array([[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]))
    assert errors.tolist() == [0, 5, 5]
    assert mean(errors) == pytest.approx(10 / 3)
    assert rmse(errors) == pytest.approx((50 / 3) ** 0.5)


def test_failures_are_counted_and_no_answer_is_one() -> None:
    """Of 0.5, 1.5, 8 and an unanswered 0.2: 1 of 4 below 1 px, 2 of 4 failures."""
    figures = accuracy(
        np.array([0.5, 1.5, 8.0, 0.2]), np.array([True, True, True, False]), list("abcd")
    )
    assert [figures.matched[limit].value for limit in (1, 2, 3, 5)] == [0.25, 0.5, 0.5, 0.5]
    assert figures.failures.value == 0.5
    assert figures.unanswered == 1
    assert figures.mean == pytest.approx(10.2 / 4)
    assert figures.median.value == 1.0
    assert (figures.cases, figures.places) == (4, 4)


def test_a_limit_is_not_below_itself() -> None:
    """An RMSE of exactly 1 px is not below 1 px; one of exactly 5 px is no failure."""
    figures = accuracy(np.array([1.0, 5.0]), np.array([True, True]), ["a", "b"])
    assert figures.matched[1].value == 0
    assert figures.failures.value == 0


def test_intervals_draw_places_not_cases() -> None:
    """Two places that differ: any of none, one or both may be drawn. One place: no spread."""
    values = np.array([0.0] * 50 + [1.0] * 50)
    found = bootstrap(values, ["a"] * 50 + ["b"] * 50, "mean")
    assert (found.low, found.value, found.high) == (0, 0.5, 1)
    alone = bootstrap(values, ["a"] * 100, "mean")
    assert (alone.low, alone.high) == (0.5, 0.5)
    many = bootstrap(values, [str(i) for i in range(100)], "mean")
    # The normal approximation of a share of 0.5 in 100 cases: 0.5 ± 0.098.
    assert many.low == pytest.approx(0.402, abs=0.02)
    assert many.high == pytest.approx(0.598, abs=0.02)
    assert many == bootstrap(values, [str(i) for i in range(100)], "mean")


def test_the_interval_of_a_median_is_that_of_drawn_medians() -> None:
    """Against the plain way: draw places, join their cases, take the median."""
    rng = np.random.default_rng(1)
    values, places = rng.exponential(size=31), [str(i % 7) for i in range(31)]
    found = bootstrap(values, places, "median")
    assert found.value == np.median(values)
    members = [values[[p == str(i) for p in places]] for i in range(7)]
    draws = rng.integers(0, 7, (2000, 7))
    medians = [np.median(np.concatenate([members[i] for i in draw])) for draw in draws]
    low, high = np.quantile(medians, [0.025, 0.975])
    assert found.low == pytest.approx(low, abs=0.1)
    assert found.high == pytest.approx(high, abs=0.1)


def test_acceptance_separates_good_bad_and_unrelated() -> None:
    """Good: 1 of 2 accepted; bad: 1 of 1; unrelated: 1 of 4."""
    found = acceptance(
        np.array([0.5, 1.9, 2.0]),
        np.array([True, False, True]),
        ["a", "b", "c"],
        np.array([True, False, False, False]),
        list("defg"),
    )
    assert (found.related, found.good, found.unrelated) == (3, 2, 4)
    assert found.good_accepted is not None
    assert found.bad_accepted is not None
    assert found.unrelated_accepted is not None
    assert found.good_accepted.value == 0.5
    assert found.bad_accepted.value == 1.0
    assert found.unrelated_accepted.value == 0.25


def test_the_best_affine_is_exact_for_affine_data() -> None:
    """Recovered to rounding, whatever the affine."""
    affine = np.array([[1.1, -0.2, 5.0], [0.3, 0.9, -7.0]])
    points = np.random.default_rng(0).uniform(0, 500, (50, 2))
    targets = points @ affine[:, :2].T + affine[:, 2]
    np.testing.assert_allclose(best_affine(points, targets), affine, atol=1e-9)


def test_reliability_counts_by_certainty() -> None:
    """Three pixels at 0.95, of which two are within 1 px; one at 0.05, which is not."""
    counted = calibration.reliability(
        np.array([0.95, 0.95, 0.95, 0.05]), np.array([0.2, 0.9, 1.0, 7.0])
    )
    assert counted.counts.tolist() == [1] + [0] * 8 + [3]
    assert counted.within.tolist() == [0] * 9 + [2]
    # |0.05 - 0| + |2.85 - 2| over four pixels.
    assert counted.expected_error == pytest.approx(0.9 / 4)
    assert calibration.reliability(np.ones(2), np.zeros(2)).counts[-1] == 2


def test_pooling_gives_every_case_the_same_weight() -> None:
    """A case of a million pixels does not outvote one of ten."""
    small = calibration.reliability(np.full(10, 0.95), np.zeros(10))
    large = calibration.reliability(np.full(1000, 0.95), np.full(1000, 9.0))
    both = calibration.pooled([small, large])
    assert both.within[-1] / both.counts[-1] == pytest.approx(0.5)


def test_sparsification_of_perfect_and_of_reversed_certainty() -> None:
    """Perfect: the oracle itself, area 0. Reversed: the error grows as pixels are left out."""
    errors = np.linspace(0.01, 2, 1000)
    curve, oracle = calibration.sparsification(-errors, errors)
    np.testing.assert_allclose(curve, oracle)
    assert calibration.area_between(curve, oracle) == 0
    assert curve[0] == 1
    # Half of the pixels left out: the mean of the smaller half is a quarter of 2, of the mean 1.
    assert curve[calibration.LEFT_OUT.index(0.5)] == pytest.approx(0.5, abs=0.01)
    wrong, oracle = calibration.sparsification(errors, errors)
    assert (np.diff(wrong) > 0).all()
    assert calibration.area_between(wrong, oracle) > 0.4
