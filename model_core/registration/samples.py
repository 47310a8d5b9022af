"""Some of the measurements of a scene, few enough to weigh each against each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from model_core.geometry.field import AffineMatrix
from model_core.registration.fit import Targets
from model_core.registration.noise import Array, deviation
from model_core.registration.transformation import LinearKind

SAMPLE_SPACING = 32
"""Pixels between samples: the errors of nearer ones are nearly the same."""

MOST_SAMPLES = 324
"""In larger scenes there are fewer of them all over, and patches where they are as near."""

PATCH_SIDE = 6
"""Samples along the side of a patch, of which there is one in each quarter of the scene."""

IDENTITY: AffineMatrix = np.eye(2, 3)

LEAST_SAMPLES = 4
"""With which kinds of transformation can be told from each other."""

LEAST_AGREEMENT = 0.05
"""With the smooth field: a measurement that agrees less is an outlier and no sample."""


@dataclass(frozen=True)
class Samples:
    """Measured displacements, without those that are outliers.

    Lengths are in pixels whose width and height are the same on the ground: y is multiplied by the
    aspect of the working grid's pixels.

    Attributes:
        points: (n, 2) as (x, y), in the reference.
        positions: (n, 2), in the moving image.
        deviation: (2, n), standard deviations along x and y.
        rotation: (2, 2), that of the best affine.
        aspect: height of a pixel on the ground in units of its width.
    """

    points: Array
    positions: Array
    deviation: Array
    rotation: Array
    aspect: float

    @cached_property
    def distances(self) -> Array:
        """(n, n), between the points."""
        return np.asarray(np.linalg.norm(self.points[:, None] - self.points, axis=-1))

    @cached_property
    def centre(self) -> Array:
        """(2,), the points' mean."""
        return np.asarray(self.points.mean(axis=0))

    @cached_property
    def design(self) -> Array:
        """See :meth:`design_at`, at the samples' own points."""
        return self.design_at(self.points)

    def design_at(self, points: Array) -> Array:
        """Return (2n, 6): how points (n, 2) move with shift along x and y, rotation, scale, and two
        shears; x before y."""
        x, y = (points - self.centre).T
        one, none = np.ones_like(x), np.zeros_like(x)
        along_x = np.stack([one, none, -y, x, x, y], axis=1)
        along_y = np.stack([none, one, x, y, -y, x], axis=1)
        return np.concatenate([along_x, along_y])

    def _turned(self, kind: LinearKind) -> Array:
        return np.eye(2) if kind == "shift" else self.rotation

    def rest(self, kind: LinearKind) -> Array:
        """Return (2n,): what is left of the displacements when the best rotation about the points'
        mean is undone (for shifts: nothing is), in the reference's axes; x before y."""
        undone = (self.positions - self.centre) @ self._turned(kind)
        left: Array = undone - (self.points - self.centre)
        return left.T.ravel()

    def affine(self, kind: LinearKind, parameters: Array) -> AffineMatrix:
        """Return the affine (2, 3), in the working grid's pixels, of parameters (k,): points change
        about their mean and shift, see :meth:`design_at`, and are then turned by the best rotation.
        """
        along_x, along_y, rotation, scale, shear, other = np.append(parameters, np.zeros(6))[:6]
        change = np.array([[scale + shear, other - rotation], [other + rotation, scale - shear]])
        turned = self._turned(kind)
        linear = turned @ (np.eye(2) + change)
        offset = self.centre + turned @ [along_x, along_y] - linear @ self.centre
        ground = np.array([1.0, self.aspect])
        return np.column_stack([linear * ground / ground[:, None], offset / ground])

    def variance(self, covariance: Array, points: Array) -> Array:
        """Return the variances (n,) along one axis at points (n, 2), in square pixels, of a
        transformation whose parameters have a covariance (k, k)."""
        design = self.design_at(points)[:, : len(covariance)]
        both = np.einsum("ij,jk,ik->i", design, covariance, design)
        return np.asarray(both.reshape(2, -1).mean(axis=0))


Places = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Rows and columns of control points."""


@dataclass(frozen=True)
class Measured:
    """All measurements of a scene, with what is needed to take samples of them.

    Attributes:
        targets: what was measured.
        agreement: (h, w) in [0, 1], of the measurements with a smooth field.
        spread: (2, h, w), standard deviations of the measurements, in pixels of the working grid.
        rotation: see ``Samples``.
    """

    targets: Targets
    agreement: NDArray[np.float32]
    spread: Array
    rotation: Array

    @staticmethod
    def of(targets: Targets, agreement: NDArray[np.float32]) -> Measured:
        """Return measurements with their deviations."""
        spread = deviation(targets.observations(IDENTITY)) * targets.factor
        ground = np.array([1.0, targets.aspect])
        affine, _ = targets.robust("affine")
        u, _, vt = np.linalg.svd(affine[:, :2] * ground[:, None] / ground)
        return Measured(targets, agreement, spread, u @ vt)

    @property
    def usable(self) -> NDArray[np.bool_]:
        """(h, w), where something was measured that is no outlier."""
        known = np.isfinite(self.spread).all(axis=0)
        return np.asarray(known & (self.agreement > LEAST_AGREEMENT))

    @property
    def step(self) -> int:
        """Control points from one sample to the next."""
        return max(1, SAMPLE_SPACING // self.targets.grid.spacing)

    def take(self, places: Places) -> Samples:
        """Return the measurements at some usable control points."""
        ground = np.array([1.0, self.targets.aspect])
        rows, columns = places
        spread = self.spread[:, rows, columns] / np.sqrt(self.agreement[rows, columns])
        return Samples(
            points=self.targets.grid.positions()[rows, columns] * ground,
            positions=self.targets.positions[rows, columns] * ground,
            deviation=spread * ground[:, None],
            rotation=self.rotation,
            aspect=self.targets.aspect,
        )

    def some(self) -> Samples:
        """Return few enough of them to weigh each against each other."""
        return self.take(chosen_places(self.usable, self.step))


def lattice(usable: NDArray[np.bool_], step: int) -> Places:
    """Return the usable ones of every ``step``-th row and column."""
    rows, columns = np.nonzero(usable[step // 2 :: step, step // 2 :: step])
    return rows * step + step // 2, columns * step + step // 2


def chosen_places(usable: NDArray[np.bool_], step: int) -> Places:
    """Return places on a lattice where these are few; else on a coarser one, and in patches."""
    places = lattice(usable, step)
    if len(places[0]) <= MOST_SAMPLES:
        return places
    chosen = set()
    for part in _patches(usable.shape, step):
        inside = np.zeros_like(usable)
        inside[part] = usable[part]
        chosen |= _as_set(lattice(inside, step))
    coarser = step
    while len(places[0]) > MOST_SAMPLES - len(chosen):
        coarser += 1
        places = lattice(usable, coarser)
    rows, columns = zip(*sorted(chosen | _as_set(places)), strict=True)
    return np.array(rows), np.array(columns)


def _as_set(places: Places) -> set[tuple[int, int]]:
    return {*zip(places[0].tolist(), places[1].tolist(), strict=True)}


def _patches(shape: tuple[int, ...], step: int) -> list[tuple[slice, slice]]:
    """Return a patch in the middle of each quarter of a grid of control points."""
    side = PATCH_SIDE * step
    corners = [[part * length // 4 - side // 2 for part in (1, 3)] for length in shape]
    return [
        (slice(max(0, top), top + side), slice(max(0, left), left + side))
        for top in corners[0]
        for left in corners[1]
    ]
