"""Well-known binary, as GeoPackages hold geometries (OGC 12-128 and 06-103)."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

ENVELOPES = (0, 32, 48, 48, 64)
"""Bytes of the envelope in a GeoPackage's header, by its code."""

SIMPLE = {1: "Point", 2: "LineString", 3: "Polygon"}
MULTIPLE = {4: "MultiPoint", 5: "MultiLineString", 6: "MultiPolygon", 7: "GeometryCollection"}


def geometry_of_geopackage(blob: bytes) -> dict[str, Any]:
    """Return the geometry of a GeoPackage as GeoJSON has it, with x and y only.

    Raises:
        ValueError: it is damaged, or has curves.
    """
    if blob[:2] != b"GP":
        raise ValueError("a geometry is not that of a GeoPackage")
    code = blob[3] >> 1 & 7
    if code >= len(ENVELOPES):
        raise ValueError("a geometry is damaged")
    return _Reader(blob, 8 + ENVELOPES[code]).geometry()


class _Reader:
    """Reads geometries from a place in bytes on."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at, self._order = data, at, "<"

    def geometry(self) -> dict[str, Any]:
        self._order = "<" if self._number("B") else ">"
        code = self._number("I")
        # Both ways of saying that there are heights or measures: by thousands, and by high bits.
        dimensions = 2 + bin(code >> 30).count("1")
        code &= 0x0FFFFFFF
        dimensions += {0: 0, 1: 1, 2: 1, 3: 2}.get(code // 1000, 0)
        kind = code % 1000
        if kind in MULTIPLE:
            parts = [self.geometry() for _ in range(self._number("I"))]
            if kind == 7:
                return {"type": MULTIPLE[kind], "geometries": parts}
            return {"type": MULTIPLE[kind], "coordinates": [one["coordinates"] for one in parts]}
        if kind not in SIMPLE:
            raise ValueError("a geometry has curves or is of a kind that is not read")
        return {"type": SIMPLE[kind], "coordinates": self._coordinates(kind, dimensions)}

    def _coordinates(self, kind: int, dimensions: int) -> list[Any]:
        if kind == 1:
            point: list[Any] = self._points(1, dimensions)[0]
            return [] if np.isnan(point).any() else point
        if kind == 2:
            return self._points(self._number("I"), dimensions)
        return [self._points(self._number("I"), dimensions) for _ in range(self._number("I"))]

    def _points(self, count: int, dimensions: int) -> list[Any]:
        values = np.frombuffer(self._data, f"{self._order}f8", count * dimensions, self._at)
        self._at += values.nbytes
        found: list[Any] = values.reshape(count, dimensions)[:, :2].tolist()
        return found

    def _number(self, form: str) -> int:
        try:
            (value,) = struct.unpack_from(self._order + form, self._data, self._at)
        except struct.error as error:
            raise ValueError("a geometry breaks off") from error
        self._at += struct.calcsize(self._order + form)
        return int(value)
