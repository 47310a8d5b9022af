"""What the matcher compares: fixed oriented gradients, and beside them what was learned.

Without learned part (``SomaConfig.learned``) no encoder exists and none runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch.nn.functional as F
from torch import Tensor

from model_core.geometry.sampling import sample, sample_mask
from model_core.network.affine_flow_matcher import Described
from model_core.network.config import SomaConfig
from model_core.network.oriented_gradients import (
    average_blocks,
    fill_invalid,
    structure_descriptors,
)
from model_core.network.precision import full_precision
from model_core.raster.view import Modality

if TYPE_CHECKING:  # it needs timm, which takes seconds to import and is not needed without it
    from model_core.network.learned import LearnedDescriptors, LearnedFeatures


class ImageBatch(NamedTuple):
    """Images (B, C, H, W) in [0, 1], their valid pixels (B, 1, H, W) as 0 or 1, and their modality.

    All float32; C is 1 for SAR and 3 for optical. What is invalid may hold anything finite.
    """

    image: Tensor
    valid: Tensor
    modality: Modality


def cell_mask(valid: Tensor, stride: int) -> Tensor:
    """Return which cells (B, 1, ceil(H / stride), ceil(W / stride)) are valid throughout."""
    return (average_blocks(valid, stride) > 0.99).to(valid.dtype)


def away_from_invalid(valid: Tensor, stride: int, margin: int) -> Tensor:
    """Return which cells (see :func:`cell_mask`) have no invalid pixel within ``margin`` pixels.

    The margin counts as the next multiple of the stride.
    """
    invalid = 1 - cell_mask(valid, stride)
    if not bool(invalid.any()):
        return 1 - invalid
    cells = -(-margin // stride)
    near = F.max_pool2d(invalid, (1, 2 * cells + 1), 1, (0, cells))
    return 1 - F.max_pool2d(near, (2 * cells + 1, 1), 1, (cells, 0))


class DescribedImages:
    """Images with their descriptors; each stride is described once, when first asked for.

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
        self._described: dict[int, Described] = {}

    def at(self, stride: int) -> Described:
        """Return the descriptors at a stride of 1, 2 or 4."""
        if stride not in self._described:
            self._described[stride] = self._describe(stride)
        return self._described[stride]

    def resampled(self, positions: Tensor) -> DescribedImages:
        """Return what these images show at positions (B, H, W, 2), their descriptors interpolated.

        The positions are to differ little from a grid's: descriptors are neither turned nor scaled.
        """
        return _ResampledImages(self._config, self._learned, self, positions)

    def _describe(self, stride: int) -> Described:
        image, valid, _ = filled = self._filled()
        matcher = self._config.matcher
        with full_precision(image):
            fixed = structure_descriptors(image, valid, stride, matcher.presmooth, matcher.smooth)
        if self._learned is None:
            return Described(fixed, cell_mask(valid, stride))
        if self._features is None:
            self._features = self._learned.features(filled)
        descriptors = self._learned.beside(fixed, self._features, stride)
        # What lies beyond the border was filled in, and the learned part looks beyond it.
        return Described(descriptors, away_from_invalid(valid, stride, self._config.margin))

    def _filled(self) -> ImageBatch:
        if self._fill is None:
            image, valid, modality = self.images
            self._fill = ImageBatch(fill_invalid(image, valid), valid, modality)
        return self._fill


class _ResampledImages(DescribedImages):
    """Its ``images`` are those it was made of, where they were: only descriptors are asked for."""

    def __init__(
        self,
        config: SomaConfig,
        learned: LearnedDescriptors | None,
        source: DescribedImages,
        positions: Tensor,
    ) -> None:
        super().__init__(config, learned, source.images)
        self._source = source
        self._positions = positions

    def _describe(self, stride: int) -> Described:
        descriptors, mask = self._source.at(stride)
        centres = average_blocks(self._positions.permute(0, 3, 1, 2), stride)
        cells = (centres.permute(0, 2, 3, 1) + 0.5) / stride - 0.5
        return Described(sample(descriptors, cells), sample_mask(mask, cells))
