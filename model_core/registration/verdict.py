"""Whether to trust a registration, from evidence that the registration itself did not use.

After the alignment, windows all over the overlap look for their own best match, widely and in both
directions. Windows of one place find it where the alignment says; windows of different places find
it anywhere within the search. How many are inliers by chance depends on the number of independent
windows, so a small image needs a larger share of inliers than a large one. Where the share does not
decide, the network's mean certainty can: it must be higher than it ever was where two images show
different places.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from model_core.geometry.field import AffineMatrix
from model_core.network.matcher_config import MatcherConfig
from model_core.registration.bounds import SearchBounds
from model_core.registration.verdict_config import THRESHOLDS

Verdict = Literal["registered", "doubtful", "failed"]

Judgement = tuple[Verdict, tuple[str, ...]]
"""The verdict, and plain sentences saying what it rests on."""


@dataclass(frozen=True)
class Evidence:
    """What speaks for a registration.

    Attributes:
        inlier_ratio: share of verification windows that are inliers.
        windows: number of independent windows.
        certainty: the network's, in [0, 1], mean over the ground that both images show.
        rmse_after: in pixels, over the inliers; None where there are none.
        stretch: largest difference between a singular value of the affine and 1.
        rotation: in degrees.
        shift: median length of the correction, in pixels.
    """

    inlier_ratio: float
    windows: float
    certainty: float
    rmse_after: float | None
    stretch: float
    rotation: float
    shift: float


def affine_shape(affine: AffineMatrix) -> tuple[float, float]:
    """Return the stretch (largest |singular value - 1|) and the rotation, in degrees."""
    u, values, vt = np.linalg.svd(affine[:, :2])
    rotation = u @ vt
    degrees = math.degrees(math.atan2(rotation[1, 0], rotation[0, 0]))
    return float(np.abs(values - 1).max()), degrees


def inlier_thresholds(windows: float, chance: float) -> tuple[float, float]:
    """Return the inlier ratios from which a registration is likely and from which it is sure."""
    thresholds = THRESHOLDS
    deviation = math.sqrt(chance * (1 - chance) / max(windows, 1.0))
    spread = thresholds.chance_factor * deviation
    likely = chance + thresholds.likely_deviations * spread
    above = max(thresholds.least_above_chance, thresholds.sure_deviations * spread)
    return likely, chance + above


def judge(evidence: Evidence, bounds: SearchBounds, config: MatcherConfig) -> Judgement:
    """Return the verdict and what it rests on.

    Args:
        evidence: of the registration.
        bounds: what the transformation can be, at most.
        config: of the network that gave the evidence; knows what it reaches by chance.
    """
    likely, sure = inlier_thresholds(evidence.windows, config.chance)
    share = f"{100 * evidence.inlier_ratio:.0f} %"
    if evidence.windows < THRESHOLDS.least_windows:
        return "failed", (
            f"The images share too little valid ground to check the result "
            f"({evidence.windows:.1f} independent windows, {THRESHOLDS.least_windows:.0f} are "
            "needed).",
        )
    if evidence.inlier_ratio < likely:
        return "failed", (
            f"Only {share} of the verification windows agree with the best alignment found, which "
            "unrelated images reach by chance; the images may show different places, or the shift "
            "is larger than the largest shift allowed.",
        )
    is_sure = evidence.inlier_ratio >= sure or evidence.certainty >= config.sure_certainty
    beyond = _beyond(evidence, bounds)
    if beyond and not is_sure:
        return "failed", beyond
    agree = f"{share} of the verification windows agree with the alignment, from both sides."
    reasons = (*beyond, agree, *_sureness(evidence, sure, config.sure_certainty))
    if beyond or not is_sure:
        return "doubtful", reasons
    if evidence.rmse_after is not None and evidence.rmse_after > THRESHOLDS.largest_rmse:
        still = (
            f"The verification still sees {evidence.rmse_after:.1f} px (RMSE) after the "
            "registration."
        )
        return "doubtful", (*reasons, still)
    return "registered", reasons


def _beyond(evidence: Evidence, bounds: SearchBounds) -> tuple[str, ...]:
    """Return what of the transformation is beyond what was expected, as a sentence or none."""
    thresholds, found = THRESHOLDS, []
    if evidence.stretch > bounds.max_scale - 1 + thresholds.scale_slack:
        found.append(f"stretches by {100 * evidence.stretch:.1f} %")
    if abs(evidence.rotation) > bounds.max_rotation + thresholds.rotation_slack:
        found.append(f"rotates by {evidence.rotation:.1f}°")
    if evidence.shift > thresholds.shift_factor * bounds.max_shift + thresholds.shift_slack:
        found.append(f"shifts by {evidence.shift:.0f} px")
    if not found:
        return ()
    return (
        f"The alignment found {' and '.join(found)}, beyond what was expected of these images.",
    )


def _sureness(evidence: Evidence, sure: float, sure_certainty: float) -> tuple[str, ...]:
    """Return a sentence where the share of inliers alone does not decide."""
    certain = f"{100 * evidence.certainty:.0f} %"
    if evidence.inlier_ratio >= sure:
        return ()
    if evidence.certainty >= sure_certainty:
        return (
            f"The overlap is small for this check alone, but the mean certainty of {certain} is "
            "higher than images of different places reach.",
        )
    return (
        f"At least {100 * sure:.0f} % would be needed to be sure for an overlap of this size, "
        f"or a mean certainty of {100 * sure_certainty:.0f} % instead of {certain}.",
    )
