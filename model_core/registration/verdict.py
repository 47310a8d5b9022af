"""Whether to believe a registration, from evidence that the registration itself did not use.

After the alignment, windows all over the overlap look for their own best match, widely and in both
directions. Windows of one place find it where the alignment says; windows of different places find
it anywhere within the search. How many agree by chance depends on how many independent windows
there are, so a small image must agree better than a large one; or the network's own certainty must
say so, which never was above a known level where two images show different places.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from model_core.network.matcher_config import MatcherConfig
from model_core.registration.refine import CheckPoints

Verdict = Literal["registered", "doubtful", "failed"]

CHANCE_FACTOR = 1.3
"""Standard deviation of the share that agrees by chance, in units of the binomial's for independent
windows."""

SURE_DEVIATIONS = 3.5
LIKELY_DEVIATIONS = 2.0

LEAST_ABOVE = 0.19
"""Share above chance with which an image of any size counts as registered."""

LEAST_WINDOWS = 4.0

SCALE_SLACK = 0.06
"""By how much the affine may stretch or shear beyond the largest scale asked for."""

ROTATION_SLACK = 2.0


@dataclass(frozen=True)
class Evidence:
    """What speaks for a registration.

    inlier_ratio: share of check windows that agree. windows: independent windows. certainty: the
    network's, in [0, 1], mean over the ground that both images show. rmse_after: in
    pixels, over the agreeing windows; None where there are none. stretch: largest departure of the
    affine's singular values from 1. rotation: in degrees. shift: median length of the correction,
    in pixels.
    """

    inlier_ratio: float
    windows: float
    certainty: float
    rmse_after: float | None
    stretch: float
    rotation: float
    shift: float


@dataclass(frozen=True)
class Limits:
    """What the request says the transformation can be, at most: pixels, degrees, a ratio."""

    max_shift: float
    max_rotation: float
    max_scale: float


def agreeing(points: CheckPoints, tolerance: float) -> NDArray[np.bool_]:
    """Return which check windows find their match, from both sides, where the field says."""
    return np.asarray(points.agrees & (np.linalg.norm(points.remaining, axis=1) <= tolerance))


def affine_shape(affine: NDArray[np.float64]) -> tuple[float, float]:
    """Return the stretch (largest |singular value - 1|) and the rotation, in degrees."""
    u, values, vt = np.linalg.svd(affine[:, :2])
    turn = u @ vt
    return float(np.abs(values - 1).max()), math.degrees(math.atan2(turn[1, 0], turn[0, 0]))


def thresholds(windows: float, chance: float) -> tuple[float, float]:
    """Return the inlier ratios from which a registration is likely and from which it is sure."""
    spread = CHANCE_FACTOR * math.sqrt(chance * (1 - chance) / max(windows, 1.0))
    likely = chance + LIKELY_DEVIATIONS * spread
    return likely, chance + max(LEAST_ABOVE, SURE_DEVIATIONS * spread)


def judge(
    evidence: Evidence, limits: Limits, config: MatcherConfig
) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict and plain sentences saying what it rests on.

    Args:
        config: of the network that gave the evidence; knows what it reaches by chance.
    """
    likely, sure = thresholds(evidence.windows, config.chance)
    share = f"{100 * evidence.inlier_ratio:.0f} %"
    reasons: list[str] = []
    if evidence.windows < LEAST_WINDOWS:
        reasons.append(
            f"The images share too little valid ground to check the result "
            f"({evidence.windows:.1f} independent windows, {LEAST_WINDOWS:.0f} are needed)."
        )
        return "failed", tuple(reasons)
    if evidence.inlier_ratio < likely:
        reasons.append(
            f"Only {share} of the check windows agree with the best alignment found, which "
            "unrelated images reach by chance; the images may show different places, or the shift "
            "is larger than the largest shift allowed."
        )
        return "failed", tuple(reasons)
    stretch_limit = limits.max_scale - 1 + SCALE_SLACK
    rotation_limit = limits.max_rotation + ROTATION_SLACK
    implausible = []
    if evidence.stretch > stretch_limit:
        implausible.append(f"stretches by {100 * evidence.stretch:.1f} %")
    if abs(evidence.rotation) > rotation_limit:
        implausible.append(f"turns by {evidence.rotation:.1f}°")
    if evidence.shift > 1.5 * limits.max_shift + 4:
        implausible.append(f"shifts by {evidence.shift:.0f} px")
    is_sure = evidence.inlier_ratio >= sure or evidence.certainty >= config.sure_certainty
    if implausible:
        reasons.append(
            f"The alignment found {' and '.join(implausible)}, beyond what was expected of "
            "these images."
        )
        if not is_sure:
            return "failed", tuple(reasons)
    reasons.append(f"{share} of the check windows agree with the alignment, from both sides.")
    certain = f"{100 * evidence.certainty:.0f} %"
    if not is_sure:
        reasons.append(
            f"At least {100 * sure:.0f} % would be needed to be sure for an overlap of this size, "
            f"or a mean certainty of {100 * config.sure_certainty:.0f} % instead of {certain}."
        )
    elif evidence.inlier_ratio < sure:
        reasons.append(
            f"The overlap is small for this check alone, but the mean certainty of {certain} is "
            "higher than images of different places reach."
        )
    if implausible or not is_sure:
        return "doubtful", tuple(reasons)
    if evidence.rmse_after is not None and evidence.rmse_after > 2.5:
        reasons.append(
            f"The check still sees {evidence.rmse_after:.1f} px (RMSE) after the registration."
        )
        return "doubtful", tuple(reasons)
    return "registered", tuple(reasons)
