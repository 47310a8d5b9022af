"""The smooth residual displacement behind measurements at control points.

A thin-plate spline in tension (Wahba, 1990, *Spline models for observational data*; Franke, 1985,
"Thin plate splines with tension") follows them closely; what it leaves tells outliers. The answer
itself is smoother; see ``residual_displacement``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from model_core.network.filters import window_mean
from model_core.registration.cosines import cosine_transform

Map = NDArray[np.float32]


@dataclass(frozen=True)
class Stiffness:
    """Lengths, in pixels, below which a field may hardly bend (``bending``) or change at all
    (``tension``) where the measurements have weight 1."""

    bending: float
    tension: float


FLEXIBLE = Stiffness(10.0, 7.0)

REFERENCE_CURVATURE = 0.011
"""Curvature of the correlation's peak, per square pixel, with which a sure measurement has weight
1. The weight grows with its square: so falls the variance of a peak's place in noise that is alike
everywhere."""

BORDER = 20.0
"""Sigma, in pixels, of the window whose share of data tells how far a control point is from the
border."""

BORDER_POWER = 4
"""To which that share lessens the weight of a control point: windows that hang over the border see
one side only, and what they measure changes with the border."""

TOLERANCE, MOST_STEPS = 1e-3, 60
"""Of the conjugate gradients: relative residual, and number of steps."""


@dataclass(frozen=True)
class Observations:
    """Displacements measured at control points; all lengths in pixels of the measured images.

    Attributes:
        displacement: (2, h, w); anything where ``certainty`` is 0.
        certainty: (h, w) in [0, 1].
        curvature: (3, h, w) as (xx, xy, yy), of the correlation's peak, per square pixel: along an
            edge, where it is small, a measurement says little.
        known: (h, w) bool, both images have data around the control point.
        spacing: distance of the control points.
    """

    displacement: Map
    certainty: Map
    curvature: Map
    known: NDArray[np.bool_]
    spacing: float

    def data_share(self) -> Map:
        """Return the share (h, w) of data around each measurement, to :data:`BORDER_POWER`."""
        known = torch.from_numpy(self.known.astype(np.float32))[None, None]
        share: Map = window_mean(known, BORDER / self.spacing)[0, 0].numpy()
        return np.asarray(share**BORDER_POWER)

    def trust(self) -> Map:
        """Return the weight (h, w) of each measurement, whatever its peak's shape."""
        return np.asarray(np.square(self.certainty) * self.data_share())


def smooth_field(observed: Observations, tolerance: float) -> tuple[Map, Map]:
    """Return the smooth field behind measured displacements, and which of them agree with it.

    A measurement that no neighbour shares is an outlier: reweighting narrows around the field,
    starting wide so that a real local displacement is not thrown out.

    Args:
        observed: what was measured.
        tolerance: residual, in pixels, at which a measurement counts a quarter.

    Returns:
        the field (2, h, w), and the robust factors (h, w) in [0, 1] of the control points.
    """
    measured, spacing, trust = observed.displacement, observed.spacing, observed.trust()
    weights = trust * _squared(observed.curvature / REFERENCE_CURVATURE)
    flexible, factors = np.zeros_like(measured), np.ones_like(observed.certainty)
    for width in (8 * tolerance, 2 * tolerance, tolerance, tolerance):
        flexible = fit_spline(measured, weights * factors, FLEXIBLE, spacing, flexible)
        distance = np.square(measured - flexible).sum(axis=0)
        factors = ((1 + distance / width**2) ** -2).astype(np.float32)
    return flexible, factors


def _squared(matrices: Map) -> Map:
    """Square symmetric matrices (3, h, w), as (xx, xy, yy): no eigenvalue is negative then,
    though noise may give a blunt peak one that is."""
    xx, xy, yy = matrices
    return np.stack([xx * xx + xy * xy, xy * (xx + yy), xy * xy + yy * yy])


def fit_spline(
    measured: Map, weights: Map, stiffness: Stiffness, spacing: float, start: Map
) -> Map:
    """Return the field u (2, h, w) that minimises, over the control points, ``e' W e`` with
    e = u - measured, plus its bending and its tension; by conjugate gradients, preconditioned by
    cosine transforms.

    Args:
        measured: (2, h, w) as (x, y).
        weights: (3, h, w), the W of each as (xx, xy, yy), positive semidefinite; where all are 0,
            u is 0.
        stiffness: how little the field bends and changes.
        spacing: distance of the control points in pixels.
        start: (2, h, w), where to begin.
    """
    xx, xy, yy = weights
    somewhere = (xx > 0) | (yy > 0)
    if not somewhere.any():
        return np.zeros_like(measured)
    bending, tension = (stiffness.bending / spacing) ** 4, (stiffness.tension / spacing) ** 2
    rows, columns = (cosine_transform(length) for length in measured.shape[1:])
    laplacian = rows.eigenvalues[:, None] + columns.eigenvalues
    usual = float((xx + yy).mean()) / 2 + 1e-3
    inverse = 1 / (usual + bending * laplacian**2 + tension * laplacian)

    def weigh(u: Map) -> Map:
        return np.stack([xx * u[0] + xy * u[1], xy * u[0] + yy * u[1]])

    def normal(u: Map) -> Map:
        return weigh(u) + _stiffness_of(u, bending, tension)

    def precondition(u: Map) -> Map:
        spectrum = columns.forward(rows.forward(u, -2), -1)
        return columns.inverse(rows.inverse(inverse * spectrum, -2), -1)

    right = weigh(np.where(somewhere, measured, 0).astype(np.float32))
    return _conjugate_gradients(normal, precondition, right, start)


def _conjugate_gradients(
    system: Callable[[Map], Map], precondition: Callable[[Map], Map], right: Map, start: Map
) -> Map:
    """Return the solution of ``system(u) = right``, a symmetric positive definite system."""
    u = start.copy()
    residual = right - system(u)
    limit = TOLERANCE**2 * _dot(right, precondition(right))
    direction = np.zeros_like(u)
    before = 1.0
    for _ in range(MOST_STEPS):
        corrected = precondition(residual)
        now = _dot(residual, corrected)
        if now <= limit:
            break
        direction = corrected + np.float32(now / before) * direction
        image = system(direction)
        length = np.float32(now / _dot(direction, image))
        u += length * direction
        residual -= length * image
        before = now
    return u


def _dot(a: Map, b: Map) -> float:
    return float(np.vdot(a, b))


def _stiffness_of(u: Map, bending: float, tension: float) -> Map:
    """Return the gradient, halved, of ``bending |D² u|² + tension |D u|²``; borders are free."""
    dx, dy = np.diff(u, axis=2), np.diff(u, axis=1)
    bend = np.float32(bending)
    # Each square |D u|² adds Dᵀ D u: differences of differences.
    first, second = np.float32(tension) * dx, np.float32(tension) * dy
    _add_transposed(bend * np.diff(dx, axis=2), 2, first)
    _add_transposed(2 * bend * np.diff(dx, axis=1), 1, first)
    _add_transposed(bend * np.diff(dy, axis=1), 1, second)
    out = np.zeros_like(u)
    _add_transposed(first, 2, out)
    _add_transposed(second, 1, out)
    return out


def _add_transposed(differences: Map, axis: int, out: Map) -> None:
    """Add the transposed difference operator of ``np.diff`` along an axis."""
    after = [slice(None)] * 3
    after[axis] = slice(1, None)
    before = [slice(None)] * 3
    before[axis] = slice(None, -1)
    out[tuple(after)] += differences
    out[tuple(before)] -= differences
