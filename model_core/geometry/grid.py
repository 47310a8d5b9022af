"""Pixel grids on the ground."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.transform import Affine

from model_core.geometry.crs import COORDINATES, facts, same_crs
from model_core.geometry.metres import ground_matrices, unit_lengths

CONFORMAL = 1e-6
"""Relative difference of lengths in two directions that is none."""


@dataclass(frozen=True)
class Grid:
    """A raster's geometry without its content.

    ``transform`` maps pixel corners to map coordinates, as GDAL does; pixel centre (x, y), in the
    network's convention, therefore stands at ``transform * (x + 0.5, y + 0.5)``. ``crs`` is None
    for images without geotransform, whose "map" is the pixel plane, and ``COORDINATES`` for those
    whose geotransform leads to coordinates without a CRS.
    """

    crs: CRS | None
    transform: Affine
    width: int
    height: int

    @property
    def written_crs(self) -> CRS | None:
        """The CRS for a file."""
        return None if same_crs(self.crs, COORDINATES) else self.crs

    @property
    def written_transform(self) -> Affine:
        """The geotransform for a file. Rows of an unreferenced image run to negative y there, which
        is where QGIS shows an image without geotransform."""
        return self.transform if self.crs is not None else Affine.scale(1, -1) * self.transform

    @property
    def in_metres(self) -> bool:
        """Whether lengths on this grid are known in metres."""
        return self.written_crs is not None

    def downsampled(self, factor: int) -> Grid:
        """Return the grid of factor × factor blocks; the last ones may reach beyond this grid."""
        return Grid(
            self.crs,
            self.transform * Affine.scale(factor),
            -(-self.width // factor),
            -(-self.height // factor),
        )

    def window(self, row: int, column: int, height: int, width: int) -> Grid:
        """Return the part of the grid that starts at a row and column."""
        return Grid(self.crs, self.transform * Affine.translation(column, row), width, height)

    def to_map(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map pixel centres (..., 2) to map coordinates (..., 2)."""
        return apply_transform(self.transform, pixels + 0.5)

    def to_pixels(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map map coordinates (..., 2) to pixel centres (..., 2)."""
        return apply_transform(~self.transform, points) - 0.5

    @property
    def pixel_size(self) -> tuple[float, float]:
        """Lengths of a pixel's sides along a row and along a column, in map units."""
        t = self.transform
        return math.hypot(t.a, t.d), math.hypot(t.b, t.e)

    @property
    def ground_pixel_size(self) -> tuple[float, float]:
        """Lengths of a pixel's sides along a row and along a column, at the grid's centre: in
        metres, or in map units where no metre is known."""
        t = self.transform
        (a, b), (c, d) = np.eye(2)
        if self.crs is not None:
            centre = self.to_map(np.array([(self.width - 1) / 2, (self.height - 1) / 2]))
            (a, b), (c, d) = ground_matrices(self.crs, centre)
        along_row = math.hypot(a * t.a + b * t.d, c * t.a + d * t.d)
        return along_row, math.hypot(a * t.b + b * t.e, c * t.b + d * t.e)

    @property
    def pixel_aspect(self) -> float:
        """Height of a pixel on the ground in units of its width, at the grid's centre."""
        on_ground, on_map = (
            along_column / along_row
            for along_row, along_column in (self.ground_pixel_size, self.pixel_size)
        )
        # A conformal map changes no aspect; what its derivatives say beside it is rounding.
        return on_map if abs(on_ground / on_map - 1) < CONFORMAL else on_ground

    def metres(
        self, difference: NDArray[np.float64], at: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Convert differences (..., 2) in map units at map points (..., 2) to metres east, north.

        They are metres on the ellipsoid, towards true east and north, whatever the map's axes and
        scale are. Coordinates without a CRS stay in their unit, and the map's axes stand for east
        and north. Images without geotransform have neither: the result is in pixels, to the right
        and *up*, so that its sign means on screen what it means on a map.
        """
        if self.crs is None:
            return np.asarray(difference * [1.0, -1.0])
        if facts(self.crs).degrees:
            return np.asarray(difference * np.stack(unit_lengths(self.crs, at[..., 1]), axis=-1))
        return np.asarray((ground_matrices(self.crs, at) @ difference[..., None])[..., 0])

    def map_units(
        self, metres: NDArray[np.float64], at: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Convert displacements (..., 2) in metres to map units; the inverse of :meth:`metres`."""
        if self.crs is None:
            return np.asarray(metres * [1.0, -1.0])
        if facts(self.crs).degrees:
            return np.asarray(metres / np.stack(unit_lengths(self.crs, at[..., 1]), axis=-1))
        matrices = ground_matrices(self.crs, at)
        return np.asarray(np.linalg.solve(matrices, metres[..., None])[..., 0])


def apply_transform(transform: Affine, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Apply an affine transform to points (..., 2)."""
    t = transform
    x, y = points[..., 0], points[..., 1]
    with np.errstate(invalid="ignore"):  # places that are none stay none
        return np.stack([t.a * x + t.b * y + t.c, t.d * x + t.e * y + t.f], axis=-1)
