"""How far apart two images can be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SearchBounds:
    """The largest transformation that is searched for between two images.

    Attributes:
        max_shift: in pixels, of the image centre, along x and along y.
        max_rotation: in degrees, to either side.
        max_scale: a factor of at least 1; scales from its inverse to it are searched.
    """

    max_shift: float
    max_rotation: float
    max_scale: float
