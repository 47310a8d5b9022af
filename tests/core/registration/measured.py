"""Displacements as a measurement would find them: exact, or with errors of the noise's model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from model_core.geometry.field import AffineMatrix, ControlGrid, transform
from model_core.registration.evidence import NOISE_USUAL
from model_core.registration.fit import Targets
from model_core.registration.noise import REFERENCE_CURVATURE, correlation, deviation
from model_core.registration.samples import IDENTITY

Array = NDArray[np.float64]


def on_ground(aspect: float, linear: Array) -> Array:
    """Return a linear map (2, 2) of the ground as one of pixels that are ``aspect`` as high."""
    ground = np.array([1.0, aspect])
    return np.asarray(linear * ground / ground[:, None])


def turn(degrees: float) -> Array:
    """Return a rotation (2, 2) of the ground, from x towards y."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s], [s, c]])


def about_middle(grid: ControlGrid, linear: Array, shift: tuple[float, float]) -> AffineMatrix:
    """Return the affine (2, 3) of a linear map about the middle of a grid, and a shift."""
    middle = np.array([(grid.width - 1) / 2, (grid.height - 1) / 2])
    return np.column_stack([linear, middle + shift - linear @ middle])


def exact(
    grid: ControlGrid,
    affine: AffineMatrix = IDENTITY,
    residual: Array | None = None,
    aspect: float = 1.0,
) -> Targets:
    """Return measurements without error of an affine and a residual (h, w, 2) beside it."""
    positions = transform(affine, grid.positions())
    curvature = np.zeros((3, *grid.shape), np.float32)
    curvature[[0, 2]] = REFERENCE_CURVATURE
    return Targets(
        grid=grid,
        positions=positions if residual is None else positions + residual,
        certainty=np.full(grid.shape, 0.5, np.float32),
        curvature=curvature,
        known=np.ones(grid.shape, bool),
        looked_at=np.ones(grid.shape, bool),
        factor=1,
        tolerance=2.0,
        aspect=aspect,
    )


def unmeasured(targets: Targets, nowhere: NDArray[np.bool_]) -> Targets:
    """Return measurements of which some were not made."""
    certainty = np.where(nowhere, 0, targets.certainty).astype(np.float32)
    positions = np.where(nowhere[..., None], 1e6, targets.positions)
    return replace(targets, certainty=certainty, positions=positions)


def ground_points(targets: Targets) -> Array:
    """Return the control points (n, 2) in pixels that are as high as wide."""
    return np.asarray((targets.grid.positions() * [1.0, targets.aspect]).reshape(-1, 2))


def distances(points: Array) -> Array:
    """Return the distances (n, n) between points (n, 2)."""
    return np.asarray(np.linalg.norm(points[:, None] - points, axis=-1))


def drawn(covariance: Array, random: np.random.Generator) -> Array:
    """Return two draws (n, 2) of numbers with a covariance (n, n)."""
    factor = np.linalg.cholesky(covariance + 1e-9 * np.eye(len(covariance)))
    return np.asarray(factor @ random.normal(size=(len(covariance), 2)))


def with_errors(
    targets: Targets, random: np.random.Generator, factor: float = NOISE_USUAL
) -> Targets:
    """Return measurements with errors as large, and as alike in neighbours, as the model says."""
    together = correlation(distances(ground_points(targets)))
    spread = deviation(targets.observations(IDENTITY)).reshape(2, -1).T
    spread = np.where(np.isfinite(spread), spread, 0)
    errors = factor * spread * drawn(together, random)
    return replace(targets, positions=targets.positions + errors.reshape(*targets.grid.shape, 2))
