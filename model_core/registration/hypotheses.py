"""The rotations and scales that the coarse search tries, and images under them."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from model_core.geometry.affine import affine_field, invert, similarity_about
from model_core.geometry.pixels import image_centre
from model_core.network.images import FeatureMap, ImageBatch
from model_core.network.matcher_config import MatcherConfig
from model_core.network.soma import Soma
from model_core.network.translation_search import correlate_translations
from model_core.registration.bounds import SearchBounds

TOGETHER = 64
"""Hypotheses whose feature maps are in memory together."""

CORNER = 2
"""Pixels around what a rotated image leaves invalid that are not compared."""

Describe = Callable[[ImageBatch, int], FeatureMap]
"""Gives the feature map of many images at a stride."""


def hypothesis_list(config: MatcherConfig, bounds: SearchBounds) -> Tensor:
    """Return the rotations (degrees) and log scales (K, 2) to try; the first is neither."""

    def steps(reach: float, step: float) -> list[float]:
        # So many that everything within reach is half a step from one of them.
        count = max(0, math.ceil(reach / step - 0.5 - 1e-9))
        return [0.0, *(sign * i * step for i in range(1, count + 1) for sign in (1, -1))]

    # Half a turn to the left is half a turn to the right.
    rotations = [r for r in steps(bounds.max_rotation, config.rotation_step) if r > -180]
    scales = steps(math.log(bounds.max_scale), config.scale_step)
    return torch.tensor([(r, s) for s in scales for r in rotations], dtype=torch.float32)


def near(hypotheses: Tensor, one: Tensor, reach: float, config: MatcherConfig) -> Tensor:
    """Return which hypotheses (K, 2) lie within ``reach`` steps of one (2,), as bool (K,)."""
    step = hypotheses.new_tensor([config.rotation_step, config.scale_step])
    apart = (hypotheses - one).abs()
    apart[:, 0] = torch.minimum(apart[:, 0], 360 - apart[:, 0])
    return (apart < reach * step).all(dim=1)


def hypothesis_affines(hypotheses: Tensor, height: int, width: int) -> Tensor:
    """Return the affines (K, 2, 3) that rotate and scale an image about its centre."""
    centre = image_centre(height, width)
    return similarity_about(centre, hypotheses[:, 0], torch.exp(hypotheses[:, 1]))


def rotated_images(images: ImageBatch, hypotheses: Tensor) -> tuple[ImageBatch, Tensor]:
    """Rotate and scale one image (1, C, H, W) about its centre by hypotheses (K, 2).

    Returns:
        the K images, and the affines (K, 2, 3) from the image to them.
    """
    height, width = images.image.shape[-2:]
    affines = hypothesis_affines(hypotheses, height, width)
    field = affine_field(invert(affines), height, width)
    count = len(hypotheses)
    every = ImageBatch(
        images.image.expand(count, -1, -1, -1),
        images.valid.expand(count, -1, -1, -1),
        images.modality,
    )
    return every.warped(field), affines


def rotated_feature_map(network: Soma, rotated: ImageBatch) -> FeatureMap:
    """Return the feature map at stride 1 of rotated images, as the search compares them."""
    return _away_from_corners(network.feature_map(rotated, 1), 1)


def _away_from_corners(features: FeatureMap, stride: int) -> FeatureMap:
    # A derivative next to the rotated image's corner would be that of the corner.
    cells = CORNER // stride
    inner = 1 - F.max_pool2d(1 - features.mask, 2 * cells + 1, 1, cells)
    return FeatureMap(features.descriptors, inner)


def hypothesis_scores(
    describe: Describe,
    stride: int,
    images: tuple[ImageBatch, ImageBatch],
    tried: Tensor,
    radius: float,
) -> Tensor:
    """Correlate a reference image under hypotheses with a moving image, for every translation.

    Args:
        describe: what is compared of the images.
        stride: of the feature maps, 1 or 2.
        images: the reference and the moving image, one each.
        tried: the hypotheses (K, 2).
        radius: the largest translation, in pixels of the images.

    Returns:
        scores (K, side, side), as ``correlate_translations`` gives them, by cells.
    """
    reference, moving = images
    target = describe(moving, stride)
    scores = []
    for some in torch.split(tried, TOGETHER):
        rotated, _ = rotated_images(reference, some)
        features = _away_from_corners(describe(rotated, stride), stride)
        scores.append(correlate_translations(features, target, radius / stride))
    return torch.cat(scores)
