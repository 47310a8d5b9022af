"""The field of a finished refinement: of the kind that was asked for, or that the images need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray

from model_core.geometry.field import Field
from model_core.registration.evidence import (
    NOISE,
    Choice,
    Posterior,
    choose,
    noise_prior,
    whitened,
)
from model_core.registration.fit import Fit, Targets, as_fit, fit_flexible, fit_linear
from model_core.registration.residual_displacement import Kriging
from model_core.registration.robust_fit import agreement
from model_core.registration.samples import LEAST_SAMPLES, Measured, Samples
from model_core.registration.transformation import (
    FLOW,
    Kind,
    LinearKind,
    Transformation,
    as_linear,
)


@dataclass(frozen=True)
class Answer:
    """A field with what is known of it.

    Attributes:
        fit: the field, and what the last measurements say of it.
        kind: of the field.
        choice: what the measurements say of the kinds; None where one was asked for.
        deviation: (h, w), how unsure the field is at its control points: standard deviation along
            one axis, in pixels, if the images are the same place and aligned; infinite where too
            little was measured.
        distortion: of the affine that the measurements fit best, whatever the kind of the field:
            the logarithm of the ratio of its largest to its smallest scale. Images of one place
            are hardly ever distorted; measurements between different ones are.
    """

    fit: Fit
    kind: Kind
    choice: Choice | None
    deviation: NDArray[np.float64]
    distortion: float


def answer(targets: Targets, wanted: Transformation, last: bool) -> Answer | None:
    """Return the field behind measurements, or None where they are to be made once more.

    Measurements around a field that is smooth find more than those around an affine: a residual
    displacement is measured twice, other kinds are not.

    Args:
        targets: what was measured.
        wanted: what was asked for.
        last: they will not be made again.
    """
    if wanted != "auto" and not last:
        return None
    # Beside a smooth field outliers are told apart from what a simpler kind does not follow.
    flexible = fit_flexible(targets, targets.robust("affine")[0])
    measured = Measured.of(targets, _agreement(flexible, targets))
    samples = measured.some()
    if wanted not in ("auto", FLOW):
        return _linear(targets, cast("LinearKind", wanted), None, samples)
    if len(samples.points) < LEAST_SAMPLES:
        return _linear(targets, "shift", None, samples)
    choice = choose(samples, float(max(targets.grid.height, targets.grid.width)))
    asked = choice if wanted == "auto" else None
    linear = as_linear(choice.kind) if asked else None
    if linear is not None:
        return _linear(targets, linear, asked, samples)
    if not last:
        return None
    kriged = Kriging(measured, choice.smoothness).solve()
    fit = _with_agreement(targets, kriged.field)
    return Answer(fit, FLOW, asked, kriged.deviation, _distortion(targets))


def _with_agreement(targets: Targets, field: Field) -> Fit:
    squared = np.square(targets.beside_field(field)).sum(axis=-1)
    return as_fit(targets, field, agreement(torch.from_numpy(squared), targets.tolerance).numpy())


def _agreement(fit: Fit, targets: Targets) -> NDArray[np.float32]:
    """Return how much each measurement agrees with a fit, 0 where none was made."""
    certainty = np.maximum(targets.certainty, np.finfo(np.float32).tiny)
    return np.where(targets.certainty > 0, fit.weight / certainty, 0).astype(np.float32)


def _linear(targets: Targets, kind: LinearKind, choice: Choice | None, samples: Samples) -> Answer:
    """Return a transformation of the whole image with what is known of it."""
    fit = fit_linear(targets, kind)
    shape = targets.grid.shape
    if len(samples.points) < LEAST_SAMPLES:
        return Answer(fit, kind, choice, np.full(shape, np.inf), _distortion(targets))
    covariance = most_probable(samples, kind).covariance
    points = targets.grid.positions().reshape(-1, 2) * [1.0, targets.aspect]
    variance = samples.variance(covariance, points).reshape(shape)
    return Answer(fit, kind, choice, np.sqrt(variance), _distortion(targets))


def most_probable(samples: Samples, kind: LinearKind) -> Posterior:
    """Return a kind's parameters under the noise that explains the samples best."""
    found = whitened(samples, None).posteriors(kind)
    prior = [noise_prior(noise) for noise in NOISE]
    scores = [one.evidence + more for one, more in zip(found, prior, strict=True)]
    return found[int(np.argmax(scores))]


def _distortion(targets: Targets) -> float:
    affine, _ = targets.robust("affine")
    ground = np.array([1.0, targets.aspect])
    scales = np.linalg.svd(affine[:, :2] * ground[:, None] / ground, compute_uv=False)
    return float(np.log(scales[0] / max(scales[1], 1e-6)))
