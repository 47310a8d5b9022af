"""Figures of single cases, and of many: errors, shares of matched cases, confidence intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

THRESHOLDS = (1.0, 2.0, 3.0, 5.0)
"""Pixels: an RMSE below counts as a correct match (CMR)."""

FAILURE = 5.0
"""Pixels: an RMSE above is a failure, and so is no answer."""

RESAMPLES = 1000
CONFIDENCE = 0.95


def distances(predicted: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the end-point errors (N,) of positions (N, 2), in pixels."""
    return np.asarray(np.linalg.norm(predicted - targets, axis=-1))


def rmse(errors: NDArray[np.float64]) -> float:
    """Return the root mean square of end-point errors (N,); NaN for none."""
    return float(np.sqrt(np.mean(np.square(errors)))) if errors.size else float("nan")


def mean(errors: NDArray[np.float64]) -> float:
    """Return the mean of end-point errors (N,); NaN for none."""
    return float(errors.mean()) if errors.size else float("nan")


def best_affine(
    positions: NDArray[np.float64], targets: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the least-squares affine (2, 3) from positions (N, 2) to targets (N, 2).

    On the truth itself it is the best that any affine can do; what it leaves is the local part.
    """
    design = np.column_stack([positions, np.ones(len(positions))])
    solution: NDArray[np.float64] = np.linalg.lstsq(design, targets, rcond=None)[0]
    return solution.T


@dataclass(frozen=True)
class Interval:
    """A figure with the limits of its confidence interval."""

    value: float
    low: float
    high: float


Statistic = Literal["mean", "median"]


def bootstrap(
    values: NDArray[np.float64], places: Sequence[str], statistic: Statistic, seed: int = 0
) -> Interval:
    """Return a statistic of cases with its 95 % percentile interval, resampled by place.

    Cases of one place are not independent, so whole places are drawn, with replacement.

    Args:
        values: (N,), one per case; of 0 and 1, the mean is a share.
        places: (N,), where the cases are.
        seed: of the resampling; the same cases always have the same interval.

    Raises:
        ValueError: no case, or not as many places as cases.
    """
    if len(values) == 0 or len(values) != len(places):
        raise ValueError(f"{len(values)} values of {len(places)} places")
    names, group = np.unique(places, return_inverse=True)
    rng = np.random.default_rng(seed)
    shares = np.full(len(names), 1 / len(names))
    times_drawn = rng.multinomial(len(names), shares, RESAMPLES)[:, group]
    compute = _weighted_mean if statistic == "mean" else _weighted_median
    found = compute(values, times_drawn)
    low, high = np.quantile(found, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    once = np.ones((1, len(values)), dtype=np.int64)
    return Interval(float(compute(values, once)[0]), float(low), float(high))


def _weighted_mean(values: NDArray[np.float64], times: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the means (R,) of values (N,), each taken ``times`` (R, N) times."""
    return np.asarray(times @ values / times.sum(axis=1))


def _weighted_median(values: NDArray[np.float64], times: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the medians (R,) of values (N,), each taken ``times`` (R, N) times."""
    order = np.argsort(values)
    ranks = times[:, order].cumsum(axis=1)
    total = ranks[:, -1:]
    lower = (ranks < (total + 1) // 2).sum(axis=1)
    upper = (ranks < total // 2 + 1).sum(axis=1)
    ordered = values[order]
    return np.asarray((ordered[lower] + ordered[upper]) / 2)


@dataclass(frozen=True)
class Accuracy:
    """The figures of a method on the cases of a protocol.

    Attributes:
        cases: how many there are.
        places: of how many places they are.
        matched: per threshold of :data:`THRESHOLDS`, the share of cases with a smaller RMSE (CMR).
        median: of the RMSE, failures included.
        mean: of the RMSE, failures included.
        failures: share of cases above :data:`FAILURE`, or without an answer.
        unanswered: how many cases have no answer.
    """

    cases: int
    places: int
    matched: dict[float, Interval]
    median: Interval
    mean: float
    failures: Interval
    unanswered: int


def accuracy(
    errors: NDArray[np.float64], answered: NDArray[np.bool_], places: Sequence[str]
) -> Accuracy:
    """Summarise the RMSE of cases.

    A method that gives no answer leaves the images where they were: the caller passes the RMSE of
    the start for it, and ``answered`` False. Such a case counts as a failure and as matched at no
    threshold, however small the start's error.

    Args:
        errors: (N,) RMSE in pixels.
        answered: (N,), whether the method gave an answer.
        places: (N,), where the cases are.
    """
    judged = np.where(answered, errors, np.inf)
    return Accuracy(
        cases=len(errors),
        places=len(set(places)),
        matched={
            limit: bootstrap((judged < limit).astype(np.float64), places, "mean")
            for limit in THRESHOLDS
        },
        median=bootstrap(errors, places, "median"),
        mean=float(np.mean(errors)),
        failures=bootstrap((judged > FAILURE).astype(np.float64), places, "mean"),
        unanswered=int((~answered).sum()),
    )


@dataclass(frozen=True)
class Acceptance:
    """How a method's own verdicts relate to the truth.

    Attributes:
        related: how many cases are of one place.
        unrelated: how many are of different places.
        good: how many of the related ones are within the tolerance.
        good_accepted: share accepted among the good; None where there are none.
        bad_accepted: share accepted among the related ones that are not good; None likewise.
        unrelated_accepted: share accepted among the unrelated; None likewise.
    """

    related: int
    unrelated: int
    good: int
    good_accepted: Interval | None
    bad_accepted: Interval | None
    unrelated_accepted: Interval | None


TOLERANCE = 2.0
"""Pixels of RMSE within which an answer deserves to be accepted."""


def acceptance(
    errors: NDArray[np.float64],
    related_accepted: NDArray[np.bool_],
    related_places: Sequence[str],
    unrelated_accepted: NDArray[np.bool_],
    unrelated_places: Sequence[str],
) -> Acceptance:
    """Summarise verdicts: one row per case in each array; ``errors`` are those of related cases."""
    good = errors < TOLERANCE

    def part(
        accepted: NDArray[np.bool_], chosen: NDArray[np.bool_], places: Sequence[str]
    ) -> Interval | None:
        if not chosen.any():
            return None
        kept = [place for place, keep in zip(places, chosen, strict=True) if keep]
        return bootstrap(accepted[chosen].astype(np.float64), kept, "mean")

    every = np.ones(len(unrelated_accepted), dtype=bool)
    return Acceptance(
        related=len(errors),
        unrelated=len(unrelated_accepted),
        good=int(good.sum()),
        good_accepted=part(related_accepted, good, related_places),
        bad_accepted=part(related_accepted, ~good, related_places),
        unrelated_accepted=part(unrelated_accepted, every, unrelated_places),
    )
