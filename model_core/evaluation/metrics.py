"""Figures of single cases, and of many: errors, shares of matched cases, confidence intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

THRESHOLDS = (1.0, 2.0, 3.0, 5.0)
"""Pixels: an RMSE below counts as a correct match (CMR)."""

FAILURE = 5.0
"""Pixels: an RMSE above is a failure, and so is no answer."""

RESAMPLES = 1000
CONFIDENCE = 0.95


def distances(
    predicted: NDArray[np.float64], targets: NDArray[np.float64]
) -> NDArray[np.float64]:
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


Statistic = Callable[[NDArray[np.float64]], float]


def bootstrap(
    values: NDArray[np.float64], places: Sequence[str], statistic: Statistic, seed: int = 0
) -> Interval:
    """Return a statistic of cases with its 95 % percentile interval, resampled by place.

    Cases of one place are not independent, so whole places are drawn, with replacement.

    Args:
        values: (N,), one per case. places: (N,). statistic: of a 1-D array.
        seed: of the resampling; the same cases always have the same interval.

    Raises:
        ValueError: no case, or as many places as cases are not given.
    """
    if len(values) == 0 or len(values) != len(places):
        raise ValueError(f"{len(values)} values of {len(places)} places")
    names = sorted(set(places))
    index = {name: i for i, name in enumerate(names)}
    group = np.array([index[place] for place in places])
    members = [np.flatnonzero(group == i) for i in range(len(names))]
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(names), (RESAMPLES, len(names)))
    found = [statistic(values[np.concatenate([members[i] for i in draw])]) for draw in drawn]
    low, high = np.quantile(found, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(statistic(values), float(low), float(high))


@dataclass(frozen=True)
class Accuracy:
    """The figures of a method on the cases of a protocol.

    Attributes:
        cases, places: how many. matched: per threshold of :data:`THRESHOLDS`, the share of cases
            with a smaller RMSE (CMR). median, mean: of the RMSE, failures included. failures: share
            of cases above :data:`FAILURE`, or without an answer. unanswered: how many of these.
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
        errors: (N,) RMSE in pixels. answered: (N,). places: (N,).
    """
    judged = np.where(answered, errors, np.inf)
    return Accuracy(
        cases=len(errors),
        places=len(set(places)),
        matched={
            limit: bootstrap((judged < limit).astype(np.float64), places, share)
            for limit in THRESHOLDS
        },
        median=bootstrap(errors, places, median),
        mean=float(np.mean(errors)),
        failures=bootstrap((judged > FAILURE).astype(np.float64), places, share),
        unanswered=int((~answered).sum()),
    )


def share(values: NDArray[np.float64]) -> float:
    """Return the mean of 0 and 1."""
    return float(values.mean())


def median(values: NDArray[np.float64]) -> float:
    """Return the median."""
    return float(np.median(values))


@dataclass(frozen=True)
class Acceptance:
    """How a method's own verdicts relate to the truth.

    Attributes:
        related: how many cases of one place. unrelated: how many of different places.
        good: how many of the related ones are within the tolerance.
        good_accepted, bad_accepted, unrelated_accepted: the share accepted among the good, among
            the related ones that are not good, and among the unrelated; None where there are none.
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
        return bootstrap(accepted[chosen].astype(np.float64), kept, share)

    every = np.ones(len(unrelated_accepted), dtype=bool)
    return Acceptance(
        related=len(errors),
        unrelated=len(unrelated_accepted),
        good=int(good.sum()),
        good_accepted=part(related_accepted, good, related_places),
        bad_accepted=part(related_accepted, ~good, related_places),
        unrelated_accepted=part(unrelated_accepted, every, unrelated_places),
    )
