"""Radiometry as other sensors, products and processors would have it.

Geometry stays as it is, but for bright edges of a SAR view, which lie over what stands before them
as walls and slopes do. All changes act on the network's input range [0, 1]: SAR there is log
amplitude over some 25 dB.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from model_core.network.filters import blur

SAR_RANGE = 25.0
"""Decibels between 0 and 1 of a SAR view, about."""


def augment_sar(image: Tensor, chance: float, rng: np.random.Generator) -> Tensor:
    """Return a SAR view (1, 1, H, W), each change made with probability ``chance``."""
    if rng.uniform() < 0.6 * chance:
        image = lay_over(image, rng)
    if rng.uniform() < chance:  # speckle of 1 to 16 looks, on intensities, somewhat correlated
        looks = 2 ** rng.uniform(0.0, 4.0)
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
    if rng.uniform() < 0.8 * chance:
        image = invert_regions(image, rng)
    if rng.uniform() < chance:  # coarser than its grid
        image = blur(image, rng.uniform(0.4, 1.4))
    if rng.uniform() < 0.6 * chance:  # ringing of a sharpened image
        image = image + rng.uniform(0.5, 2.0) * (image - blur(image, rng.uniform(0.7, 1.5)))
    if rng.uniform() < chance:
        noise = rng.normal(0, rng.uniform(0.005, 0.05), image.shape).astype(np.float32)
        image = image + torch.from_numpy(noise)
    return image.clamp(0, 1)


def lay_over(image: Tensor, rng: np.random.Generator) -> Tensor:
    """Return a SAR view (1, 1, H, W) whose brightest places also cover what lies before them.

    Walls and slopes that face the sensor appear nearer to it than they stand, over their
    foreground, which stays visible where it is brighter.
    """
    bright = torch.quantile(image, float(rng.uniform(0.85, 0.97)))
    angle, most = rng.uniform(0, 2 * math.pi), rng.uniform(1.0, 4.0)
    covered = image
    for length in np.arange(1.0, most + 1.0):
        step = round(length * math.cos(angle)), round(length * math.sin(angle))
        moved = torch.where(image > bright, image, 0.0).roll(step, (-2, -1))
        covered = torch.maximum(covered, moved * (1 - 0.15 * length))
    return covered


def invert_regions(image: Tensor, rng: np.random.Generator) -> Tensor:
    """Return a view (1, C, H, W) with the contrast turned round in some large, soft-edged regions.

    What is brighter in one image is often darker in the other, field by field.
    """
    height, width = image.shape[-2:]
    coarse = torch.from_numpy(rng.normal(size=(1, 1, 5, 5)).astype(np.float32))
    regions = F.interpolate(coarse, (height, width), mode="bicubic", align_corners=True)
    share = torch.sigmoid(20 * regions)
    return share * image + (1 - share) * (image.mean() * 2 - image).clamp(0, 1)


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
