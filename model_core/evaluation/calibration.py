"""Whether a map of certainties tells good positions from bad ones, and says how good they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10
"""Equal intervals of the certainty, from 0 to 1."""

LEFT_OUT = tuple(np.round(np.arange(0, 1, 0.05), 2).tolist())
"""Shares of the pixels that are left out along a sparsification curve."""

WITHIN = 1.0
"""Pixels: the certainty is meant as the share of pixels with a smaller end-point error."""


@dataclass(frozen=True)
class Reliability:
    """Predicted against observed certainty of the pixels of one or many cases.

    Attributes:
        counts: (BINS,) pixels per interval of the certainty.
        predicted: (BINS,) sum of their certainties.
        within: (BINS,) how many of them have an error below the limit.
    """

    counts: NDArray[np.float64]
    predicted: NDArray[np.float64]
    within: NDArray[np.float64]

    @property
    def expected_error(self) -> float:
        """Expected calibration error: mean |predicted - observed|, weighted by pixels."""
        total = self.counts.sum()
        return float(np.abs(self.predicted - self.within).sum() / total) if total else float("nan")


def reliability(
    certainty: NDArray[np.float64], errors: NDArray[np.float64], limit: float = WITHIN
) -> Reliability:
    """Count certainties (N,) in [0, 1] against errors (N,) below a limit, in pixels."""
    index = np.minimum((certainty * BINS).astype(int), BINS - 1)

    def total(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(index, weights, minlength=BINS), dtype=np.float64)

    return Reliability(
        total(np.ones_like(certainty)), total(certainty), total((errors < limit).astype(float))
    )


def pooled(parts: Sequence[Reliability]) -> Reliability:
    """Return the reliability over all pixels of several cases, each case counting the same."""
    weights = [1 / max(part.counts.sum(), 1.0) for part in parts]

    def total(name: str) -> NDArray[np.float64]:
        stack = [getattr(p, name) * w for p, w in zip(parts, weights, strict=True)]
        return np.asarray(np.sum(stack, axis=0))

    return Reliability(total("counts"), total("predicted"), total("within"))


def sparsification(
    certainty: NDArray[np.float64], errors: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what remains of the mean error as the least certain pixels are left out.

    Ilg et al., "Uncertainty Estimates and Multi-Hypotheses Networks for Optical Flow", ECCV 2018.

    Args:
        certainty: (N,), N at least 1.
        errors: (N,) end-point errors in pixels.

    Returns:
        Mean errors after leaving out :data:`LEFT_OUT`, divided by the mean error of all pixels: by
        the certainty, and by the oracle that leaves out the largest errors first.
    """
    whole = errors.mean()
    if whole == 0:
        return np.ones(len(LEFT_OUT)), np.ones(len(LEFT_OUT))

    def curve(order: NDArray[np.int64]) -> NDArray[np.float64]:
        # Kept are the last pixels of the order, so sums run from its end.
        tail = np.cumsum(errors[order][::-1])
        kept = [max(1, len(errors) - round(left * len(errors))) for left in LEFT_OUT]
        return np.array([float(tail[n - 1] / n / whole) for n in kept])

    by_certainty = np.argsort(certainty, kind="stable")
    return curve(by_certainty), curve(np.argsort(-errors, kind="stable"))


def area_between(curve: NDArray[np.float64], oracle: NDArray[np.float64]) -> float:
    """Return the area between a sparsification curve and the oracle's (AUSE); 0 is perfect."""
    gap = curve - oracle
    steps = np.diff(LEFT_OUT)
    return float(((gap[:-1] + gap[1:]) / 2 * steps).sum())
