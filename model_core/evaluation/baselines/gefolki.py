"""GEFolki: Brigot et al., "Adaptation and Evaluation of an Optical Flow Method Applied to
Coregistration of Forest Remote Sensing Images", JSTARS 2016: dense optical flow of rank-filtered
images, with inverted contrast where it fits better."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from gefolki import GEFolki, adapthist
from numpy.typing import NDArray

from model_core.evaluation.baselines.grey import same_size
from model_core.evaluation.methods import Method, MethodResult
from model_core.evaluation.metrics import best_affine
from model_core.geometry.pixels import window_pixels
from model_core.raster.view import View
from model_core.registration.bounds import SearchBounds

LEVELS = {"gefolki-2": 2, "gefolki-3": 3}
"""Of the pyramid, by name. The authors' six are for images of thousands of pixels."""

ITERATIONS = 2
RADII = tuple(range(32, 4, -4))
RANK = 4
"""All three as the authors use them for radar and optical images."""

_rescale_intensity = adapthist.rescale_intensity


def _rescaled(image: NDArray[Any], **how: Any) -> NDArray[Any]:
    """Rescale as the package's code expects it: grey levels are indices of a table.

    scikit-image gives floating-point values since 0.19, with which the package stops.
    """
    found = np.asarray(_rescale_intensity(image, **how))
    return found.astype(np.intp) if "out_range" in how else found


adapthist.rescale_intensity = _rescaled


class GeFolki:
    """Dense flow from the identity: for images that lie on each other to some pixels."""

    def __init__(self, name: str) -> None:
        """``name``: of :data:`LEVELS`."""
        self.name = name

    def __call__(self, sar: View, optical: View, bounds: SearchBounds) -> MethodResult:
        """See :class:`model_core.evaluation.methods.Method`; the answer is a field."""
        started = time.perf_counter()
        reference, moving = (image.astype(np.float64) for image in same_size(optical, sar))
        across, down = GEFolki(
            reference,
            moving,
            iteration=ITERATIONS,
            radius=RADII,
            rank=RANK,
            levels=LEVELS[self.name],
        )
        seconds = time.perf_counter() - started
        pixels = window_pixels(0, 0, *reference.shape)
        field = pixels + np.stack([across, down], axis=-1)
        affine = best_affine(pixels.reshape(-1, 2), field.reshape(-1, 2))
        return MethodResult(affine, field.astype(np.float32), seconds=seconds)


def build(name: str, threads: int) -> Method:
    """Return the method for one of :data:`LEVELS`; it computes on one thread."""
    return GeFolki(name)
