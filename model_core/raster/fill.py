"""Fill: pixels without data that the file does not declare, and where they lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class FillRegion:
    """One value that fills connected ground at the border of an image.

    Attributes:
        value: of each band that was looked at.
        region: (h, w), the image made smaller: where pixels of this value are fill, with some
            cells around. Elsewhere the same value is data.
        share: of the image's pixels.
    """

    value: tuple[float, ...]
    region: NDArray[np.bool_]
    share: float


@dataclass(frozen=True)
class Fill:
    """All fill of an image, and whether other pixels are no data either. Threads may share it.

    Attributes:
        bands: 1-based, those in which a pixel must hold the value.
        height: in pixels, of the part of the image that was looked at: all that its file stores.
        width: of the same part.
        regions: one for each value; empty where the image has no fill.
        unmeasured: pixels that are no finite number stand among those that the file calls valid, or
            GDAL would average what the pixels are computed from.
        row: of the image, where that part starts.
        column: of the image, where it starts.
    """

    bands: tuple[int, ...]
    height: int
    width: int
    regions: tuple[FillRegion, ...] = ()
    unmeasured: bool = False
    row: int = 0
    column: int = 0

    def __bool__(self) -> bool:
        """Return whether there is any fill."""
        return bool(self.regions)

    @property
    def spreads(self) -> bool:
        """Whether averages over pixels would mix something into data that is none."""
        return bool(self.regions) or self.unmeasured

    def near(self, rows: tuple[int, int], columns: tuple[int, int]) -> bool:
        """Return whether fill may be in some rows and columns of the image (the second of each not
        included)."""
        down, across = np.arange(*rows), np.arange(*columns)
        return any(one.region[self._cells(one, down, across)].any() for one in self.regions)

    def _cells(
        self, one: FillRegion, rows: NDArray[np.int64], columns: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the index of a region's cells under rows and columns of the image."""
        height, width = one.region.shape
        down = np.clip((rows - self.row) * height // self.height, 0, height - 1)
        across = np.clip((columns - self.column) * width // self.width, 0, width - 1)
        return down[:, None], across

    def mask(self, values: NDArray[np.generic], row: int, column: int) -> NDArray[np.bool_]:
        """Return which pixels (H, W) of a window are fill.

        Args:
            values: (C, H, W) of ``bands``, at full resolution.
            row: of the image, where the window starts.
            column: of the image, where the window starts.
        """
        height, width = values.shape[1:]
        found = np.zeros((height, width), bool)
        for one in self.regions:
            cells = self._cells(one, row + np.arange(height), column + np.arange(width))
            within = one.region[cells]
            if within.any():
                value = np.asarray(one.value, np.float32)[:, None, None]
                found |= within & (values.astype(np.float32) == value).all(axis=0)
        return found

    def sentence(self, name: str) -> str:
        """Return what a user should know of the fill of an image of this name."""
        parts = [f"{_words(one.value)} ({100 * one.share:.1f} % of it)" for one in self.regions]
        return f"{name} is filled with {' and '.join(parts)} at its border: taken as no data."


def _words(value: tuple[float, ...]) -> str:
    different = dict.fromkeys(f"{one:g}" for one in value)
    return "/".join(different if len(different) == 1 else [f"{one:g}" for one in value])
