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
