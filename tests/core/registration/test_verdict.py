"""The verdict: a probability, and words that follow from it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from model_core.network.matcher_config import LEARNED
from model_core.registration.bounds import SearchBounds
from model_core.registration.verdict import Evidence, Judgement, affine_shape, judge
from model_core.registration.verdict_config import THRESHOLDS

BOUNDS = SearchBounds(max_shift=50.0, max_rotation=4.0, max_scale=1.0)
WEIGHTS = (-2.0, 1.0, 0.5, 1.0, -0.5, -0.1, -0.2)
"""Those of a network of the tests, whatever the bundled ones have."""

CONFIG = replace(LEARNED, verdict_weights=WEIGHTS)
GOOD = Evidence(
    inlier_ratio=0.8,
    windows=30.0,
    telling=25.0,
    agreeing=20.0,
    certainty=0.7,
    correlation=0.4,
    rival=0.6,
    distortion=0.01,
    rmse_after=1.0,
    stretch=0.01,
    rotation=1.0,
    shift=12.0,
)


def judged(**changes: float | None) -> Judgement:
    return judge(replace(GOOD, **changes), BOUNDS, CONFIG)  # type: ignore[arg-type]


def with_probability(share: float, **changes: float | None) -> Judgement:
    """Judge evidence that is right with a probability."""
    weights = (math.log(share / (1 - share)), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    evidence = replace(GOOD, **changes)  # type: ignore[arg-type]
    return judge(evidence, BOUNDS, replace(LEARNED, verdict_weights=weights))


def test_good_evidence_registers_and_says_why() -> None:
    found = with_probability(0.97)
    assert found.verdict == "registered"
    assert found.probability == pytest.approx(0.97)
    assert found.reasons == (
        "The alignment is right with a probability of 97 %: 80 % of the verification windows that "
        "show enough agree with it, from both sides.",
    )


def test_the_bundled_weights_tell_good_evidence_from_that_of_unrelated_images() -> None:
    assert judge(GOOD, BOUNDS, LEARNED).verdict == "registered"
    poor = replace(
        GOOD, inlier_ratio=0.02, agreeing=0.5, certainty=0.08, correlation=0.05, distortion=0.1
    )
    assert judge(poor, BOUNDS, LEARNED).verdict == "failed"


def test_the_probability_is_that_of_a_logistic_regression() -> None:
    logit = (
        -2.0
        + math.log(0.7 / 0.3)
        + 0.5 * 10 * 0.4
        + math.log(20.1)
        - 0.5 * math.log(30.1)
        - 0.1 * 20 * 0.01
        - 0.2 * 10 * 0.6
    )
    assert judged().probability == pytest.approx(1 / (1 + math.exp(-logit)))
    assert GOOD.features() == pytest.approx(
        (1.0, math.log(7 / 3), 4.0, math.log(20.1), math.log(30.1), 0.2, 6.0)
    )


@pytest.mark.parametrize(
    ("poor", "good"),
    [
        ({"certainty": 0.3}, {"certainty": 0.6}),
        ({"correlation": 0.1}, {"correlation": 0.3}),
        ({"agreeing": 3.0}, {"agreeing": 10.0}),
        ({"distortion": 0.1}, {"distortion": 0.02}),
        ({"rival": 0.95}, {"rival": 0.3}),
    ],
)
def test_better_evidence_is_more_probable(poor, good) -> None:
    assert judged(**poor).probability < judged(**good).probability


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"windows": 60.0, "agreeing": 48.0}, {"windows": 9000.0, "agreeing": 7200.0}),
        ({"certainty": 0.0}, {"certainty": 0.01}),
        ({"certainty": 0.99}, {"certainty": 1.0}),
        ({"distortion": 1.0}, {"distortion": 30.0}),
    ],
)
def test_beyond_what_was_learned_from_nothing_gets_surer(one, other) -> None:
    assert judged(**one).probability == judged(**other).probability


def test_the_share_of_very_many_windows_counts() -> None:
    """As many windows as agree by chance in a large scene would be all of a small one."""
    few = judged(windows=9000.0, telling=9000.0, agreeing=900.0)
    assert few.probability == judged(windows=60.0, telling=60.0, agreeing=6.0).probability
    assert few.probability < judged(windows=60.0, telling=60.0, agreeing=60.0).probability


def test_extreme_evidence_has_a_probability_too() -> None:
    assert 0 < GOOD.probability((-1e9, 0, 0, 0, 0, 0, 0)) < 1e-20
    assert GOOD.probability((1e9, 0, 0, 0, 0, 0, 0)) == pytest.approx(1)
    with pytest.raises(ValueError, match="argument"):
        GOOD.probability((1.0, 2.0))


@pytest.mark.parametrize(
    ("share", "changes", "verdict"),
    [
        (0.4999, {}, "failed"),
        (0.5001, {}, "doubtful"),
        (0.8999, {}, "doubtful"),
        (0.9001, {}, "registered"),
        (0.97, {"windows": 0.49}, "failed"),
        (0.97, {"windows": 0.5}, "registered"),
        (0.97, {"telling": 0.0}, "failed"),
        (0.97, {"stretch": 0.059}, "registered"),
        (0.97, {"stretch": 0.061}, "doubtful"),
        (0.97, {"rotation": -5.9}, "registered"),
        (0.97, {"rotation": -6.1}, "doubtful"),
        (0.97, {"shift": 78.9}, "registered"),
        (0.97, {"shift": 79.1}, "doubtful"),
        (0.6, {"shift": 79.1}, "failed"),
        (0.97, {"rmse_after": 2.49}, "registered"),
        (0.97, {"rmse_after": 2.51}, "doubtful"),
        (0.97, {"rmse_after": None}, "registered"),
        (0.6, {"rmse_after": 2.51}, "doubtful"),
    ],
)
def test_where_the_verdict_changes(share: float, changes, verdict: str) -> None:
    assert with_probability(share, **changes).verdict == verdict


def test_too_little_ground_or_nothing_on_it_is_said_alone() -> None:
    assert with_probability(0.97, windows=0.43).reasons == (
        "The images share too little valid ground to check the result: 0.43 independent windows, "
        "and at least 0.5 are needed.",
    )
    assert with_probability(0.97, telling=0.0).reasons == (
        "No window shows enough in both images to check the result by: open water, uniform fields "
        "or saturated ground have nothing to match.",
    )


@pytest.mark.parametrize(
    ("share", "said"), [(0.3, "30 %"), (0.0312, "3 %"), (0.004, "less than 1 %")]
)
def test_an_improbable_alignment_may_be_that_of_different_places(share: float, said: str) -> None:
    (reason,) = with_probability(share).reasons
    assert reason == (
        f"The best alignment found is right with a probability of {said} only, as between "
        "unrelated images; the images may show different places, or the shift is larger than the "
        "largest shift allowed."
    )


def test_what_is_beyond_the_bounds_is_said_first() -> None:
    sure = with_probability(0.97, stretch=0.07, rotation=-6.5, shift=80.0)
    beyond = (
        "The alignment found stretches by 7.0 % and rotates by -6.5° and shifts by 80 px, beyond "
        "what was expected of these images."
    )
    assert sure.reasons[0] == beyond
    assert "97 %" in sure.reasons[1]
    assert len(sure.reasons) == 2
    assert with_probability(0.6, stretch=0.07, rotation=-6.5, shift=80.0).reasons == (beyond,)


def test_wide_bounds_expect_more() -> None:
    wide = SearchBounds(max_shift=100.0, max_rotation=10.0, max_scale=1.2)
    evidence = replace(GOOD, stretch=0.2, rotation=11.0, shift=150.0)
    sure = replace(LEARNED, verdict_weights=(3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    assert judge(evidence, wide, sure).verdict == "registered"
    assert judge(evidence, BOUNDS, sure).verdict == "doubtful"


def test_a_doubtful_one_says_what_would_be_needed_and_what_is_still_seen() -> None:
    found = with_probability(0.62, rmse_after=2.64)
    assert found.reasons[1:] == (
        f"At least {100 * THRESHOLDS.sure:.0f} % would be needed to be sure.",
        "The verification still sees 2.6 px (RMSE) after the registration.",
    )


def test_nobody_is_told_that_something_is_certain() -> None:
    (reason,) = with_probability(0.9999, inlier_ratio=1.0).reasons
    assert "a probability of more than 99 %: 100 % of the verification" in reason


def test_shape_of_an_affine() -> None:
    angle = np.radians(30)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    stretched = np.column_stack([turn @ np.diag([1.1, 0.95]), [5.0, 7.0]])
    stretch, rotation = affine_shape(stretched)
    assert stretch == pytest.approx(0.1)
    assert rotation == pytest.approx(30)
