"""How far apart two images can be: what every search is told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SearchBounds:
    """The largest transformation that a search allows for.

    Attributes:
        max_shift: pixels, of the image centre along x and along y.
        max_rotation: degrees, in both directions.
        max_scale: factor of at least 1; scales lie between its inverse and it.
    """

    max_shift: float
    max_rotation: float
    max_scale: float
