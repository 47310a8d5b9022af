"""Radiometry as other sensors, products and processors would have it; geometry stays untouched.

All changes act on the network's input range [0, 1]: SAR there is log amplitude over some 25 dB.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from model_core.network.filters import blur

SAR_RANGE = 25.0
"""Decibels between 0 and 1 of a SAR view, about."""


def augment_sar(image: Tensor, chance: float, rng: np.random.Generator) -> Tensor:
    """Return a SAR view (1, 1, H, W), each change made with probability ``chance``."""
    if rng.uniform() < chance:  # speckle of fewer looks, on intensities, somewhat correlated
        looks = rng.uniform(1.0, 8.0)
        speckle = rng.gamma(looks, 1 / looks, image.shape).astype(np.float32)
        noise = torch.from_numpy(speckle)
        if rng.uniform() < 0.5:
            noise = blur(noise, 0.5)
        image = image + 10 * torch.log10(noise.clamp_min(1e-3)) / SAR_RANGE
        image = image.clamp(0, 1)
    if rng.uniform() < chance:  # amplitude or intensity instead of decibels
        power = rng.uniform(10, 40)
        image = 10 ** ((image - 1) * SAR_RANGE / power)
    return _common(image, chance, rng)


def augment_optical(image: Tensor, chance: float, rng: np.random.Generator) -> Tensor:
    """Return an optical view (1, 3, H, W), each change made with probability ``chance``."""
    if rng.uniform() < chance:
        image = image[:, rng.permutation(3)]
    if rng.uniform() < chance:  # a panchromatic image, or a single band
        weights = rng.dirichlet([0.5, 0.5, 0.5]).astype(np.float32)
        grey = (image * torch.from_numpy(weights).view(1, 3, 1, 1)).sum(1, keepdim=True)
        image = grey.expand_as(image).clone()
    if rng.uniform() < chance:  # bands stretched one by one
        gains = torch.from_numpy(rng.uniform(0.7, 1.3, (1, 3, 1, 1)).astype(np.float32))
        image = (image * gains).clamp(0, 1)
    return _common(image, chance, rng)


def _common(image: Tensor, chance: float, rng: np.random.Generator) -> Tensor:
    if rng.uniform() < chance:
        image = image.clamp_min(0) ** math.exp(rng.uniform(-0.6, 0.6))
    if rng.uniform() < chance:
        image = (image - 0.5) * rng.uniform(0.6, 1.5) + 0.5 + rng.uniform(-0.15, 0.15)
    if rng.uniform() < 0.4 * chance:
        image = 1 - image
    if rng.uniform() < chance:  # coarser than its grid
        image = blur(image, rng.uniform(0.4, 1.4))
    if rng.uniform() < chance:
        noise = rng.normal(0, rng.uniform(0.005, 0.05), image.shape).astype(np.float32)
        image = image + torch.from_numpy(noise)
    return image.clamp(0, 1)


def augment_valid(valid: Tensor, chance: float, rng: np.random.Generator) -> Tensor:
    """Return valid pixels (1, 1, H, W) with, at times, a hole or a slanted edge of the data."""
    if rng.uniform() >= 0.4 * chance:
        return valid
    height, width = valid.shape[-2:]
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    if rng.uniform() < 0.5:
        radius = rng.uniform(0.05, 0.2) * height
        centre = rng.uniform(0, 1, 2) * [width, height]
        keep = (x - centre[0]).square() + (y - centre[1]).square() > radius**2
    else:
        angle = rng.uniform(0, 2 * math.pi)
        away = (x - width / 2) * math.cos(angle) + (y - height / 2) * math.sin(angle)
        keep = away < rng.uniform(0.2, 0.5) * height
    kept: Tensor = valid * keep.float()
    return kept
