"""Where one raster lies on another, whatever lies between their reference systems."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_core.geometry.crs import facts
from model_core.geometry.grid import Grid
from model_core.geometry.projection import on_map_of

ALONG_BORDER = 33
"""Points along each side of a border."""

ALONG_SIDE = 65
"""Points along each side where a border says too little."""


@dataclass(frozen=True)
class Footprint:
    """The ground of a moving raster, seen in the pixels of a reference.

    Attributes:
        points: (N, 2), that together reach as far as it does, or as the part of it that is on the
            reference; without any point, it has no place there.
        pixel: mean side of a moving pixel, in reference pixels.
    """

    points: NDArray[np.float64]
    pixel: float


def footprint(moving: Grid, reference: Grid) -> Footprint:
    """Return where a moving raster lies on a reference.

    Its border says so, unless a part of the border has no place in the reference's CRS, or the
    Earth's whole circle or a pole lies within: then the ground of both is gone through.
    """
    border = _outline(moving)
    outline = _map_pixels(border, moving, reference)
    # Far beyond its domain a projection may give numbers that lead back elsewhere.
    back = _map_pixels(outline, reference, moving)
    lost = not (np.abs(back - border) < 1).all()
    if not lost and not _is_torn(outline, reference):
        top, _, left, _ = np.split(outline, 4)
        across, down = (
            np.linalg.norm(np.diff(side, axis=0), axis=1).sum() / count
            for side, count in ((top, moving.width), (left, moving.height))
        )
        return Footprint(outline, math.sqrt(across * down))
    points = _common_ground(moving, reference)
    if not len(points):
        points = outline[np.isfinite(outline).all(axis=1)]
    return Footprint(points, _pixel(points, moving, reference))


def _map_pixels(positions: NDArray[np.float64], source: Grid, target: Grid) -> NDArray[np.float64]:
    return target.to_pixels(on_map_of(target, source.to_map(positions), source))


def _outline(grid: Grid) -> NDArray[np.float64]:
    """Return points (N, 2) along the border, in pixel centres convention."""
    t = np.linspace(0, 1, ALONG_BORDER)
    w, h = grid.width, grid.height
    zero, one = np.zeros_like(t), np.ones_like(t)
    edges = [(t, zero), (t, one), (zero, t), (one, t)]
    return np.asarray(np.concatenate([np.stack([x * w, y * h], axis=-1) for x, y in edges]) - 0.5)


def _is_torn(outline: NDArray[np.float64], reference: Grid) -> bool:
    """Return whether neighbours on a border lie half the Earth apart: it was cut there."""
    circle = None if reference.crs is None else facts(reference.crs).circle
    if circle is None:
        return False
    x = reference.to_map(outline)[:, 0].reshape(-1, ALONG_BORDER)
    return bool((np.abs(np.diff(x, axis=1)) > circle / 2).any())


def _common_ground(moving: Grid, reference: Grid) -> NDArray[np.float64]:
    """Return points (N, 2) in reference pixels around all that both rasters show."""
    found = []
    for grid, other in ((moving, reference), (reference, moving)):
        steps = np.array([grid.width, grid.height]) / (ALONG_SIDE - 1)
        x, y = np.meshgrid(np.arange(ALONG_SIDE), np.arange(ALONG_SIDE))
        own = np.stack([x, y], axis=-1).reshape(-1, 2) * steps - 0.5
        there = _map_pixels(own, grid, other)
        inside = (there >= -0.5) & (there <= np.array([other.width, other.height]) - 0.5)
        shared = inside.all(axis=1)
        if grid is moving:
            found.append(there[shared])
        else:
            # What is shared may reach to the next point that is not.
            found += [own[shared] - steps, own[shared] + steps]
    return np.concatenate(found)


def _pixel(points: NDArray[np.float64], moving: Grid, reference: Grid) -> float:
    """Return the mean side of a moving pixel, in reference pixels, amid some points."""
    if not len(points):
        return 1.0
    size = np.array([reference.width, reference.height])
    centre = np.clip((points.min(axis=0) + points.max(axis=0)) / 2, 0, size - 1)
    there = _map_pixels(centre[None], reference, moving)
    ends = there + np.array([[-0.5, 0.0], [0.5, 0.0], [0.0, -0.5], [0.0, 0.5]])
    left, right, top, bottom = _map_pixels(ends, moving, reference)
    mean = math.sqrt(np.linalg.norm(right - left) * np.linalg.norm(bottom - top))
    return mean if math.isfinite(mean) else 1.0
