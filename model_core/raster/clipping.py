"""Polygons cut at a box: GDAL takes no end to rasterise one that reaches far beyond any map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


def clipped(polygon: Mapping[str, Any], low: Points, high: Points) -> dict[str, Any] | None:
    """Return the part of a polygon in a box (Sutherland and Hodgman, 1974); None: there is none.

    Args:
        polygon: as GeoJSON has it; its parts may come out joined by lines along the box.
        low: (x, y) of the box's corner with the smaller coordinates.
        high: the other corner.
    """
    rings = [np.array([point[:2] for point in ring], float) for ring in polygon["coordinates"]]
    for axis in (0, 1):
        rings = [_half(_half(ring, axis, low[axis], 1.0), axis, high[axis], -1.0) for ring in rings]
    kept = [ring.tolist() for ring in rings if len(ring) > 3]
    return {"type": "Polygon", "coordinates": kept} if kept and len(rings[0]) > 3 else None


def _half(ring: Points, axis: int, limit: float, sign: float) -> Points:
    """Return a closed ring (N, 2) without what lies beyond a limit of one coordinate."""
    found: list[Points] = []
    for here, there in zip(ring[:-1], ring[1:], strict=True):
        inside, goes_on = (sign * (point[axis] - limit) >= 0 for point in (here, there))
        if inside:
            found.append(here)
        if inside != goes_on:
            share = (limit - here[axis]) / (there[axis] - here[axis])
            crossing = here + share * (there - here)
            crossing[axis] = limit
            found.append(crossing)
    return np.array([*found, *found[:1]]).reshape(-1, 2)
