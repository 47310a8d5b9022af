"""The engine: two images in, a judged field out. Nothing is written here.

Plain images in memory and scenes on disk, one tile or thousands, training's validation and the
evaluation: every registration is made by :func:`align`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_core.feedback import Feedback, stage_progress
from model_core.geometry.field import Field
from model_core.raster.reader import ImagePair
from model_core.registration.answer import Answer
from model_core.registration.bounds import SearchBounds
from model_core.registration.feature_cache import FeatureCache
from model_core.registration.fit import Fit
from model_core.registration.gathered import gather, root_mean_square
from model_core.registration.model import RegistrationModel
from model_core.registration.refine import Refinement, refine, refinement
from model_core.registration.search import Start, find_start
from model_core.registration.transformation import FLOW, Kind, Transformation
from model_core.registration.verdict import Evidence, Judgement, Verdict, judge
from model_core.registration.verify import VerificationWindows, verify

CERTAIN = 0.5
"""Certainty from which a place counts as covered."""

WITHIN = 1.0
"""Pixels: the certainty of a place is the probability that the field is no further off there."""

UNEXPLAINED = 0.4
"""Pixels along one axis by which fields are off beyond what the measurements say: standard
deviation on training pairs; the labels' own error is in it."""

UNDERSTATED, UNDERSTATED_FLOW = 1.5, 0.9
"""Factors on the deviation of transformations of the whole image, and of those with a residual
displacement: with them the certainty is the share of places within :data:`WITHIN` on training
pairs (``benchmarks/calibration.py``)."""


@dataclass(frozen=True)
class Alignment:
    """What is known of how one image lies on the other.

    Attributes:
        answer: the field, its kind, and what each of its control points says.
        certainty: (h, w) at the field's control points, in [0, 1]: the probability that the field
            is right to within :data:`WITHIN`; 0 where the images share no data.
        certainty_anywhere: (h, w), the same, as it would be where they had data.
        windows: what the verification saw.
        inliers: (N,) bool, which of its windows agree with the field.
        moved: (N, 2), the field's displacement at them, in pixels.
        rmse_before: before the registration, in pixels, over the inliers; None where there are
            none.
        rmse_after: the same after it.
        inlier_ratio: share of the windows that are inliers.
        coverage: share of the known ground where the field is certain.
        evidence: what the judgement rests on.
        judgement: the verdict, its probability and its reasons.
    """

    answer: Answer
    certainty: NDArray[np.float32]
    certainty_anywhere: NDArray[np.float32]
    windows: VerificationWindows
    inliers: NDArray[np.bool_]
    moved: NDArray[np.float64]
    rmse_before: float | None
    rmse_after: float | None
    inlier_ratio: float
    coverage: float
    evidence: Evidence
    judgement: Judgement

    @property
    def field(self) -> Field:
        """Where each reference pixel lies in the moving image."""
        return self.fit.field

    @property
    def fit(self) -> Fit:
        """The field with its measurements."""
        return self.answer.fit

    @property
    def kind(self) -> Kind:
        """Of the field's transformation."""
        return self.answer.kind

    @property
    def verdict(self) -> Verdict:
        """Whether to rely on it."""
        return self.judgement.verdict

    @property
    def reasons(self) -> tuple[str, ...]:
        """What the verdict rests on, in sentences."""
        return self.judgement.reasons


def align(
    pair: ImagePair,
    model: RegistrationModel,
    bounds: SearchBounds,
    wanted: Transformation,
    feedback: Feedback,
) -> Alignment:
    """Find the field between two images, verify it, and judge it.

    Args:
        pair: the two images.
        model: the network.
        bounds: how far apart the images can be.
        wanted: the kind of transformation; "auto": the simplest that explains the images.
        feedback: hears of the stages "coarse", "refine" and "verify".

    Raises:
        BadInputError: no valid pixel in common, or a file breaks off.
        CancelledError: on request.
    """
    stage_progress(feedback, "coarse").report(0.0)
    start = find_start(pair, model, bounds)
    feedback.log(f"Coarse search: correlation {start.score:.2f}.")
    how = refinement(pair.size, model.network.config, wanted)
    return align_from(start, how, FeatureCache(pair, model), bounds, feedback)


def align_from(
    start: Start,
    how: Refinement,
    cache: FeatureCache,
    bounds: SearchBounds,
    feedback: Feedback,
) -> Alignment:
    """Refine a field that is good to some pixels, verify it, and judge it; see :func:`align`."""
    model = cache.model
    refined = refine(cache, model, start.field, how, stage_progress(feedback, "refine"))
    found = refined.answer
    if found.choice is not None:
        feedback.log(found.choice.sentence)
    field = found.fit.field
    checking = stage_progress(feedback, "verify")
    if refined.matches is None:
        windows = verify(cache, model, field, checking)
    else:
        windows = refined.matches.beside(field)
        checking.report(1.0)
    inliers = windows.inliers(model.network.config.verification_tolerance)
    moved = field.at(windows.points) - windows.points
    evidence = gather(start, found, windows, inliers, moved)
    judgement = judge(evidence, bounds, model.network.config)
    anywhere = _certainty(found, judgement.probability)
    known = anywhere[found.fit.known]
    return Alignment(
        answer=found,
        certainty=np.where(found.fit.known, anywhere, 0).astype(np.float32),
        certainty_anywhere=anywhere,
        windows=windows,
        inliers=inliers,
        moved=moved,
        rmse_before=root_mean_square((moved + windows.residual)[inliers]),
        rmse_after=evidence.rmse_after,
        inlier_ratio=evidence.inlier_ratio,
        coverage=float((known >= CERTAIN).mean()) if known.size else 0.0,
        evidence=evidence,
        judgement=judgement,
    )


def _certainty(found: Answer, probability: float) -> NDArray[np.float32]:
    """Return the probability (h, w) that the field is right to within :data:`WITHIN`: that the
    alignment is right at all, and that it is no further off then."""
    factor = UNDERSTATED_FLOW if found.kind == FLOW else UNDERSTATED
    variance = np.square(factor * found.deviation) + UNEXPLAINED**2
    within = -np.expm1(-0.5 * WITHIN**2 / variance)
    return np.asarray(probability * within, np.float32)
