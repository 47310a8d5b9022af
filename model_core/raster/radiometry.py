"""From sensor values to the network's [0, 1], the same for every tile of a scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.io import DatasetReader

from model_core.errors import BadInputError
from model_core.geometry.window import Window
from model_core.raster.fill import Fill
from model_core.raster.mask import Mask
from model_core.raster.opening import open_raster
from model_core.raster.palette import Palette
from model_core.raster.pixels import read_values
from model_core.raster.scene import Scene

SAMPLE_SIDE = 1024
"""Pixels of the longer side of the downsampled image from which statistics are taken."""


SMALL = 0.05
"""Of the 99th percentile: noise that was subtracted leaves linear values negative by so much."""


@dataclass(frozen=True)
class Radiometry:
    """How a scene's values become the network's input.

    Attributes:
        logarithm: values are amplitudes or intensities and are taken in dB.
        low: per band, the value that becomes 0.
        high: per band, the value that becomes 1.
        smallest: with a logarithm, the smallest positive value; zeros, and what subtracted noise or
            an earlier resampling made negative, are as dark as that.
        least: with a logarithm, values below it are no measurements.
    """

    logarithm: bool
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    smallest: float = 0.0
    least: float = 0.0

    def valid(self, values: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which of the valid pixels (H, W) have values (C, H, W) that can be shown."""
        return mask & (values >= self.least).all(axis=0) if self.logarithm else mask

    def apply(self, values: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return raw values (C, H, W) as [0, 1], and 0 where invalid."""
        safe = np.where(valid, values, np.float32(1))
        scaled = _decibel(np.maximum(safe, self.smallest)) if self.logarithm else safe
        low, high = self.low[:, None, None], self.high[:, None, None]
        stretched = np.clip((scaled - low) / (high - low), 0, 1)
        return np.where(valid, stretched, 0).astype(np.float32)


def _decibel(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(10 * np.log10(np.maximum(values, np.finfo(np.float32).tiny)))


def _is_linear(values: NDArray[np.float32]) -> bool:
    """Return whether SAR values are amplitudes or intensities: hardly any are negative, or by
    little beside the others. Most of those in dB are."""
    low, high = np.percentile(values, [1, 99])
    return bool(-low <= SMALL * high)


def estimate_radiometry(
    scene: Scene, fill: Fill, palette: Palette | None = None, mask: Mask | None = None
) -> Radiometry:
    """Look at the whole scene, downsampled, and fix how its values are read.

    SAR in 8 bit is taken as it is (it has been stretched by whoever made it); SAR with negative
    values that are not small is in dB; other SAR becomes dB. Then the 1st and 99th percentiles of
    each band become 0 and 1.

    Args:
        scene: the image.
        fill: of it.
        palette: of its band.
        mask: ground whose values do not count.

    Raises:
        BadInputError: no valid pixel, or all valid pixels have one value.
    """
    with open_raster(scene.path) as dataset:
        inside = _sampled(dataset, scene, fill, palette, mask)
        band = scene.bands[0] - 1
        scale, offset = dataset.scales[band], dataset.offsets[band]
    stretched = scene.dtype in ("uint8", "int8") or palette is not None
    logarithm = scene.modality == "sar" and not stretched and _is_linear(scale * inside + offset)
    smallest = least = 0.0
    if logarithm:
        least = -float(np.percentile(inside, 99))
        inside = inside[:, (inside > 0).all(axis=0)]
        smallest = float(inside.min()) if inside.size else 0.0
        inside = _decibel(inside)
    if inside.size == 0 or float(inside.max() - inside.min()) == 0.0:
        raise BadInputError(
            f"{scene.name} has the same value everywhere in band {scene.bands[0]}, so there is "
            "nothing to match; choose another band or file."
        )
    low, high = np.percentile(inside, [1, 99], axis=1)
    # A band whose bulk is constant still has a range to stretch.
    high = np.where(high > low, high, inside.max(axis=1))
    high = np.where(high > low, high, low + 1)
    return Radiometry(logarithm, low.astype(np.float32), high.astype(np.float32), smallest, least)


def _sampled(
    dataset: DatasetReader, scene: Scene, fill: Fill, palette: Palette | None, mask: Mask | None
) -> NDArray[np.float32]:
    """Return valid values (C, N) of the whole scene, downsampled, without the masked ground."""
    height, width = (stop - start for start, stop in scene.stored)
    factor = max(1, -(-max(width, height) // SAMPLE_SIDE))
    shape = (-(-height // factor), -(-width // factor))
    values, good = read_values(dataset, fill, scene.stored, shape, palette)
    if not good.any():
        raise BadInputError(
            f"{scene.name} holds no valid pixel in band {scene.bands[0]} (all nodata); "
            "choose another band or file."
        )
    if mask is not None:
        origin = [scene.stored[1][0], scene.stored[0][0]]
        positions = Window(0, 0, *shape, factor).positions() + origin
        good &= ~mask.covers(positions, scene.grid)
    if not good.any():
        raise BadInputError(
            f"All valid pixels of {scene.name} are left out by the mask or as water; leave out "
            "less of it."
        )
    return values[:, good]
