"""The engine: two images in, a judged field out. Nothing is written here.

Plain images in memory and scenes on disk, one tile or thousands, training's validation and the
evaluation: every registration is made by :func:`align`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from model_core.feedback import Feedback, stage_progress
from model_core.geometry.field import Field
from model_core.network.filters import blur
from model_core.raster.reader import ImagePair
from model_core.registration.bounds import SearchBounds
from model_core.registration.feature_cache import FeatureCache
from model_core.registration.fit import Fit
from model_core.registration.model import RegistrationModel
from model_core.registration.refine import Refinement, refine, refinement
from model_core.registration.search import find_start
from model_core.registration.verdict import Evidence, Verdict, affine_shape, judge
from model_core.registration.verify import VerificationWindows, verify

CERTAIN = 0.5
"""Certainty from which a place counts as covered."""

CERTAINTY_SIGMA = 1.5
"""Of the window over which certainty is averaged, in control points."""


@dataclass(frozen=True)
class Alignment:
    """What is known of how one image lies on the other.

    Attributes:
        fit: the field, and what each of its control points says.
        certainty: (h, w) at the field's control points, in [0, 1].
        windows: what the verification saw.
        inliers: (N,) bool, which of its windows agree with the field.
        moved: (N, 2), the field's displacement at them, in pixels.
        rmse_before: before the registration, in pixels, over the inliers; None where there are
            none.
        rmse_after: the same after it.
        inlier_ratio: share of the windows that are inliers.
        coverage: share of the known ground where the field is certain.
        verdict: the judgement.
        reasons: sentences that say what it rests on.
    """

    fit: Fit
    certainty: NDArray[np.float32]
    windows: VerificationWindows
    inliers: NDArray[np.bool_]
    moved: NDArray[np.float64]
    rmse_before: float | None
    rmse_after: float | None
    inlier_ratio: float
    coverage: float
    verdict: Verdict
    reasons: tuple[str, ...]

    @property
    def field(self) -> Field:
        """Where each reference pixel lies in the moving image."""
        return self.fit.field


def align(
    pair: ImagePair,
    model: RegistrationModel,
    bounds: SearchBounds,
    local: bool,
    feedback: Feedback,
) -> Alignment:
    """Find the field between two images, verify it, and judge it.

    Args:
        pair: the two images.
        model: the network.
        bounds: how far apart the images can be.
        local: the field is an affine and a smooth residual; else an affine alone.
        feedback: hears of the stages "coarse", "refine" and "verify".

    Raises:
        BadInputError: no valid pixel in common, or a file breaks off.
        CancelledError: on request.
    """
    stage_progress(feedback, "coarse").report(0.0)
    start, score = find_start(pair, model, bounds)
    feedback.log(f"Coarse search: correlation {score:.2f}.")
    how = refinement(pair.size, model.network.config, local)
    return align_from(start, how, FeatureCache(pair, model), bounds, feedback)


def align_from(
    start: Field,
    how: Refinement,
    cache: FeatureCache,
    bounds: SearchBounds,
    feedback: Feedback,
) -> Alignment:
    """Refine a field that is good to some pixels, verify it, and judge it; see :func:`align`."""
    model = cache.model
    fit = refine(cache, model, start, how, stage_progress(feedback, "refine"))
    windows = verify(cache, model, fit.field, stage_progress(feedback, "verify"))
    return _judged(fit, windows, bounds, model)


def _judged(
    fit: Fit, windows: VerificationWindows, bounds: SearchBounds, model: RegistrationModel
) -> Alignment:
    config = model.network.config
    inliers = windows.inliers(config.verification_tolerance)
    certainty = _certainty(fit)
    known = certainty[fit.known]
    moved = fit.field.at(windows.points) - windows.points
    rmse_after = _rms(windows.residual[inliers])
    stretch, rotation = affine_shape(fit.field.affine)
    evidence = Evidence(
        inlier_ratio=float(inliers.mean()) if inliers.size else 0.0,
        windows=windows.independent,
        certainty=float(known.mean()) if known.size else 0.0,
        rmse_after=rmse_after,
        stretch=stretch,
        rotation=rotation,
        shift=float(np.median(np.linalg.norm(moved, axis=1))) if len(moved) else 0.0,
    )
    verdict, reasons = judge(evidence, bounds, config)
    return Alignment(
        fit=fit,
        certainty=certainty,
        windows=windows,
        inliers=inliers,
        moved=moved,
        rmse_before=_rms((moved + windows.residual)[inliers]),
        rmse_after=rmse_after,
        inlier_ratio=evidence.inlier_ratio,
        coverage=float((known >= CERTAIN).mean()) if known.size else 0.0,
        verdict=verdict,
        reasons=reasons,
    )


def _certainty(fit: Fit) -> NDArray[np.float32]:
    """Return (h, w) in [0, 1]: mean certainty of the agreeing control points around each one."""
    weight = torch.from_numpy(np.where(fit.known, fit.weight, 0).astype(np.float32))[None, None]
    known = torch.from_numpy(fit.known.astype(np.float32))[None, None]
    mean = blur(weight, CERTAINTY_SIGMA) / blur(known, CERTAINTY_SIGMA).clamp_min(1e-3)
    return np.asarray(np.where(fit.known, mean[0, 0].numpy(), 0).astype(np.float32))


def _rms(vectors: NDArray[np.float64]) -> float | None:
    if len(vectors) == 0:
        return None
    return math.sqrt(float(np.square(vectors).sum(axis=1).mean()))
