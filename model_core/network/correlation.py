"""Window-aggregated correlation of two descriptor maps, masked and normalised.

Two searches: over all translations of the whole image (:func:`search_translation`, by FFT), and
over small displacements around the current estimate, separately at each node of a lattice
(:func:`correlation_volume`). Both are zero-mean normalised cross-correlations over the pixels that
are valid in both images, so neither a border nor a bright spot gives an advantage.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from model_core.network.geometry import resize_displacement
from model_core.network.structure import average_blocks, window_mean


def remove_local_mean(descriptors: Tensor, mask: Tensor, cell: int, sigma: float) -> Tensor:
    """Subtract from each channel its mean over the window around, over valid cells only.

    Args:
        descriptors: (B, D, H, W). mask: (B, 1, H, W). cell: cells per lattice node.
        sigma: of the window, in lattice nodes.
    """
    height, width = descriptors.shape[-2:]
    weight = average_blocks(mask, cell)
    total = average_blocks(descriptors * mask, cell)
    mean = window_mean(total, sigma) / window_mean(weight, sigma).clamp_min(1e-4)
    return (descriptors - resize_displacement(mean, height, width, cell)) * mask


def correlation_volume(
    reference: Tensor,
    moving: Tensor,
    reference_mask: Tensor,
    moving_mask: Tensor,
    radius: int,
    cell: int,
    sigma: float,
) -> tuple[Tensor, Tensor]:
    """Correlate each lattice node's window with the moving map displaced by every small vector.

    Args:
        reference, moving: descriptors (B, D, H, W) on one grid, moving already warped.
        reference_mask, moving_mask: (B, 1, H, W), 1 where valid.
        radius: largest displacement, in cells of the maps, in x and in y.
        cell: cells of the maps per lattice node, in x and in y.
        sigma: of the Gaussian window, in lattice nodes.

    Returns:
        ncc (B, (2 radius + 1)², h, w) in [-1, 1], displacements ordered by dy, then dx, each from
        -radius; and the support (B, h, w) in [0, 1], the share of the window valid in both images
        without displacement.
    """
    reference = remove_local_mean(reference, reference_mask, cell, sigma)
    moving = remove_local_mean(moving, moving_mask, cell, sigma)
    reference_energy = reference.square().sum(1, keepdim=True)
    moving_energy = moving.square().sum(1, keepdim=True)
    height, width = reference.shape[-2:]
    pad = (radius, radius, radius, radius)
    moving, moving_energy, mask = (F.pad(m, pad) for m in (moving, moving_energy, moving_mask))
    side = 2 * radius + 1

    def displaced(image: Tensor, dy: int) -> list[Tensor]:
        return [image[..., dy : dy + height, dx : dx + width] for dx in range(side)]

    products, reference_sums, moving_sums = [], [], []
    for dy in range(side):
        # One row of displacements at a time: few operations, on what stays in the cache.
        row = [(reference * one).sum(1, keepdim=True) for one in displaced(moving, dy)]
        products.append(average_blocks(torch.cat(row, 1), cell))
        moving_row = torch.cat(displaced(moving_energy, dy), 1) * reference_mask
        moving_sums.append(average_blocks(moving_row, cell))
        reference_row = torch.cat(displaced(mask, dy), 1) * reference_energy
        reference_sums.append(average_blocks(reference_row, cell))
    product_sum = window_mean(torch.cat(products, 1), sigma)
    energy = window_mean(torch.cat(moving_sums, 1), sigma) * window_mean(
        torch.cat(reference_sums, 1), sigma
    )
    ncc = product_sum / (energy.clamp_min(0) + 1e-8).sqrt()
    both = average_blocks(reference_mask * moving_mask, cell)
    whole = window_mean(torch.ones_like(both), sigma)
    support = (window_mean(both, sigma) / whole).squeeze(1)
    return ncc, support


def displacement_vectors(radius: int, like: Tensor) -> Tensor:
    """Return the displacements (N, 2) as (dx, dy), in the order of ``correlation_volume``."""
    steps = torch.arange(-radius, radius + 1, device=like.device, dtype=like.dtype)
    dy, dx = torch.meshgrid(steps, steps, indexing="ij")
    return torch.stack([dx.flatten(), dy.flatten()], dim=-1)


def _vertex(before: Tensor, at: Tensor, after: Tensor) -> Tensor:
    """Offset of the vertex of the parabola through three equidistant values, within ±0.5."""
    curvature = (before - 2 * at + after).clamp_max(-1e-6)
    return (0.5 * (before - after) / curvature).clamp(-0.5, 0.5)


def peak(volume: Tensor, radius: int) -> tuple[Tensor, Tensor, Tensor]:
    """Find the best displacement of each node, to a fraction of a cell.

    Args:
        volume: (B, N, h, w) from ``correlation_volume`` of the same radius.

    Returns:
        displacement (B, 2, h, w) as (dx, dy) in cells; its value (B, h, w); its margin (B, h, w)
        over the best value more than two cells away (0 where the radius leaves none).
    """
    batch, count, height, width = volume.shape
    side = 2 * radius + 1
    value, index = volume.max(dim=1)
    row, column = index // side, index % side

    def at(step_y: int, step_x: int) -> Tensor:
        r = (row + step_y).clamp(0, side - 1)
        c = (column + step_x).clamp(0, side - 1)
        return volume.gather(1, (r * side + c).unsqueeze(1)).squeeze(1)

    dx = (
        column
        - radius
        + torch.where((column > 0) & (column < side - 1), _vertex(at(0, -1), value, at(0, 1)), 0.0)
    )
    dy = (
        row
        - radius
        + torch.where((row > 0) & (row < side - 1), _vertex(at(-1, 0), value, at(1, 0)), 0.0)
    )
    steps = torch.arange(side, device=volume.device)
    near_row = (steps.view(1, -1, 1, 1) - row.unsqueeze(1)).abs() <= 2
    near_column = (steps.view(1, -1, 1, 1) - column.unsqueeze(1)).abs() <= 2
    near = near_row.unsqueeze(2) & near_column.unsqueeze(1)
    rest = volume.masked_fill(near.reshape(batch, count, height, width), -1.0)
    margin = (value - rest.amax(dim=1).clamp_min(0.0)).clamp_min(0.0)
    return torch.stack([dx, dy], dim=1).to(volume.dtype), value, margin


def search_translation(
    reference: Tensor,
    moving: Tensor,
    reference_mask: Tensor,
    moving_mask: Tensor,
    radius: float,
) -> Tensor:
    """Correlate whole images for every translation up to ``radius`` cells, by FFT.

    Args:
        reference: (K, D, H, W), one hypothesis each; moving: (1, D, H', W').
        reference_mask, moving_mask: (K, 1, H, W) and (1, 1, H', W').

    Returns:
        scores (K, 2 r + 1, 2 r + 1) with r = ceil(radius); entry [k, r + ty, r + tx] says how well
        the moving image at x + t fits the reference at x. Translations that leave less than a
        quarter of the smaller image in common score -1.
    """
    reach = math.ceil(radius)

    def centred(image: Tensor, mask: Tensor) -> Tensor:
        mean = (image * mask).sum((2, 3), keepdim=True) / mask.sum((2, 3), keepdim=True).clamp_min(
            1
        )
        result: Tensor = (image - mean) * mask
        return result

    reference, moving = centred(reference, reference_mask), centred(moving, moving_mask)
    height = fast_length(max(reference.shape[-2], moving.shape[-2]) + reach)
    width = fast_length(max(reference.shape[-1], moving.shape[-1]) + reach)
    size = (height, width)

    def spectrum(image: Tensor) -> Tensor:
        transformed: Tensor = torch.fft.rfft2(image, s=size)
        return transformed

    moving_spectrum = spectrum(moving)
    moving_energy = spectrum(moving.square().sum(1))
    moving_area = spectrum(moving_mask[:, 0])
    scores = []
    for k in range(reference.shape[0]):  # one at a time: a batch would not stay in the cache
        one, mask = reference[k : k + 1], reference_mask[k, 0]
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
        smaller = torch.minimum(mask.sum(), moving_mask.sum())
        scores.append(torch.where(maps[3] >= 0.25 * smaller, ncc, -1.0))
    return torch.stack(scores)


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
