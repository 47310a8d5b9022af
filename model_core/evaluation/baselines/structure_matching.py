"""Structure matching: dense structural channels, template matching by FFT, robust affine.

The strongest classical way to register SAR to optical. Two kinds of channels:

- CFOG, channel features of orientated gradients: Ye, Bruzzone, Shan, Bovolo and Zhu, "Fast and
  Robust Matching for Multimodal Remote Sensing Image Registration", TGRS 2019.
- MIND, modality independent neighbourhood descriptor: Heinrich et al., "MIND: Modality independent
  neighbourhood descriptor for multi-modal deformable registration", Medical Image Analysis 2012.

A sweep over rotations (and scales, where the prior allows them) with correlation over all
translations of the decimated images gives the start. Three passes of template matching around
corners, each with smaller templates and a smaller search, give displacements, and a robust fit
gives the affine. The method shares the sampling geometry and the robust fit with the core, and
none of the network's descriptors or correlation, so that it stays what it is when these change.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from model_core.evaluation.baselines.grey import grey
from model_core.evaluation.methods import Method, MethodResult
from model_core.geometry.affine import (
    affine_field,
    at_stride,
    compose,
    identity_affine,
    invert,
    similarity_about,
)
from model_core.geometry.sampling import inside, sample
from model_core.network.filters import gaussian_kernel
from model_core.network.translation_search import fast_length
from model_core.raster.view import View
from model_core.registration.robust_affine import robust_affine, squared_residuals

CFOG_DIRECTIONS = 9
MIND_OFFSETS = ((2, 0), (-2, 0), (0, 2), (0, -2), (2, 2), (-2, -2), (2, -2), (-2, 2))

DECIMATION = 4
ROTATION_STEP = 4.0
SCALE_STEP = 0.08
"""Of the logarithm of the scale: a smaller range is left to the affine of the passes."""

TEMPLATES_ACROSS = 16
LEAST_TEMPLATES = 6
CHUNK = 32
"""Templates correlated at once, so that memory stays bounded."""

LARGEST_CHANGE = 0.3
"""Of the area scale from one pass to the next; more is a wrong fit."""

Channels = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Pass:
    """One pass of template matching; lengths in pixels.

    half: half side of a template, at most, and ``share`` of the image's shortest side at most.
    radius: of the search. tolerance: distance from the affine within which a template is an inlier.
    """

    half: int
    share: float
    radius: int
    tolerance: float


PASSES = (Pass(56, 1 / 6, 24, 5.0), Pass(48, 1 / 7, 12, 3.0), Pass(40, 1 / 8, 6, 2.0))


def _blur(image: Tensor, sigma: float) -> Tensor:
    """Blur (B, C, H, W) by a Gaussian of ``sigma`` pixels; borders are repeated.

    A sum of shifted images: on a CPU ten times as fast as convolutions of single channels.
    """
    kernel = gaussian_kernel(sigma, image).tolist()
    reach = len(kernel) // 2
    for dim, pad in ((3, (reach, reach, 0, 0)), (2, (0, 0, reach, reach))):
        padded, length = F.pad(image, pad, mode="replicate"), image.shape[dim]
        image = padded.narrow(dim, reach, length) * kernel[reach]
        for step in range(reach):
            image.add_(padded.narrow(dim, step, length), alpha=kernel[step])
            image.add_(padded.narrow(dim, 2 * reach - step, length), alpha=kernel[step])
    return image


def _normalised(channels: Tensor) -> Tensor:
    return channels / (channels.square().sum(1, keepdim=True) + 1e-6).sqrt()


def _gradient(image: Tensor) -> tuple[Tensor, Tensor]:
    """Return the Sobel derivatives along x and y of (B, 1, H, W)."""
    kernel = image.new_tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    padded = F.pad(image, (1, 1, 1, 1), mode="reflect")
    both = F.conv2d(padded, torch.stack([kernel, kernel.T]).unsqueeze(1))
    return both[:, :1], both[:, 1:]


def cfog_channels(image: Tensor) -> Tensor:
    """Return CFOG (B, 9, H, W), unit length per pixel, of grey values (B, 1, H, W) in [0, 255]."""
    dx, dy = _gradient(_blur(image, 1.0))
    angles = torch.arange(CFOG_DIRECTIONS, device=image.device) * (math.pi / CFOG_DIRECTIONS)
    cos, sin = angles.cos().view(1, -1, 1, 1), angles.sin().view(1, -1, 1, 1)
    responses = _blur((dx * cos + dy * sin).abs(), 1.2)
    responses = (responses.roll(1, 1) + 2 * responses + responses.roll(-1, 1)) / 4
    return _normalised(responses)


def mind_channels(image: Tensor) -> Tensor:
    """Return MIND (B, 8, H, W), centred and of unit length, of grey values (B, 1, H, W).

    Per neighbour two pixels away, the likeness of its patch: exp(-distance / local variance).
    """
    smooth = _blur(image, 1.0)
    reach = 2
    height, width = image.shape[-2:]
    padded = F.pad(smooth, (reach, reach, reach, reach), mode="reflect")
    shifted = torch.cat(
        [
            padded[..., reach + dy : reach + dy + height, reach + dx : reach + dx + width]
            for dx, dy in MIND_OFFSETS
        ],
        dim=1,
    )
    distance = _blur((shifted - smooth).square(), 1.5)
    likeness = torch.exp(-distance / (distance.mean(1, keepdim=True) + 1e-3))
    return _normalised(likeness - likeness.mean(1, keepdim=True))


CHANNELS: dict[str, Channels] = {"cfog": cfog_channels, "mind": mind_channels}


def warp(image: Tensor, affine: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Bring an image (1, 1, H, W) onto the grid that ``affine`` (1, 2, 3) maps its pixels to.

    Returns the image (1, 1, height, width), 0 outside, and the mask of the same shape.
    """
    positions = affine_field(invert(affine), height, width).to(image.dtype)
    mask = inside(positions, *image.shape[-2:]).unsqueeze(1).to(image.dtype)
    return sample(image, positions) * mask, mask


def _eroded(mask: Tensor, radius: int) -> Tensor:
    """Return a mask (1, 1, H, W) without the pixels within ``radius`` of its border."""
    outside = F.pad(1 - mask, (radius, radius, radius, radius), value=1.0)
    return 1 - F.max_pool2d(outside, 2 * radius + 1, 1)


def global_start(
    optical: Tensor,
    sar: Tensor,
    channels: Channels,
    max_shift: float,
    max_rotation: float,
    max_scale: float,
) -> Tensor:
    """Return the best similarity (1, 2, 3) float64 from a sweep over rotations and scales.

    Args:
        optical, sar: grey values (1, 1, H, W) in [0, 255]. max_shift: of the optical image's
            centre, in pixels. max_rotation: in degrees. max_scale: factor.
    """
    small_optical, small_sar = F.avg_pool2d(optical, DECIMATION), F.avg_pool2d(sar, DECIMATION)
    height, width = small_optical.shape[-2:]
    sar_height, sar_width = small_sar.shape[-2:]
    size = fast_length(height + sar_height), fast_length(width + sar_width)
    reach = math.ceil(max_shift / DECIMATION) + 2

    described = channels(small_sar)
    described = described - described.mean((2, 3), keepdim=True)
    spectrum = torch.fft.rfft2(described, s=size)
    energy = torch.fft.rfft2(described.square().sum(1), s=size)
    area = torch.fft.rfft2(torch.ones_like(small_sar[:, 0]), s=size)

    rotations = _steps(max_rotation, ROTATION_STEP)
    scales = (
        [math.exp(s) for s in _steps(math.log(max_scale), SCALE_STEP)]
        if (math.log(max_scale) > SCALE_STEP / 2)
        else [1.0]
    )
    centre = ((width - 1) / 2, (height - 1) / 2)
    best, best_score = identity_affine(1, sar.double()), -math.inf
    for degrees, scale in ((r, s) for r in rotations for s in scales):
        turn = similarity_about(
            centre, torch.tensor([degrees]).double(), torch.tensor([scale]).double()
        )
        turned, mask = warp(small_optical, turn, height, width)
        mask = _eroded(mask, 2)
        template = channels(turned)
        mean = (template * mask).sum((2, 3), keepdim=True) / mask.sum().clamp_min(1)
        template = (template - mean) * mask
        conjugate = torch.fft.rfft2(template, s=size).conj()
        maps = torch.fft.irfft2(
            torch.stack(
                [
                    (spectrum * conjugate).sum(1)[0],
                    (energy * torch.fft.rfft2(mask[:, 0], s=size).conj())[0],
                    (area * torch.fft.rfft2(template.square().sum(1), s=size).conj())[0],
                ]
            ),
            s=size,
        )
        maps = maps.roll((reach, reach), (1, 2))[:, : 2 * reach + 1, : 2 * reach + 1]
        scores = maps[0] / (maps[1].clamp_min(1e-3) * maps[2].clamp_min(1e-3)).sqrt()
        score = float(scores.max())
        if score > best_score:
            row, column = divmod(int(scores.argmax()), scores.shape[1])
            best, best_score = turn.clone(), score
            best[0, :, 2] += best.new_tensor([column - reach, row - reach])
    return at_stride(best, 1 / DECIMATION)


def _steps(reach: float, step: float) -> list[float]:
    """Return evenly spaced values from -reach to reach, 0 among them, at most ``step`` apart."""
    count = math.ceil(reach / step - 1e-9)
    return [reach * i / count for i in range(-count, count + 1)] if count else [0.0]


def _corner_strength(image: Tensor) -> Tensor:
    """Return the smaller eigenvalue of the structure tensor (H, W) of (1, 1, H, W)."""
    dx, dy = _gradient(_blur(image, 1.5))
    tensor = F.avg_pool2d(torch.cat([dx * dx, dy * dy, dx * dy], dim=1), 5, 1, 2)[0]
    half_sum, half_difference = (tensor[0] + tensor[1]) / 2, (tensor[0] - tensor[1]) / 2
    return half_sum - (half_difference.square() + tensor[2].square()).sqrt()


def _place_templates(strength: Tensor, mask: Tensor, half: int, radius: int) -> Tensor:
    """Return centres (N, 2) as (row, column): the strongest corner of each block of a lattice.

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
        reference, moving: channels (1, C, H, W) on one grid. centres: (N, 2) as (row, column).

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
    reference: Tensor, mask: Tensor, described: Mapping[Channels, Tensor], step: Pass
) -> tuple[Tensor, list[Tensor]]:
    """Match templates around the corners of an image that lies roughly on another.

    Args:
        reference: grey values (1, 1, H, W) in [0, 255], on the grid of the other image.
        mask: (1, 1, H, W), 1 where these are valid.
        described: kinds of channels, and these of the other image (1, C, H, W).

    Returns:
        centres (N, 2) float64 of the templates as (x, y); and for each kind of channels what the
        image there is displaced by, (N, 2) float64 in pixels.
    """
    half = min(step.half, int(min(reference.shape[-2:]) * step.share))
    centres = _place_templates(_corner_strength(reference), _eroded(mask, 2), half, step.radius)
    if not len(centres):
        return torch.zeros(0, 2).double(), [torch.zeros(0, 2).double() for _ in described]
    found = [
        match_templates(channels(reference), moving, centres, half, step.radius)[0]
        for channels, moving in described.items()
    ]
    return centres.flip(1).double(), found


class StructureMatching:
    """The method, with one kind of channels."""

    def __init__(self, name: str) -> None:
        """``name``: of :data:`CHANNELS`."""
        self.name = name
        self.channels = CHANNELS[name]

    @torch.inference_mode()
    def __call__(
        self,
        sar: View,
        optical: View,
        max_shift: float,
        max_rotation: float,
        max_scale: float,
    ) -> MethodResult:
        """See :class:`model_core.evaluation.methods.Method`.

        The certainty is the share of templates of the last pass that agree with its affine.
        """
        started = time.perf_counter()
        moving = torch.from_numpy(grey(sar))[None, None]
        reference = torch.from_numpy(grey(optical))[None, None]
        affine = global_start(reference, moving, self.channels, max_shift, max_rotation, max_scale)
        described = self.channels(moving)
        agreeing = 0.0
        for step in PASSES:
            refined = self._refine(reference, described, affine, step)
            if refined is None:
                break
            affine, agreeing = refined
        return MethodResult(
            affine[0].numpy(), certainty=agreeing, seconds=time.perf_counter() - started
        )

    def _refine(
        self, optical: Tensor, described: Tensor, affine: Tensor, step: Pass
    ) -> tuple[Tensor, float] | None:
        """Return the affine after a pass and the share of inliers; None where it finds too few."""
        warped, mask = warp(optical, affine, *described.shape[-2:])
        centres, (found,) = match_around(warped, mask, {self.channels: described}, step)
        if len(centres) < LEAST_TEMPLATES:
            return None
        points, targets = centres[None], (centres + found)[None]
        weights = torch.ones(points.shape[:2], dtype=torch.float64)
        residual, _ = robust_affine(points, targets, weights, step.tolerance / 2)
        inliers = squared_residuals(residual, points, targets)[0] < step.tolerance**2
        if int(inliers.sum()) < LEAST_TEMPLATES:
            return None
        if abs(float(torch.linalg.det(residual[0, :, :2])) - 1) > LARGEST_CHANGE:
            return None
        return compose(residual, affine), float(inliers.double().mean())


def build(name: str, threads: int) -> Method:
    """Return the method for a kind of channels; threads are those of torch."""
    return StructureMatching(name)
