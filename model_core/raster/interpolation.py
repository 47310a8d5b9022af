"""Interpolation of raster values that keeps their type and leaves invalid pixels out."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

REACH = {"nearest": 0, "bilinear": 1, "cubic": 2}
"""Pixels needed around a position, by method."""


def interpolate(
    values: NDArray[np.generic],
    valid: NDArray[np.bool_],
    positions: NDArray[np.float64],
    method: str,
) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    """Interpolate bands at pixel positions.

    Pixels that are invalid get no weight, and the others' weights are scaled up to one; a position
    whose nearest pixel is invalid is invalid. Cubic is Catmull-Rom, as in GDAL. Beside bright
    targets its sums fall below all that they mix; where none of that is negative, as intensities,
    amplitudes and counts, the smallest of it is the least. Sums are made in float64 (complex128);
    integers are rounded and clipped to their range, not wrapped.

    Args:
        values: (C, H, W), any GDAL type.
        valid: (C, H, W).
        positions: (h, w, 2) as (x, y), pixel centres at integers.
        method: "nearest", "bilinear" or "cubic".

    Returns:
        (C, h, w) of the same type, 0 where invalid; and (C, h, w) bool.
    """
    height, width = values.shape[1:]
    x, y = (np.nan_to_num(positions[..., i], nan=-9.0) for i in (0, 1))
    column, row = np.rint(x).astype(np.int64), np.rint(y).astype(np.int64)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    nearest = (slice(None), np.clip(row, 0, height - 1), np.clip(column, 0, width - 1))
    good = valid[nearest] & inside
    if method == "nearest":
        return np.where(good, values[nearest], values.dtype.type(0)), good
    exact = values.astype(np.complex128 if values.dtype.kind == "c" else np.float64)
    total, weights = _weighted_sums(np.where(valid, exact, 0), valid, (x, y), method)
    # Far from 1 only beside invalid pixels, where cubic's negative lobes could divide by nothing.
    solid = weights > 0.3
    mean = (total / torch.where(solid, weights, 1.0)).numpy()
    result = np.where(solid.numpy(), mean, exact[nearest])
    if method == "cubic" and values.dtype.kind != "c":
        least = _least(np.where(valid, exact, np.inf), (x, y))
        result = np.where((least >= 0) & (result < least), least, result)
    if values.dtype.kind in "iu":
        limits = np.iinfo(values.dtype.name)
        result = np.clip(np.rint(result), limits.min, limits.max)
    return np.where(good, result, 0).astype(values.dtype), good


def _weighted_sums(
    values: NDArray[np.generic],
    valid: NDArray[np.bool_],
    at: tuple[NDArray[np.float64], NDArray[np.float64]],
    method: str,
) -> tuple[Tensor, Tensor]:
    """Return the sums (C, h, w) of weighted values, and of the weights of the valid pixels.

    Args:
        values: (C, H, W), 0 where invalid.
        valid: (C, H, W).
        at: x and y, each (h, w).
        method: "bilinear" or "cubic".
    """
    height, width = values.shape[1:]
    source = torch.from_numpy(values).flatten(1)
    # Where all pixels are valid, the weights of each position sum to 1.
    weight_source = None if valid.all() else torch.from_numpy(valid.astype(np.float64)).flatten(1)
    x, y = at
    x0, y0 = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    reach = REACH[method]
    offsets = range(1 - reach, reach + 1)
    wx = [_weight(torch.from_numpy(x - x0 - o), method) for o in offsets]
    wy = [_weight(torch.from_numpy(y - y0 - o), method) for o in offsets]
    total = torch.zeros((values.shape[0], *x.shape), dtype=source.dtype)
    weights = torch.full(
        (values.shape[0], *x.shape), 1.0 if weight_source is None else 0.0, dtype=torch.float64
    )
    columns = [np.clip(x0 + offset, 0, width - 1) for offset in offsets]
    for j, oy in enumerate(offsets):
        rows = np.clip(y0 + oy, 0, height - 1) * width
        for i in range(len(columns)):
            index = torch.from_numpy(rows + columns[i]).flatten()
            weight = wx[i] * wy[j]
            total += source.index_select(1, index).view_as(total) * weight
            if weight_source is not None:
                weights += weight_source.index_select(1, index).view_as(total) * weight
    return total, weights


def _least(
    values: NDArray[np.float64], at: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return the smallest of the four by four pixels (C, H, W) around each position, (C, h, w)."""
    height, width = values.shape[1:]
    padded = np.pad(values, ((0, 0), (2, 2), (2, 2)), mode="edge")
    of_rows = np.minimum.reduce([padded[:, i : i + height + 1] for i in range(4)])
    smallest = np.minimum.reduce([of_rows[:, :, i : i + width + 1] for i in range(4)])
    column, row = (
        np.clip(np.floor(one).astype(np.int64) + 1, 0, size)
        for one, size in zip(at, (width, height), strict=True)
    )
    return np.asarray(smallest[:, row, column])


def _weight(distance: Tensor, method: str) -> Tensor:
    d = distance.abs()
    if method == "bilinear":
        return (1 - d).clamp_min(0)
    near = (1.5 * d - 2.5) * d * d + 1
    far = ((-0.5 * d + 2.5) * d - 4) * d + 2
    return torch.where(d <= 1, near, torch.where(d < 2, far, 0.0))
