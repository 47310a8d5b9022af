"""ECC: Evangelidis and Psarakis, "Parametric Image Alignment Using Enhanced Correlation
Coefficient Maximization", PAMI 2008, as OpenCV has it, on gradient magnitudes."""

from __future__ import annotations

import time

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from model_core.evaluation.baselines.grey import grey
from model_core.evaluation.methods import Method, MethodResult
from model_core.geometry.affine import at_stride
from model_core.raster.view import View
from model_core.registration.bounds import SearchBounds

STRIDES = (8, 4, 2, 1)
"""Of the pyramid; at the coarsest a rigid motion is fitted, then an affine."""

CRITERIA = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-5)
BLUR = 5
"""Side of the Gaussian that OpenCV applies before it takes derivatives."""


def gradient_magnitude(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the gradient's length after a blur of sigma 2, in units of its mean."""
    smooth = cv2.GaussianBlur(image, (0, 0), 2.0)
    length = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    return np.asarray(length / (length.mean() + 1e-6), dtype=np.float32)


class Ecc:
    """Iterative, from the identity: for small transformations."""

    name = "ecc"

    def __call__(self, sar: View, optical: View, bounds: SearchBounds) -> MethodResult:
        """See :class:`model_core.evaluation.methods.Method`; certainty is the coefficient."""
        started = time.perf_counter()
        images = gradient_magnitude(grey(optical)), gradient_magnitude(grey(sar))
        affine = np.eye(2, 3)
        coefficient: float | None = None
        for stride in STRIDES:
            reference, moving = (
                cv2.resize(i, None, fx=1 / stride, fy=1 / stride, interpolation=cv2.INTER_AREA)
                for i in images
            )
            motion = cv2.MOTION_EUCLIDEAN if stride == STRIDES[0] else cv2.MOTION_AFFINE
            start = _rescaled(affine, stride).astype(np.float32)
            try:
                coefficient, found = cv2.findTransformECC(
                    reference,
                    moving,
                    start,
                    motionType=motion,
                    criteria=CRITERIA,
                    inputMask=None,
                    gaussFiltSize=BLUR,
                )
            except cv2.error as error:
                if error.code != cv2.Error.StsNoConv:
                    raise
                # It diverged at this level: the next one goes on from the last answer.
                continue
            affine = _rescaled(found.astype(np.float64), 1 / stride)
        seconds = time.perf_counter() - started
        if coefficient is None:
            return MethodResult(None, seconds=seconds)
        return MethodResult(affine, certainty=float(coefficient), seconds=seconds)


def _rescaled(affine: NDArray[np.float64], stride: float) -> NDArray[np.float64]:
    return np.asarray(at_stride(torch.from_numpy(affine)[None], stride)[0].numpy())


def build(name: str, threads: int) -> Method:
    """Return the method, limited to a number of threads."""
    cv2.setNumThreads(threads)
    return Ecc()
