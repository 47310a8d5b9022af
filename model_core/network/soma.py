"""The whole network: images in, feature maps out, and the matcher (GLAM) over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from model_core.network.affine_flow_matcher import AffineFlowMatcher, Measurement
from model_core.network.config import SomaConfig
from model_core.network.feature_maps import FeatureMaps
from model_core.network.images import FeatureMap, ImageBatch
from model_core.network.matcher_config import StageConfig

if TYPE_CHECKING:
    from model_core.network.learned import LearnedDescriptors

ENCODED_AT_ONCE = 4
"""Images that pass through the encoders together: more do not stay in a CPU's cache."""


class Soma(nn.Module):
    """SOMA: feature maps of both images, and the matcher (GLAM) over them.

    It measures what displacement remains between two images on one grid. How two images are
    registered with it (search, refinement, fit, verification) stands in ``registration``.

    Whatever the encoders run in (their own dtype, or autocast), the fixed descriptors and the
    matching stay in float32.

    Attributes:
        settings: the whole configuration.
        config: that of the matcher, a part of it.
        learned: the encoders and what follows them; None where nothing was learned.
        matcher: the affine-flow matcher.
    """

    def __init__(self, settings: SomaConfig) -> None:
        super().__init__()
        self.settings = settings
        self.config = settings.matcher
        self.learned: LearnedDescriptors | None = None
        if settings.learned:
            from model_core.network.learned import LearnedDescriptors  # timm: seconds to import

            self.learned = LearnedDescriptors(settings)
        self.matcher = AffineFlowMatcher(
            settings.matcher, settings.head_channels if settings.learned else 0
        )

    def feature_maps(self, images: ImageBatch) -> FeatureMaps:
        """Return images with their feature maps, which are computed when first asked for."""
        return FeatureMaps(self.settings, self.learned, images)

    def feature_map(self, images: ImageBatch, stride: int) -> FeatureMap:
        """Return the feature map of many images at one stride, a few at a time."""
        if self.learned is None:
            return self.feature_maps(images).at(stride)
        images_of = zip(
            torch.split(images.image, ENCODED_AT_ONCE),
            torch.split(images.valid, ENCODED_AT_ONCE),
            strict=True,
        )
        parts = [
            self.feature_maps(ImageBatch(*some, images.modality)).at(stride) for some in images_of
        ]
        return FeatureMap(*(torch.cat(tensors) for tensors in zip(*parts, strict=True)))

    def measure(
        self, reference: FeatureMaps, moving: FeatureMaps, stage: StageConfig
    ) -> Measurement:
        """Measure what displacement remains between two images on one grid, at a stage."""
        return self.matcher.measure(stage, reference.at(stage.stride), moving.at(stage.stride))
