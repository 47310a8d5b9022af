"""Pairs as they are given: what lies between their images, and cases of whole images."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from model_core.evaluation.cases import LEAST_POINTS, CannotCutError, Case, SarView, Truth, on_data
from model_core.evaluation.deformation import apply_homography
from model_core.evaluation.metrics import best_affine
from model_core.evaluation.pairs import LoadedPair
from model_core.evaluation.protocols import EvaluationProtocol, TransformRange
from model_core.geometry.pixels import image_centre, window_pixels

SHIFT_STEPS = (10.0, 25.0, 50.0, 100.0, 200.0, 400.0)
ROTATION_STEPS = (5.0, 15.0, 45.0, 90.0, 180.0)
SCALE_STEPS = (1.1, 1.5, 2.0, 4.0)
"""What a method is told is the next of these: it knows about how far, not how far."""

ALIGNED_ROTATION = 5.0
"""Degrees up to which the images of a pair count as aligned, so that views are cut from them."""

ALIGNED_SCALE = 1.1
"""The same of the scale, and of its inverse."""


def range_between(
    affine: NDArray[np.float64], height: int, width: int
) -> tuple[float, float, float]:
    """Return what an affine (2, 3) does to an image: shift in pixels, degrees, scale from 1.

    The shift is the longer of the centre's along x and along y; the scale the larger of the
    affine's two, or of their inverses.
    """
    centre = np.array(image_centre(height, width))
    linear = affine[:, :2]
    shift = np.abs(linear @ centre + affine[:, 2] - centre).max()
    rotation = math.degrees(math.atan2(linear[1, 0] - linear[0, 1], linear[0, 0] + linear[1, 1]))
    stretches = np.abs(np.log(np.linalg.svd(linear, compute_uv=False)))
    return float(shift), abs(rotation), float(np.exp(stretches.max()))


def refuse_turned(pair: LoadedPair) -> None:
    """Raise CannotCutError where the images are turned or scaled against each other.

    What is drawn for a case comes on top of it, and would lie outside of what methods are told.
    """
    if pair.pair.alignment is None:
        return
    height, width = pair.optical.valid.shape
    pixels = window_pixels(0, 0, height, width)[:: height - 1, :: width - 1].reshape(-1, 2)
    affine = best_affine(pixels, apply_homography(pair.pair.alignment, pixels))
    _, rotation, scale = range_between(affine, height, width)
    if rotation > ALIGNED_ROTATION or scale > ALIGNED_SCALE:
        raise CannotCutError(
            f"The images of {pair.pair.id} are turned by {rotation:.0f}° and scaled by "
            f"{scale:.2f} against each other, so that no views are cut from them; use the protocol "
            "as-is."
        )


def whole_case(protocol: EvaluationProtocol, pair: LoadedPair) -> Case:
    """Return the case of the whole images; pixels without data stay as they are.

    Raises:
        CannotCutError: hardly any pixel shows ground of both images, or more lies between them
            than the protocol allows.
    """
    pixels = window_pixels(0, 0, *pair.optical.valid.shape)
    alignment = pair.pair.alignment
    if alignment is None:
        raise ValueError(f"the alignment of {pair.pair.id} is not known")
    targets = apply_homography(alignment, pixels)
    overlap = pair.optical.valid & on_data(pair.sar, targets)
    truth = Truth(pixels[overlap], targets[overlap])
    points = pair.pair.points
    if points is not None:
        seen = on_data(pair.optical, points[:, :2]) & on_data(pair.sar, points[:, 2:])
        truth = Truth(points[seen, :2], points[seen, 2:])
    if len(truth.positions) < LEAST_POINTS:
        raise CannotCutError(
            f"Hardly any ground of {pair.pair.id} is seen in both images; leave it out."
        )
    return Case(
        id=pair.pair.id,
        protocol=protocol,
        pair=pair.pair,
        optical=pair.optical,
        sar_views=(SarView(pair.sar, np.eye(2, 3), truth, overlap),),
        transform_range=_told(protocol, pair, truth),
    )


def _told(protocol: EvaluationProtocol, pair: LoadedPair, truth: Truth) -> TransformRange:
    """Return the steps that hold the truth."""
    affine = best_affine(truth.positions, truth.targets)
    found = range_between(affine, *pair.optical.valid.shape)
    largest = protocol.transform_range
    limits = largest.max_shift, largest.max_rotation, largest.max_scale
    if any(value > limit for value, limit in zip(found, limits, strict=True)):
        raise CannotCutError(
            f"The images of {pair.pair.id} are {found[0]:.0f} px, {found[1]:.0f}° and a factor of "
            f"{found[2]:.2f} apart, more than the protocol {protocol.name} allows; leave it out."
        )
    shift, rotation, scale = (
        next(step for step in steps if step >= value)
        for value, steps in zip(found, (SHIFT_STEPS, ROTATION_STEPS, SCALE_STEPS), strict=True)
    )
    return TransformRange(shift, rotation, scale, 0.0)
