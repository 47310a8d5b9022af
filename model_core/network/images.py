"""What goes into the network and what comes out of it: image batches and feature maps."""

from __future__ import annotations

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

from model_core.geometry.sampling import sample, sample_mask
from model_core.network.filters import average_blocks
from model_core.raster.view import Modality


class ImageBatch(NamedTuple):
    """Images (B, C, H, W) in [0, 1], their valid pixels (B, 1, H, W) as 0 or 1, their modality.

    All float32; C is 1 for SAR and 3 for optical. What is invalid may hold anything finite.
    """

    image: Tensor
    valid: Tensor
    modality: Modality

    def warped(self, field: Tensor) -> ImageBatch:
        """Resample the images at positions (B, H, W, 2); invalid where these leave the image."""
        return ImageBatch(sample(self.image, field), sample_mask(self.valid, field), self.modality)


class FeatureMap(NamedTuple):
    """Descriptors (B, D, h, w) of images at one stride, and where they are valid (B, 1, h, w)."""

    descriptors: Tensor
    mask: Tensor

    def part(self, some: slice) -> FeatureMap:
        """Return the maps of some images of the batch."""
        return FeatureMap(self.descriptors[some], self.mask[some])


def downsample(images: ImageBatch, factor: int) -> ImageBatch:
    """Average the valid pixels of blocks of ``factor`` pixels; half-valid blocks are invalid."""
    weight = F.avg_pool2d(images.valid, factor)
    image = F.avg_pool2d(images.image * images.valid, factor) / weight.clamp_min(1e-3)
    return ImageBatch(image, (weight > 0.5).to(images.valid.dtype), images.modality)


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
