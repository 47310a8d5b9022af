"""Pixels of a raster with their validity, at full resolution or averaged over blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.io import DatasetReader

from model_core.raster.fill import Fill
from model_core.raster.morphology import opened

Extent: TypeAlias = tuple[tuple[int, int], tuple[int, int]]
"""((row, row), (column, column)) in pixels, the second of each not included."""

ReadExtent: TypeAlias = Callable[[Extent], tuple[NDArray[np.generic], NDArray[np.bool_]]]
"""Gives values (C, H, W) of an extent and which of them, (C, H, W), are valid."""

AT_ONCE = 2**22
"""Values that are read at one time where blocks are averaged, so that memory stays bounded."""


def covered_pixels(
    x: NDArray[np.float64], y: NDArray[np.float64], width: int, height: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Return the first (x, y) and the one beyond the last of the pixels between which positions in
    an image lie; None where no position is in it.

    Args:
        x: in pixels of the image, by coordinate: reductions over an axis of two take many times as
            long.
        y: of the same shape.
        width: of the image.
        height: of the image.
    """
    usable = (x > -1) & (x < width) & (y > -1) & (y < height)  # False where not finite
    if not usable.any():
        return None
    inside = x[usable], y[usable]
    low = np.floor([axis.min() for axis in inside]).astype(np.int64)
    return low, np.ceil([axis.max() for axis in inside]).astype(np.int64) + 1


def read_values(
    dataset: DatasetReader, fill: Fill, extent: Extent, shape: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Read bands as float32 (C, H, W) with their valid pixels (H, W), averaging where downsampled.

    Complex values become amplitudes. Overviews are used where they exist and hold nothing but
    data; fill and what is no number would be mixed into them.

    Args:
        dataset: the raster.
        fill: of the raster; its bands are read.
        extent: what is read.
        shape: height and width of the result.
    """
    downsampled = shape != (extent[0][1] - extent[0][0], extent[1][1] - extent[1][0])
    complex_values = np.dtype(dataset.dtypes[fill.bands[0] - 1]).kind == "c"
    if downsampled and fill.spreads:
        means, share = block_means(lambda part: _read_exact(dataset, fill, part), extent, shape)
        return means.astype(np.float32), (share > 0.5).all(axis=0)
    # The average of complex numbers is no amplitude: the nearest one is.
    how = Resampling.average if downsampled and not complex_values else Resampling.nearest
    out_shape = (len(fill.bands), *shape)
    raw = dataset.read(fill.bands, window=extent, out_shape=out_shape, resampling=how)
    masks = dataset.read_masks(fill.bands, window=extent, out_shape=out_shape, resampling=how)
    values = (np.abs(raw) if complex_values else raw).astype(np.float32)
    valid = (masks > 127).all(axis=0) & np.isfinite(values).all(axis=0)
    if fill:
        valid &= ~fill.mask(values, extent[0][0], extent[1][0])
    return values, np.asarray(valid)


def _read_exact(
    dataset: DatasetReader, fill: Fill, extent: Extent
) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    shape = (extent[0][1] - extent[0][0], extent[1][1] - extent[1][0])
    values, valid = read_values(dataset, fill, extent, shape)
    return values, np.broadcast_to(valid, values.shape)


def block_means(
    read: ReadExtent, extent: Extent, shape: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Average the valid pixels of blocks, a few rows of blocks at a time.

    Returns:
        (C, *shape), the means of the valid pixels, 0 where there are none; and (C, *shape), the
        share of valid pixels.
    """
    (top, bottom), (left, right) = extent
    rows = top + np.arange(shape[0] + 1) * (bottom - top) // shape[0]
    columns = np.arange(shape[1]) * (right - left) // shape[1]
    means, shares = [], []
    step = max(1, int(AT_ONCE * shape[0] / ((bottom - top) * (right - left))))
    for first in range(0, shape[0], step):
        edges = rows[first : first + step + 1]
        values, valid = read(((int(edges[0]), int(edges[-1])), (left, right)))
        total, count = (
            np.add.reduceat(np.add.reduceat(one, edges[:-1] - edges[0], axis=1), columns, axis=2)
            for one in (np.where(valid, values, 0.0), valid.astype(np.float64))
        )
        size = np.outer(np.diff(edges), np.diff(columns, append=right - left))
        means.append(total / np.maximum(count, 1))
        shares.append(count / size)
    return np.concatenate(means, axis=1), np.concatenate(shares, axis=1)


def bridge_small_holes(
    image: NDArray[np.float32], valid: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Give invalid pixels that stand alone the mean of their valid neighbours.

    Each of them would take the ground around it from the matching, as descriptors look that far.

    Args:
        image: (C, H, W), 0 where invalid.
        valid: (H, W).

    Returns:
        Image and valid pixels, where nothing of three by three invalid pixels or more is changed.
    """
    if valid.all():
        return image, valid
    holes = ~valid & ~opened(~valid, 1)
    if not holes.any():
        return image, valid
    padded = np.pad(
        np.concatenate([image, valid[None].astype(np.float32)]), ((0, 0), (1, 1), (1, 1))
    )
    height, width = valid.shape
    places = [(i, j) for i in range(3) for j in range(3)]
    total = np.sum([padded[:, i : i + height, j : j + width] for i, j in places], axis=0)
    mean = total[:-1] / np.maximum(total[-1], 1)
    return np.where(holes, mean, image).astype(np.float32), valid | holes
