"""The receiver curve: against cases that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from model_core.evaluation.receiver import area, by_side, curve, receiver_table
from tests.core.evaluation.records import record


def test_the_area_is_the_share_of_pairs_in_the_right_order() -> None:
    """Of 2 x 3 pairs 4 are right and 1 is a tie: 4.5 of 6. Perfect: 1. Constant: one half."""
    true, other = np.array([0.9, 0.5]), np.array([0.5, 0.7, 0.1])
    assert area(true, other) == pytest.approx(4.5 / 6)
    assert area(np.array([2.0, 3.0]), np.array([1.0, -np.inf])) == 1
    assert area(np.ones(4), np.ones(7)) == 0.5
    wrongly, rightly = curve(true, other)
    assert wrongly.tolist() == pytest.approx([0, 0, 1 / 3, 2 / 3, 1])
    assert rightly.tolist() == [0, 0.5, 0.5, 1, 1]


def cells(text: str) -> list[list[str]]:
    """Return the cells of a table without its head."""
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()[2:]]


def test_true_wrong_and_unrelated_cases_are_counted_by_view_side() -> None:
    """An error of 3 px is neither true nor wrong; views of another side have a row of their own."""
    records = [
        record(0, 0.5, certainty=0.9),
        record(1, 1.9, certainty=0.6, verdict="doubtful"),
        record(2, 3.0, certainty=0.7),
        record(3, 8.0, certainty=0.7, verdict="failed"),
        record(4, None, "unrelated", certainty=0.2, verdict="failed"),
        record(5, None, "unrelated", certainty=0.1),
        record(6, 0.1, certainty=1.0, view_side=96),
    ]
    small, row = cells(receiver_table(records))
    assert row[0] == "net, 192 px"
    assert row[1] == "2, 1, 2"
    assert [cell.split(" ")[0] for cell in row[2:5]] == ["50.0", "0.0", "50.0"]
    # 0.9 is above all three others, 0.6 above two of them.
    assert row[5] == f"{5 / 6:.3f}"
    assert small[:2] == ["net, 96 px", "1, 0, 0"]
    assert small[5] == "–"


def test_the_calibration_error_compares_certainty_and_success() -> None:
    """Certainty 0.85 and three of four within 2 px: 0.10. Unrelated cases are never within."""
    records = [record(i, rmse, certainty=0.85) for i, rmse in enumerate((0.5, 1.0, 1.5, 2.0))]
    judged = by_side(records)[192]["net"]
    assert judged.calibration_error(False) == pytest.approx(0.10)
    judged = by_side([*records, record(4, None, "unrelated", certainty=0.45)])[192]["net"]
    assert judged.calibration_error(True) == pytest.approx((4 * 0.10 + 0.45) / 5)
    assert judged.calibration_error(False) == pytest.approx(0.10)
    outside = by_side([record(0, 0.5, certainty=12.0)])[192]["net"]
    assert outside.calibration_error(False) is None


def test_no_answer_is_the_least_certain_and_silent_methods_have_no_row() -> None:
    """A case without an answer is wrong, however small the start's error."""
    records = [
        record(0, 0.5, certainty=-3.0, verdict=None),
        record(1, 0.1, certainty=None, verdict=None, answered=False),
    ]
    judged = by_side(records)[192]["net"]
    assert len(judged.wrong) == 1
    assert area(*judged.scores()) == 1
    assert receiver_table([record(0, 0.5, verdict=None)]) == ""
