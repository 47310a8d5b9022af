"""What the matcher compares: fixed oriented gradients, and beside them what was learned.

Without learned part (``SomaConfig.learned``) no encoder exists and none runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch.nn.functional as F
from torch import Tensor

from model_core.network.affine_flow_matcher import Described
from model_core.network.config import SomaConfig
from model_core.network.precision import full_precision
from model_core.network.structure import structure_descriptors
from model_core.scene.view import Kind

if TYPE_CHECKING:  # it needs timm, which takes seconds to import and is not needed without it
    from model_core.network.learned import LearnedDescriptors, LearnedFeatures


class ImageBatch(NamedTuple):
    """Images (B, C, H, W) in [0, 1], their valid pixels (B, 1, H, W) as 0 or 1, and their kind.

    All float32; C is 1 for SAR and 3 for optical. What is invalid may hold anything finite.
    """

    image: Tensor
    valid: Tensor
    kind: Kind


def cell_mask(valid: Tensor, stride: int) -> Tensor:
    """Return which cells (B, 1, ceil(H / stride), ceil(W / stride)) are valid throughout."""
    mask = valid
    if stride > 1:
        mask = F.avg_pool2d(mask, stride, ceil_mode=True, count_include_pad=False)
    return (mask > 0.99).to(valid.dtype)


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
        self._features: LearnedFeatures | None = None
        self._described: dict[int, Described] = {}

    def at(self, stride: int) -> Described:
        """Return the descriptors at a stride of 1, 2 or 4."""
        if stride not in self._described:
            self._described[stride] = self._describe(stride)
        return self._described[stride]

    def _describe(self, stride: int) -> Described:
        image, valid, _ = self.images
        matcher = self._config.matcher
        with full_precision(image):
            fixed = structure_descriptors(image, valid, stride, matcher.presmooth, matcher.smooth)
        if self._learned is None:
            return Described(fixed, cell_mask(valid, stride))
        if self._features is None:
            self._features = self._learned.features(self.images)
        descriptors = self._learned.beside(fixed, self._features, stride)
        # What lies beyond the border was filled in, and the learned part looks beyond it.
        margin = self._config.margin
        near = F.max_pool2d(1 - valid, (1, 2 * margin + 1), 1, (0, margin))
        inner = 1 - F.max_pool2d(near, (2 * margin + 1, 1), 1, (margin, 0))
        return Described(descriptors, cell_mask(inner, stride))
