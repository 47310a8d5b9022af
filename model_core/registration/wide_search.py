"""Which hypotheses are worth the coarse search, where the search bounds are wide.

Every second rotation and scale is tried first, on images of a size that does not grow with the
scene, and by the fixed descriptors at stride 2: they choose about as well as the learned ones, at a
third of the time. The best of them remain, with their neighbours.
"""

from __future__ import annotations

import torch
from torch import Tensor

from model_core.network.feature_maps import FeatureMaps
from model_core.network.images import FeatureMap, ImageBatch, downsample
from model_core.network.soma import Soma
from model_core.registration.hypotheses import hypothesis_scores, near

MOST_IN_FULL = 64
"""Hypotheses up to which the coarse search tries all: 25 degrees and a scale of 1.1 are 39."""

KEPT = 12
"""Hypotheses that remain of the selection, each with up to eight neighbours."""

SELECTION_SIDE = 64
"""Pixels of the shorter side to which images are downsampled for the selection, or a bit more."""

SELECTION_STRIDE = 2
"""Of the feature maps; images downsampled further instead find the right hypothesis less often."""


def likely_hypotheses(
    network: Soma, images: tuple[ImageBatch, ImageBatch], tried: Tensor, radius: float
) -> Tensor:
    """Return those of many hypotheses that look likely; of few, all.

    Args:
        network: gives the steps between hypotheses, and how descriptors are smoothed.
        images: the reference and the moving image, one each, as the coarse search takes them.
        tried: the hypotheses (K, 2), all within the bounds.
        radius: the largest translation, in pixels of these images.

    Returns:
        the hypotheses (at most 9 ``KEPT``, or K, 2), in the order given.
    """
    if len(tried) <= MOST_IN_FULL:
        return tried

    def fixed(some: ImageBatch, stride: int) -> FeatureMap:
        return FeatureMaps(network.settings, None, some).at(stride)

    factor = max(1, min(min(one.image.shape[-2:]) for one in images) // SELECTION_SIDE)
    small = downsample(images[0], factor), downsample(images[1], factor)
    step = tried.new_tensor([network.config.rotation_step, network.config.scale_step])
    first = tried[(torch.round(tried / step) % 2 == 0).all(dim=1)]
    scores = hypothesis_scores(fixed, SELECTION_STRIDE, small, first, radius / factor)
    best = scores.flatten(1).amax(dim=1).topk(min(KEPT, len(first))).indices
    chosen = torch.stack([near(tried, place, 1.5, network.config) for place in first[best]])
    return tried[chosen.any(dim=0)]
