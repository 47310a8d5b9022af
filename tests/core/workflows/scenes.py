"""Pairs of rasters of one invented ground, with a known error in the SAR's georeferencing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.transform import Affine

from model_core.geometry.crs import project
from model_core.geometry.grid import Grid
from model_core.geometry.pixels import window_pixels
from model_core.products.displacement_raster import read_displacement_raster
from tests.core.rasters import NORTH_UP, UTM, texture, write

SIDE = 320
MARGIN = 60
"""Pixels of ground around the optical image, so that a displaced SAR image is full."""

_GROUND = texture(SIDE + 2 * MARGIN, SIDE + 2 * MARGIN, 3)


def ground(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the class (0 to 1) of places (..., 2) in UTM, NaN beyond the invented ground."""
    grid = Grid(CRS.from_string(UTM), NORTH_UP * Affine.translation(-MARGIN, -MARGIN), 0, 0)
    pixels = np.rint(grid.to_pixels(points)).astype(int)
    inside = ((pixels >= 0) & (pixels < len(_GROUND))).all(axis=-1)
    safe = np.clip(pixels, 0, len(_GROUND) - 1)
    return np.where(inside, _GROUND[safe[..., 1], safe[..., 0]], np.nan)


def backscatter(classes: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Return speckled intensity: another function of the class than the optical one."""
    random = np.random.default_rng(seed)
    decibel = -18 + 14 * np.abs(np.sin(5 * classes + 0.4))
    return np.asarray(10 ** (decibel / 10) * random.gamma(4, 1 / 4, classes.shape))


@dataclass(frozen=True)
class Error:
    """The SAR's georeferencing puts ground ``g`` at ``shift + rotation about the centre of g``."""

    east: float = 0.0
    north: float = 0.0
    degrees: float = 0.0

    def claimed(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where the SAR claims true UTM places (..., 2) to be."""
        centre = np.array(NORTH_UP * (SIDE / 2, SIDE / 2))
        angle = np.radians(self.degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return np.asarray((points - centre) @ turn.T + centre + [self.east, self.north])

    def true(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the true places of claimed ones; the inverse of :meth:`claimed`."""
        centre = np.array(NORTH_UP * (SIDE / 2, SIDE / 2))
        angle = np.radians(self.degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return np.asarray((points - [self.east, self.north] - centre) @ turn + centre)


def optical(path: Path, count: int = 3, dtype: str = "uint16") -> Path:
    """Write the optical image, free of error, on the grid of ``NORTH_UP``."""
    grid = Grid(CRS.from_string(UTM), NORTH_UP, SIDE, SIDE)
    classes = ground(grid.to_map(_pixels(SIDE, SIDE)))
    random = np.random.default_rng(11)
    bands = [200 + 2000 * classes + random.normal(0, 25, classes.shape) for _ in range(count)]
    return write(path, np.stack(bands).astype(dtype))


def sar(
    path: Path,
    error: Error,
    crs: str = UTM,
    transform: Affine = NORTH_UP,
    size: tuple[int, int] = (SIDE, SIDE),
    **profile: Any,
) -> Path:
    """Write SAR intensity whose georeferencing is wrong by ``error``."""
    return write(path, sar_values(error, crs, transform, size), transform, crs, **profile)


def sar_values(
    error: Error,
    crs: str = UTM,
    transform: Affine = NORTH_UP,
    size: tuple[int, int] = (SIDE, SIDE),
    speckle: int = 7,
) -> NDArray[np.float32]:
    """Return intensity (1, height, width), NaN beyond the invented ground."""
    grid = Grid(CRS.from_string(crs), transform, size[1], size[0])
    claimed = project(grid.to_map(_pixels(*size)), grid.crs, CRS.from_string(UTM))
    classes = ground(error.true(claimed))
    values = backscatter(np.nan_to_num(classes), speckle)
    return np.where(np.isnan(classes), np.nan, values)[None].astype(np.float32)


def field_error(displacement: Path, error: Error) -> tuple[NDArray[np.float64], float]:
    """Return the distances (N,), in pixels, of a displacement raster from the truth, where known;
    and the share of control points that are known."""
    field = read_displacement_raster(displacement)
    with rasterio.open(displacement) as dataset:
        moved = dataset.read([1, 2]).transpose(1, 2, 0)
        known = dataset.read_masks(1) > 0
        new = np.stack(
            dataset.xy(*np.mgrid[: dataset.height, : dataset.width].reshape(2, -1)), axis=-1
        ).reshape(dataset.height, dataset.width, 2)
        crs = dataset.crs
    on_utm = project(new, crs, CRS.from_string(UTM))
    old = project(error.claimed(on_utm), CRS.from_string(UTM), crs)
    truth = field.working.metres(new - old, new)
    wrong = np.linalg.norm(moved - truth, axis=-1)[known] / 10.0
    return np.asarray(wrong), float(known.mean())


def _pixels(height: int, width: int) -> NDArray[np.float64]:
    return window_pixels(0, 0, height, width)
