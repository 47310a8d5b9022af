"""The feature maps of a pair's windows; what was computed is not computed again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from model_core.geometry.field import Field
from model_core.geometry.pixels import window_pixels
from model_core.geometry.window import Window
from model_core.network.feature_maps import FeatureMaps
from model_core.raster.reader import ImagePair
from model_core.registration.model import RegistrationModel

LARGEST_DRIFT = 1.0
"""Pixels (root mean square) by which a field may have changed for feature maps to be resampled
along with it instead of computed anew."""


def drift_of(positions: NDArray[np.float64], field: Field, window: Window) -> NDArray[np.float64]:
    """Return how far (height, width, 2) a window's pixels lie by now from where they were sampled,
    in its own pixels.

    The image that was sampled holds at x + drift what the field has at x.

    Args:
        positions: (height, width, 2), where they were sampled in the moving image.
        field: that says where they lie by now.
        window: of the reference grid.
    """
    change = field.window(window) - positions
    return np.asarray(change @ np.linalg.inv(field.affine[:, :2]).T / window.factor)


def drifted(features: FeatureMaps, drift: NDArray[np.float64]) -> FeatureMaps:
    """Return the maps of a window after a drift (height, width, 2)."""
    places = (window_pixels(0, 0, *drift.shape[:2]) + drift).astype(np.float32)
    device = features.images.image.device
    return features.resampled(torch.from_numpy(places)[None].to(device))


@dataclass(frozen=True)
class _Warped:
    window: Window
    stride: int
    positions: NDArray[np.float64]
    features: FeatureMaps

    def serves(self, window: Window, stride: int) -> bool:
        # The finer the map, the more it loses by interpolation: each stride starts anew.
        return window == self.window and stride >= self.stride


class FeatureCache:
    """Reads a window of a pair and gives its feature maps, which are kept.

    A small pair is one window, measured stage after stage: then the reference passes through the
    network once, and the feature maps of the moving image follow the field as long as it changes
    little.
    """

    def __init__(self, pair: ImagePair, model: RegistrationModel) -> None:
        self.pair = pair
        self.model = model
        self._reference: tuple[Window, FeatureMaps] | None = None
        self._warped: _Warped | None = None

    def feature_maps(
        self, window: Window, field: Field, stride: int
    ) -> tuple[FeatureMaps, FeatureMaps] | None:
        """Return the maps of the reference, and of the moving image where a field says it lies.

        None: the images have no data in common there.

        Args:
            window: of the reference grid.
            field: where its pixels lie in the moving image.
            stride: of the feature maps that will be asked for.
        """
        reference = self._reference_maps(window)
        if not reference.images.valid.any():
            return None
        moving = self._moving_maps(window, field, stride)
        if not (reference.images.valid * moving.images.valid).any():
            return None
        return reference, moving

    def _reference_maps(self, window: Window) -> FeatureMaps:
        if self._reference is None or self._reference[0] != window:
            self._reference = None  # before the next one is read: one at a time in memory
            self._reference = window, self.model.feature_maps(self.pair.reference.read(window))
        return self._reference[1]

    def _moving_maps(self, window: Window, field: Field, stride: int) -> FeatureMaps:
        last = self._warped
        if last is not None and last.serves(window, stride):
            drift = drift_of(last.positions, field, window)
            if np.square(drift).sum(axis=-1).mean() <= LARGEST_DRIFT**2:
                return drifted(last.features, drift)
        last = self._warped = None
        positions = field.window(window)
        features = self.model.feature_maps(self.pair.moving.read(window, positions))
        self._warped = _Warped(window, stride, positions, features)
        return features
