"""What a finished registration holds for and against itself."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from model_core.registration.answer import Answer
from model_core.registration.search import Start
from model_core.registration.verdict import Evidence, affine_shape
from model_core.registration.verify import VerificationWindows


def gather(
    start: Start,
    found: Answer,
    windows: VerificationWindows,
    inliers: NDArray[np.bool_],
    moved: NDArray[np.float64],
) -> Evidence:
    """Return what the verdict rests on.

    Args:
        start: of the coarse search.
        found: the field.
        windows: what the verification saw.
        inliers: (N,), which of its windows agree with the field.
        moved: (N, 2), the field's displacement at them, in pixels.
    """
    fit = found.fit
    telling = windows.telling
    agreeing = inliers & telling
    each = windows.independent / len(inliers) if len(inliers) else 0.0
    stretch, rotation = affine_shape(fit.field.affine)
    return Evidence(
        inlier_ratio=float(agreeing.sum() / telling.sum()) if telling.any() else 0.0,
        windows=windows.independent,
        telling=each * float(telling.sum()),
        agreeing=each * float(agreeing.sum()),
        certainty=_upper_half(fit.weight[fit.known & fit.looked_at]),
        correlation=start.score,
        rival=start.rival,
        distortion=found.distortion,
        rmse_after=root_mean_square(windows.residual[inliers]),
        stretch=stretch,
        rotation=rotation,
        shift=float(np.median(np.linalg.norm(moved, axis=1))) if len(moved) else 0.0,
    )


def _upper_half(weight: NDArray[np.float32]) -> float:
    """Return the mean certainty of the more certain half: the other may be water."""
    if weight.size == 0:
        return 0.0
    return float(np.sort(weight)[weight.size // 2 :].mean())


def root_mean_square(vectors: NDArray[np.float64]) -> float | None:
    """Return the RMS length of vectors (N, 2); None where there are none."""
    if len(vectors) == 0:
        return None
    return math.sqrt(float(np.square(vectors).sum(axis=1).mean()))
