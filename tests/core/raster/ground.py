"""Ground with what is taken for fill and is not, and with fill, as sensors give them."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

Image = NDArray[np.float64]
Mask = NDArray[np.bool_]


def relief(side: int, seed: int = 0) -> Image:
    """Return smooth heights (side, side) in [0, 1], rough at all sizes as nature is."""
    random = np.random.default_rng(seed)
    total = torch.zeros(1, 1, side, side, dtype=torch.float64)
    for cells in (3, 6, 12, 24, 48):
        noise = torch.from_numpy(random.standard_normal((1, 1, cells + 1, cells + 1)))
        total += F.interpolate(noise, (side, side), mode="bicubic", align_corners=True) / cells**0.9
    heights = total[0, 0].numpy()
    return np.asarray((heights - heights.min()) / np.ptp(heights))


def amplitude(side: int, seed: int = 0, looks: int = 4) -> Image:
    """Return SAR amplitudes (side, side) with speckle; water where the relief is below 0.4."""
    land = relief(side, seed)
    random = np.random.default_rng(seed + 100)
    mean = np.where(land < 0.4, 0.02, 0.3 + land)
    return np.asarray(mean * np.sqrt(random.gamma(looks, 1 / looks, land.shape)))


def colours(side: int, seed: int = 0) -> Image:
    """Return optical reflectances (3, side, side) between 0 and 1, with a little noise."""
    random = np.random.default_rng(seed + 200)
    bands = np.stack([0.1 + 0.6 * relief(side, seed + i) for i in (0, 7, 14)])
    return np.asarray(bands + 0.01 * random.standard_normal(bands.shape))


def beyond_a_footprint(side: int, degrees: float = 12.0, share: float = 0.75) -> Mask:
    """Return what lies outside a turned square footprint in the middle."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    angle = np.deg2rad(degrees)
    across, down = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return np.asarray(np.maximum(abs(across), abs(down)) > share * side / 2)
