"""Images located by rational polynomial coefficients (RPC), as optical satellites are."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.rpc import RPC

from model_core.geometry.crs import project
from model_core.geometry.grid import apply_transform
from model_core.geometry.locator import CLOSE, fit_affine, solve

WGS84 = CRS.from_epsg(4326)
"""Of the coefficients; their heights are above its ellipsoid."""


class Heights(Protocol):
    """The height of the ground."""

    @property
    def name(self) -> str:
        """The name of its file."""

    def at(self, points: NDArray[np.float64], crs: CRS) -> NDArray[np.float64]:
        """Return the height (N,) in metres at points (N, 2) of a map, NaN where it is unknown."""


def check_coefficients(rpcs: RPC) -> None:
    """Refuse RPCs that give no place.

    Raises:
        ValueError: a number is missing or not finite, or a scale is 0.
    """
    scales = [
        rpcs.lat_scale, rpcs.long_scale, rpcs.height_scale, rpcs.line_scale, rpcs.samp_scale
    ]  # fmt: skip
    offsets = [rpcs.lat_off, rpcs.long_off, rpcs.height_off, rpcs.line_off, rpcs.samp_off]
    lists = [
        rpcs.line_num_coeff, rpcs.line_den_coeff, rpcs.samp_num_coeff, rpcs.samp_den_coeff
    ]  # fmt: skip
    numbers = np.array([*scales, *offsets, *np.concatenate(lists)], np.float64)
    if any(len(one) != 20 for one in lists) or not np.isfinite(numbers).all():
        raise ValueError("its RPCs are not complete")
    if 0 in scales or not any(lists[1]) or not any(lists[3]) or abs(rpcs.lat_off) > 90:
        raise ValueError("its RPCs give no place")


class RationalLocator:
    """Locates by RPCs, at the height of the ground, or at their mean height without one."""

    def __init__(self, rpcs: RPC, crs: CRS, heights: Heights | None) -> None:
        """``crs`` is the map's; where ``heights`` knows none, the mean height is taken."""
        self.mean = float(rpcs.height_off)
        self._rpcs, self._crs, self._heights = rpcs, crs, heights
        # A height between two points is not what interpolation makes of theirs.
        self.spacing = 16 if heights is None else 4
        self.words = f"RPCs at their mean height of {self.mean:.0f} m"
        if heights is not None:
            self.words = f"RPCs with the heights of {heights.name}"
        square = np.stack(np.meshgrid([-0.5, 0.0, 0.5], [-0.5, 0.0, 0.5]), axis=-1).reshape(-1, 2)
        middle = np.array([rpcs.long_off, rpcs.lat_off])
        ground = project(middle + square * [rpcs.long_scale, rpcs.lat_scale], WGS84, crs)
        self._affine = fit_affine(self.to_pixels(ground), ground)

    def to_pixels(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map points of the map (..., 2) to pixel centres (..., 2)."""
        flat = points.reshape(-1, 2)
        longitude, latitude = project(flat, self._crs, WGS84).T
        height = np.full(len(flat), self.mean)
        if self._heights is not None:
            known = self._heights.at(flat, self._crs)
            height = np.where(np.isnan(known), self.mean, known)
        r = self._rpcs
        with np.errstate(all="ignore"):  # places that are none stay none
            turned = (longitude - r.long_off + 180) % 360 - 180
            terms = _terms(
                turned / r.long_scale,
                (latitude - r.lat_off) / r.lat_scale,
                (height - r.height_off) / r.height_scale,
            )
            x = terms @ r.samp_num_coeff / (terms @ r.samp_den_coeff)
            y = terms @ r.line_num_coeff / (terms @ r.line_den_coeff)
        found = np.stack([r.samp_off + r.samp_scale * x, r.line_off + r.line_scale * y], axis=-1)
        return np.asarray(found.reshape(points.shape))

    def to_map(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map pixel centres (..., 2) to points of the map (..., 2)."""
        flat = pixels.reshape(-1, 2)
        step = abs(self._affine.determinant) ** 0.5
        start = apply_transform(self._affine, flat)
        return solve(self.to_pixels, flat, start, step, CLOSE).reshape(pixels.shape)


def _terms(
    x: NDArray[np.float64], y: NDArray[np.float64], z: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the terms (N, 20) of the polynomials, in the order of RPC00B."""
    one = np.ones_like(x)
    linear = (one, x, y, z)
    square = (x * y, x * z, y * z, x * x, y * y, z * z)
    cubic = (x * y * z, x**3, x * y * y, x * z * z, x * x * y, y**3, y * z * z, x * x * z)
    return np.stack([*linear, *square, *cubic, y * y * z, z**3], axis=-1)
