"""An invented landscape: what lies at a place, as an optical and as a SAR sensor see it.

Everything is a function of position, in pixels of the optical image, so that both images are drawn
from the same ground, without resampling one from the other. Borders of fields, roads, water and
buildings show in both; how bright the parts are does not agree, and not even monotonically: water
is dark in both, roads are mid-grey against dark, forest is dark against bright, and each crop has
an optical colour and a roughness that know nothing of each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_core.simulation.noise import Array, Noise

BANDS = ("blue", "green", "red", "nir")

WATER = ((0.06, 0.05, 0.03, 0.02), -21.0)
FOREST = ((0.03, 0.05, 0.03, 0.28), -8.5)
HEDGE = ((0.035, 0.055, 0.04, 0.25), -6.5)
ROAD = ((0.12, 0.12, 0.125, 0.14), -18.0)
STREET = ((0.11, 0.12, 0.13, 0.18), -11.0)
PYLON = ((0.25, 0.25, 0.25, 0.25), 9.0)
"""Classes: reflectance in :data:`BANDS` and backscatter in dB."""

GREEN_CROP = np.array([0.05, 0.09, 0.05, 0.40], np.float32)
RIPE_CROP = np.array([0.09, 0.14, 0.18, 0.27], np.float32)
BARE_SOIL = np.array([0.10, 0.13, 0.17, 0.22], np.float32)

FIELD = (56.0, 34.0)
"""Ordinary sides of a field, in pixels."""

BUILDING = (15.0, 12.0)
"""Distance of buildings along and across a street, in pixels."""


@dataclass(frozen=True)
class Road:
    """A straight line with a slow bend: ``across = offset + bend * sin(along / length)``."""

    direction: float
    offset: float
    bend: float
    length: float
    half_width: float

    def distance(self, x: Array, y: Array) -> Array:
        """Return the distance in pixels from the middle of the road."""
        cos, sin = math.cos(self.direction), math.sin(self.direction)
        along, across = x * cos + y * sin, y * cos - x * sin
        slope = self.bend / self.length * np.cos(along / self.length)
        middle = self.offset + self.bend * np.sin(along / self.length)
        return np.asarray(np.abs(across - middle) / np.sqrt(1 + slope * slope), np.float32)


@dataclass(frozen=True)
class Town:
    """A disc of streets and buildings."""

    x: float
    y: float
    radius: float
    direction: float


class Landscape:
    """The ground of a scene of ``size`` × ``size`` pixels; it goes on beyond them."""

    def __init__(self, size: int, random: np.random.Generator) -> None:
        self._noise = Noise(random)
        self._tilt = float(random.uniform(0.2, 0.5))
        roads = max(4, round(size / 150))
        self._roads = [
            Road(
                direction=float(random.uniform(0, math.pi)),
                offset=float(random.uniform(-0.7, 0.7)) * size,
                bend=float(random.uniform(10, 40)),
                length=float(random.uniform(80, 200)),
                half_width=float(random.uniform(1.1, 2.2)),
            )
            for _ in range(roads)
        ]
        self._river = Road(
            float(random.uniform(0, math.pi)), size * float(random.uniform(0.1, 0.3)), 45, 110, 8
        )
        towns = max(2, round((size / 300) ** 2))
        self._towns = [
            Town(
                x=float(random.uniform(0, size)),
                y=float(random.uniform(0, size)),
                radius=float(random.uniform(45, 90)),
                direction=float(random.uniform(0, math.pi)),
            )
            for _ in range(towns)
        ]

    def at(self, points: NDArray[np.float64], slope: Array) -> tuple[Array, Array]:
        """Return what lies at places.

        Args:
            points: (..., 2), pixels of the optical image as (x, y).
            slope: (..., 2), of the relief towards x and y, without unit.

        Returns:
            reflectance (..., 4) in [0, 1] in :data:`BANDS`, backscatter (...) in dB, both without
            the sensor's noise.
        """
        x, y = points[..., 0].astype(np.float32), points[..., 1].astype(np.float32)
        reflectance, backscatter = self._fields(x, y)
        detail = self._noise.smooth(x, y, 5.0, 3, use=1)
        forest = self._noise.smooth(x, y, 150.0, 4, use=2) > 1.0
        _put(reflectance, backscatter, forest, FOREST)
        backscatter[forest] += 1.3 * self._noise.smooth(x, y, 4.0, 2, use=3)[forest]
        lake = self._noise.smooth(x, y, 190.0, 3, use=4) < -1.55
        _put(reflectance, backscatter, lake | (self._river.distance(x, y) < 8), WATER)
        for road in self._roads:
            _put(reflectance, backscatter, road.distance(x, y) < road.half_width, ROAD)
        for town in self._towns:
            self._build(town, x, y, reflectance, backscatter)
        # The sun stands in the south-east; the radar looks from the left.
        light = 1 - 0.5 * slope[..., 0] - 0.5 * slope[..., 1] + 0.05 * detail
        reflectance *= np.clip(light, 0.3, 1.7)[..., None]
        backscatter += 0.5 * detail - 8 * np.clip(slope[..., 0], -0.5, 0.5)
        return reflectance, backscatter

    def _fields(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Draw fields with hedges between some, and a pylon here and there."""
        noise = self._noise
        bent = 12 * noise.smooth(x, y, 260.0, 2, use=5)
        cos, sin = math.cos(self._tilt), math.sin(self._tilt)
        u = (x * cos + y * sin + bent) / FIELD[0]
        v = (y * cos - x * sin + bent) / FIELD[1]
        column, row, gap = self._cell(u, v)
        crop, rough = noise.of_cell(column, row, 1), noise.of_cell(column, row, 2)
        tone = (0.85 + 0.3 * noise.of_cell(column, row, 3))[..., None]
        ripeness = np.clip((crop - 0.3) / 0.4, 0, 1)[..., None]
        reflectance = GREEN_CROP * (1 - ripeness) + RIPE_CROP * ripeness
        reflectance = np.where((crop > 0.75)[..., None], BARE_SOIL, reflectance) * tone
        backscatter = -15.5 + 7.0 * rough
        hedged = noise.of_cell(column, row, 4) < 0.45
        _put(reflectance, backscatter, hedged & (gap < 2.2), HEDGE)
        pylon_x = (column + 0.5) * FIELD[0] + 6 * noise.of_cell(column, row, 5)
        pylon_y = (row + 0.5) * FIELD[1] + 6 * noise.of_cell(column, row, 6)
        away = np.hypot(u * FIELD[0] - pylon_x, v * FIELD[1] - pylon_y)
        _put(reflectance, backscatter, (away < 0.9) & (noise.of_cell(column, row, 7) < 0.12), PYLON)
        return reflectance.astype(np.float32), backscatter.astype(np.float32)

    def _cell(self, u: Array, v: Array) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
        """Return the field a place belongs to, and its distance in pixels from the next one.

        Fields are Voronoi cells of jittered seeds under the maximum metric: nearly rectangular.
        """
        base_u, base_v = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
        nearest = np.full(u.shape, np.inf, np.float32)
        second = nearest.copy()
        column, row = base_u.copy(), base_v.copy()
        for step_v in (-1, 0, 1):
            for step_u in (-1, 0, 1):
                i, j = base_u + step_u, base_v + step_v
                seed_u = i + 0.25 + 0.5 * self._noise.of_cell(i, j, 8)
                seed_v = j + 0.25 + 0.5 * self._noise.of_cell(i, j, 9)
                distance = np.maximum(np.abs(u - seed_u), np.abs(v - seed_v)).astype(np.float32)
                closer = distance < nearest
                second = np.where(closer, nearest, np.minimum(second, distance))
                nearest = np.where(closer, distance, nearest)
                column, row = np.where(closer, i, column), np.where(closer, j, row)
        return column, row, (second - nearest) * min(FIELD) / 2

    def _build(
        self, town: Town, x: Array, y: Array, reflectance: Array, backscatter: Array
    ) -> None:
        """Draw a town: streets, roofs, walls that face the radar, and what lies in their shadow."""
        dx, dy = x - town.x, y - town.y
        # A few pixels more or less, so that the outskirts are ragged.
        inside = np.hypot(dx, dy) < town.radius + 8 * self._noise.smooth(x, y, 30.0, 2, use=6)
        if not inside.any():
            return
        dx, dy = dx[inside], dy[inside]
        colour, power = reflectance[inside], backscatter[inside]
        water = power < WATER[1] + 1e-3
        cos, sin = math.cos(town.direction), math.sin(town.direction)
        u, v = (dx * cos + dy * sin) / BUILDING[0], (dy * cos - dx * sin) / BUILDING[1]
        column, row = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
        u, v = u - column, v - row
        number = self._noise.of_cell(column, row, 10)
        _put(colour, power, ~water, STREET)
        building = (u > 0.15) & (u < 0.85) & (v > 0.2) & (v < 0.8) & (number > 0.2) & ~water
        roof = (0.05 + 0.35 * self._noise.of_cell(column, row, 11)[building])[:, None]
        colour[building] = roof * np.array([0.8, 0.85, 1.0, 1.05], np.float32)
        power[building] = -7.0
        # Of four walls, the one whose outward normal looks most to the left.
        faces = [(-cos, u), (cos, 1 - u), (sin, v), (-sin, 1 - v)]
        facing = min(faces, key=lambda face: face[0])[1]
        shaded = max(faces, key=lambda face: face[0])[1]
        power[building & (facing < 0.36)] = 6.0
        power[building & (shaded < 0.32)] = -17.0
        reflectance[inside], backscatter[inside] = colour, power


def _put(
    reflectance: Array,
    backscatter: Array,
    where: NDArray[np.bool_],
    look: tuple[tuple[float, ...], float],
) -> None:
    """Give places the look of a class."""
    reflectance[where] = np.array(look[0], np.float32)
    backscatter[where] = look[1]
