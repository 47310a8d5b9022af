"""Pixel grids on the ground, and the metre as seen from a CRS."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.transform import Affine


@dataclass(frozen=True)
class Grid:
    """A raster's geometry without its content.

    ``transform`` maps pixel corners to map coordinates, as GDAL does; pixel centre (x, y), in the
    network's convention, therefore stands at ``transform * (x + 0.5, y + 0.5)``. ``crs`` is None
    for unreferenced images, whose "map" is the pixel plane.
    """

    crs: CRS | None
    transform: Affine
    width: int
    height: int

    @property
    def written_transform(self) -> Affine:
        """The geotransform for a file. Rows of an unreferenced image run to negative y there, which
        is where QGIS shows an image without geotransform; the core reads neither back."""
        return self.transform if self.crs is not None else Affine.scale(1, -1) * self.transform

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
    def pixel_aspect(self) -> float:
        """Height of a pixel on the ground in units of its width, at the grid's centre."""
        t = self.transform
        east, north = self.metres_per_unit()
        along_row = math.hypot(t.a * east, t.d * north)
        return math.hypot(t.b * east, t.e * north) / along_row

    def metres_per_unit(self) -> tuple[float, float]:
        """Return metres per map unit towards east and north, at the grid's centre.

        In projected CRSs this is the length of the CRS's unit; in degree CRSs it is the length of a
        degree on the ellipsoid. An unreferenced grid has no metre: (1, 1), and pixels are meant.
        """
        centre = self.to_map(np.array([(self.width - 1) / 2, (self.height - 1) / 2]))
        east, north = metres_per_unit(self.crs, float(centre[1]))
        return float(east), float(north)

    def metres(
        self, difference: NDArray[np.float64], at: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Convert differences (..., 2) in map units at map points (..., 2) to metres east, north.

        Unreferenced grids have no north: the result is in pixels, to the right and *up*, so that
        its sign means on screen what it means on a map.
        """
        if self.crs is None:
            return np.asarray(difference * [1.0, -1.0])
        return np.asarray(difference * np.stack(metres_per_unit(self.crs, at[..., 1]), axis=-1))

    def map_units(
        self, metres: NDArray[np.float64], at: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Convert displacements (..., 2) in metres to map units; the inverse of :meth:`metres`."""
        if self.crs is None:
            return np.asarray(metres * [1.0, -1.0])
        return np.asarray(metres / np.stack(metres_per_unit(self.crs, at[..., 1]), axis=-1))


def apply_transform(transform: Affine, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Apply an affine transform to points (..., 2)."""
    t = transform
    x, y = points[..., 0], points[..., 1]
    return np.stack([t.a * x + t.b * y + t.c, t.d * x + t.e * y + t.f], axis=-1)


def metres_per_unit(
    crs: CRS | None, latitude: NDArray[np.float64] | float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return metres per unit of a CRS towards east and north; see :meth:`Grid.metres_per_unit`.

    ``latitude`` in degrees, of any shape, matters for geographic CRSs only. The lengths of a degree
    follow from the ellipsoid's radii of curvature: prime vertical times the cosine of latitude,
    and meridional.
    """
    phi = np.radians(np.asarray(latitude, dtype=np.float64))
    if crs is None:
        return np.ones_like(phi), np.ones_like(phi)
    if not crs.is_geographic:
        factor = np.full_like(phi, float(crs.linear_units_factor[1]))
        return factor, factor
    radius, flattening = _ellipsoid(crs)
    e2 = flattening * (2 - flattening)
    w = np.sqrt(1 - e2 * np.sin(phi) ** 2)
    degree = math.radians(1.0)
    return degree * radius / w * np.cos(phi), degree * radius * (1 - e2) / w**3


def _ellipsoid(crs: CRS) -> tuple[float, float]:
    """Return the semi-major axis in metres and the flattening, from the CRS's WKT."""
    found = re.search(r'(?:SPHEROID|ELLIPSOID)\["[^"]*",\s*([\d.]+),\s*([\d.]+)', crs.to_wkt())
    if found is None:
        raise ValueError(f"no ellipsoid in {crs.to_wkt()}")
    inverse = float(found.group(2))
    return float(found.group(1)), 1 / inverse if inverse else 0.0
