"""Structure matching: dense structural channels, template matching by FFT, robust affine.

The strongest classical way to register SAR to optical, with CFOG or MIND channels (see
``structure_channels``). A sweep over rotations (and scales, where the bounds allow them) with
correlation over all translations of the downsampled images gives the start. Three passes of
template matching around corners, each with smaller templates and a smaller search, give
displacements, and a robust fit gives the affine. The method shares the sampling geometry and the
robust fit with the core, and none of the network's descriptors or correlation, so that it stays
what it is when these change.
"""

from __future__ import annotations

import math
import time

import torch
import torch.nn.functional as F
from torch import Tensor

from model_core.evaluation.baselines.grey import grey
from model_core.evaluation.baselines.structure_channels import CHANNELS, Channels
from model_core.evaluation.baselines.template_matching import (
    PASSES,
    Pass,
    eroded,
    match_around,
    warp,
)
from model_core.evaluation.methods import Method, MethodResult
from model_core.geometry.affine import at_stride, compose, identity_affine, similarity_about
from model_core.geometry.pixels import image_centre
from model_core.network.translation_search import fast_length
from model_core.raster.view import View
from model_core.registration.bounds import SearchBounds
from model_core.registration.robust_fit import robust_fit, squared_residuals

FACTOR = 4
"""By which the images are downsampled for the sweep."""

ROTATION_STEP = 4.0
SCALE_STEP = 0.08
"""Of the logarithm of the scale: a smaller range is left to the affine of the passes."""

LEAST_TEMPLATES = 6

LARGEST_CHANGE = 0.3
"""Of the area scale from one pass to the next; more is a wrong fit."""


def global_start(optical: Tensor, sar: Tensor, channels: Channels, bounds: SearchBounds) -> Tensor:
    """Return the best similarity (1, 2, 3) float64 from a sweep over rotations and scales.

    Args:
        optical: grey values (1, 1, H, W) in [0, 255], the reference.
        sar: the same of the moving image.
        bounds: of the sweep, in pixels of these images.
    """
    small = F.avg_pool2d(optical, FACTOR)
    height, width = small.shape[-2:]
    correlation = _TranslationSearch(
        F.avg_pool2d(sar, FACTOR),
        channels,
        (height, width),
        math.ceil(bounds.max_shift / FACTOR) + 2,
    )
    centre = image_centre(height, width)
    best, best_score = identity_affine(1, sar.double()), -math.inf
    for degrees, scale in _hypotheses(bounds):
        similarity = similarity_about(
            centre, torch.tensor([degrees]).double(), torch.tensor([scale]).double()
        )
        rotated, mask = warp(small, similarity, height, width)
        score, (dx, dy) = correlation.best(rotated, eroded(mask, 2))
        if score > best_score:
            best, best_score = similarity.clone(), score
            best[0, :, 2] += best.new_tensor([dx, dy])
    return at_stride(best, 1 / FACTOR)


def _hypotheses(bounds: SearchBounds) -> list[tuple[float, float]]:
    """Return the rotations (degrees) and scales of the sweep."""
    largest = math.log(bounds.max_scale)
    logarithms = _steps(largest, SCALE_STEP) if largest > SCALE_STEP / 2 else [0.0]
    rotations = _steps(bounds.max_rotation, ROTATION_STEP)
    return [(rotation, math.exp(s)) for rotation in rotations for s in logarithms]


def _steps(reach: float, step: float) -> list[float]:
    """Return evenly spaced values from -reach to reach, 0 among them, at most ``step`` apart."""
    count = math.ceil(reach / step - 1e-9)
    return [reach * i / count for i in range(-count, count + 1)] if count else [0.0]


class _TranslationSearch:
    """Correlates templates with one image over all translations up to a reach, by FFT."""

    def __init__(
        self, image: Tensor, channels: Channels, template_size: tuple[int, int], reach: int
    ) -> None:
        """Transform the image (1, 1, H, W) once; ``reach`` in its pixels."""
        self.channels, self.reach = channels, reach
        height, width = (a + b for a, b in zip(template_size, image.shape[-2:], strict=True))
        self.size = fast_length(height), fast_length(width)
        features = channels(image)
        features = features - features.mean((2, 3), keepdim=True)
        self.spectrum = self._transform(features)
        self.energy = self._transform(features.square().sum(1))
        self.area = self._transform(torch.ones_like(image[:, 0]))

    def _transform(self, image: Tensor) -> Tensor:
        spectrum: Tensor = torch.fft.rfft2(image, s=self.size)
        return spectrum

    def best(self, image: Tensor, mask: Tensor) -> tuple[float, tuple[int, int]]:
        """Return the best score and its translation (dx, dy) of an image (1, 1, h, w)."""
        template = self.channels(image)
        mean = (template * mask).sum((2, 3), keepdim=True) / mask.sum().clamp_min(1)
        template = (template - mean) * mask
        products = [
            (self.spectrum * self._transform(template).conj()).sum(1)[0],
            (self.energy * self._transform(mask[:, 0]).conj())[0],
            (self.area * self._transform(template.square().sum(1)).conj())[0],
        ]
        maps = torch.fft.irfft2(torch.stack(products), s=self.size)
        reach = self.reach
        maps = maps.roll((reach, reach), (1, 2))[:, : 2 * reach + 1, : 2 * reach + 1]
        scores = maps[0] / (maps[1].clamp_min(1e-3) * maps[2].clamp_min(1e-3)).sqrt()
        row, column = divmod(int(scores.argmax()), scores.shape[1])
        return float(scores.max()), (column - reach, row - reach)


class StructureMatching:
    """The method, with one type of channels."""

    def __init__(self, name: str) -> None:
        """``name``: of :data:`CHANNELS`."""
        self.name = name
        self.channels = CHANNELS[name]

    @torch.inference_mode()
    def __call__(self, sar: View, optical: View, bounds: SearchBounds) -> MethodResult:
        """See :class:`model_core.evaluation.methods.Method`.

        The certainty is the share of templates of the last pass that agree with its affine.
        """
        started = time.perf_counter()
        moving = torch.from_numpy(grey(sar))[None, None]
        reference = torch.from_numpy(grey(optical))[None, None]
        affine = global_start(reference, moving, self.channels, bounds)
        features = self.channels(moving)
        inlier_ratio = 0.0
        for step in PASSES:
            refined = self._refine(reference, features, affine, step)
            if refined is None:
                break
            affine, inlier_ratio = refined
        return MethodResult(
            affine[0].numpy(), certainty=inlier_ratio, seconds=time.perf_counter() - started
        )

    def _refine(
        self, optical: Tensor, features: Tensor, affine: Tensor, step: Pass
    ) -> tuple[Tensor, float] | None:
        """Return the affine after a pass and the share of inliers; None where it finds too few."""
        warped, mask = warp(optical, affine, *features.shape[-2:])
        centres, (found,) = match_around(warped, mask, {self.channels: features}, step)
        if len(centres) < LEAST_TEMPLATES:
            return None
        points, targets = centres[None], (centres + found)[None]
        weights = torch.ones(points.shape[:2], dtype=torch.float64)
        residual, _ = robust_fit("affine", points, targets, weights, step.tolerance / 2)
        inliers = squared_residuals(residual, points, targets)[0] < step.tolerance**2
        if int(inliers.sum()) < LEAST_TEMPLATES:
            return None
        if abs(float(torch.linalg.det(residual[0, :, :2])) - 1) > LARGEST_CHANGE:
            return None
        return compose(residual, affine), float(inliers.double().mean())


def build(name: str, threads: int) -> Method:
    """Return the method for a type of channels; threads are those of torch."""
    return StructureMatching(name)
