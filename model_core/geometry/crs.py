"""What a CRS says of the ground, its unit and its ellipsoid, and the way from one to another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError, CPLE_NotSupportedError
from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.warp import transform as transform_coordinates

COORDINATES = CRS.from_wkt(
    'LOCAL_CS["Coordinates without a CRS",UNIT["unknown",1],AXIS["X",EAST],AXIS["Y",NORTH]]'
)
"""Of rasters with a geotransform and no CRS: coordinates of which nobody knows unit or place. It
serves inside the program only; files that are written have no CRS then."""

_NAMELESS = {
    "unnamed", "unknown", "undefined cartesian srs", "arbitrary", "unknown engineering crs",
}  # fmt: skip
"""Engineering CRSs that formats make up where a file has none."""


@dataclass(frozen=True)
class Ellipsoid:
    """Semi-major axis in metres, and flattening: 0 of a sphere."""

    a: float
    flattening: float

    @property
    def e2(self) -> float:
        """The square of the first eccentricity."""
        return self.flattening * (2 - self.flattening)


@dataclass(frozen=True)
class CrsFacts:
    """What is needed of a CRS to measure on the ground.

    Attributes:
        ellipsoid: under the CRS; None for an engineering CRS, from which no way leads to the Earth.
        unit: of its axes, in radians where ``degrees``, else in metres.
        degrees: the coordinates are longitude and latitude themselves, in whatever unit.
        circle: how far x leads once around the Earth, back to where it started: 360 for
            longitudes, 400 in grads, and 40,075,017 m in Web Mercator; None where it never does.
    """

    ellipsoid: Ellipsoid | None
    unit: float
    degrees: bool
    circle: float | None


@lru_cache(maxsize=64)
def facts(crs: CRS) -> CrsFacts:
    """Return what a CRS says of the ground, of its horizontal part where it has others."""
    horizontal = _horizontal(crs.to_dict(projjson=True))
    kind = horizontal.get("type")
    axes = horizontal.get("coordinate_system", {}).get("axis", [])
    base = horizontal
    while "base_crs" in base:
        base = base["base_crs"]
    datum = base.get("datum") or base.get("datum_ensemble") or {}
    ellipsoid = _ellipsoid(datum["ellipsoid"]) if "ellipsoid" in datum else None
    unit = _factor(axes[0].get("unit", "metre")) if axes else 1.0
    circle = None
    if kind in ("GeographicCRS", "DerivedGeographicCRS"):
        circle = 2 * pi / unit
    elif ellipsoid is not None:
        circle = _circumference(crs, ellipsoid)
    return CrsFacts(ellipsoid, unit, kind == "GeographicCRS", circle)


@lru_cache(maxsize=64)
def geographic_under(ellipsoid: Ellipsoid) -> CRS:
    """Return longitude and latitude in degrees on an ellipsoid, of no datum.

    As the datum is not named, PROJ comes there from a CRS of the same ellipsoid without any shift.
    """
    a, f = ellipsoid.a, ellipsoid.flattening
    return CRS.from_string(f"+proj=longlat +a={a!r} +f={f!r} +no_defs")


def project(points: NDArray[np.float64], source: CRS, target: CRS) -> NDArray[np.float64]:
    """Project map coordinates (..., 2) as (x, y); points that cannot be projected become inf."""
    flat = points.reshape(-1, 2).astype(np.float64)
    found = np.full_like(flat, np.inf)
    # Points that are not finite have no place, and one of them must not make others look lost.
    finite = np.flatnonzero(np.isfinite(flat).all(axis=1))
    parts = [finite] if finite.size else []
    while parts:
        part = parts.pop()
        try:
            found[part] = np.transpose(transform_coordinates(source, target, *flat[part].T))
        except (CPLE_NotSupportedError, CRSError):
            break  # no way leads from the one to the other
        except CPLE_BaseError:
            # One point without a place hides what was found for all others: look in both halves.
            if len(part) > 1:
                parts += np.array_split(part, 2)
    found[~np.isfinite(found).all(axis=1)] = np.inf
    return found.reshape(points.shape)


def kind_of(crs: CRS) -> str:
    """Return what kind of CRS it is, as PROJJSON names it: "GeographicCRS", "ProjectedCRS", ...

    Of a CRS with heights it is its horizontal part.

    Raises:
        CRSError: PROJ does not understand it.
    """
    return str(_horizontal(crs.to_dict(projjson=True)).get("type", "unknown"))


def same_crs(first: CRS | None, second: CRS | None) -> bool:
    """Return whether two CRSs are one; of site grids name and unit decide.

    To GDAL every site grid is the same as every other, and as no CRS at all.
    """
    if first is None or second is None:
        return first is second
    if first is second:
        return True
    return bool(first == second) and _site_grid(first) == _site_grid(second)


@lru_cache(maxsize=64)
def _site_grid(crs: CRS) -> tuple[str, float] | None:
    """Return name and unit of an engineering CRS; None: it is another."""
    found = _horizontal(crs.to_dict(projjson=True))
    if found.get("type") != "EngineeringCRS":
        return None
    return str(found.get("name")), facts(crs).unit


def is_nameless(crs: CRS) -> bool:
    """Return whether a CRS says no more than that there are coordinates: as good as none."""
    found = crs.to_dict(projjson=True)
    return found.get("type") == "EngineeringCRS" and str(found["name"]).lower() in _NAMELESS


def _circumference(crs: CRS, ellipsoid: Ellipsoid) -> float | None:
    """Return the width of a map on which x tells longitude and nothing else; None for others."""
    geographic = geographic_under(ellipsoid)
    middle = project(np.zeros(2), crs, geographic)[0]
    places = [(middle + east, north) for north in (0.0, 30.0) for east in (-80.0, 0.0, 80.0)]
    x = project(np.array(places), geographic, crs)[:, 0].reshape(2, 3)
    if not np.isfinite(x).all():
        return None
    width = float(x[0, 2] - x[0, 0])
    even = x[0, 0] + width * np.array([0.0, 0.5, 1.0])
    # Rounding is all that may be between, and far less than in any map that is not cylindrical.
    return abs(width) * 360 / 160 if np.abs(x - even).max() <= 1e-9 * abs(width) else None


def _horizontal(found: dict[str, Any]) -> dict[str, Any]:
    while found.get("type") in ("CompoundCRS", "BoundCRS"):
        found = found["components"][0] if "components" in found else found["source_crs"]
    return found


def _ellipsoid(found: dict[str, Any]) -> Ellipsoid:
    if "radius" in found:
        return Ellipsoid(_metres(found["radius"]), 0.0)
    a = _metres(found["semi_major_axis"])
    if "semi_minor_axis" in found:
        return Ellipsoid(a, 1 - _metres(found["semi_minor_axis"]) / a)
    inverse = float(found["inverse_flattening"])
    return Ellipsoid(a, 1 / inverse if inverse else 0.0)


def _metres(length: Any) -> float:
    if isinstance(length, dict):
        return float(length["value"]) * _factor(length["unit"])
    return float(length)


def _factor(unit: Any) -> float:
    """Return metres or radians per unit, as PROJJSON names it."""
    if isinstance(unit, dict):
        return float(unit["conversion_factor"])
    return {"degree": pi / 180}.get(unit, 1.0)
