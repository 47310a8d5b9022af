"""Colours of pixels that are numbers of a palette."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.io import DatasetReader

from model_core.raster.view import Modality

LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
"""Shares of red, green and blue in grey."""


@dataclass(frozen=True)
class Palette:
    """What the numbers of a band look like.

    Attributes:
        colours: (N, 3) red, green and blue, or (N, 1) grey, 0 to 255.
        visible: (N,), False for numbers of transparent colours, which are no data.
    """

    colours: NDArray[np.float32]
    visible: NDArray[np.bool_]

    def look_up(self, numbers: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return colours (C, H, W) of pixels (H, W), and where there is one."""
        known = (numbers >= 0) & (numbers < len(self.colours))
        index = np.where(known, numbers, 0).astype(np.int64)
        colours = np.ascontiguousarray(self.colours[index].transpose(2, 0, 1))
        return colours, known & self.visible[index]


def palette_of(
    dataset: DatasetReader, bands: tuple[int, ...], modality: Modality
) -> Palette | None:
    """Return the palette of the one band that is matched; None where it has none.

    Args:
        dataset: the raster.
        bands: 1-based.
        modality: SAR is matched by grey, an optical image by its colours.
    """
    if len(bands) != 1 or dataset.colorinterp[bands[0] - 1] != ColorInterp.palette:
        return None
    given = dataset.colormap(bands[0])
    colours = np.zeros((max(given) + 1, 4), np.float32)
    colours[list(given)] = list(given.values())
    visible = colours[:, 3] > 0
    grey = modality == "sar"
    shown = (colours[:, :3] @ LUMINANCE)[:, None] if grey else colours[:, :3]
    return Palette(shown, visible if visible.any() else np.ones(len(colours), bool))
