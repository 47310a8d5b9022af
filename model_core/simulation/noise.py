"""Randomness as a function of position: the same place always has the same value."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

TABLE = 256
"""Side of the periodic table of random numbers."""


class Noise:
    """Seeded random functions of the plane, periodic far beyond the size of what they draw."""

    def __init__(self, random: np.random.Generator) -> None:
        self._table = random.random((TABLE, TABLE), dtype=np.float32)
        # Octaves look at the table from other sides, so that they are not copies of one another.
        self._offsets = random.random((32, 2)) * TABLE

    def of_cell(self, column: NDArray[np.int64], row: NDArray[np.int64], use: int) -> Array:
        """Return one number in [0, 1) per integer cell; each ``use`` has numbers of its own."""
        return np.asarray(self._table[(row + 37 * use) % TABLE, (column + 101 * use) % TABLE])

    def smooth(self, x: Array, y: Array, period: float, octaves: int, use: int) -> Array:
        """Return fractal noise with mean 0 and about unit standard deviation.

        Args:
            period: distance, in pixels, of the coarsest octave's random numbers; each further
                octave halves distance and amplitude.
        """
        total = np.zeros(np.shape(x), np.float32)
        power = 0.0
        for octave in range(octaves):
            amplitude = 0.5**octave
            offset_x, offset_y = self._offsets[(use + 5 * octave) % len(self._offsets)]
            scale = 2.0**octave / period
            total += amplitude * self._value(x * scale + offset_x, y * scale + offset_y)
            power += amplitude**2
        # Smoothly interpolated uniform numbers have a standard deviation of about 0.22.
        return np.asarray(total / (0.22 * np.sqrt(power)), np.float32)

    def _value(self, x: Array, y: Array) -> Array:
        """Return uniform numbers in [-0.5, 0.5) at integers, interpolated smoothly between."""
        left, top = np.floor(x), np.floor(y)
        u, v = x - left, y - top
        u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
        column, row = left.astype(np.int64) % TABLE, top.astype(np.int64) % TABLE
        right, below = (column + 1) % TABLE, (row + 1) % TABLE
        table = self._table
        upper = table[row, column] * (1 - u) + table[row, right] * u
        lower = table[below, column] * (1 - u) + table[below, right] * u
        return np.asarray(upper * (1 - v) + lower * v - np.float32(0.5))
