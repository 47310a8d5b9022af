"""The field behind measurements at control points: a robust affine, and a smooth residual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from model_core.geometry.field import AffineMatrix, ControlGrid, Field, transform
from model_core.registration.robust_affine import robust_affine
from model_core.registration.spline import Observations, smooth_field

SMALLEST_AFFINE_TOLERANCE = 2.0
"""Pixels; the affine alone explains less than affine and residual together."""


@dataclass(frozen=True)
class Targets:
    """Where control points were found in the moving image.

    Attributes:
        grid: the control points.
        positions: (h, w, 2), in pixels of the working grid; anything where nothing was measured.
        certainty: (h, w) in [0, 1], 0 where nothing was measured.
        curvature: (3, h, w), of the correlation's peaks, per square pixel of the measured images.
        known: (h, w) bool, both images have data around the control point.
        factor: the downsampling factor of the images in which was measured.
        tolerance: residual, in pixels of the working grid, at which a measurement counts a quarter.
    """

    grid: ControlGrid
    positions: NDArray[np.float64]
    certainty: NDArray[np.float32]
    curvature: NDArray[np.float32]
    known: NDArray[np.bool_]
    factor: int
    tolerance: float

    def beside(self, affine: AffineMatrix) -> NDArray[np.float64]:
        """Return what an affine leaves of the displacements (h, w, 2); 0 where not measured."""
        points = self.grid.positions()
        return self._or_points(points) - transform(affine, points)

    def _or_points(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where((self.certainty > 0)[..., None], self.positions, points)

    def robust_affine(self) -> tuple[AffineMatrix, NDArray[np.float64]]:
        """Return the affine that most of the certainty agrees with, and the weights (h, w) in
        [0, 1] of the measurements' agreement."""
        points = self.grid.positions()
        affine, agreement = robust_affine(
            torch.from_numpy(points.reshape(1, -1, 2)),
            torch.from_numpy(self._or_points(points).reshape(1, -1, 2)),
            torch.from_numpy(self.certainty.reshape(1, -1).astype(np.float64)),
            scale=max(self.tolerance, SMALLEST_AFFINE_TOLERANCE),
        )
        return affine[0].numpy(), agreement[0].numpy().reshape(self.certainty.shape)


@dataclass(frozen=True)
class Fit:
    """A field fitted to measurements at its control points.

    Attributes:
        field: the field.
        weight: (h, w), certainty of the control points that agree with the field, 0 elsewhere.
        residual: (h, w), distance in pixels between each control point's own measurement and the
            field; NaN where none was made.
        known: (h, w) bool, whether both images have data around the control point.
    """

    field: Field
    weight: NDArray[np.float32]
    residual: NDArray[np.float32]
    known: NDArray[np.bool_]


def fit_affine(targets: Targets) -> Fit:
    """Fit an affine alone."""
    affine, agreement = targets.robust_affine()
    residual = np.linalg.norm(targets.beside(affine), axis=-1)
    return Fit(
        Field(affine, targets.grid),
        (targets.certainty * agreement).astype(np.float32),
        np.where(targets.certainty > 0, residual, np.nan).astype(np.float32),
        targets.known,
    )


def fit_affine_and_residual(targets: Targets, final: bool) -> Fit:
    """Fit an affine, and the smooth residual displacement beside it.

    Args:
        targets: what was measured.
        final: nothing will be measured again after this; see ``smooth_field``.
    """
    return fit_residual(targets, targets.robust_affine()[0], final)


def fit_residual(targets: Targets, affine: AffineMatrix, final: bool) -> Fit:
    """Fit the smooth residual displacement beside a given affine; see ``smooth_field``."""
    measured = targets.beside(affine).transpose(2, 0, 1).astype(np.float32)
    # The spline's lengths are pixels of the images in which was measured.
    per_pixel = np.float32(1 / targets.factor)
    observations = Observations(
        measured * per_pixel,
        targets.certainty,
        targets.curvature,
        targets.known,
        targets.grid.spacing / targets.factor,
    )
    smooth, factors = smooth_field(observations, targets.tolerance / targets.factor, final)
    smooth = smooth * np.float32(targets.factor)
    residual = np.linalg.norm(measured - smooth, axis=0)
    return Fit(
        Field(affine, targets.grid, smooth),
        targets.certainty * factors,
        np.where(targets.certainty > 0, residual, np.nan).astype(np.float32),
        targets.known,
    )
