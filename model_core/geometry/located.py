"""Grids of images that have no geotransform, but a locator between map and pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.transform import Affine

from model_core.geometry.crs import same_crs
from model_core.geometry.grid import Grid, apply_transform
from model_core.geometry.locator import Locator, fit_affine

LATTICE = 9
"""Rows and columns of the pixels by which a whole image's place is known."""

BEYOND = 0.5
"""Of an image's size: farther outside a locator says nothing, as its formula means nothing there.
"""


@dataclass(frozen=True)
class LocatedGrid(Grid):
    """The grid of an image that a locator places.

    ``transform`` is the affine transformation that comes nearest, for sizes of pixels and the like.

    Attributes:
        locator: between the map and pixel centres.
        stated: the CRS in which the file says it; the grid's own is in metres.
    """

    locator: Locator
    stated: CRS

    @staticmethod
    def of(
        crs: CRS, size: tuple[int, int], locator: Locator, stated: CRS | None = None
    ) -> LocatedGrid:
        """Return the grid of an image.

        Args:
            crs: of the map.
            size: width and height.
            locator: between the map and pixel centres.
            stated: the CRS in which the file says it; None: the same.

        Raises:
            ValueError: the locator places no part of it.
        """
        pixels = lattice(*size)
        points = locator.to_map(pixels)
        transform = fit_affine(pixels + 0.5, points)
        return LocatedGrid(crs, transform, *size, locator, stated or crs)

    def to_map(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map pixel centres (..., 2) to map coordinates (..., 2)."""
        return self.locator.to_map(pixels)

    def to_pixels(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map map coordinates (..., 2) to pixel centres (..., 2), NaN far outside the image."""
        size = np.array([self.width, self.height])
        share = apply_transform(~self.transform, points) / size
        near = ((share > -BEYOND) & (share < 1 + BEYOND)).all(axis=-1)
        found = np.full(points.shape, np.nan)
        found[near] = self.locator.to_pixels(points[near])
        return found

    def sentence(self, name: str) -> str:
        """Return what a user should know of the place of an image of this name."""
        return f"{name} is placed by {self.locator.words}."

    def apart(self, other: Grid) -> float:
        """Return how far, in pixels, another image lies from this one at most, whatever its own
        pixels' size; infinite where no locator places it in the same CRS."""
        if not isinstance(other, LocatedGrid) or not same_crs(other.crs, self.crs):
            return math.inf
        there = other.to_map(lattice(other.width, other.height))
        difference = there - self.to_map(lattice(self.width, self.height))
        return float(np.nanmax(np.abs(apply_transform(~_linear(self.transform), difference))))

    def regular(self) -> Grid:
        """Return a north-up grid over the image, with square pixels of the same size."""
        corners = self.to_map(lattice(self.width, self.height))
        corners = corners[np.isfinite(corners).all(axis=-1)]
        size = math.sqrt(abs(self.transform.determinant))
        (left, bottom), (right, top) = corners.min(axis=0), corners.max(axis=0)
        width, height = (max(1, math.ceil(side / size)) for side in (right - left, top - bottom))
        return Grid(self.crs, Affine(size, 0, left, 0, -size, top), width, height)


def _linear(transform: Affine) -> Affine:
    """Return what a transform does to differences."""
    return Affine(transform.a, transform.b, 0, transform.d, transform.e, 0)


def regular_grid(grid: Grid) -> Grid:
    """Return the grid on which an image can be the reference: its own where it is regular."""
    return grid.regular() if isinstance(grid, LocatedGrid) else grid


def lattice(width: int, height: int) -> NDArray[np.float64]:
    """Return pixels (N, 2) in rows and columns over an image, from edge to edge."""
    share = np.linspace(0, 1, LATTICE)
    x, y = np.meshgrid(share * width - 0.5, share * height - 0.5)
    return np.stack([x.ravel(), y.ravel()], axis=-1)
