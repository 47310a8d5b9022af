"""Coordinate transformations of the views: homographies, affines, and a smooth deformation.

All positions are pixels as (x, y), pixel centres at integers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_core.geometry.pixels import window_pixels

WAVES = 6
"""Cosine waves that a smooth deformation is the sum of."""

ITERATIONS = 30
"""Of the fixed-point iteration that inverts a deformation: it changes slowly, so each contracts."""


def apply_homography(
    matrix: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Map points (..., 2) by a (3, 3) homography, or by an affine (2, 3)."""
    mapped = points @ matrix[:2, :2].T + matrix[:2, 2]
    if matrix.shape[0] == 2:
        return np.asarray(mapped)
    return np.asarray(mapped / (points @ matrix[2, :2] + matrix[2, 2])[..., None])


def invert_affine(affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the inverse (2, 3) of an affine (2, 3)."""
    return np.linalg.inv(np.vstack([affine, [0.0, 0.0, 1.0]]))[:2]


def translation(shift: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the affine (2, 3) that moves by a shift (2,)."""
    return np.column_stack([np.eye(2), shift])


@dataclass(frozen=True)
class LocalDeformation:
    """A smooth deformation: a sum of cosine waves, all longer than 0.47 view sides.

    The displacement at pixel v is ``sum_k amplitude_k * cos(v . wave_k + phase_k)``.

    Attributes:
        amplitudes: (K, 2), pixels.
        waves: (K, 2), radians per pixel.
        phases: (K,), radians.
    """

    amplitudes: NDArray[np.float64]
    waves: NDArray[np.float64]
    phases: NDArray[np.float64]

    def __call__(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the displacements (..., 2) at points (..., 2), in pixels."""
        return np.asarray(np.cos(points @ self.waves.T + self.phases) @ self.amplitudes)

    @staticmethod
    def draw(rng: np.random.Generator, side: int, largest: float) -> LocalDeformation:
        """Draw one whose longest displacement on a view of ``side`` pixels is ``largest``."""
        waves = rng.uniform(-1.5, 1.5, (WAVES, 2)) * (2 * np.pi / side)
        unscaled = LocalDeformation(
            rng.normal(size=(WAVES, 2)), waves, rng.uniform(0, 2 * np.pi, WAVES)
        )
        length = np.linalg.norm(unscaled(window_pixels(0, 0, side, side)), axis=-1)
        scale = largest / float(length.max())
        return LocalDeformation(unscaled.amplitudes * scale, waves, unscaled.phases)


def deform(
    affine: NDArray[np.float64], local: LocalDeformation | None, points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Map points (..., 2) by an affine (2, 3) and add the local deformation at the points."""
    mapped = apply_homography(affine, points)
    return mapped if local is None else mapped + local(points)


def undo_deform(
    affine: NDArray[np.float64], local: LocalDeformation | None, points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the points (..., 2) that :func:`deform` maps to the given ones."""
    inverse = invert_affine(affine)
    found = apply_homography(inverse, points)
    if local is not None:
        for _ in range(ITERATIONS):
            found = apply_homography(inverse, points - local(found))
    return found
