"""Two images in, a judged field out: search, refine, check, judge. Nothing is written here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from model_core.feedback import Feedback
from model_core.network.oriented_gradients import blur
from model_core.raster.reader import ImagePair
from model_core.registration.feature_maps import Descriptions
from model_core.registration.fit import Fit
from model_core.registration.model import RegistrationModel
from model_core.registration.refine import CheckPoints, check, find_start, refine
from model_core.registration.verdict import Evidence, Limits, Verdict, affine_shape, agreeing, judge

CERTAIN = 0.5
"""Certainty from which a place counts as covered."""

Stages = Callable[[str], Callable[[float], None]]
"""Gives, for the name of a stage, the function that takes the share of it that is done."""


@dataclass(frozen=True)
class Found:
    """What the matching found.

    fit: the field with its nodes. certainty: (h, w) on the field's lattice, in [0, 1]. checked:
    what the check saw; agree: which of its windows agree with the field; moved: (N, 2), the field's
    displacement at them, in pixels. rmse_before, rmse_after:
    pixels over those windows, None where there are none.
    """

    fit: Fit
    certainty: NDArray[np.float32]
    checked: CheckPoints
    agree: NDArray[np.bool_]
    moved: NDArray[np.float64]
    rmse_before: float | None
    rmse_after: float | None
    inlier_ratio: float
    coverage: float
    verdict: Verdict
    reasons: tuple[str, ...]


def match(
    pair: ImagePair,
    matcher: RegistrationModel,
    limits: Limits,
    local: bool,
    feedback: Feedback,
    stages: Stages,
) -> Found:
    """Find the field between two images, check it, and judge it.

    Args:
        limits: how far apart the images can be. local: affine and flow, not the affine alone.

    Raises:
        BadInputError: no valid pixel in common, or a file breaks off.
        CancelledError: on request.
    """
    feedback.raise_if_cancelled()
    stages("coarse")(0.0)
    start, score = find_start(
        pair, matcher, limits.max_shift, limits.max_rotation, limits.max_scale
    )
    feedback.log(f"Coarse search: correlation {score:.2f}.")
    described = Descriptions(pair, matcher)
    fit = refine(described, matcher, start, local, feedback, stages("refine"))
    checked = check(described, matcher, fit.field, feedback, stages("verify"))
    agree = agreeing(checked, matcher.network.config.check_tolerance)
    certainty = _certainty_map(fit)
    covered = float((certainty[fit.known] >= CERTAIN).mean()) if fit.known.any() else 0.0
    inlier_ratio = float(agree.mean()) if agree.size else 0.0
    moved = fit.field.at(checked.points) - checked.points
    rmse_after = _rms(checked.remaining[agree])
    stretch, rotation = affine_shape(fit.field.affine)
    evidence = Evidence(
        inlier_ratio=inlier_ratio,
        windows=checked.windows,
        certainty=float(certainty[fit.known].mean()) if fit.known.any() else 0.0,
        rmse_after=rmse_after,
        stretch=stretch,
        rotation=rotation,
        shift=float(np.median(np.linalg.norm(moved, axis=1))) if len(moved) else 0.0,
    )
    verdict, reasons = judge(evidence, limits, matcher.network.config)
    return Found(
        fit=fit,
        certainty=certainty,
        checked=checked,
        agree=agree,
        moved=moved,
        rmse_before=_rms((moved + checked.remaining)[agree]),
        rmse_after=rmse_after,
        inlier_ratio=inlier_ratio,
        coverage=covered,
        verdict=verdict,
        reasons=reasons,
    )


def _certainty_map(fit: Fit) -> NDArray[np.float32]:
    """Return (h, w) in [0, 1]: mean certainty of the agreeing nodes around each node."""
    weight = torch.from_numpy(np.where(fit.known, fit.weight, 0).astype(np.float32))[None, None]
    known = torch.from_numpy(fit.known.astype(np.float32))[None, None]
    mean = blur(weight, 1.5) / blur(known, 1.5).clamp_min(1e-3)
    return np.asarray(np.where(fit.known, mean[0, 0].numpy(), 0).astype(np.float32))


def _rms(vectors: NDArray[np.float64]) -> float | None:
    if len(vectors) == 0:
        return None
    return math.sqrt(float(np.square(vectors).sum(axis=1).mean()))
