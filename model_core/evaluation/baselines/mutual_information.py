"""Mattes mutual information, as SimpleITK has it: rigid from several rotations, then affine."""

from __future__ import annotations

import math
import time

import numpy as np
import SimpleITK as sitk  # noqa: N813 - the name by which everybody knows it
from numpy.typing import NDArray

from model_core.evaluation.baselines.grey import grey
from model_core.evaluation.methods import Method, MethodResult
from model_core.geometry.pixels import image_centre
from model_core.raster.view import View
from model_core.registration.bounds import SearchBounds

ROTATION_STEP = 8.0
BINS = 40
SAMPLES = 0.5
SMOOTHING = {"optical": 1.0, "sar": 1.5}
"""Sigma, in pixels, of the Gaussian against texture and speckle."""


def affine_of(transform: sitk.Transform) -> NDArray[np.float64]:
    """Return the affine (2, 3) of a linear transform, from three points it maps."""
    side = 1000.0
    corner, right, below = (
        np.array(transform.TransformPoint(p)) for p in ((0.0, 0.0), (side, 0.0), (0.0, side))
    )
    return np.column_stack([(right - corner) / side, (below - corner) / side, corner])


def _image(view: View) -> sitk.Image:
    return sitk.SmoothingRecursiveGaussian(
        sitk.GetImageFromArray(grey(view)), SMOOTHING[view.modality]
    )


class MutualInformation:
    """Multi-start, multi-resolution maximisation of mutual information."""

    name = "mutual-information"

    def __call__(self, sar: View, optical: View, bounds: SearchBounds) -> MethodResult:
        """See :class:`model_core.evaluation.methods.Method`; certainty is the information."""
        started = time.perf_counter()
        fixed, moving = _image(optical), _image(sar)
        width, height = fixed.GetSize()
        centre = image_centre(height, width)
        reach = bounds.max_rotation
        count = math.ceil(reach / ROTATION_STEP) if reach > ROTATION_STEP / 2 else 0
        rigid: sitk.Transform | None = None
        least = math.inf
        for degrees in (reach * i / max(count, 1) for i in range(-count, count + 1)):
            start = sitk.Euler2DTransform(centre, math.radians(degrees), (0.0, 0.0))
            value = _optimise(fixed, moving, start, (8, 4), (4, 2), 80)
            if value is not None and value < least:
                rigid, least = start, value
        affine: NDArray[np.float64] | None = None
        value = None
        if rigid is not None:
            start = sitk.AffineTransform(2)
            start.SetCenter(centre)
            linear = affine_of(rigid)
            start.SetMatrix(linear[:, :2].ravel().tolist())
            start.SetTranslation((linear @ np.array([*centre, 1.0]) - np.array(centre)).tolist())
            value = _optimise(fixed, moving, start, (4, 2, 1), (2, 1, 0), 120)
            affine = linear if value is None else affine_of(start)
        return MethodResult(
            affine,
            certainty=None if value is None else -value,
            seconds=time.perf_counter() - started,
        )


def _optimise(
    fixed: sitk.Image,
    moving: sitk.Image,
    transform: sitk.Transform,
    shrink: tuple[int, ...],
    sigmas: tuple[int, ...],
    iterations: int,
) -> float | None:
    """Optimise a transform in place; return the metric, or None where the overlap was lost."""
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(BINS)
    method.SetMetricSamplingStrategy(method.REGULAR)
    method.SetMetricSamplingPercentage(SAMPLES, 1)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        2.0, 1e-3, iterations, gradientMagnitudeTolerance=1e-6
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel(shrink)
    method.SetSmoothingSigmasPerLevel(sigmas)
    method.SetSmoothingSigmasAreSpecifiedInPhysicalUnits(False)
    method.SetInitialTransform(transform, inPlace=True)
    try:
        method.Execute(fixed, moving)
    except RuntimeError:
        # ITK raises when the samples leave the moving image: this start leads nowhere.
        return None
    return float(method.GetMetricValue())


def build(name: str, threads: int) -> Method:
    """Return the method, limited to a number of threads."""
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
    return MutualInformation()
