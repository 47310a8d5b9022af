"""Random views of a pair with their exact truth; every view is sampled once from the whole image.

*Local* views lie on each other up to a residual, as the matcher's stages meet them: a small affine
and a smooth deformation. *Whole* views are cut at independent positions, rotated and scaled, as the
search over the whole image meets them. Nothing is filled with zeros: where a view leaves its image,
it is invalid.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model_core.evaluation.deformation import LocalDeformation, apply_homography, invert_affine
from model_core.geometry.pixels import cell_to_pixel, image_centre, window_pixels
from model_core.geometry.sampling import sample, sample_mask
from model_core.training.config import WarpConfig
from model_core.training.data import StoredImage, StoredPair

Points = NDArray[np.float64]

ATTEMPTS = 30
"""Positions drawn until both views of a whole pair lie on their images."""


@dataclass(frozen=True)
class Views:
    """Two views of side S with their truth.

    Attributes:
        reference: image (1, 3, S, S) in [0, 1], and valid pixels (1, 1, S, S).
        moving: image (1, 1, S, S) in [0, 1], and valid pixels (1, 1, S, S).
        position: takes points (..., 2) of the reference view to the moving view.
        affine: (2, 3), the same without the smooth deformation.
    """

    reference: tuple[Tensor, Tensor]
    moving: tuple[Tensor, Tensor]
    position: Callable[[Points], Points]
    affine: NDArray[np.float64]

    def displacement(self, spacing: int) -> NDArray[np.float64]:
        """Return the true displacement (2, h, w) in pixels, one every ``spacing`` pixels."""
        side = self.reference[0].shape[-1]
        count = -(-side // spacing)
        points = cell_to_pixel(window_pixels(0, 0, count, count), spacing)
        return np.asarray((self.position(points) - points).transpose(2, 0, 1))


def local_views(
    pair: StoredPair,
    config: WarpConfig,
    reach: float,
    rng: np.random.Generator,
    moving: StoredPair | None = None,
) -> Views:
    """Cut views that lie on each other up to a residual shift of at most ``reach`` pixels.

    Args:
        moving: gives the SAR view instead, for a pair that shows different places.
    """
    side = config.side
    centre = np.array(image_centre(side, side))
    frame = _frame(config, rng)
    residual = _similarity(rng, config.residual_rotation, config.residual_scale)
    shift = rng.uniform(-1, 1, 2) * reach
    waves = LocalDeformation.draw(rng, side, rng.uniform() * config.local)
    origin = _position(pair.optical, side, frame, rng)

    def back(points: Points) -> Points:
        """From the moving view to the reference view."""
        moved: Points = (points - centre) @ residual.T + centre + shift + waves(points)
        return moved

    offset = centre + shift - residual @ centre
    inverse = invert_affine(np.column_stack([residual, offset]))

    def position(points: Points) -> Points:
        found = apply_homography(inverse, points)
        for _ in range(15):  # the deformation is slow, so that every step contracts
            found = apply_homography(inverse, points - waves(found))
        return found

    def on_image(points: Points) -> Points:
        placed: Points = (points - centre) @ frame.T + origin
        return placed

    pixels = window_pixels(0, 0, side, side)
    source = moving or pair
    return Views(
        _cut(pair.optical, on_image(pixels)),
        _cut(source.sar, apply_homography(source.alignment, on_image(back(pixels)))),
        position,
        inverse,
    )


def whole_views(pair: StoredPair, config: WarpConfig, rng: np.random.Generator) -> Views:
    """Cut views at independent positions; the moving one is rotated, scaled and shifted.

    The shift is that of the view's centre. Where the images are too small for what was drawn,
    a part of a view is invalid.
    """
    side = config.search_side
    centre = np.array(image_centre(side, side))
    best: tuple[float, Points, Points, Points, Points] | None = None
    for _ in range(ATTEMPTS):
        frame = _frame(config, rng, any_angle=False)
        similarity = _similarity(rng, config.max_rotation, config.max_scale)
        shift = rng.uniform(-1, 1, 2) * config.max_shift
        origin = _position(pair.optical, side, frame, rng)
        # The reference's centre lies in the moving view at its centre + shift.
        in_sar = apply_homography(pair.alignment, origin)
        start = in_sar - frame @ similarity @ shift
        missing = _missing(pair.optical, side, frame, origin)
        missing += _missing(pair.sar, side, frame @ similarity, start)
        if best is None or missing < best[0]:
            best = missing, frame, similarity, origin, start
        if missing == 0:
            break
    assert best is not None
    _, frame, similarity, origin, start = best
    linear = frame @ similarity
    # Alignments are shifts but for a few; with their linear part the truth stays an affine.
    alignment = pair.alignment[:2] / pair.alignment[2, 2]
    to_sar = np.column_stack([linear, start - linear @ centre])
    to_optical = np.column_stack([frame, origin - frame @ centre])
    from_sar = np.vstack([invert_affine(to_sar), [0, 0, 1]])
    affine = (from_sar @ np.vstack([alignment, [0, 0, 1]]) @ np.vstack([to_optical, [0, 0, 1]]))[:2]
    pixels = window_pixels(0, 0, side, side)
    return Views(
        _cut(pair.optical, apply_homography(to_optical, pixels)),
        _cut(pair.sar, apply_homography(to_sar, pixels)),
        lambda points: apply_homography(affine, points),
        affine,
    )


def _frame(config: WarpConfig, rng: np.random.Generator, any_angle: bool = True) -> Points:
    """Draw what both views share: mirror image and quarter turns; zoom and angle if allowed."""
    angle = rng.integers(4) * math.pi / 2 + (rng.uniform(-0.35, 0.35) if any_angle else 0.0)
    zoom = math.exp(rng.uniform(-1, 1) * math.log(config.zoom)) if any_angle else 1.0
    cos, sin = math.cos(angle), math.sin(angle)
    mirror = np.diag([rng.choice([-1.0, 1.0]), 1.0])
    return np.asarray(np.array([[cos, -sin], [sin, cos]]) @ mirror / zoom)


def _similarity(rng: np.random.Generator, degrees: float, scale: float) -> Points:
    """Draw a rotation with a scale (2, 2), up to these."""
    angle = math.radians(rng.uniform(-1, 1) * degrees)
    factor = math.exp(rng.uniform(-1, 1) * math.log(scale))
    cos, sin = factor * math.cos(angle), factor * math.sin(angle)
    return np.array([[cos, -sin], [sin, cos]])


def _half(side: int, linear: Points) -> Points:
    """Return half of the extent (x, y) that a view of ``side`` pixels has in its image."""
    half: Points = np.abs(linear).sum(axis=1) * image_centre(side, side)[0]
    return half


def _position(image: StoredImage, side: int, linear: Points, rng: np.random.Generator) -> Points:
    """Draw where the centre of a view stands in its image; the middle where it does not fit."""
    height, width = image.image.shape[-2:]
    extent = np.array([width, height]) - 1.0
    half = np.minimum(_half(side, linear), extent / 2)
    position: Points = half + rng.uniform(size=2) * (extent - 2 * half)
    return position


def _missing(image: StoredImage, side: int, linear: Points, centre: Points) -> float:
    """Return by how many pixels a view leaves its image."""
    height, width = image.image.shape[-2:]
    half, extent = _half(side, linear), np.array([width, height]) - 1.0
    beyond = np.maximum(half - centre, 0) + np.maximum(centre + half - extent, 0)
    return float(beyond.sum())


def _cut(image: StoredImage, positions: Points) -> tuple[Tensor, Tensor]:
    where = torch.from_numpy(positions)[None].float()
    values, valid = image.tensors()
    mask = sample_mask(valid, where)
    return sample(values, where) * mask, mask
