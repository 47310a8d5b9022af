"""Template matching around corners, by correlation of structural channels over the frequencies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from model_core.evaluation.baselines.structure_channels import (
    Channels,
    blur_by_shifts,
    sobel_gradient,
)
from model_core.geometry.affine import affine_field, invert
from model_core.geometry.sampling import inside, sample
from model_core.network.translation_search import fast_length

TEMPLATES_ACROSS = 16
CHUNK = 32
"""Templates correlated at once, so that memory stays bounded."""


@dataclass(frozen=True)
class Pass:
    """One pass of template matching; lengths in pixels.

    Attributes:
        half: half side of a template, at most.
        share: of the image's shortest side that ``half`` may be, at most.
        radius: of the search.
        tolerance: distance from the affine within which a template is an inlier.
    """

    half: int
    share: float
    radius: int
    tolerance: float


PASSES = (Pass(56, 1 / 6, 24, 5.0), Pass(48, 1 / 7, 12, 3.0), Pass(40, 1 / 8, 6, 2.0))


def warp(image: Tensor, affine: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Bring an image (1, 1, H, W) onto the grid that ``affine`` (1, 2, 3) maps its pixels to.

    Returns the image (1, 1, height, width), 0 outside, and the mask of the same shape.
    """
    positions = affine_field(invert(affine), height, width).to(image.dtype)
    mask = inside(positions, *image.shape[-2:]).unsqueeze(1).to(image.dtype)
    return sample(image, positions) * mask, mask


def eroded(mask: Tensor, radius: int) -> Tensor:
    """Return a mask (1, 1, H, W) without the pixels within ``radius`` of its border."""
    outside = F.pad(1 - mask, (radius, radius, radius, radius), value=1.0)
    return 1 - F.max_pool2d(outside, 2 * radius + 1, 1)


def _corner_strength(image: Tensor) -> Tensor:
    """Return the smaller eigenvalue of the structure tensor (H, W) of (1, 1, H, W)."""
    dx, dy = sobel_gradient(blur_by_shifts(image, 1.5))
    tensor = F.avg_pool2d(torch.cat([dx * dx, dy * dy, dx * dy], dim=1), 5, 1, 2)[0]
    half_sum, half_difference = (tensor[0] + tensor[1]) / 2, (tensor[0] - tensor[1]) / 2
    return half_sum - (half_difference.square() + tensor[2].square()).sqrt()


def _place_templates(strength: Tensor, mask: Tensor, half: int, radius: int) -> Tensor:
    """Return centres (N, 2) as (row, column): the strongest corner of each block of a grid.

    Templates and their search windows lie on the image, and at least nine tenths of a template's
    pixels are valid by ``mask`` (1, 1, H, W).
    """
    margin = half + radius + 2
    inner = strength[margin:-margin, margin:-margin] if min(strength.shape) > 2 * margin else None
    if inner is None:
        return torch.empty(0, 2, dtype=torch.long)
    rows, columns = inner.shape
    block = -(-rows // TEMPLATES_ACROSS), -(-columns // TEMPLATES_ACROSS)
    _, index = F.max_pool2d(inner[None, None], block, block, ceil_mode=True, return_indices=True)
    flat = index.flatten()
    centres = torch.stack([flat // columns + margin, flat % columns + margin], dim=1)
    covered = _box_sums(mask[0], half)[0][centres[:, 0] - half, centres[:, 1] - half]
    return centres[covered >= 0.9 * (2 * half + 1) ** 2]


def _box_sums(maps: Tensor, half: int) -> Tensor:
    """Sum maps (C, H, W) over every window of side ``2 half + 1`` that lies on them, in float64.

    Returns (C, H - 2 half, W - 2 half); entry (y, x) is centred at (y + half, x + half).
    """
    side = 2 * half + 1
    total = F.pad(maps.double().cumsum(1).cumsum(2), (1, 0, 1, 0))
    return (
        total[:, side:, side:]
        - total[:, :-side, side:]
        - total[:, side:, :-side]
        + total[:, :-side, :-side]
    )


def match_templates(
    reference: Tensor, moving: Tensor, centres: Tensor, half: int, radius: int
) -> tuple[Tensor, Tensor]:
    """Find each template of the reference in the moving channels.

    The score is the zero-mean normalised cross-correlation over all channels and the whole window.

    Args:
        reference: channels (1, C, H, W).
        moving: the same of the moving image, on the same grid.
        centres: (N, 2) of the templates as (row, column).
        half: half side of a template, in pixels.
        radius: of the search, in pixels.

    Returns:
        displacements (N, 2) float64 as (dx, dy) in pixels, to a fraction of a pixel; scores (N,).
    """
    side, searched = 2 * half + 1, 2 * radius + 1
    pixels = side * side
    length = fast_length(side + 2 * radius)
    moving = moving - moving.mean((2, 3), keepdim=True)
    energies = _box_sums(moving[0].square().sum(0, keepdim=True), half)
    energies = energies - _box_sums(moving[0], half).square().sum(0, keepdim=True) / pixels
    displacements, scores = [], []
    for chunk in torch.split(centres, CHUNK):
        templates = _cut(reference, chunk, half)
        templates = templates - templates.mean((2, 3), keepdim=True)
        windows = _cut(moving, chunk, half + radius)
        size = (length, length)
        spectrum = torch.fft.rfft2(windows, s=size) * torch.fft.rfft2(templates, s=size).conj()
        product = torch.fft.irfft2(spectrum.sum(1), s=size)[:, :searched, :searched]
        energy = _cut(energies[None], chunk - half, radius)[:, 0]
        own = templates.square().sum((1, 2, 3)).double()
        score = product.double() / (energy.clamp_min(1e-6) * own[:, None, None] + 1e-9).sqrt()
        displacements.append(_subpixel_peak(score) - radius)
        scores.append(score.flatten(1).amax(1))
    return torch.cat(displacements), torch.cat(scores)


def _cut(channels: Tensor, centres: Tensor, half: int) -> Tensor:
    """Return the windows (N, C, 2 half + 1, 2 half + 1) around centres (N, 2)."""
    side = 2 * half + 1
    windows = [
        channels[0, :, row - half : row - half + side, column - half : column - half + side]
        for row, column in centres.tolist()
    ]
    return torch.stack(windows)


def _subpixel_peak(scores: Tensor) -> Tensor:
    """Return the place (N, 2) as (x, y) of the maximum of (N, h, w), refined by parabolas."""
    side = scores.shape[-1]
    index = scores.flatten(1).argmax(1)
    row, column = index // side, index % side
    item = torch.arange(len(scores))

    def vertex(step_row: int, step_column: int) -> Tensor:
        inner = (row > 0) & (row < side - 1) & (column > 0) & (column < side - 1)
        r, c = row.clamp(1, side - 2), column.clamp(1, side - 2)
        before = scores[item, r - step_row, c - step_column]
        after = scores[item, r + step_row, c + step_column]
        curvature = (before - 2 * scores[item, r, c] + after).clamp_max(-1e-12)
        return torch.where(inner, 0.5 * (before - after) / curvature, 0.0)

    return torch.stack([column + vertex(0, 1), row + vertex(1, 0)], dim=1)


def match_around(
    reference: Tensor, mask: Tensor, features: Mapping[Channels, Tensor], step: Pass
) -> tuple[Tensor, list[Tensor]]:
    """Match templates around the corners of an image that lies roughly on another.

    Args:
        reference: grey values (1, 1, H, W) in [0, 255], on the grid of the other image.
        mask: (1, 1, H, W), 1 where these are valid.
        features: types of channels, and these of the other image (1, C, H, W).

    Returns:
        centres (N, 2) float64 of the templates as (x, y); and for each type of channels what the
        image there is displaced by, (N, 2) float64 in pixels.
    """
    half = min(step.half, int(min(reference.shape[-2:]) * step.share))
    centres = _place_templates(_corner_strength(reference), eroded(mask, 2), half, step.radius)
    if not len(centres):
        return torch.zeros(0, 2).double(), [torch.zeros(0, 2).double() for _ in features]
    found = [
        match_templates(channels(reference), moving, centres, half, step.radius)[0]
        for channels, moving in features.items()
    ]
    return centres.flip(1).double(), found
