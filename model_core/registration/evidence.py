"""Which kind of transformation the measurements speak for: Bayesian evidence.

A displacement is taken to be the sum of a transformation of the whole image, a smooth residual and
an error. All three are Gaussian, so that the probability of the measurements under each kind of
transformation, whatever its parameters, has a closed form (Rasmussen and Williams, 2006, *Gaussian
Processes for Machine Learning*, sections 2.7 and 5.4). A kind that needs more parameters must
explain more: it spreads its probability over more answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch

from model_core.registration.noise import Array, bell, correlation
from model_core.registration.samples import Samples
from model_core.registration.transformation import FLOW, KINDS, LINEAR, Kind, LinearKind
from model_core.registration.words import WORDS, other_kinds, percent

PARAMETERS: dict[LinearKind, int] = {"shift": 2, "rigid": 3, "similarity": 4, "affine": 6}
"""How many of the columns of ``Samples.design`` a kind has."""

PRIOR_DEVIATION = (64.0, 64.0, 0.03, 0.03, 0.015, 0.015)
"""Of the parameters, about a transformation that the measurements themselves suggest: the shift in
pixels, rotation, scale, and both shears."""

PRIOR_ODDS: dict[Kind, float] = {
    "shift": 0.0,
    "rigid": -1.0,
    "similarity": -2.0,
    "affine": -4.0,
    FLOW: -4.0,
}
"""Logarithms. Chosen on training pairs: the least for which no simpler pair gets a freer kind by
chance more often than a freer one gets a simpler kind."""

NOISE = (0.7, 0.95, 1.3)
"""Factors on the deviation of the measurements that are tried: images differ."""

NOISE_USUAL, NOISE_SPREAD = 0.97, 0.25
"""Of the factor's logarithm, on training pairs."""

AMPLITUDES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Standard deviations of the residual displacement that are tried, in pixels."""

LENGTHS = (45.0, 60.0, 110.0, 200.0)
"""Pixels over which it changes, that are tried; in larger scenes longer ones too."""

TELLING_FROM = 60.0
"""Pixels of length from which a residual displacement speaks for its kind: over shorter ones, the
errors of measurements change alike."""

USUAL_AMPLITUDE, USUAL_LENGTH, SMOOTHNESS_SPREAD = 1.5, 50.0, 0.5
"""Of residual displacements where there are any, in pixels, and the standard deviation of both
logarithms: small images tell little of their own. Chosen on training pairs."""

LENGTH_RATIO = 1.8
"""Of the next longer one."""

LONG_FROM = 300.0
"""Pixels of length from which a residual displacement may have a second, shorter part: what an
orbit or a whole valley does, and what single slopes do. Images too small for such lengths do not
tell the two apart."""

LONG_AMPLITUDES = (1.0, 2.0, 4.0)
"""Of the longer part, in pixels."""

SHORT = ((0.5, 45.0), (1.0, 45.0), (2.0, 45.0))
"""Amplitudes and lengths of the shorter part that are tried, in pixels."""

Parts = tuple[tuple[float, float], ...]
"""Amplitudes and lengths, in pixels, of what a residual displacement is the sum of."""


@dataclass(frozen=True)
class Smoothness:
    """The prior of the residual displacement.

    Attributes:
        parts: it is the sum of; of each, the standard deviation along one axis, and that of the
            Gaussian bell by which it correlates, both in pixels.
        noise: factor on the deviation of the measurements.
    """

    parts: Parts
    noise: float

    def covariance(self, distance: Array) -> Array:
        """Return the covariance of the displacements of two points along one axis."""
        found = [amplitude**2 * bell(distance, length) for amplitude, length in self.parts]
        return np.asarray(sum(found))


@dataclass(frozen=True)
class Choice:
    """What the measurements say about the kind of the transformation.

    Attributes:
        kind: the most probable one.
        probability: of each kind; they sum to 1.
        smoothness: of the residual displacement, should there be one.
    """

    kind: Kind
    probability: dict[Kind, float]
    smoothness: Smoothness

    @property
    def named(self) -> dict[str, float]:
        """The probability of each kind, by its name as a setting."""
        return {str(kind): share for kind, share in self.probability.items()}

    @property
    def sentence(self) -> str:
        """Say what was chosen, and why."""
        others = other_kinds(self.kind, self.named)
        rest = f" ({others})" if others else ""
        return (
            f"Transformation chosen: {WORDS[self.kind]}, the most probable with "
            f"{percent(self.probability[self.kind])}{rest}."
        )


@dataclass(frozen=True)
class Posterior:
    """The parameters of a linear kind under a covariance of the measurements.

    Attributes:
        evidence: logarithm of the probability density of the measurements.
        parameters: (k,), see ``Samples.design``.
        covariance: (k, k), of the parameters.
    """

    evidence: float
    parameters: Array
    covariance: Array


class Whitened:
    """Measurements under some covariances: what all kinds of transformation have in common."""

    def __init__(self, samples: Samples, covariances: Sequence[tuple[Array, Array]]) -> None:
        """Factorise the covariances (n, n) along x and y, and measure everything in their units."""
        factors = np.linalg.cholesky(np.array(covariances))
        self._logarithm = 2 * np.log(np.diagonal(factors, axis1=2, axis2=3)).sum(axis=(1, 2))
        rests = [samples.rest(kind) for kind in LINEAR]
        columns = np.column_stack([samples.design, *rests]).reshape(2, len(samples.points), -1)
        solved: Array = torch.linalg.solve_triangular(
            torch.from_numpy(factors), torch.from_numpy(columns), upper=False
        ).numpy()
        flat = solved.reshape(len(factors), -1, columns.shape[-1])
        self._design, self._rests = np.split(flat, [samples.design.shape[1]], axis=2)

    def posteriors(self, kind: LinearKind) -> list[Posterior]:
        """Return what the measurements say of a kind's parameters, under each covariance."""
        every = zip(self._design, self._rests[:, :, LINEAR.index(kind)], strict=True)
        return [
            _posterior(kind, design[:, : PARAMETERS[kind]], rest, float(logarithm))
            for (design, rest), logarithm in zip(every, self._logarithm, strict=True)
        ]


def _posterior(kind: LinearKind, design: Array, rest: Array, logarithm: float) -> Posterior:
    """Return the parameters of a kind.

    Args:
        kind: of the transformation.
        design: (2n, k), how points move with the parameters, in units of the deviation.
        rest: (2n,), what the parameters are to explain, in the same units.
        logarithm: of the determinant of the measurements' covariance.
    """
    prior = np.square(PRIOR_DEVIATION[: PARAMETERS[kind]])
    precision = design.T @ design + np.diag(1 / prior)
    covariance = np.linalg.inv(precision)
    projected = design.T @ rest
    parameters = covariance @ projected
    logarithm += np.linalg.slogdet(precision)[1] + np.log(prior).sum()
    misfit = rest @ rest - projected @ parameters
    return Posterior(float(-0.5 * (misfit + logarithm)), parameters, covariance)


def lengths(extent: float) -> list[float]:
    """Return the lengths to try in a scene whose longer side has ``extent`` pixels."""
    found = list(LENGTHS)
    while found[-1] * LENGTH_RATIO <= extent / 4:
        found.append(found[-1] * LENGTH_RATIO)
    return found


def noise_prior(factor: float) -> float:
    """Return the logarithm of the prior weight of a factor on the deviation; 0 at the usual."""
    return float(-0.5 * (np.log(factor / NOISE_USUAL) / NOISE_SPREAD) ** 2)


def covariances(samples: Samples, noise: float, residual: Array | None) -> tuple[Array, Array]:
    """Return the covariances (n, n) of the measurements along x and y.

    Args:
        samples: the measurements.
        noise: factor on their deviation.
        residual: (n, n), covariance of the residual displacement; None: there is none.
    """
    together = correlation(samples.distances)
    x, y = (np.outer(one, one) * together for one in noise * samples.deviation)
    return (x, y) if residual is None else (x + residual, y + residual)


def whitened(samples: Samples, residual: Array | None) -> Whitened:
    """Return the measurements under each factor of :data:`NOISE`; see :func:`covariances`."""
    return Whitened(samples, [covariances(samples, noise, residual) for noise in NOISE])


def choose(samples: Samples, extent: float) -> Choice:
    """Return what the measurements say about the kind of the transformation.

    Args:
        samples: at least :data:`LEAST_SAMPLES` of them.
        extent: longer side of the scene, in pixels.
    """
    weights = np.array([noise_prior(factor) for factor in NOISE])
    weights -= np.logaddexp.reduce(weights)
    evidence: dict[Kind, float] = {}
    plain = whitened(samples, None)
    for kind in LINEAR:
        found = [one.evidence for one in plain.posteriors(kind)]
        evidence[kind] = float(np.logaddexp.reduce(weights + found))
    evidence[FLOW], smoothness = _with_residual(samples, lengths(extent), weights)
    score = np.array([evidence[kind] + PRIOR_ODDS[kind] for kind in KINDS])
    share = np.exp(score - np.logaddexp.reduce(score))
    probability = dict(zip(KINDS, share.tolist(), strict=True))
    return Choice(KINDS[int(share.argmax())], probability, smoothness)


def parts_tried(tried: list[float]) -> list[Parts]:
    """Return the parts of the residual displacements that are tried, for some lengths."""
    single: list[Parts] = [(one,) for one in product(AMPLITUDES, tried)]
    long = [length for length in tried if length >= LONG_FROM]
    return single + [(one, short) for one in product(LONG_AMPLITUDES, long) for short in SHORT]


def _with_residual(
    samples: Samples, tried: list[float], weights: Array
) -> tuple[float, Smoothness]:
    """Return the evidence of an affine with a residual displacement, and its most probable
    smoothness."""
    options = parts_tried(tried)
    found = np.empty((len(options), len(NOISE)))
    for row, parts in enumerate(options):
        residual = Smoothness(parts, 1.0).covariance(samples.distances)
        every = whitened(samples, residual).posteriors("affine")
        found[row] = weights + [one.evidence for one in every]
    telling = np.array([parts[-1][1] >= TELLING_FROM or len(parts) > 1 for parts in options])
    mean = np.logaddexp.reduce(found[telling], axis=None) - np.log(telling.sum())
    likely = found + np.array([[smoothness_prior(parts)] for parts in options])
    best, noise = divmod(int(likely.argmax()), len(NOISE))
    return float(mean), Smoothness(options[best], NOISE[noise])


def smoothness_prior(parts: Parts) -> float:
    """Return the logarithm of the prior weight of a residual displacement; 0 at the usual."""
    amplitude, length = parts[0]
    off = np.log([amplitude / USUAL_AMPLITUDE, length / USUAL_LENGTH]) / SMOOTHNESS_SPREAD
    return float(-0.5 * np.square(off).sum()) if len(parts) == 1 else 0.0
