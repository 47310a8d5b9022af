"""The true displacement between the rendered images, exact in both directions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from model_core.errors import BadInputError
from model_core.geometry.field import ControlGrid, Field
from model_core.geometry.pixels import image_centre, pixel_to_cell
from model_core.geometry.sampling import sample

SPACING = 8
"""Pixels between the control points of relief and local displacement, which are bilinear between
them."""

HILL_AREA = 150.0**2
"""Square pixels of ground per hill."""

ACCURACY = 1e-4
"""Pixels to which the field is inverted."""

LARGEST_STRETCH = 0.8
"""Change of the local displacement per pixel, against the affine, up to which nothing folds and the
inversion converges quickly."""

LARGEST_SLOPE = 0.35
"""Slope, without unit, that the steepest ground has in the shading of both images."""


@dataclass(frozen=True)
class Distortion:
    """How the SAR image is displaced against the ground.

    Attributes:
        field: for every pixel of the optical image, the pixel of its grid where the SAR image's
            georeferencing shows the same ground.
        slopes: (2, h, w) at the field's control points, towards x and y, for the shading.
    """

    field: Field
    slopes: NDArray[np.float32]

    def slope(self, points: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return the relief's slope (..., 2) at optical pixels (..., 2)."""
        cells = torch.from_numpy(pixel_to_cell(points, SPACING).reshape(1, 1, -1, 2)).float()
        found = sample(torch.from_numpy(self.slopes)[None], cells)[0, :, 0]
        return np.asarray(found.T.reshape(points.shape).numpy())

    def ground_of(self, shown_at: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the optical pixels (..., 2) whose ground the SAR image shows at ``shown_at``.

        The inverse of ``field.at``, by fixed-point iteration to :data:`ACCURACY`; it converges
        because :func:`make_distortion` refuses a field that could fold.
        """
        affine = self.field.affine
        inverse = np.linalg.inv(affine[:, :2])
        ground = np.asarray((shown_at - affine[:, 2]) @ inverse.T, np.float64)
        moved = math.inf
        while moved >= ACCURACY:
            residual = self.field.at(ground) - (ground @ affine[:, :2].T + affine[:, 2])
            better = np.asarray((shown_at - affine[:, 2] - residual) @ inverse.T, np.float64)
            moved = float(np.abs(better - ground).max(initial=0.0))
            ground = better
        return ground


@dataclass(frozen=True)
class DistortionSettings:
    """How large a distortion is.

    Attributes:
        shift: correction at the image's centre, in pixels to the right and *down*.
        rotation: degrees by which the correction rotates the SAR image anticlockwise on the screen.
        scale: by which the correction enlarges the SAR image about the centre.
        local: amplitude, in pixels, of a smooth distortion as of an imprecise orbit or height.
        relief: layover of the highest hill, in pixels: hills lean to the left, towards the radar.
    """

    shift: tuple[float, float]
    rotation: float
    scale: float
    local: float
    relief: float

    def affine(self, size: int) -> NDArray[np.float64]:
        """Return the affine (2, 3) part for an image of ``size`` × ``size`` pixels."""
        angle = math.radians(self.rotation)
        cos, sin = math.cos(angle), math.sin(angle)
        # Anticlockwise on the screen, where y goes down.
        linear = np.linalg.inv(self.scale * np.array([[cos, sin], [-sin, cos]]))
        centre = np.array(image_centre(size, size))
        # At the centre: old = centre - shift, and further out rotated and scaled about it.
        return np.column_stack([linear, centre - np.array(self.shift) - linear @ centre])


def make_distortion(
    size: int, settings: DistortionSettings, random: np.random.Generator
) -> Distortion:
    """Return a displacement for an optical image of ``size`` × ``size`` pixels.

    Raises:
        BadInputError: local displacement and relief could fold the image.
    """
    affine = settings.affine(size)
    grid = ControlGrid(size, size, SPACING)
    x, y = np.moveaxis(grid.positions(), -1, 0)
    height = _hills(size, x, y, random)
    phases = random.uniform(0, 2 * math.pi, 4)
    waves = 2 * math.pi / max(size, 400)
    smooth_x = np.sin(1.1 * waves * x + phases[0]) * np.cos(0.8 * waves * y + phases[1])
    smooth_y = np.cos(0.7 * waves * x + phases[2]) * np.sin(1.2 * waves * y + phases[3])
    residual = np.stack(
        [settings.local * smooth_x - settings.relief * height, settings.local * smooth_y]
    )
    _check_inverse(affine[:, :2], residual)
    slope_y, slope_x = np.gradient(height)
    slopes = np.stack([slope_x, slope_y])
    slopes *= LARGEST_SLOPE / max(float(np.abs(slopes).max()), 1e-9)
    return Distortion(Field(affine, grid, residual.astype(np.float32)), slopes.astype(np.float32))


def _check_inverse(linear: NDArray[np.float64], residual: NDArray[np.float64]) -> None:
    """Raise BadInputError where a residual displacement (2, h, w), undone, would not contract."""
    down, across = (np.diff(residual, axis=axis) / SPACING for axis in (1, 2))
    steepest = math.hypot(
        float(np.linalg.norm(down, axis=0).max()), float(np.linalg.norm(across, axis=0).max())
    )
    if steepest * float(np.linalg.norm(np.linalg.inv(linear), 2)) > LARGEST_STRETCH:
        raise BadInputError(
            "The relief or local displacement is so large that it folds the image onto itself; "
            "make it smaller or the image larger."
        )


def _hills(
    size: int, x: NDArray[np.float64], y: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.float64]:
    """Return heights in [0, 1] of Gaussian hills."""
    height = np.zeros_like(x)
    for _ in range(max(2, round(size**2 / HILL_AREA))):
        hill_x, hill_y = random.uniform(0, size, 2)
        width, top = random.uniform(25, 60), random.uniform(0.3, 1.0)
        height += top * np.exp(-((x - hill_x) ** 2 + (y - hill_y) ** 2) / (2 * width**2))
    return np.asarray(height / max(float(height.max()), 1e-9))
