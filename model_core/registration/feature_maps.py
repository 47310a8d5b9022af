"""The windows of a pair as the network sees them; what was described is not described again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from model_core.geometry.pixels import window_pixels
from model_core.network.descriptors import DescribedImages
from model_core.raster.reader import ImagePair
from model_core.registration.fit import Field
from model_core.registration.model import RegistrationModel

LARGEST_DRIFT = 1.0
"""Pixels (root mean square) by which a field may have changed for descriptors to be moved along
with it instead of found anew."""

Window = tuple[int, int, int, int]
"""Row, column, height and width, in pixels of the decimated grid."""


@dataclass(frozen=True)
class _Warped:
    window: Window
    decimation: int
    stride: int
    positions: NDArray[np.float64]
    images: DescribedImages

    def serves(self, window: Window, decimation: int, stride: int) -> bool:
        # The finer the descriptors, the more they lose by interpolation: each stride starts anew.
        return (window, decimation) == (self.window, self.decimation) and stride >= self.stride


class Descriptions:
    """Reads windows of a pair and has them described; the last window of each image is kept.

    A small pair is one window, measured stage after stage: then the reference is described once,
    and the descriptors of the moving image follow the field as long as it changes little.
    """

    def __init__(self, pair: ImagePair, matcher: RegistrationModel) -> None:
        self.pair = pair
        self._matcher = matcher
        self._reference: tuple[Window, int, DescribedImages] | None = None
        self._warped: _Warped | None = None

    def reference(self, window: Window, decimation: int) -> DescribedImages:
        """Return a window of the reference."""
        if self._reference is None or self._reference[:2] != (window, decimation):
            self._reference = None  # before the next one is read: one at a time in memory
            view = self.pair.reference.read(*window, decimation)
            self._reference = window, decimation, self._matcher.describe(view)
        return self._reference[2]

    def moving(
        self, window: Window, decimation: int, field: Field, stride: int, keep: bool
    ) -> DescribedImages:
        """Return what the moving image shows where a field says that a window lies.

        Args:
            stride: of the descriptors that will be asked for. keep: the same window will be asked
                for again.
        """
        positions = field.window(*window, decimation)
        last, self._warped = self._warped, None
        if last is not None and last.serves(window, decimation, stride):
            # The window read at ``last`` holds at x + drift what the field has at x by now.
            change = positions - last.positions
            drift = change @ np.linalg.inv(field.affine[:, :2]).T / decimation
            if np.square(drift).sum(axis=-1).mean() <= LARGEST_DRIFT**2:
                self._warped = last
                places = (window_pixels(0, 0, *window[2:]) + drift).astype(np.float32)
                return last.images.resampled(
                    torch.from_numpy(places)[None].to(self._matcher.device)
                )
        view = self.pair.moving.read(*window, decimation, positions)
        images = self._matcher.describe(view)
        if keep:
            self._warped = _Warped(window, decimation, stride, positions, images)
        return images
