"""Shapes of masks (h, w): grown, freed of what is thin, and how straight their edges are."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def dilated(mask: Mask, cells: int) -> Mask:
    """Return the pixels with one of the mask within so many rows and columns."""
    return _grown(_grown(mask, cells).T, cells).T


def _grown(mask: Mask, cells: int) -> Mask:
    """Return the pixels with one of the mask within so many rows."""
    found = mask.copy()
    for offset in range(1, min(cells, len(mask) - 1) + 1):
        found[offset:] |= mask[:-offset]
        found[:-offset] |= mask[offset:]
    return found


def opened(mask: Mask, cells: int = 2) -> Mask:
    """Return the pixels that lie in some square of the mask, 2 cells + 1 wide.

    Beyond the border the mask goes on, so that a narrow strip along it stays.
    """
    padded = np.pad(mask, 2 * cells, constant_values=True)
    result = dilated(~dilated(~padded, cells), cells)
    inner = slice(2 * cells, -2 * cells)
    return np.asarray(result[inner, inner] & mask)


def flat_ground(values: NDArray[np.float32], cells: int = 2) -> Mask:
    """Return the pixels (h, w) around which values (C, h, w) are the same in all bands."""
    side = 2 * cells + 1
    given = torch.from_numpy(values)
    top = F.max_pool2d(given, side, 1, cells)
    bottom = -F.max_pool2d(-given, side, 1, cells)
    return np.asarray((top == bottom).all(dim=0).numpy())


def straight_share(part: Mask, outside: Mask, reach: int) -> float:
    """Return the share of the edge of a part that runs straight, 1 where it has no edge.

    Borders with what is outside and with the image's end do not count. An edge is straight where
    the edge pixels around, up to ``reach`` pixels away, lie along a line to a pixel or so.
    """
    edge = part & dilated(~part & ~outside, 1)
    if not edge.any():
        return 1.0
    deviation, count = _deviation_from_line(edge, reach)
    good = (deviation <= 0.5 + reach / 100) & (count >= reach)
    return float(good[edge].mean())


def _deviation_from_line(edge: Mask, reach: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the RMS distance of the edge pixels around each pixel from a line, and their count."""
    rows, columns = np.indices(edge.shape, dtype=np.float64)
    weight = edge.astype(np.float64)
    count, x, y, xx, xy, yy = (
        _box_sum(weight * term, reach)
        for term in (1.0, columns, rows, columns**2, columns * rows, rows**2)
    )
    n = np.maximum(count, 1)
    a, b, c = xx / n - (x / n) ** 2, xy / n - x * y / n**2, yy / n - (y / n) ** 2
    smallest = 0.5 * (a + c - np.sqrt((a - c) ** 2 + 4 * b**2))
    return np.sqrt(np.maximum(smallest, 0)), count


def _box_sum(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Return the sum over the square around each pixel."""
    total = np.pad(values, ((reach + 1, reach), (reach + 1, reach))).cumsum(0).cumsum(1)
    side = 2 * reach + 1
    return np.asarray(
        total[side:, side:] - total[:-side, side:] - total[side:, :-side] + total[:-side, :-side]
    )
