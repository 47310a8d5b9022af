"""RPCs place an image, at a mean height or with the heights of the ground."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.transform import RPCTransformer

from model_core.geometry.crs import project
from model_core.geometry.rational import WGS84, RationalLocator
from tests.core.located import (
    MEAN_HEIGHT,
    RISE,
    UTM_CRS,
    coefficients,
    height,
    pixels,
    place,
    seen_with_heights,
)

SOME = pixels()[::25, ::25].reshape(-1, 2)
FIT = 0.2
"""Pixels by which the coefficients of these tests differ from the geometry they are fitted to."""


class Hill:
    """Heights that are known everywhere, or north of a line only."""

    name = "hill.tif"

    def __init__(self, south: float = -np.inf) -> None:
        self.south = south

    def at(self, points: NDArray[np.float64], crs: CRS) -> NDArray[np.float64]:
        assert crs == UTM_CRS
        return np.where(points[:, 1] > self.south, height(points), np.nan)


def test_at_their_mean_height() -> None:
    locator = RationalLocator(coefficients(), UTM_CRS, None)
    assert np.abs(locator.to_pixels(place(SOME)) - SOME).max() < FIT
    assert locator.words == "RPCs at their mean height of 250 m"


def test_they_are_those_of_gdal() -> None:
    rpcs = coefficients()
    random = np.random.default_rng(2)
    for name in ("samp_num_coeff", "samp_den_coeff", "line_num_coeff", "line_den_coeff"):
        setattr(rpcs, name, list(np.array(getattr(rpcs, name)) + random.uniform(-1e-3, 1e-3, 20)))
    degrees = project(place(SOME), UTM_CRS, WGS84)
    heights = height(place(SOME))
    with RPCTransformer(rpcs) as gdal:
        rows, columns = gdal.rowcol(*degrees.T, zs=heights, op=float)
    locator = RationalLocator(rpcs, UTM_CRS, Hill())
    # GDAL counts from the corner of the first pixel.
    expected = np.stack([columns, rows], axis=-1) - 0.5
    assert np.abs(locator.to_pixels(place(SOME)) - expected).max() < 1e-6


def test_with_heights() -> None:
    locator = RationalLocator(coefficients(), UTM_CRS, Hill())
    seen = seen_with_heights()[::25, ::25].reshape(-1, 2)
    assert np.abs(locator.to_pixels(seen) - SOME).max() < FIT
    flat = RationalLocator(coefficients(), UTM_CRS, None)
    rise = RISE * (height(seen) - MEAN_HEIGHT)
    assert np.ptp(rise) > 8  # the hill is seen far from where it would be if it were flat
    assert np.abs((SOME - flat.to_pixels(seen))[:, 0] - rise).max() < FIT


def test_where_no_height_is_known_the_mean_one_is_taken() -> None:
    middle = np.median(place(SOME)[:, 1])
    locator = RationalLocator(coefficients(), UTM_CRS, Hill(south=middle))
    south = place(SOME)[place(SOME)[:, 1] < middle]
    flat = RationalLocator(coefficients(), UTM_CRS, None)
    assert np.array_equal(locator.to_pixels(south), flat.to_pixels(south))


def test_pixels_to_the_map_is_the_way_back() -> None:
    locator = RationalLocator(coefficients(), UTM_CRS, Hill())
    assert np.abs(locator.to_pixels(locator.to_map(SOME)) - SOME).max() < 2e-3
