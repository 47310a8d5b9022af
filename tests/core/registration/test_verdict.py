"""The verdict: words follow evidence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model_core.network.matcher_config import LEARNED
from model_core.registration.bounds import SearchBounds
from model_core.registration.verdict import Evidence, affine_shape, inlier_thresholds, judge

BOUNDS = SearchBounds(max_shift=50.0, max_rotation=4.0, max_scale=1.0)
GOOD = Evidence(
    inlier_ratio=0.8,
    windows=30.0,
    certainty=0.6,
    rmse_after=1.0,
    stretch=0.01,
    rotation=1.0,
    shift=12.0,
)


def verdict(**changes: float) -> tuple[str, str]:
    found, reasons = judge(replace(GOOD, **changes), BOUNDS, LEARNED)
    return found, " ".join(reasons)


def test_good_evidence_registers_and_says_why() -> None:
    found, reasons = verdict()
    assert found == "registered"
    assert reasons == "80 % of the verification windows agree with the alignment, from both sides."


@pytest.mark.parametrize(
    ("changes", "expected", "word"),
    [
        ({"windows": 3.9}, "failed", "too little valid ground"),
        ({"inlier_ratio": 0.16}, "failed", "unrelated images reach by chance"),
        ({"inlier_ratio": 0.4, "certainty": 0.3}, "doubtful", "would be needed"),
        ({"inlier_ratio": 0.4, "certainty": 0.5}, "registered", "mean certainty of 50 %"),
        ({"stretch": 0.07}, "doubtful", "stretches by 7.0 %"),
        ({"rotation": -6.5}, "doubtful", "rotates by -6.5°"),
        ({"shift": 80.0}, "doubtful", "shifts by 80 px"),
        ({"shift": 80.0, "inlier_ratio": 0.4, "certainty": 0.3}, "failed", "beyond"),
        ({"rmse_after": 2.6}, "doubtful", "still sees 2.6 px"),
    ],
)
def test_thin_or_implausible_evidence(changes, expected, word) -> None:
    found, reasons = verdict(**changes)
    assert found == expected
    assert word in reasons


def test_a_small_image_must_agree_better_than_a_large_one() -> None:
    small, large = (inlier_thresholds(windows, 0.16) for windows in (5.0, 500.0))
    assert small[0] > large[0] > 0.16
    assert small[1] > large[1] == pytest.approx(0.16 + 0.19)
    assert all(likely < sure for likely, sure in (small, large))


def test_shape_of_an_affine() -> None:
    angle = np.radians(30)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    stretched = np.column_stack([turn @ np.diag([1.1, 0.95]), [5.0, 7.0]])
    stretch, rotation = affine_shape(stretched)
    assert stretch == pytest.approx(0.1)
    assert rotation == pytest.approx(30)
