"""Whether a method tells its right answers from wrong ones and from images of different places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_core.evaluation import calibration
from model_core.evaluation.breakdown import registered
from model_core.evaluation.metrics import FAILURE, TOLERANCE
from model_core.evaluation.protocols import PROTOCOLS
from model_core.evaluation.scoring import Record
from model_core.evaluation.tables import by_method, of_type, percent, table, title


@dataclass(frozen=True)
class Judged:
    """The cases of one method whose views have one side.

    Attributes:
        related: of one place.
        unrelated: of two places.
    """

    related: list[Record]
    unrelated: list[Record]

    @property
    def true(self) -> list[Record]:
        """Cases whose answer is within :data:`metrics.TOLERANCE`."""
        return [record for record in self.related if _error(record) < TOLERANCE]

    @property
    def wrong(self) -> list[Record]:
        """Cases whose answer is worse than :data:`metrics.FAILURE`, or that have none."""
        return [record for record in self.related if _error(record) > FAILURE]

    def scores(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the certainties of the true cases, and of the wrong and unrelated ones."""
        return _certainties(self.true), _certainties([*self.wrong, *self.unrelated])

    def calibration_error(self, with_unrelated: bool) -> float | None:
        """Return the expected calibration error of the certainty of being within the tolerance.

        Unrelated cases are never within it. None where certainties are no shares, or none is there.
        """
        records = [*self.related, *(self.unrelated if with_unrelated else ())]
        given = [record for record in records if record.certainty is not None]
        certainty = _certainties(given)
        if not given or certainty.min() < 0 or certainty.max() > 1:
            return None
        errors = np.array([_error(record) for record in given])
        return calibration.reliability(certainty, errors, TOLERANCE).expected_error


def _error(record: Record) -> float:
    """Return the RMSE; infinite where there is no answer, or no right one."""
    return record.rmse if record.rmse is not None and record.answered else np.inf


def _certainties(records: Sequence[Record]) -> NDArray[np.float64]:
    """Return the certainties (N,); a method is least certain where it gives no answer."""
    given = (-np.inf if record.certainty is None else record.certainty for record in records)
    return np.fromiter(given, dtype=np.float64)


def curve(
    true: NDArray[np.float64], other: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the receiver curve: shares of others and of true cases above each certainty.

    Args:
        true: certainties (N,) of what should be accepted.
        other: certainties (M,) of what should not; N and M at least 1.

    Returns:
        Two arrays from 0 to 1, of one length: as the limit falls, what is accepted of either.
    """
    limits = np.unique(np.concatenate([true, other]))[::-1]
    accepted = ((values[:, None] >= limits).mean(axis=0) for values in (other, true))
    wrongly, rightly = (np.concatenate([[0.0], share]) for share in accepted)
    return wrongly, rightly


def area(true: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the area under the curve: how often a true case is surer than another; ties half."""
    wrongly, rightly = curve(true, other)
    return float((np.diff(wrongly) * (rightly[:-1] + rightly[1:]) / 2).sum())


def by_side(records: Sequence[Record]) -> dict[int, dict[str, Judged]]:
    """Return the cases by view side and method, of methods that give a certainty or a verdict."""
    related, unrelated = of_type(records, "pair"), of_type(records, "unrelated")
    found: dict[int, dict[str, Judged]] = {}
    for side in sorted({record.view_side for record in related}):
        at_side = [r for r in (*related, *unrelated) if r.view_side == side]
        for method, own in by_method(at_side).items():
            if any(r.certainty is not None or r.verdict is not None for r in own):
                of_place = [r for r in own if PROTOCOLS[r.protocol].type == "pair"]
                others = [r for r in own if PROTOCOLS[r.protocol].type == "unrelated"]
                found.setdefault(side, {})[method] = Judged(of_place, others)
    return found


def receiver_table(records: Sequence[Record]) -> str:
    """Return the table of verdicts and certainties by method and view side; "" for none."""
    head = ["Method, view side", "cases true, wrong, unrelated", "true registered %",
            "wrong registered %", "unrelated registered %", "area under the curve",
            "calibration error", "with unrelated"]  # fmt: skip
    rows = []
    for side, methods in by_side(records).items():
        for method, judged in methods.items():
            groups = judged.true, judged.wrong, judged.unrelated
            true, other = judged.scores()
            certain = any(r.certainty is not None for r in (*judged.related, *judged.unrelated))
            known = certain and len(true) and len(other)
            rows.append(
                [
                    f"{title(method)}, {side} px",
                    ", ".join(str(len(group)) for group in groups),
                    *(percent(registered(group)) for group in groups),
                    f"{area(true, other):.3f}" if known else "–",
                    *(_figure(judged.calibration_error(some)) for some in (False, True)),
                ]
            )
    return table(head, rows) if rows else ""


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
