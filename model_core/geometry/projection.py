"""From pixels of one grid to pixels of another, across reference systems."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from model_core.geometry.crs import facts, project, same_crs
from model_core.geometry.grid import Grid
from model_core.geometry.located import LocatedGrid
from model_core.geometry.sampling import sample

EXACT_SPACING = 32
"""Pixels between exactly projected points; between them bilinear interpolation is exact to far
below a hundredth of a pixel at the scale of image tiles."""

TOLERANCE = 0.05
"""Pixels by which interpolation may be wrong half-way between exactly projected points; where it is
worse, as around a pole, all is projected exactly."""


def on_map_of(target: Grid, points: NDArray[np.float64], source: Grid) -> NDArray[np.float64]:
    """Bring map coordinates (..., 2) of one grid into those of another; inf where there is no way.

    Longitudes are those nearest the target's centre: 181° is -179°, whichever its grid calls it.
    """
    if source.crs is None or target.crs is None:
        return points
    found = points if same_crs(source.crs, target.crs) else project(points, source.crs, target.crs)
    return nearest(found, target)


def nearest(points: NDArray[np.float64], grid: Grid) -> NDArray[np.float64]:
    """Return points (..., 2) of a grid's CRS with the longitudes that lie nearest its centre."""
    circle = None if grid.crs is None else facts(grid.crs).circle
    if circle is None:
        return points
    centre = grid.to_map(np.array([(grid.width - 1) / 2, (grid.height - 1) / 2]))[0]
    turns = np.round((centre - points[..., 0]) / circle)
    turns = np.where(np.isfinite(turns), turns, 0.0)
    return np.stack([points[..., 0] + turns * circle, points[..., 1]], axis=-1)


def share_coordinates(first: Grid, second: Grid) -> bool:
    """Return whether coordinates mean the same place to two grids, however their CRSs are spelled:
    with a height beside, from another authority, or with longitudes counted from 0 to 360°."""
    same = same_crs(first.crs, second.crs)
    if same or first.crs is None or second.crs is None:
        return same
    if not (first.in_metres and second.in_metres):
        return False
    x, y = np.meshgrid([-0.5, first.width - 0.5], [-0.5, first.height - 0.5])
    corners = first.to_map(np.stack([x, y], axis=-1))
    alike = Grid(second.crs, first.transform, first.width, first.height)
    there = alike.to_pixels(on_map_of(alike, corners, first))
    return bool((np.abs(there - alike.to_pixels(corners)) < TOLERANCE).all())


def map_pixels(positions: NDArray[np.float64], source: Grid, target: Grid) -> NDArray[np.float64]:
    """Map pixel positions (h, w, 2) of one grid to pixel positions of another.

    The way between CRSs, and that of an image without geotransform, is computed exactly on a sparse
    grid around the positions and interpolated. Images of which nothing says where they lie share
    the pixel plane. Positions that are not finite become NaN.
    """
    locators = [one.locator for one in (source, target) if isinstance(one, LocatedGrid)]
    if (
        source.crs is None
        or target.crs is None
        or (same_crs(source.crs, target.crs) and not locators)
    ):
        return _project_all(positions, source, target)
    finite = np.isfinite(positions).all(axis=-1)
    if not finite.any():
        return np.full_like(positions, np.nan)
    low, high = positions[finite].min(axis=0), positions[finite].max(axis=0)
    spacing = min([EXACT_SPACING, *(locator.spacing for locator in locators)])
    counts = np.maximum(2, np.ceil((high - low) / spacing).astype(int) + 1)
    if locators and counts.prod() >= finite.size:
        return _project_all(positions, source, target)
    xs, ys = (np.linspace(low[i], max(high[i], low[i] + 1e-6), counts[i]) for i in (0, 1))
    exact = _project_all(np.stack(np.meshgrid(xs, ys), axis=-1), source, target)
    # Interpolated relative to the grid's corner, in float64: coordinates are large numbers.
    steps = np.array([xs[1] - xs[0], ys[1] - ys[0]])
    cells = (positions - low) / steps
    coarse = torch.from_numpy(exact.transpose(2, 0, 1))[None]
    mapped = sample(coarse, torch.from_numpy(cells)[None])[0].permute(1, 2, 0).numpy()
    wrong = _not_straight(exact, target)
    if wrong.any():
        column, row = np.moveaxis(np.nan_to_num(cells).astype(int), -1, 0)
        last_row, last_column = np.array(wrong.shape) - 1
        here = finite & wrong[np.minimum(row, last_row), np.minimum(column, last_column)]
        mapped[here] = _project_all(positions[here], source, target)
    return np.where(finite[..., None], mapped, np.nan)


def _project_all(positions: NDArray[np.float64], source: Grid, target: Grid) -> NDArray[np.float64]:
    """Map each pixel position (..., 2) exactly."""
    return target.to_pixels(on_map_of(target, source.to_map(positions), source))


def _not_straight(points: NDArray[np.float64], grid: Grid) -> NDArray[np.bool_]:
    """Return the cells (h - 1, w - 1) of a grid of points (h, w, 2), in pixels of a raster, between
    whose corners one may not interpolate: they bend too much, or longitudes jump back there."""
    circle = None if grid.crs is None else facts(grid.crs).circle
    jump = np.inf if circle is None else circle / 2 / grid.pixel_size[0]
    edges = []
    for axis in (0, 1):
        steps = np.diff(points, axis=axis)
        with np.errstate(invalid="ignore"):
            bad = np.moveaxis(np.abs(steps).max(axis=-1) > jump, axis, 0)
            # Half-way between two points a curve is an eighth of its second difference off.
            bend = np.abs(np.diff(steps, axis=axis)).max(axis=-1) > 8 * TOLERANCE
        bend = np.moveaxis(bend, axis, 0)
        bad[1:] |= bend
        bad[:-1] |= bend
        edges.append(np.moveaxis(bad, 0, axis))
    down, across = edges  # (h - 1, w) and (h, w - 1)
    cells = down[:, :-1] | down[:, 1:] | across[:-1] | across[1:]
    return np.asarray(cells)
