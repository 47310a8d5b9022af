"""Whether to trust a registration: the probability that it is right, and three words for it.

After the alignment, windows all over the overlap look for their own best match, widely and in both
directions. Windows of one place find it where the alignment says; windows of different places find
it anywhere within the search. Windows that show nothing, as over water, do not count. How many
agree, how well the images correlate, how certain the network is and how much the best affine
distorts the images make one probability, by a logistic regression on training pairs: right ones,
wrongly aligned ones and images of different places, in views of several sizes
(``benchmarks/calibration.py``).
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


@dataclass(frozen=True)
class Judgement:
    """What to think of a registration.

    Attributes:
        verdict: in one word.
        probability: that the alignment is right to some 3 px, where right and wrong ones are
            equally frequent beforehand.
        reasons: plain sentences that say what it rests on.
    """

    verdict: Verdict
    probability: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """What speaks for a registration, or against it.

    Attributes:
        inlier_ratio: share of inliers among the verification windows that show enough to tell.
        windows: number of independent verification windows.
        telling: how many of them show enough to tell.
        agreeing: how many of these are inliers.
        certainty: the network's, in [0, 1], mean over the more certain half of the ground that both
            images show.
        correlation: of the coarse search's best alignment, in [-1, 1].
        rival: that of its best other alignment, in units of it.
        distortion: logarithm of the ratio of the scales of the affine that fits best.
        rmse_after: in pixels, over the inliers; None where there are none.
        stretch: largest difference between a singular value of the affine and 1.
        rotation: in degrees.
        shift: median length of the correction, in pixels.
    """

    inlier_ratio: float
    windows: float
    telling: float
    agreeing: float
    certainty: float
    correlation: float
    rival: float
    distortion: float
    rmse_after: float | None
    stretch: float
    rotation: float
    shift: float

    def features(self) -> tuple[float, ...]:
        """Return what the probability is computed from, after a 1 for the constant term."""
        certainty = min(max(self.certainty, 0.01), 0.99)
        most = THRESHOLDS.most_windows
        return (
            1.0,
            math.log(certainty / (1 - certainty)),
            10 * self.correlation,
            math.log(min(self.agreeing, most) + 0.1),
            math.log(min(self.windows, most) + 0.1),
            20 * min(self.distortion, 1.0),
        )

    def probability(self, weights: tuple[float, ...]) -> float:
        """Return the probability of a right alignment under a network's weights."""
        logit = sum(w * x for w, x in zip(weights, self.features(), strict=True))
        return 1 / (1 + math.exp(-min(max(logit, -60.0), 60.0)))


def affine_shape(affine: AffineMatrix) -> tuple[float, float]:
    """Return the stretch (largest |singular value - 1|) and the rotation, in degrees."""
    u, values, vt = np.linalg.svd(affine[:, :2])
    rotation = u @ vt
    degrees = math.degrees(math.atan2(rotation[1, 0], rotation[0, 0]))
    return float(np.abs(values - 1).max()), degrees


def judge(evidence: Evidence, bounds: SearchBounds, config: MatcherConfig) -> Judgement:
    """Return the verdict and what it rests on.

    Args:
        evidence: of the registration.
        bounds: what the transformation can be, at most.
        config: of the network that gave the evidence; knows how much each part of it says.
    """
    probability = evidence.probability(config.verdict_weights)
    against = _against(evidence)
    if against or probability < THRESHOLDS.likely:
        return Judgement("failed", probability, (against or _improbable(probability),))
    beyond = _beyond(evidence, bounds)
    sure = probability >= THRESHOLDS.sure
    if beyond and not sure:
        return Judgement("failed", probability, (beyond,))
    reasons = [_agreement(evidence, probability)]
    if beyond:
        reasons.insert(0, beyond)
    if not sure:
        reasons.append(f"At least {_percent(THRESHOLDS.sure)} would be needed to be sure.")
    still = evidence.rmse_after is not None and evidence.rmse_after > THRESHOLDS.largest_rmse
    if still:
        reasons.append(
            f"The verification still sees {evidence.rmse_after:.1f} px (RMSE) after the "
            "registration."
        )
    registered = sure and not beyond and not still
    return Judgement("registered" if registered else "doubtful", probability, tuple(reasons))


def _percent(share: float) -> str:
    """Return a share in percent, never rounded to certainty."""
    if share > 0.99:
        return "more than 99 %"
    return f"{100 * share:.0f} %" if share >= 0.01 else "less than 1 %"


def _against(evidence: Evidence) -> str:
    """Return why there is nothing to judge by, as a sentence; empty where there is."""
    if evidence.windows < THRESHOLDS.least_windows:
        return (
            "The images share too little valid ground to check the result: "
            f"{evidence.windows:.2g} independent windows, and at least "
            f"{THRESHOLDS.least_windows:.2g} are needed."
        )
    if evidence.telling == 0:
        return (
            "No window shows enough in both images to check the result by: open water, uniform "
            "fields or saturated ground have nothing to match."
        )
    return ""


def _improbable(probability: float) -> str:
    return (
        f"The best alignment found is right with a probability of {_percent(probability)} only, "
        "as between unrelated images; the images may show different places, or the shift is "
        "larger than the largest shift allowed."
    )


def _agreement(evidence: Evidence, probability: float) -> str:
    return (
        f"The alignment is right with a probability of {_percent(probability)}: "
        f"{_percent(evidence.inlier_ratio)} of the verification windows that show enough agree "
        "with it, from both sides."
    )


def _beyond(evidence: Evidence, bounds: SearchBounds) -> str:
    """Return what of the transformation is beyond what was expected, as a sentence or none."""
    thresholds, found = THRESHOLDS, []
    if evidence.stretch > bounds.max_scale - 1 + thresholds.scale_slack:
        found.append(f"stretches by {100 * evidence.stretch:.1f} %")
    if abs(evidence.rotation) > bounds.max_rotation + thresholds.rotation_slack:
        found.append(f"rotates by {evidence.rotation:.1f}°")
    if evidence.shift > thresholds.shift_factor * bounds.max_shift + thresholds.shift_slack:
        found.append(f"shifts by {evidence.shift:.0f} px")
    if not found:
        return ""
    return f"The alignment found {' and '.join(found)}, beyond what was expected of these images."
