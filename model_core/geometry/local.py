"""A projection in metres around a place, for geometries that degrees would tear or bend."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS

from model_core.geometry.crs import project


def local_crs(longitude: float, latitude: float) -> CRS:
    """Return the projection in metres around a place in degrees: UTM, or UPS near a pole."""
    if abs(latitude) > 84:
        return CRS.from_epsg(5041 if latitude > 0 else 5042)
    zone = int((longitude + 180) % 360 // 6) + 1
    return CRS.from_epsg((32600 if latitude >= 0 else 32700) + zone)


def local_points(points: NDArray[np.float64], crs: CRS) -> tuple[NDArray[np.float64], CRS]:
    """Return points (..., 2) of any CRS in one in metres, and that CRS.

    In degrees the antimeridian would tear them apart, and near a pole nothing would be smooth.
    What is no place becomes NaN, or inf where it cannot be projected.

    Raises:
        ValueError: none of them is a place.
    """
    if not crs.is_geographic:
        return points, crs
    # Fill, as -999, is no place.
    there = (np.abs(points) <= [540, 90]).all(axis=-1)
    points = np.where(there[..., None], points, np.nan)
    known = points[there]
    if not len(known):
        raise ValueError("no place on the ground")
    turned = np.radians(known[..., 0])
    longitude = math.degrees(math.atan2(np.sin(turned).mean(), np.cos(turned).mean()))
    local = local_crs(longitude, float(known[..., 1].mean()))
    return project(points, crs, local), local
