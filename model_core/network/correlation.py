"""Window-aggregated correlation of two feature maps, masked and normalised.

Small displacements around the current estimate are tried, separately at each control point. The
correlation is zero-mean and normalised over the pixels that are valid in both images, so neither a
border nor a bright spot gives an advantage.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from model_core.geometry.sampling import resize_displacement
from model_core.network.filters import average_blocks, window_mean
from model_core.network.images import FeatureMap


class CorrelationWindow(NamedTuple):
    """How two feature maps are correlated.

    Attributes:
        radius: largest displacement, in cells of the maps, in x and in y.
        cells: cells of the maps from one control point to the next, in x and in y.
        sigma: of the Gaussian window over which correlation is summed, in control points.
    """

    radius: int
    cells: int
    sigma: float

    @property
    def side(self) -> int:
        """Displacements in x, and as many in y."""
        return 2 * self.radius + 1


def remove_local_mean(features: FeatureMap, window: CorrelationWindow) -> FeatureMap:
    """Subtract from each channel its mean over the window around, over valid cells only."""
    descriptors, mask = features
    height, width = descriptors.shape[-2:]
    weight = average_blocks(mask, window.cells)
    total = average_blocks(descriptors * mask, window.cells)
    mean = window_mean(total, window.sigma) / window_mean(weight, window.sigma).clamp_min(1e-4)
    rest = (descriptors - resize_displacement(mean, height, width, window.cells)) * mask
    return FeatureMap(rest, mask)


def correlation_volume(
    reference: FeatureMap, moving: FeatureMap, window: CorrelationWindow
) -> tuple[Tensor, Tensor]:
    """Correlate each control point's window with the moving map displaced by every small vector.

    Args:
        reference: feature map of the reference image.
        moving: feature map of the moving image, already warped onto the reference's grid.
        window: how far is searched, and over what is summed.

    Returns:
        ncc (B, (2 radius + 1)², h, w) in [-1, 1], displacements ordered by dy, then dx, each from
        -radius; and the support (B, h, w) in [0, 1], the share of the window valid in both images
        without displacement.
    """
    reference, moving = (remove_local_mean(one, window) for one in (reference, moving))
    return _correlation(reference, moving, window), _support(reference, moving, window)


def both_correlation_volumes(
    reference: FeatureMap, moving: FeatureMap, window: CorrelationWindow
) -> tuple[Tensor, Tensor, Tensor]:
    """Return what ``correlation_volume`` gives, and the volume with the two maps exchanged.

    Returns:
        ncc of the moving map around the reference's control points; ncc of the reference map around
        the moving one's; the support, which is that of both.
    """
    reference, moving = (remove_local_mean(one, window) for one in (reference, moving))
    return (
        _correlation(reference, moving, window),
        _correlation(moving, reference, window),
        _support(reference, moving, window),
    )


def _displaced(image: Tensor, dy: int, height: int, width: int, side: int) -> list[Tensor]:
    return [image[..., dy : dy + height, dx : dx + width] for dx in range(side)]


def _products(reference: Tensor, moving: Tensor, window: CorrelationWindow) -> Tensor:
    """Return the products (B, (2 radius + 1)², h, w) of two maps (B, C, H, W), the moving one
    displaced, averaged over blocks of cells as ``average_blocks`` does."""
    height, width = reference.shape[-2:]
    cells, radius = window.cells, window.radius
    below, right = -height % cells, -width % cells
    reference = F.pad(reference, (0, right, 0, below))
    moving = F.pad(moving, (radius, right + radius, radius, below + radius))
    # On a CPU one row of blocks at a time, which stays in its cache.
    band = cells if reference.device.type == "cpu" else height + below
    rows = [
        _block_sums(
            reference[..., top : top + band, :],
            moving[..., top : top + band + 2 * radius, :],
            window,
        )
        for top in range(0, height, band)
    ]
    there = F.pad(reference.new_ones(1, 1, height, width), (0, right, 0, below))
    return torch.cat(rows, 1).permute(0, 3, 1, 2) / (cells**2 * average_blocks(there, cells))


def _block_sums(reference: Tensor, moving: Tensor, window: CorrelationWindow) -> Tensor:
    """Return the sums (B, h, w, (2 radius + 1)²) of products over whole blocks.

    Every cell of a block is multiplied with every cell that some displacement of the block covers:
    a matrix product, which is faster than those that are needed alone.

    Args:
        reference: (B, C, h cells, w cells).
        moving: the same with ``radius`` cells more on each side.
        window: how far is searched, and the size of the blocks.
    """
    batch, channels, height, width = reference.shape
    cells, side = window.cells, window.side
    reach = cells + side - 1
    shape = batch, height // cells, width // cells
    blocks = reference.reshape(batch, channels, shape[1], cells, shape[2], cells)
    blocks = blocks.permute(0, 2, 4, 3, 5, 1).reshape(-1, cells * cells, channels)
    around = moving.unfold(2, reach, cells).unfold(3, reach, cells)
    around = around.permute(0, 2, 3, 1, 4, 5).reshape(-1, channels, reach * reach)
    products = torch.bmm(blocks, around)
    # Of cell (y, x) with (y + dy, x + dx), for all cells at once: a diagonal of each product.
    block, row, column = products.stride()
    strides = (block, reach * column, column, cells * row + reach * column, row + column)
    diagonals = products.as_strided((len(products), side, side, cells, cells), strides)
    return diagonals.sum((-1, -2)).view(*shape, side * side)


def _correlation(reference: FeatureMap, moving: FeatureMap, window: CorrelationWindow) -> Tensor:
    """Return the correlation of windows of two maps whose local mean is removed."""
    products = _products(reference.descriptors, moving.descriptors, window)
    reference_energy, moving_energy = (
        one.descriptors.square().sum(1, keepdim=True) for one in (reference, moving)
    )
    height, width = reference_energy.shape[-2:]
    pad = (window.radius,) * 4
    moving_energy, mask = (F.pad(m, pad) for m in (moving_energy, moving.mask))
    reference_sums, moving_sums = [], []
    for dy in range(window.side):
        moving_row = torch.cat(_displaced(moving_energy, dy, height, width, window.side), 1)
        moving_sums.append(average_blocks(moving_row * reference.mask, window.cells))
        reference_row = torch.cat(_displaced(mask, dy, height, width, window.side), 1)
        reference_sums.append(average_blocks(reference_row * reference_energy, window.cells))
    product_sum = window_mean(products, window.sigma)
    energy = window_mean(torch.cat(moving_sums, 1), window.sigma) * window_mean(
        torch.cat(reference_sums, 1), window.sigma
    )
    return product_sum / (energy.clamp_min(0) + 1e-8).sqrt()


def _support(reference: FeatureMap, moving: FeatureMap, window: CorrelationWindow) -> Tensor:
    both = average_blocks(reference.mask * moving.mask, window.cells)
    whole = window_mean(torch.ones_like(both), window.sigma)
    return (window_mean(both, window.sigma) / whole).squeeze(1)


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
    """Return each control point's value (B, h, w) at a row and column of its displacements; beyond
    these, that of the edge."""
    side = math.isqrt(volume.shape[1])
    index = row.clamp(0, side - 1) * side + column.clamp(0, side - 1)
    return volume.gather(1, index.unsqueeze(1)).squeeze(1)


def peak(volume: Tensor, radius: int) -> tuple[Tensor, Tensor, Tensor]:
    """Find the best displacement of each control point, to a fraction of a cell.

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
    """Tell how sharp each control point's peak is: its second derivatives, with the opposite sign.

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
