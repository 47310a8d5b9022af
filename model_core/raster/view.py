"""The form in which images reach the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Modality = Literal["sar", "optical"]


@dataclass(frozen=True)
class View:
    """One image, or a tile of it, ready for the network.

    Attributes:
        image: float32 array (C, H, W) in [0, 1]; C is 1 for SAR (log amplitude, clipped) and 3 for
            optical (percentile stretch; a single band is repeated).
        valid: bool array (H, W), False where nothing was measured. ``image`` holds 0 there, and
            whoever uses it must not see the border of the valid part as an edge.
        modality: which encoder the image belongs to.
    """

    image: NDArray[np.float32]
    valid: NDArray[np.bool_]
    modality: Modality
