"""Where the first of two compared images is seen, in pixels of the map."""

from __future__ import annotations

from typing import Literal

Mode = Literal["swipe", "checkerboard", "blink"]
Part = tuple[int, int, int, int]
"""Left, top, width, height."""

SMALLEST_SQUARE = 24
LARGEST_SQUARE = 300


def parts(mode: Mode, width: int, height: int, share: float, first: bool = True) -> list[Part]:
    """Return the parts of a map in which the first image is seen; the second fills the rest.

    Args:
        mode: how the two share the map.
        width: of the map.
        height: of the map.
        share: in [0, 1]: the curtain's place, or the size of the squares.
        first: for "blink": whether the first image has its turn.
    """
    if mode == "swipe":
        return [(0, 0, round(share * width), height)]
    if mode == "blink":
        return [(0, 0, width, height)] if first else []
    size = square(share)
    return [
        (x, y, min(size, width - x), min(size, height - y))
        for row, y in enumerate(range(0, height, size))
        for x in range(size * (row % 2), width, 2 * size)
    ]


def square(share: float) -> int:
    """Return the side of the checkerboard's squares."""
    return round(SMALLEST_SQUARE + share * (LARGEST_SQUARE - SMALLEST_SQUARE))
