"""Window-aggregated correlation of two descriptor maps, masked and normalised.

Two searches: over all translations of the whole image (:func:`search_translation`, by FFT), and
over small displacements around the current estimate, separately at each node of a lattice
(:func:`correlation_volume`). Both are zero-mean normalised cross-correlations over the pixels that
are valid in both images, so neither a border nor a bright spot gives an advantage.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from model_core.geometry.sampling import resize_displacement
from model_core.network.oriented_gradients import average_blocks, window_mean


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
    rows = _product_rows(reference, moving, radius)
    products = torch.cat([average_blocks(row, cell) for row in rows], 1)
    ncc = _normalised(products, reference, moving, reference_mask, moving_mask, radius, cell, sigma)
    return ncc, _support(reference_mask, moving_mask, cell, sigma)


def both_correlation_volumes(
    reference: Tensor,
    moving: Tensor,
    reference_mask: Tensor,
    moving_mask: Tensor,
    radius: int,
    cell: int,
    sigma: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return what ``correlation_volume`` gives, and the volume with the two maps exchanged.

    The products of both are the same, at other places: they are formed once.

    Returns:
        ncc of the moving map around the reference's nodes; ncc of the reference map around the
        moving one's; the support, which is that of both.
    """
    reference = remove_local_mean(reference, reference_mask, cell, sigma)
    moving = remove_local_mean(moving, moving_mask, cell, sigma)
    rows = list(_product_rows(reference, moving, radius))
    forward = torch.cat([average_blocks(row, cell) for row in rows], 1)
    backward = torch.cat(
        [average_blocks(_exchanged(rows, radius, dy), cell) for dy in range(2 * radius + 1)], 1
    )
    return (
        _normalised(forward, reference, moving, reference_mask, moving_mask, radius, cell, sigma),
        _normalised(backward, moving, reference, moving_mask, reference_mask, radius, cell, sigma),
        _support(reference_mask, moving_mask, cell, sigma),
    )


def _displaced(image: Tensor, dy: int, height: int, width: int, side: int) -> list[Tensor]:
    return [image[..., dy : dy + height, dx : dx + width] for dx in range(side)]


def _product_rows(reference: Tensor, moving: Tensor, radius: int) -> Iterator[Tensor]:
    """Yield, for each dy, the products (B, 2 radius + 1, H, W) with the moving map displaced."""
    height, width = reference.shape[-2:]
    side = 2 * radius + 1
    moving = F.pad(moving, (radius, radius, radius, radius))
    for dy in range(side):
        # One row of displacements at a time: few operations, on what stays in the cache.
        displaced = _displaced(moving, dy, height, width, side)
        yield torch.cat([(reference * one).sum(1, keepdim=True) for one in displaced], 1)


def _exchanged(rows: list[Tensor], radius: int, dy: int) -> Tensor:
    """Return one row of the products with the maps exchanged, out of all rows as they are.

    ``moving(x) reference(x + d)`` is the product for -d at x + d; beyond the map it is 0.
    """
    opposite = rows[2 * radius - dy]
    height, width = opposite.shape[-2:]
    result = torch.zeros_like(opposite)
    to_y, from_y = _overlap(dy - radius, height)
    for dx in range(2 * radius + 1):
        to_x, from_x = _overlap(dx - radius, width)
        result[:, dx, to_y, to_x] = opposite[:, 2 * radius - dx, from_y, from_x]
    return result


def _overlap(shift: int, length: int) -> tuple[slice, slice]:
    """Return the places x, and the places x + shift, for which both lie within ``length``."""
    first, last = max(0, -shift), max(0, min(length, length - shift))
    last = max(first, last)
    return slice(first, last), slice(first + shift, last + shift)


def _normalised(
    products: Tensor,
    reference: Tensor,
    moving: Tensor,
    reference_mask: Tensor,
    moving_mask: Tensor,
    radius: int,
    cell: int,
    sigma: float,
) -> Tensor:
    """Return the correlation of windows from the products at the nodes."""
    reference_energy = reference.square().sum(1, keepdim=True)
    moving_energy = moving.square().sum(1, keepdim=True)
    height, width = reference.shape[-2:]
    pad = (radius, radius, radius, radius)
    moving_energy, mask = (F.pad(m, pad) for m in (moving_energy, moving_mask))
    side = 2 * radius + 1
    reference_sums, moving_sums = [], []
    for dy in range(side):
        moving_row = torch.cat(_displaced(moving_energy, dy, height, width, side), 1)
        moving_sums.append(average_blocks(moving_row * reference_mask, cell))
        reference_row = torch.cat(_displaced(mask, dy, height, width, side), 1)
        reference_sums.append(average_blocks(reference_row * reference_energy, cell))
    product_sum = window_mean(products, sigma)
    energy = window_mean(torch.cat(moving_sums, 1), sigma) * window_mean(
        torch.cat(reference_sums, 1), sigma
    )
    return product_sum / (energy.clamp_min(0) + 1e-8).sqrt()


def _support(reference_mask: Tensor, moving_mask: Tensor, cell: int, sigma: float) -> Tensor:
    both = average_blocks(reference_mask * moving_mask, cell)
    whole = window_mean(torch.ones_like(both), sigma)
    return (window_mean(both, sigma) / whole).squeeze(1)


def displacement_vectors(radius: int, like: Tensor) -> Tensor:
    """Return the displacements (N, 2) as (dx, dy), in the order of ``correlation_volume``."""
    steps = torch.arange(-radius, radius + 1, device=like.device, dtype=like.dtype)
    dy, dx = torch.meshgrid(steps, steps, indexing="ij")
    return torch.stack([dx.flatten(), dy.flatten()], dim=-1)


def _vertex(before: Tensor, at: Tensor, after: Tensor) -> Tensor:
    """Offset of the vertex of the parabola through three equidistant values, within ±0.5."""
    curvature = (before - 2 * at + after).clamp_max(-1e-6)
    return (0.5 * (before - after) / curvature).clamp(-0.5, 0.5)


def _values_at(volume: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """Return each node's value (B, h, w) at a row and column of its square of displacements; beyond
    the square, that of its edge."""
    side = math.isqrt(volume.shape[1])
    index = row.clamp(0, side - 1) * side + column.clamp(0, side - 1)
    return volume.gather(1, index.unsqueeze(1)).squeeze(1)


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
        return _values_at(volume, row + step_y, column + step_x)

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


def peak_curvature(volume: Tensor, radius: int) -> Tensor:
    """Tell how sharp each node's peak is: its second derivatives, with the opposite sign.

    Args:
        volume: (B, N, h, w) from ``correlation_volume`` of the same radius.

    Returns:
        (B, 3, h, w) as (xx, xy, yy), per square cell; at the edge of the search those of the
        nearest place that has neighbours on all sides.
    """
    side = 2 * radius + 1
    index = volume.argmax(dim=1)
    row, column = (i.clamp(1, side - 2) for i in (index // side, index % side))

    def at(step_y: int, step_x: int) -> Tensor:
        return _values_at(volume, row + step_y, column + step_x)

    centre = 2 * at(0, 0)
    xx = centre - at(0, -1) - at(0, 1)
    yy = centre - at(-1, 0) - at(1, 0)
    xy = (at(-1, 1) + at(1, -1) - at(-1, -1) - at(1, 1)) / 4
    return torch.stack([xx, xy, yy], dim=1)


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
