"""Correlation of whole feature maps for every translation at once, masked and normalised."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from model_core.network.images import FeatureMap


def correlate_translations(reference: FeatureMap, moving: FeatureMap, radius: float) -> Tensor:
    """Correlate whole images for every translation up to ``radius`` cells, by FFT.

    Args:
        reference: maps (K, D, H, W), one hypothesis each.
        moving: map (1, D, H', W').
        radius: in cells.

    Returns:
        scores (K, 2 r + 1, 2 r + 1) with r = ceil(radius); entry [k, r + ty, r + tx] says how well
        the moving image at x + t fits the reference at x. Translations that leave less than a
        quarter of the smaller image in common score -1.
    """
    reach = math.ceil(radius)

    fixed, other = _centred(reference), _centred(moving)
    height, width = (
        fast_length(max(fixed.shape[axis], other.shape[axis]) + reach) for axis in (-2, -1)
    )
    size = (height, width)

    def spectrum(image: Tensor) -> Tensor:
        transformed: Tensor = torch.fft.rfft2(image, s=size)
        return transformed

    moving_spectrum = spectrum(other)
    moving_energy = spectrum(other.square().sum(1))
    moving_area = spectrum(moving.mask[:, 0])
    scores = []
    for k in range(fixed.shape[0]):  # one at a time: a batch would not stay in the cache
        one, mask = fixed[k : k + 1], reference.mask[k, 0]
        cross = (moving_spectrum * spectrum(one).conj()).sum(1)[0]
        area_spectrum = spectrum(mask).conj()
        stack = torch.stack(
            [
                cross,
                moving_energy[0] * area_spectrum,
                moving_area[0] * spectrum(one.square().sum(1)[0]).conj(),
                moving_area[0] * area_spectrum,
            ]
        )
        maps = torch.fft.irfft2(stack, s=size)
        maps = torch.roll(maps, (reach, reach), (1, 2))[:, : 2 * reach + 1, : 2 * reach + 1]
        ncc = maps[0] / (maps[1].clamp_min(0) * maps[2].clamp_min(0) + 1e-4).sqrt()
        smaller = torch.minimum(mask.sum(), moving.mask.sum())
        scores.append(torch.where(maps[3] >= 0.25 * smaller, ncc, -1.0))
    return torch.stack(scores)


def _centred(features: FeatureMap) -> Tensor:
    """Return the descriptors less their mean over the valid cells, 0 where invalid."""
    image, mask = features
    area = mask.sum((2, 3), keepdim=True).clamp_min(1)
    mean = (image * mask).sum((2, 3), keepdim=True) / area
    result: Tensor = (image - mean) * mask
    return result


def fast_length(length: int) -> int:
    """Return the next length whose only prime factors are 2, 3 and 5."""
    while True:
        rest = length
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return length
        length += 1
