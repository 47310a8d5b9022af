"""The cosine transform that diagonalises the Laplacian of a grid with free borders."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

Map = NDArray[np.float32]

LONG = 1024
"""Nodes from which a fast Fourier transform takes less time than a product with a matrix, whose
memory grows with the square of the length."""


class CosineTransform:
    """The orthonormal cosine transform (type 2) of a length.

    Attributes:
        eigenvalues: (length,), of the negative second difference with free borders.
    """

    def __init__(self, length: int) -> None:
        self.length = length
        frequency = np.arange(length)
        eigenvalues = 2 - 2 * np.cos(np.pi * frequency / length)
        self.eigenvalues: Map = eigenvalues.astype(np.float32)
        scale = np.where(frequency == 0, np.sqrt(1 / length), np.sqrt(2 / length))
        self._basis: Map | None = None
        if length <= LONG:
            basis = np.cos(np.pi * frequency[:, None] * (frequency + 0.5) / length)
            self._basis = (basis * scale[:, None]).astype(np.float32)
            return
        self._scale = torch.from_numpy(scale.astype(np.float32))
        angle = torch.from_numpy(np.pi * frequency / (2 * length))
        self._turn = torch.polar(torch.ones_like(angle), angle).to(torch.complex64)

    def forward(self, values: Map, axis: int) -> Map:
        """Transform float32 values along their last axis, -1, or the one before it, -2."""
        if self._basis is None:
            return self._along(values, axis, self._forward)
        return np.asarray(values @ self._basis.T if axis == -1 else self._basis @ values)

    def inverse(self, values: Map, axis: int) -> Map:
        """Undo :meth:`forward`."""
        if self._basis is None:
            return self._along(values, axis, self._inverse)
        return np.asarray(values @ self._basis if axis == -1 else self._basis.T @ values)

    @staticmethod
    def _along(values: Map, axis: int, transform: Callable[[Tensor], Tensor]) -> Map:
        """Apply what transforms the last axis along another one."""
        turned = torch.from_numpy(values).transpose(axis, -1)
        return np.asarray(transform(turned).transpose(axis, -1).numpy())

    def _forward(self, values: Tensor) -> Tensor:
        # Makhoul (1980), "A fast cosine transform": every other value, then the rest backwards.
        order = torch.cat([values[..., ::2], values[..., 1::2].flip(-1)], dim=-1)
        found: Tensor = (torch.fft.fft(order) * self._turn.conj()).real * self._scale
        return found

    def _inverse(self, values: Tensor) -> Tensor:
        cosines = values / self._scale
        mirrored = F.pad(cosines[..., 1:].flip(-1), (1, 0))
        order = torch.fft.ifft(torch.complex(cosines, -mirrored) * self._turn).real
        found = torch.empty_like(order)
        half = math.ceil(self.length / 2)
        found[..., ::2], found[..., 1::2] = order[..., :half], order[..., half:].flip(-1)
        return found


@lru_cache(maxsize=8)
def cosine_transform(length: int) -> CosineTransform:
    """Return the transform of a length; it is kept."""
    return CosineTransform(length)
