"""elastix: Klein et al., "elastix: A Toolbox for Intensity-Based Medical Image Registration", TMI
2010, by mutual information: rigid and affine, and with a B-spline after these."""

from __future__ import annotations

import tempfile
import time

import itk
import numpy as np

from model_core.evaluation.baselines.grey import grey
from model_core.evaluation.methods import Method, MethodResult
from model_core.evaluation.metrics import best_affine
from model_core.geometry.pixels import window_pixels
from model_core.raster.view import View
from model_core.registration.bounds import SearchBounds

LEVELS = {"rigid": 5, "affine": 5, "bspline": 3}
SPLINE_SPACING = 64.0
SETTINGS = {
    "Metric": "AdvancedMattesMutualInformation",
    "MaximumNumberOfIterations": "400",
    "NumberOfSpatialSamples": "8000",
    "NumberOfHistogramBins": "40",
    "RequiredRatioOfValidSamples": "0.1",
    "WriteResultImage": "false",
    "AutomaticTransformInitialization": "true",
    "AutomaticTransformInitializationMethod": "GeometricalCenter",
}
TRANSFORMS = {
    "elastix": ("rigid", "affine"),
    "elastix-bspline": ("rigid", "affine", "bspline"),
}
SMOOTHING = {"optical": 1.0, "sar": 1.5}
"""Sigma, in pixels, of the Gaussian against texture and speckle."""


class Elastix:
    """Multi-resolution stochastic gradient descent on mutual information."""

    def __init__(self, name: str, threads: int) -> None:
        """``name``: of :data:`TRANSFORMS`."""
        self.name = name
        self.transforms = TRANSFORMS[name]
        self.threads = threads

    def __call__(self, sar: View, optical: View, bounds: SearchBounds) -> MethodResult:
        """See :class:`model_core.evaluation.methods.Method`; the B-spline gives a field."""
        started = time.perf_counter()
        fixed, moving = _image(optical), _image(sar)
        elastix = itk.ElastixRegistrationMethod.New(fixed, moving)
        elastix.SetParameterObject(self._parameters())
        elastix.SetLogToConsole(False)
        elastix.SetNumberOfThreads(self.threads)
        try:
            elastix.UpdateLargestPossibleRegion()
        except RuntimeError:
            # elastix raises when too many samples leave the moving image: no answer.
            return MethodResult(None, seconds=time.perf_counter() - started)
        found = elastix.GetTransformParameterObject()
        with tempfile.TemporaryDirectory() as folder:
            # It leaves a file behind wherever it runs.
            image = itk.transformix_deformation_field(fixed, found, output_directory=folder)
            displacement = np.array(itk.array_view_from_image(image))[..., :2]
        seconds = time.perf_counter() - started
        height, width = displacement.shape[:2]
        pixels = window_pixels(0, 0, height, width)
        field = pixels + displacement.astype(np.float64)
        affine = best_affine(pixels.reshape(-1, 2), field.reshape(-1, 2))
        local = "bspline" in self.transforms
        return MethodResult(affine, field.astype(np.float32) if local else None, seconds=seconds)

    def _parameters(self) -> itk.ParameterObject:
        parameters = itk.ParameterObject.New()
        for transform in self.transforms:
            spacing = (SPLINE_SPACING,) if transform == "bspline" else ()
            settings = parameters.GetDefaultParameterMap(transform, LEVELS[transform], *spacing)
            if transform == "bspline":
                # The default adds a bending penalty as a second metric, with its weights.
                settings["Registration"] = ["MultiResolutionRegistration"]
                for weight in ("Metric0Weight", "Metric1Weight"):
                    if weight in settings:
                        settings.erase(weight)
            for name, value in SETTINGS.items():
                settings[name] = [value]
            parameters.AddParameterMap(settings)
        return parameters


def _image(view: View) -> itk.Image:
    image = itk.image_from_array(grey(view))
    return itk.discrete_gaussian_image_filter(image, variance=SMOOTHING[view.modality] ** 2)


def build(name: str, threads: int) -> Method:
    """Return the method for one of :data:`TRANSFORMS`, limited to a number of threads."""
    return Elastix(name, threads)
