"""The field behind measurements at control points: a robust affine, and a smooth residual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from model_core.geometry.field import AffineMatrix, ControlGrid, Field, transform
from model_core.registration.measurements import Measurements, Slices
from model_core.registration.robust_fit import robust_fit
from model_core.registration.spline import Observations, smooth_field
from model_core.registration.transformation import LinearKind

LARGEST_RESIDUAL = 2.0
"""Pixels by which one control point may differ from its neighbours before it counts a quarter."""

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
        looked_at: (h, w) bool, whether measuring was tried; not everywhere where some places of a
            large scene tell enough.
        factor: the downsampling factor of the images in which was measured.
        tolerance: residual, in pixels of the working grid, at which a measurement counts a quarter.
        aspect: height of a pixel of the working grid on the ground in units of its width.
    """

    grid: ControlGrid
    positions: NDArray[np.float64]
    certainty: NDArray[np.float32]
    curvature: NDArray[np.float32]
    known: NDArray[np.bool_]
    looked_at: NDArray[np.bool_]
    factor: int
    tolerance: float
    aspect: float = 1.0

    @staticmethod
    def around(
        field: Field, grid: ControlGrid, found: Measurements, factor: int, aspect: float
    ) -> Targets:
        """Return the targets behind measurements around a field.

        Args:
            field: along which the moving image was warped.
            grid: the control points.
            found: what was measured at them, in pixels of the images that were compared.
            factor: these images' downsampling factor.
            aspect: see above.
        """
        displacement = found.displacement.transpose(1, 2, 0).astype(np.float64) * factor
        return Targets(
            grid=grid,
            # Measured at pixels of the warped image: first the displacement, then the field.
            positions=field.at(grid.positions() + displacement),
            certainty=found.certainty,
            curvature=found.curvature,
            known=found.support > 0,
            looked_at=np.ones(grid.shape, bool),
            factor=factor,
            tolerance=LARGEST_RESIDUAL * factor,
            aspect=aspect,
        )

    def put(self, some: Slices, others: Targets, part: Slices) -> None:
        """Write a part of others over some rows and columns of these."""
        self.positions[some] = others.positions[part]
        self.certainty[some] = others.certainty[part]
        self.curvature[(slice(None), *some)] = others.curvature[(slice(None), *part)]
        self.known[some] = others.known[part]
        self.looked_at[some] = others.looked_at[part]

    def beside_field(self, field: Field) -> NDArray[np.float64]:
        """Return what a field leaves of the displacements (h, w, 2); 0 where not measured."""
        found = field.at(self.grid.positions())
        return np.where((self.certainty > 0)[..., None], self.positions - found, 0.0)

    def beside(self, affine: AffineMatrix) -> NDArray[np.float64]:
        """Return what an affine leaves of the displacements (h, w, 2); 0 where not measured."""
        points = self.grid.positions()
        return self._or_points(points) - transform(affine, points)

    def _or_points(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where((self.certainty > 0)[..., None], self.positions, points)

    def robust(self, kind: LinearKind) -> tuple[AffineMatrix, NDArray[np.float64]]:
        """Return the transformation of a kind that most of the certainty agrees with, as an affine,
        and the weights (h, w) in [0, 1] of the measurements' agreement."""
        points = self.grid.positions()
        affine, agreement = robust_fit(
            kind,
            torch.from_numpy(points.reshape(1, -1, 2)),
            torch.from_numpy(self._or_points(points).reshape(1, -1, 2)),
            torch.from_numpy(self.certainty.reshape(1, -1).astype(np.float64)),
            scale=max(self.tolerance, SMALLEST_AFFINE_TOLERANCE),
            aspect=self.aspect,
        )
        return affine[0].numpy(), agreement[0].numpy().reshape(self.certainty.shape)

    def observations(self, affine: AffineMatrix) -> Observations:
        """Return what an affine leaves, in pixels of the images in which was measured."""
        measured = self.beside(affine).transpose(2, 0, 1).astype(np.float32)
        return Observations(
            measured * np.float32(1 / self.factor),
            self.certainty,
            self.curvature,
            self.known,
            self.grid.spacing / self.factor,
        )


@dataclass(frozen=True)
class Fit:
    """A field fitted to measurements at its control points.

    Attributes:
        field: the field.
        weight: (h, w), certainty of the control points that agree with the field, 0 elsewhere.
        residual: (h, w), distance in pixels between each control point's own measurement and the
            field; NaN where none was made.
        known: (h, w) bool, whether both images have data around the control point.
        looked_at: see ``Targets``.
    """

    field: Field
    weight: NDArray[np.float32]
    residual: NDArray[np.float32]
    known: NDArray[np.bool_]
    looked_at: NDArray[np.bool_]


def as_fit(
    targets: Targets, field: Field, agreement: NDArray[np.float32] | NDArray[np.float64]
) -> Fit:
    """Return a field with what the measurements say of it.

    Args:
        targets: what was measured.
        field: fitted to it.
        agreement: (h, w) in [0, 1], of the measurements with the field.
    """
    residual = np.linalg.norm(targets.beside_field(field), axis=-1)
    return Fit(
        field,
        (targets.certainty * agreement).astype(np.float32),
        np.where(targets.certainty > 0, residual, np.nan).astype(np.float32),
        targets.known,
        targets.looked_at,
    )


def fit_linear(targets: Targets, kind: LinearKind) -> Fit:
    """Fit a transformation of the whole image."""
    affine, agreement = targets.robust(kind)
    return as_fit(targets, Field(affine, targets.grid), agreement)


def fit_flexible(targets: Targets, affine: AffineMatrix) -> Fit:
    """Fit a residual displacement beside a given affine that follows the measurements closely, so
    that little is left to be measured; see ``smooth_field``."""
    tolerance = targets.tolerance / targets.factor
    smooth, agreement = smooth_field(targets.observations(affine), tolerance)
    residual = smooth * np.float32(targets.factor)
    return as_fit(targets, Field(affine, targets.grid, residual), agreement)
