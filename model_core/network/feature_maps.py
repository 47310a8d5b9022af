"""What is compared of two images: fixed oriented gradients, and beside them what was learned.

Without a learned part (``SomaConfig.learned``) no encoder exists and none runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from model_core.geometry.pixels import pixel_to_cell
from model_core.geometry.sampling import sample, sample_mask
from model_core.network.config import SomaConfig
from model_core.network.filters import average_blocks, fill_invalid
from model_core.network.images import FeatureMap, ImageBatch, away_from_invalid, cell_mask
from model_core.network.oriented_gradients import structure_descriptors
from model_core.network.precision import full_precision

if TYPE_CHECKING:  # it needs timm, which takes seconds to import and is not needed without it
    from model_core.network.learned import LearnedDescriptors, LearnedFeatures


class FeatureMaps:
    """Images with their feature maps; each stride is computed once, when first asked for.

    Not to be kept beyond a step of training: it holds on to the graph.
    """

    def __init__(
        self, config: SomaConfig, learned: LearnedDescriptors | None, images: ImageBatch
    ) -> None:
        self.images = images
        self._config = config
        self._learned = learned
        self._fill: ImageBatch | None = None
        self._features: LearnedFeatures | None = None
        self._maps: dict[int, FeatureMap] = {}

    def at(self, stride: int) -> FeatureMap:
        """Return the feature map at a stride of 1, 2 or 4."""
        if stride not in self._maps:
            self._maps[stride] = self._compute(stride)
        return self._maps[stride]

    def resampled(self, positions: Tensor) -> FeatureMaps:
        """Return what these images show at positions (B, H, W, 2), their maps interpolated.

        The positions are to differ little from a grid's: descriptors are neither rotated nor
        scaled.
        """
        return _ResampledFeatureMaps(self._config, self._learned, self, positions)

    def _compute(self, stride: int) -> FeatureMap:
        image, valid, _ = filled = self._filled()
        matcher = self._config.matcher
        with full_precision(image):
            fixed = structure_descriptors(image, valid, stride, matcher.presmooth, matcher.smooth)
        if self._learned is None:
            return FeatureMap(fixed, cell_mask(valid, stride))
        if self._features is None:
            self._features = self._learned.features(filled)
        descriptors = self._learned.beside(fixed, self._features, stride)
        # What lies beyond the border was filled in, and the learned part looks beyond it.
        return FeatureMap(descriptors, away_from_invalid(valid, stride, self._config.margin))

    def _filled(self) -> ImageBatch:
        if self._fill is None:
            image, valid, modality = self.images
            self._fill = ImageBatch(fill_invalid(image, valid), valid, modality)
        return self._fill


class _ResampledFeatureMaps(FeatureMaps):
    """Its ``images`` are those it was made of, where they were: only the maps are asked for."""

    def __init__(
        self,
        config: SomaConfig,
        learned: LearnedDescriptors | None,
        source: FeatureMaps,
        positions: Tensor,
    ) -> None:
        super().__init__(config, learned, source.images)
        self._source = source
        self._positions = positions

    def _compute(self, stride: int) -> FeatureMap:
        descriptors, mask = self._source.at(stride)
        centres = average_blocks(self._positions.permute(0, 3, 1, 2), stride)
        cells = pixel_to_cell(centres.permute(0, 2, 3, 1), stride)
        return FeatureMap(sample(descriptors, cells), sample_mask(mask, cells))
