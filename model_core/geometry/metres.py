"""The ground metre as seen from a CRS: what a step on the map is towards true east and north.

Metres are those of the CRS's own ellipsoid, at its surface. Nothing here shifts a datum.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from rasterio.crs import CRS

from model_core.geometry.crs import Ellipsoid, facts, geographic_under, project
from model_core.geometry.sampling import sample

STEP = 50.0
"""Metres, about, of the steps from which derivatives are taken: the Earth is flat to 1e-10 over
them, and rounding is as small."""

NODE_SPACING = 20_000.0
"""Metres between the places at which derivatives are taken where there are many points; what lies
between is interpolated, exact to 2e-6."""

AT_ONCE = 1024
"""Points up to which each has its own derivative."""


def ground_matrices(crs: CRS, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrices that turn small steps on the map into metres on the ground.

    Where there is no way from the CRS to the Earth, as from a site grid, or none from a point, the
    map's own axes stand for east and north, and its unit for the metre.

    Args:
        crs: of the map.
        points: (..., 2), on the map.

    Returns:
        (..., 2, 2): a step (x, y) from a point, times its matrix from the left, is (east, north).
    """
    known = facts(crs)
    flat = points.reshape(-1, 2)
    if known.ellipsoid is None:
        matrices = np.broadcast_to(np.eye(2) * known.unit, (len(flat), 2, 2))
    elif known.degrees:
        matrices = np.zeros((len(flat), 2, 2))
        matrices[:, 0, 0], matrices[:, 1, 1] = unit_lengths(crs, flat[:, 1])
    else:
        frames = _frames if len(flat) <= AT_ONCE else _interpolated_frames
        matrices = _matrices(frames(crs, known.ellipsoid, flat))
        lost = ~np.isfinite(matrices).all(axis=(1, 2))
        matrices[lost] = np.eye(2) * known.unit
    return matrices.reshape(*points.shape, 2)


def unit_lengths(
    crs: CRS, latitude: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lengths in metres of a unit of a CRS along its two axes.

    On longitude and latitude they follow from the ellipsoid's radii of curvature: prime vertical
    times the cosine of latitude, and meridional. Elsewhere it is the unit as it is named, which is
    no ground metre: maps have a scale.

    Args:
        crs: of the map.
        latitude: in the CRS's unit, of any shape; matters on longitude and latitude only.
    """
    known = facts(crs)
    phi = np.asarray(latitude, dtype=np.float64) * (known.unit if known.degrees else 0.0)
    if not known.degrees or known.ellipsoid is None:
        return np.full_like(phi, known.unit), np.full_like(phi, known.unit)
    a, e2 = known.ellipsoid.a, known.ellipsoid.e2
    w = np.sqrt(1 - e2 * np.sin(phi) ** 2)
    return known.unit * a / w * np.cos(phi), known.unit * a * (1 - e2) / w**3


def _frames(crs: CRS, ellipsoid: Ellipsoid, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N, 3, 3) for map points (N, 2): in rows, how the place in space changes with x and
    with y, in metres per unit, and the direction up.

    In space, because longitudes jump and degrees shrink at the poles, where these three do not.
    """
    # First a step of any length, to learn how long one of STEP metres is.
    step = 1e-6 * np.maximum(1.0, np.abs(points).max(axis=1, initial=0.0))
    for _ in range(2):
        moves = step[:, None, None] * np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
        places = _in_space(crs, ellipsoid, points[:, None] + moves)[0]
        by_x, by_y = places[:, 0] - places[:, 1], places[:, 2] - places[:, 3]
        derivatives = np.stack([by_x, by_y], axis=1) / (2 * step[:, None, None])
        with np.errstate(divide="ignore", invalid="ignore"):
            step = STEP / np.linalg.norm(derivatives, axis=-1).mean(axis=1)
    up = _in_space(crs, ellipsoid, points)[1]
    return np.concatenate([derivatives, up[:, None]], axis=1)


def _in_space(
    crs: CRS, ellipsoid: Ellipsoid, points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the geocentric places (..., 3) of map points (..., 2), in metres, and the direction up
    there; NaN where a point has no place."""
    angles = np.radians(project(points, crs, geographic_under(ellipsoid)))
    longitude, latitude = np.moveaxis(np.where(np.isfinite(angles), angles, np.nan), -1, 0)
    flat = np.cos(latitude)
    up = np.stack([flat * np.cos(longitude), flat * np.sin(longitude), np.sin(latitude)], axis=-1)
    radius = ellipsoid.a / np.sqrt(1 - ellipsoid.e2 * up[..., 2] ** 2)
    return up * radius[..., None] * [1.0, 1.0, 1 - ellipsoid.e2], up


def _matrices(frames: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return steps on the map as (east, north), (N, 2, 2), from what :func:`_frames` gives."""
    up = frames[:, 2] / np.linalg.norm(frames[:, 2], axis=-1, keepdims=True)
    east = np.stack([-up[:, 1], up[:, 0], np.zeros(len(up))], axis=-1)
    length = np.linalg.norm(east, axis=-1, keepdims=True)
    # At a pole itself every direction is north or south: east is taken as at longitude 0.
    with np.errstate(invalid="ignore"):
        east = np.where(length > 1e-12, east / np.maximum(length, 1e-12), [0.0, 1.0, 0.0])
    axes = np.stack([east, np.cross(up, east)], axis=1)
    matrices: NDArray[np.float64] = axes @ frames[:, :2].transpose(0, 2, 1)
    return matrices


def _interpolated_frames(
    crs: CRS, ellipsoid: Ellipsoid, points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the same for many points, interpolated between nodes of a grid around them."""
    low, high = points.min(axis=0), points.max(axis=0)
    middle = _frames(crs, ellipsoid, ((low + high) / 2)[None])[0, :2]
    metres = np.nan_to_num(np.linalg.norm(middle, axis=-1), nan=facts(crs).unit)
    counts = np.ceil((high - low) * metres / NODE_SPACING).astype(int) + 2
    if counts.prod() > len(points):
        return _frames(crs, ellipsoid, points)
    xs, ys = (np.linspace(low[i], max(high[i], low[i] + 1e-6), counts[i]) for i in (0, 1))
    nodes = np.stack(np.meshgrid(xs, ys), axis=-1)
    frames = _frames(crs, ellipsoid, nodes.reshape(-1, 2)).reshape(*nodes.shape[:2], 9)
    spacing = np.array([xs[1] - xs[0], ys[1] - ys[0]])
    where = torch.from_numpy((points - low) / spacing)[None, None]
    planes = torch.from_numpy(np.ascontiguousarray(frames.transpose(2, 0, 1)))[None]
    found = sample(planes, where)[0, :, 0].T.numpy().reshape(-1, 3, 3)
    # Beside a node without a place, points that have one are measured one by one.
    lost = ~np.isfinite(found).all(axis=(1, 2))
    if lost.any():
        found[lost] = _frames(crs, ellipsoid, points[lost])
    return np.asarray(found)
