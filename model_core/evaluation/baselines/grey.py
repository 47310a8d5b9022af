"""Images as the baseline methods take them: one grey band from 0 to 255."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model_core.raster.view import View

_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def grey(view: View) -> NDArray[np.float32]:
    """Return a view as grey values (H, W) in [0, 255]; three bands are weighted as luma."""
    if view.image.shape[0] == 1:
        return np.asarray(view.image[0] * np.float32(255))
    return np.asarray(np.tensordot(_LUMA, view.image, axes=1) * np.float32(255), dtype=np.float32)


def same_size(reference: View, moving: View) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return two views as grey values of the reference's size, 0 where there is no data.

    The moving image is cut off, or filled with 0, on the right and below: no position changes.
    """
    one, other = (np.where(view.valid, grey(view), np.float32(0)) for view in (reference, moving))
    fitted = np.zeros_like(one)
    height, width = (min(a, b) for a, b in zip(one.shape, other.shape, strict=True))
    fitted[:height, :width] = other[:height, :width]
    return one, fitted
