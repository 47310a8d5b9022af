"""The residual displacement of a scene of any size, and how unsure it is.

The most probable displacement between noisy measurements, kriging, as in ``evidence`` but with all
samples of the scene: on a regular lattice the covariances are convolutions, and conjugate gradients
replace the factorisation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from model_core.geometry.field import Field
from model_core.geometry.pixels import cell_to_pixel, window_pixels
from model_core.network.translation_search import fast_length
from model_core.registration.evidence import PRIOR_DEVIATION, Smoothness
from model_core.registration.noise import CORRELATION, Array, bell, correlation
from model_core.registration.samples import Measured, lattice

PADDING = 4.0
"""Standard deviations of the widest bell beyond which it is 0: by so much the lattice is padded, so
that what is near one border is far from the other, and it is at least twice as wide."""

TOLERANCE, MOST_STEPS = 1e-5, 300
"""Of the conjugate gradients: relative residual, and number of steps."""

ENOUGH, NEAREST = 80, 16
"""Samples of small images are nearer to each other, until there are so many of them, or until they
are so many pixels apart: nearer ones err alike."""

LEAST_PRECISION = 1e-9
"""Per square pixel: where samples are no more precise together, nothing is known."""

ALONG_X = np.array([[1, 0, 0, 0, 0, 0], [0, 0, 0, 1, 1, 0], [0, 0, -1, 0, 0, 1]], dtype=float)
ALONG_Y = np.array([[0, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 1], [0, 0, 0, 1, -1, 0]], dtype=float)
"""(3, 6): ``Samples.design`` along an axis is (1, x, y) times it."""


@dataclass(frozen=True)
class Kriged:
    """The most probable displacement.

    Attributes:
        field: an affine, and the residual displacement at the control points.
        deviation: (h, w), standard deviation along one axis, in pixels, at the control points.
    """

    field: Field
    deviation: Array


class Torus:
    """A lattice whose opposite borders meet, on which a covariance is a convolution."""

    def __init__(self, shape: tuple[int, int], spacing: tuple[float, float]) -> None:
        """Take the number of nodes, and their distances along a column and along a row."""
        self.shape = shape
        rows, columns = (
            np.minimum(np.arange(length), length - np.arange(length)) * distance
            for length, distance in zip(shape, spacing, strict=True)
        )
        self.distances = np.hypot(rows[:, None], columns)

    def spectrum(self, covariance: Callable[[Array], Array]) -> Tensor:
        """Return the eigenvalues of a covariance that depends on the distance."""
        found: Tensor = torch.fft.rfft2(torch.from_numpy(covariance(self.distances))).real
        return found.clamp_min(0)

    def convolve(self, spectrum: Tensor, values: Tensor) -> Tensor:
        """Multiply values (..., rows, columns) by a covariance."""
        found: Tensor = torch.fft.irfft2(torch.fft.rfft2(values) * spectrum, s=self.shape)
        return found


class Kriging:
    """One lattice of samples under one prior."""

    def __init__(self, measured: Measured, smoothness: Smoothness) -> None:
        """Lay the usable samples out on a padded lattice."""
        grid, self._step = measured.targets.grid, lattice_step(measured)
        self._grid, self._smoothness, self._aspect = grid, smoothness, measured.targets.aspect
        self._rows, self._columns = lattice(measured.usable, self._step)
        self.samples = measured.take((self._rows, self._columns))
        spacing = self._step * grid.spacing
        widths = [width for _, width in (*smoothness.parts, *CORRELATION)]
        reach = PADDING * max(widths)
        self._padded = tuple(
            fast_length(math.ceil(max(length / self._step, reach / side) + reach / side))
            for length, side in zip(grid.shape, (spacing * self._aspect, spacing), strict=True)
        )
        self._torus = Torus((self._padded[0], self._padded[1]), (spacing * self._aspect, spacing))
        self._noise = self._torus.spectrum(correlation)
        self._signal = self._torus.spectrum(smoothness.covariance)
        self._sharpness = [
            self._laid_out(1 / (smoothness.noise * one))[0] for one in self.samples.deviation
        ]

    def _laid_out(self, *values: Array) -> Tensor:
        """Return values (n,) at the samples as maps (k, rows, columns), 0 elsewhere."""
        maps = torch.zeros((len(values), *self._torus.shape), dtype=torch.float64)
        maps[:, self._rows // self._step, self._columns // self._step] = torch.from_numpy(
            np.stack(values)
        )
        return maps

    def solve(self) -> Kriged:
        """Return the most probable displacement, and how unsure it is."""
        points = (self.samples.points - self.samples.centre).T
        rest = self.samples.rest("affine").reshape(2, -1)
        basis = self._laid_out(np.ones(points.shape[1]), *points)
        precision, projected = np.diag(1 / np.square(PRIOR_DEVIATION)), np.zeros(6)
        solved = []
        for axis, design in enumerate((ALONG_X, ALONG_Y)):
            given = torch.cat([basis, self._laid_out(rest[axis])])
            found = self._inverse(given, self._sharpness[axis])
            products = torch.einsum("iyx,jyx->ij", basis, found).numpy()
            precision = precision + design.T @ products[:, :3] @ design
            projected = projected + design.T @ products[:, 3]
            solved.append(found)
        covariance = np.linalg.inv(precision)
        parameters = covariance @ projected
        weights = [
            found[3] - torch.einsum("i,iyx->yx", torch.from_numpy(design @ parameters), found[:3])
            for found, design in zip(solved, (ALONG_X, ALONG_Y), strict=True)
        ]
        sure = [found[:3] for found in solved]
        return Kriged(self._field(parameters, weights), self._deviation(covariance, sure))

    def _inverse(self, given: Tensor, sharpness: Tensor) -> Tensor:
        """Multiply maps (k, rows, columns) by the inverse covariance of the samples."""
        there = (sharpness > 0).double()
        usual = sharpness.square().mean()
        inverse = 1 / (self._noise + usual * self._signal + 1e-6)

        def system(maps: Tensor) -> Tensor:
            noise = self._torus.convolve(self._noise, maps)
            signal = self._torus.convolve(self._signal, sharpness * maps)
            return there * (noise + sharpness * signal)

        def precondition(maps: Tensor) -> Tensor:
            return there * self._torus.convolve(inverse, maps)

        return sharpness * conjugate_gradients(system, precondition, sharpness * given)

    def _field(self, parameters: Array, weights: list[Tensor]) -> Field:
        """Return the affine of the parameters with the residual displacement of the weights."""
        step, spacing = self._step, self._grid.spacing
        shape = (self._padded[0] * step, self._padded[1] * step)
        fine = Torus(shape, (spacing * self._aspect, spacing))
        spread = torch.zeros((2, *shape), dtype=torch.float64)
        spread[:, step // 2 :: step, step // 2 :: step] = torch.stack(weights)
        height, width = self._grid.shape
        smooth = fine.convolve(fine.spectrum(self._smoothness.covariance), spread)[
            :, :height, :width
        ]
        turned = np.einsum("ij,jyx->iyx", self.samples.rotation, smooth.numpy())
        turned[1] /= self._aspect
        affine = self.samples.affine("affine", parameters)
        return Field(affine, self._grid, turned.astype(np.float32))

    def _deviation(self, covariance: Array, solved: list[Tensor]) -> Array:
        """Return the deviation (h, w) at the control points.

        Args:
            covariance: (6, 6), of the affine's parameters.
            solved: per axis, (1, x, y) at the samples (3, rows, columns), multiplied by the inverse
                covariance of the samples.
        """
        precision = torch.stack(self._sharpness).square().mean(0)
        shortest = min(length for _, length in self._smoothness.parts)
        around = self._torus.spectrum(lambda distance: bell(distance, shortest))
        local = self._torus.convolve(around / around.max(), precision).clamp_min(0).numpy()
        variance = residual_variance(self._noise, self._signal, self._torus.shape, local)
        nodes = self._nodes()
        for found, design in zip(solved, (ALONG_X, ALONG_Y), strict=True):
            # What the residual displacement makes up for is no uncertainty of the affine.
            left = nodes - self._torus.convolve(self._signal, found).numpy()
            moved = np.einsum("iyx,ij->jyx", left, design)
            variance = variance + np.einsum("iyx,ij,jyx->yx", moved, covariance, moved) / 2
        height, width = self._grid.shape
        rows, columns = np.arange(height) // self._step, np.arange(width) // self._step
        return np.asarray(np.sqrt(variance[np.ix_(rows, columns)]))

    def _nodes(self) -> Array:
        """Return (1, x, y) at the nodes (3, rows, columns) of the lattice."""
        points = window_pixels(0, 0, *self._torus.shape) * self._step + self._step // 2
        ground = cell_to_pixel(points, self._grid.spacing) * [1.0, self._aspect]
        across, down = np.moveaxis(ground - self.samples.centre, -1, 0)
        return np.stack([np.ones_like(across), across, down])


def lattice_step(measured: Measured) -> int:
    """Return the control points from one node of the lattice to the next: as from one sample to
    the next where there are :data:`ENOUGH` of these, else fewer."""
    enough = math.isqrt(int(measured.usable.sum()) // ENOUGH)
    nearest = max(1, NEAREST // measured.targets.grid.spacing)
    return min(measured.step, max(nearest, enough))


def conjugate_gradients(
    system: Callable[[Tensor], Tensor], precondition: Callable[[Tensor], Tensor], right: Tensor
) -> Tensor:
    """Return the solutions of ``system(u) = right`` for maps (k, rows, columns), each by itself."""

    def dot(a: Tensor, b: Tensor) -> Tensor:
        return (a * b).sum((1, 2), keepdim=True)

    found, residual = torch.zeros_like(right), right.clone()
    direction = torch.zeros_like(right)
    corrected = precondition(residual)
    now = dot(residual, corrected)
    limit = now * TOLERANCE**2
    before = torch.ones_like(now)
    for _ in range(MOST_STEPS):
        if (now <= limit).numpy().all():
            break
        direction = corrected + now / before.clamp_min(1e-300) * direction
        image = system(direction)
        length = now / dot(direction, image).clamp_min(1e-300)
        found += length * direction
        residual -= length * image
        corrected = precondition(residual)
        before, now = now, dot(residual, corrected)
    return found


def residual_variance(
    noise: Tensor, signal: Tensor, shape: tuple[int, int], precision: Array
) -> Array:
    """Return the posterior variances of the residual displacement, by the precision around.

    Where the samples were equally sure all over, each frequency would be known by itself: its
    variance is the prior's and the noise's together, ``s n / (s + n)``. The mean over frequencies,
    as a function of the precision of the samples, is used with what it is around each place.

    Args:
        noise: eigenvalues of the correlation of the samples' errors, as ``rfft2`` orders them.
        signal: eigenvalues of the prior's covariance.
        shape: of the lattice.
        precision: (rows, columns), mean inverse variance of the samples around.
    """
    counts = torch.full((noise.shape[1],), 2.0, dtype=torch.float64)
    counts[0] = 1.0
    if shape[1] % 2 == 0:
        counts[-1] = 1.0
    levels = np.geomspace(LEAST_PRECISION, 1e3, 96)
    variances = [
        float((counts * signal * noise / (signal * level + noise).clamp_min(1e-12)).sum())
        for level in levels
    ]
    table = np.array(variances) / (shape[0] * shape[1])
    known = np.log(np.maximum(precision, LEAST_PRECISION))
    return np.asarray(np.interp(known, np.log(levels), table))
