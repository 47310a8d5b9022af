"""Pixels of a raster with their validity, at full resolution or averaged over blocks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import MaskFlags, Resampling
from rasterio.io import DatasetReader

from model_core.raster.fill import Fill
from model_core.raster.morphology import dilated, opened
from model_core.raster.palette import Palette
from model_core.raster.pixel_types import numpy_type, read_bands

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


def pixels_between(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how many pixels of an image (x, y) lie between neighbouring positions in it, each at
    least 1: so many are averaged, as else some would be skipped.

    Args:
        x: (h, w), in pixels of the image.
        y: of the same shape.
    """
    steps = [math.hypot(*(_typical(np.diff(one, axis=axis)) for axis in (1, 0))) for one in (x, y)]
    return np.array([max(1, int(step + 0.3)) for step in steps])


def _typical(steps: NDArray[np.float64]) -> float:
    finite = steps[np.isfinite(steps)]
    return float(np.median(np.abs(finite))) if finite.size else 0.0


def read_valid(
    dataset: DatasetReader,
    bands: Sequence[int],
    extent: Extent,
    shape: tuple[int, int] | None = None,
    how: Resampling = Resampling.nearest,
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Read bands (C, H, W) of an extent in the type that holds them, and which pixels are data.

    Args:
        dataset: the raster.
        bands: 1-based.
        extent: what is read.
        shape: height and width of the result; None: as many as the extent has.
        how: pixels become fewer.
    """
    out = {} if shape is None else {"out_shape": (len(bands), *shape)}
    values = read_bands(dataset, bands, window=extent, resampling=how, **out)
    valid = dataset.read_masks(list(bands), window=extent, **out) > 0
    if values.dtype.kind in "fc":
        valid &= np.isfinite(values)
    return values, valid & _not_nodata(dataset, bands, values)


def _not_nodata(
    dataset: DatasetReader, bands: Sequence[int], values: NDArray[Any]
) -> NDArray[np.bool_]:
    """Return which pixels (C, H, W) do not hold a nodata value that a mask hides from GDAL."""
    result = np.ones(values.shape, bool)
    for index, band in enumerate(bands):
        nodata = dataset.nodatavals[band - 1]
        if nodata is not None and MaskFlags.per_dataset in dataset.mask_flag_enums[band - 1]:
            result[index] = values[index] != nodata
    return result


def read_values(
    dataset: DatasetReader,
    fill: Fill,
    extent: Extent,
    shape: tuple[int, int],
    palette: Palette | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Read bands as float32 (C, H, W) with their valid pixels (H, W), averaging where downsampled.

    Complex values become amplitudes. Overviews are used where they exist and hold nothing but
    data; fill and what is no number would be mixed into them.

    Args:
        dataset: the raster.
        fill: of the raster; its bands are read.
        extent: what is read.
        shape: height and width of the result.
        palette: of the band, whose colours are wanted.
    """
    downsampled = shape != (extent[0][1] - extent[0][0], extent[1][1] - extent[1][0])
    if downsampled and (fill.spreads or palette is not None):
        means, share = block_means(
            lambda part: _read_exact(dataset, fill, part, palette), extent, shape
        )
        return means.astype(np.float32), (share > 0.5).all(axis=0)
    types = [numpy_type(dataset.dtypes[band - 1]).kind for band in fill.bands]
    # The average of complex numbers is no amplitude: the nearest one is.
    how = Resampling.average if downsampled and "c" not in types else Resampling.nearest
    out_shape = (len(fill.bands), *shape)
    raw = read_bands(dataset, fill.bands, window=extent, out_shape=out_shape, resampling=how)
    masks = dataset.read_masks(fill.bands, window=extent, out_shape=out_shape, resampling=how)
    valid = ((masks > 127) & _not_nodata(dataset, fill.bands, raw)).all(axis=0)
    if palette is not None:
        values, visible = palette.look_up(raw[0])
        return values, valid & visible
    values = (np.abs(raw) if raw.dtype.kind == "c" else raw).astype(np.float32)
    valid &= np.isfinite(values).all(axis=0)
    if fill:
        valid &= ~fill.mask(values, extent[0][0], extent[1][0])
    return values, np.asarray(valid)


def _read_exact(
    dataset: DatasetReader, fill: Fill, extent: Extent, palette: Palette | None
) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    shape = (extent[0][1] - extent[0][0], extent[1][1] - extent[1][0])
    values, valid = read_values(dataset, fill, extent, shape, palette)
    return values, np.broadcast_to(valid, values.shape)


def block_means(
    read: ReadExtent, extent: Extent, shape: tuple[int, int], bands: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Average the valid pixels of blocks, a few blocks at a time.

    Args:
        read: gives the pixels.
        extent: of all blocks.
        shape: rows and columns of blocks.
        bands: that ``read`` gives.

    Returns:
        (C, *shape), the means of the valid pixels, 0 where there are none; and (C, *shape), the
        share of valid pixels.
    """
    rows, columns = (
        start + np.arange(count + 1) * (stop - start) // count
        for (start, stop), count in zip(extent, shape, strict=True)
    )
    height, width = (int(np.diff(edges).max()) for edges in (rows, columns))
    across = max(1, min(shape[1], AT_ONCE // (bands * height * width)))
    down = max(1, AT_ONCE // (bands * height * width * across))
    means: list[NDArray[np.float64]] = []
    shares: list[NDArray[np.float64]] = []
    for first in range(0, shape[0], down):
        parts = [
            _means_of(read, rows[first : first + down + 1], columns[left : left + across + 1])
            for left in range(0, shape[1], across)
        ]
        for found, part in zip((means, shares), zip(*parts, strict=True), strict=True):
            found.append(np.concatenate(part, axis=2))
    return np.concatenate(means, axis=1), np.concatenate(shares, axis=1)


def _means_of(
    read: ReadExtent, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return means and shares of the blocks between some rows and columns."""
    extent = ((int(rows[0]), int(rows[-1])), (int(columns[0]), int(columns[-1])))
    values, valid = read(extent)
    starts = rows[:-1] - rows[0], columns[:-1] - columns[0]
    total, count = (
        np.add.reduceat(np.add.reduceat(one, starts[0], axis=1), starts[1], axis=2)
        for one in (np.where(valid, values, 0.0), valid.astype(np.float64))
    )
    return total / np.maximum(count, 1), count / np.outer(np.diff(rows), np.diff(columns))


def without_rim(valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the valid pixels (H, W) but those beside solid ground without data.

    Whoever resampled an image before may have mixed them with what is no data: an edge along the
    border.
    """
    return valid if valid.all() else np.asarray(valid & ~dilated(opened(~valid), 1))


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
