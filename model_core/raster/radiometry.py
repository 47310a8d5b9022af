"""From sensor values to the network's [0, 1], the same for every tile of a scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.io import DatasetReader

from model_core.errors import BadInputError
from model_core.raster.scene import Scene, open_raster

SAMPLE_SIDE = 1024
"""Pixels of the longer side of the downsampled image from which statistics are taken."""

COLLAR_SHARE = 0.05
"""Share of the outermost pixels that are exactly 0 from which an undeclared 0 means no data."""


@dataclass(frozen=True)
class Radiometry:
    """How a scene's values become the network's input.

    Attributes:
        logarithm: values are amplitudes or intensities and are taken in dB.
        zero_is_nodata: 0 in all bands marks pixels without data although the file does not say so.
        low: per band, the value that becomes 0.
        high: per band, the value that becomes 1.
    """

    logarithm: bool
    zero_is_nodata: bool
    low: NDArray[np.float32]
    high: NDArray[np.float32]

    def valid(self, values: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return the valid pixels (H, W) of raw values (C, H, W) under the file's own mask."""
        good = mask & np.isfinite(values).all(axis=0)
        if self.zero_is_nodata:
            good &= (values != 0).any(axis=0)
        if self.logarithm:
            good &= (values > 0).all(axis=0)
        return np.asarray(good)

    def apply(self, values: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return raw values (C, H, W) as [0, 1], and 0 where invalid."""
        safe = np.where(valid, values, np.float32(1))
        scaled = _decibel(safe) if self.logarithm else safe
        low, high = self.low[:, None, None], self.high[:, None, None]
        stretched = np.clip((scaled - low) / (high - low), 0, 1)
        return np.where(valid, stretched, 0).astype(np.float32)


def _decibel(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(10 * np.log10(np.maximum(values, np.finfo(np.float32).tiny)))


def read_values(
    dataset: DatasetReader,
    bands: tuple[int, ...],
    window: tuple[tuple[int, int], tuple[int, int]],
    shape: tuple[int, int],
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Read bands as float32 (C, H, W) with the file's own mask (H, W), averaging where downsampled.

    Complex values become amplitudes. ``window`` is ((row, row), (column, column)); overviews are
    used where they exist.
    """
    downsampled = shape != (window[0][1] - window[0][0], window[1][1] - window[1][0])
    how = Resampling.average if downsampled else Resampling.nearest
    out_shape = (len(bands), *shape)
    if np.dtype(dataset.dtypes[bands[0] - 1]).kind == "c":
        # The average of complex numbers is no amplitude: the nearest one is.
        how = Resampling.nearest
        raw = np.abs(dataset.read(bands, window=window, out_shape=out_shape, resampling=how))
    else:
        raw = dataset.read(bands, window=window, out_shape=out_shape, resampling=how)
    masks = dataset.read_masks(bands, window=window, out_shape=out_shape, resampling=how)
    return raw.astype(np.float32), (masks > 127).all(axis=0)


def estimate_radiometry(scene: Scene) -> Radiometry:
    """Look at the whole scene, downsampled, and fix how its values are read.

    SAR in 8 bit is taken as it is (it has been stretched by whoever made it); SAR with negative
    values is in dB; other SAR becomes dB. Then the 1st and 99th percentiles of each band become 0
    and 1.

    Raises:
        BadInputError: no valid pixel, or all valid pixels have one value.
    """
    with open_raster(scene.path) as dataset:
        factor = max(1, -(-max(dataset.width, dataset.height) // SAMPLE_SIDE))
        shape = (-(-dataset.height // factor), -(-dataset.width // factor))
        window = ((0, dataset.height), (0, dataset.width))
        values, mask = read_values(dataset, scene.bands, window, shape)
    zero = (values == 0).all(axis=0)
    border = np.concatenate([zero[0], zero[-1], zero[:, 0], zero[:, -1]])
    collar = scene.nodata is None and bool(border.mean() > COLLAR_SHARE)
    good = mask & np.isfinite(values).all(axis=0) & ~(zero & collar)
    if not good.any():
        raise BadInputError(
            f"{scene.name} holds no valid pixel in band {scene.bands[0]} (all nodata); "
            "choose another band or file."
        )
    inside = values[:, good]
    logarithm = scene.modality == "sar" and scene.dtype != "uint8" and bool((inside >= 0).all())
    if logarithm:
        inside = _decibel(inside[:, (inside > 0).all(axis=0)])
    if inside.size == 0 or float(inside.max() - inside.min()) == 0.0:
        raise BadInputError(
            f"{scene.name} has the same value everywhere in band {scene.bands[0]}, so there is "
            "nothing to match; choose another band or file."
        )
    low, high = np.percentile(inside, [1, 99], axis=1)
    # A band whose bulk is constant still has a range to stretch.
    high = np.where(high > low, high, inside.max(axis=1))
    high = np.where(high > low, high, low + 1)
    return Radiometry(logarithm, collar, low.astype(np.float32), high.astype(np.float32))
