"""The whole network: two images in, a dense field with its certainty out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model_core.geometry.affine import (
    affine_field,
    at_stride,
    compose,
    invert,
    similarity_about,
    transform_points,
)
from model_core.geometry.pixels import pixel_grid
from model_core.geometry.sampling import resize_displacement, sample, sample_mask
from model_core.network.affine_flow_matcher import AffineFlowMatcher, Described, Measurement
from model_core.network.config import SomaConfig
from model_core.network.descriptors import DescribedImages, ImageBatch
from model_core.network.matcher_config import StageConfig

if TYPE_CHECKING:
    from model_core.network.learned import LearnedDescriptors

__all__ = ["Alignment", "ImageBatch", "Soma", "decimate"]

ENCODED_AT_ONCE = 4
"""Turned images that pass through the encoders together in the coarse search: more do not stay in a
CPU's cache."""

FOLLOWED = 0.7
"""Score, in units of the best one's, from which a hypothesis of the search is followed up."""

SMALLEST_SEARCH = 64
"""Cells of the shorter side below which images are decimated less for the coarse search."""


SMALLEST_FOLLOW_UP = 192
"""Pixels of the shorter side of the decimated images in which hypotheses are followed up."""


@dataclass(frozen=True)
class Alignment:
    """What is known of how one image lies on the other.

    Attributes:
        affine: (1, 2, 3), reference pixel to moving position.
        flow: (1, 2, H, W), what the field adds to the affine, in pixels; None: nothing.
        certainty: (1, 1, H, W) in [0, 1]; None before any flow stage.
        score: normalised correlation of the aligned descriptors, to compare hypotheses.
    """

    affine: Tensor
    flow: Tensor | None = None
    certainty: Tensor | None = None
    score: float = 0.0

    def field(self, height: int, width: int) -> Tensor:
        """Return the positions (1, H, W, 2) in the moving image of all reference pixels."""
        field = affine_field(self.affine, height, width)
        return field if self.flow is None else field + self.flow.permute(0, 2, 3, 1)


def decimate(images: ImageBatch, stride: int) -> ImageBatch:
    """Average the valid pixels of blocks of ``stride`` pixels; half-valid blocks are invalid."""
    weight = F.avg_pool2d(images.valid, stride)
    image = F.avg_pool2d(images.image * images.valid, stride) / weight.clamp_min(1e-3)
    return ImageBatch(image, (weight > 0.5).to(images.valid.dtype), images.modality)


class Soma(nn.Module):
    """SOMA: descriptors of both images, and the matcher (GLAM) over them.

    Images that are compared several times are described once: every method takes them as they are
    or as :meth:`described`. Whatever the encoders run in (their own dtype, or autocast), the fixed
    descriptors and the matching stay in float32.

    Attributes:
        settings: the whole configuration. config: that of the matcher, a part of it.
        learned: the encoders and what follows them; None where nothing was learned.
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

    def forward(
        self,
        reference: ImageBatch,
        moving: ImageBatch,
        max_shift: float,
        max_rotation: float = 0.0,
        max_scale: float = 1.0,
    ) -> Alignment:
        """Return the affine and the field around it; see :meth:`find_affine`."""
        described = self.described(reference)
        start = self.find_affine(described, moving, max_shift, max_rotation, max_scale)
        return self.find_flow(described, moving, start)

    def described(self, images: ImageBatch | DescribedImages) -> DescribedImages:
        """Return images that keep their descriptors; such as do already come back as they are."""
        if isinstance(images, DescribedImages):
            return images
        return DescribedImages(self.settings, self.learned, images)

    def describe(self, images: ImageBatch, stride: int) -> Described:
        """Describe images at one stride, a few at a time where encoders run."""
        if self.learned is None:
            return self.described(images).at(stride)
        images_of = zip(
            torch.split(images.image, ENCODED_AT_ONCE),
            torch.split(images.valid, ENCODED_AT_ONCE),
            strict=True,
        )
        parts = [
            self.described(ImageBatch(*some, images.modality)).at(stride) for some in images_of
        ]
        return Described(*(torch.cat(tensors) for tensors in zip(*parts, strict=True)))

    @staticmethod
    def warp(images: ImageBatch, field: Tensor) -> ImageBatch:
        """Resample images at the positions (B, H, W, 2); invalid where these leave the image."""
        return ImageBatch(
            sample(images.image, field),
            sample_mask(images.valid, field),
            images.modality,
        )

    def search(
        self,
        reference: ImageBatch,
        moving: ImageBatch,
        max_shift: float,
        max_rotation: float,
        max_scale: float,
    ) -> list[Alignment]:
        """Return the most likely affines over the whole image, best first.

        Both images are decimated; the reference is turned and scaled by every hypothesis, and each
        is correlated with the moving image for every translation up to ``max_shift`` pixels.
        """
        side = min(*reference.image.shape[-2:], *moving.image.shape[-2:])
        stride = min(self.config.search_stride, max(1, side // SMALLEST_SEARCH))
        small = [decimate(images, stride) for images in (reference, moving)]
        hypotheses = self.matcher.hypothesis_list(max_rotation, max_scale, reference.image)
        turned, turns = self.turned(small[0], hypotheses)
        index, found = self.matcher.search(
            self.describe_turned(turned),
            self.describe(small[1], 1),
            hypotheses,
            max_shift / stride + 1,
        )
        alignments = []
        for k, translation in zip(index.tolist(), found, strict=True):
            affine = turns[k : k + 1].clone()
            affine[0, :, 2] += translation[:2]
            affine = at_stride(affine, 1 / stride)
            alignments.append(Alignment(affine, score=float(translation[2])))
        return alignments

    def turned(self, images: ImageBatch, hypotheses: Tensor) -> tuple[ImageBatch, Tensor]:
        """Turn and scale one image (1, C, H, W) about its centre by hypotheses (K, 2).

        Returns:
            the K images, and the affines (K, 2, 3) from the image to them.
        """
        height, width = images.image.shape[-2:]
        centre = ((width - 1) / 2, (height - 1) / 2)
        turns = similarity_about(centre, hypotheses[:, 0], torch.exp(hypotheses[:, 1]))
        field = affine_field(invert(turns), height, width)
        count = len(hypotheses)
        every = ImageBatch(
            images.image.expand(count, -1, -1, -1),
            images.valid.expand(count, -1, -1, -1),
            images.modality,
        )
        return self.warp(every, field), turns

    def describe_turned(self, turned: ImageBatch) -> Described:
        """Describe turned images at stride 1, as the search compares them."""
        described = self.describe(turned, 1)
        # A derivative next to the turned image's corner would be that of the corner.
        inner = 1 - F.max_pool2d(1 - described.mask, 5, 1, 2)
        return Described(described.descriptors, inner)

    def refine_affine(
        self,
        reference: ImageBatch | DescribedImages,
        moving: ImageBatch,
        start: Alignment,
        stage: StageConfig,
    ) -> Alignment:
        """Return the affine after one stage: measure what remains of ``start``, fit, compose.

        Its score is the mean correlation of the windows where the affine puts them.
        """
        reference = self.described(reference)
        height, width = reference.images.image.shape[-2:]
        warped = self.described(self.warp(moving, start.field(height, width)))
        volume, support = self.matcher.volume(
            stage, reference.at(stage.stride), warped.at(stage.stride)
        )
        residual, _ = self.matcher.fit_affine(stage, self.matcher.read(stage, volume, support))
        score = self.matcher.agreement(stage, volume, support, residual)
        affine = compose(start.affine.double(), residual).to(start.affine.dtype)
        return Alignment(affine, score=float(score))

    def refine_flow(
        self,
        reference: ImageBatch | DescribedImages,
        moving: ImageBatch,
        start: Alignment,
        stage: StageConfig,
    ) -> Alignment:
        """Return the field after one stage: the smooth, certain part of what remains is added."""
        reference = self.described(reference)
        height, width = reference.images.image.shape[-2:]
        measured = self.remaining(reference, moving, start, stage)
        step = self.matcher.smooth_flow(stage, measured)
        step = resize_displacement(step, height, width, stage.node)
        certainty = resize_displacement(measured.certainty.unsqueeze(1), height, width, stage.node)
        # The step is measured at reference pixels in the warped image, so it is followed by the
        # field found so far: position = field(x + step(x)).
        grid = pixel_grid(height, width, step)
        places = grid + step.permute(0, 2, 3, 1)
        linear = transform_points(start.affine, places).permute(0, 3, 1, 2)
        flow = linear - affine_field(start.affine, height, width).permute(0, 3, 1, 2)
        if start.flow is not None:
            flow = flow + sample(start.flow, places)
        return Alignment(start.affine, flow, certainty)

    def remaining(
        self,
        reference: ImageBatch | DescribedImages,
        moving: ImageBatch,
        start: Alignment,
        stage: StageConfig,
    ) -> Measurement:
        """Measure the displacement that remains once the moving image is warped by ``start``."""
        reference = self.described(reference)
        height, width = reference.images.image.shape[-2:]
        return self.measure(reference, self.warp(moving, start.field(height, width)), stage)

    def measure(
        self,
        reference: ImageBatch | DescribedImages,
        warped: ImageBatch | DescribedImages,
        stage: StageConfig,
    ) -> Measurement:
        """Measure the displacement between two images on one grid."""
        return self.matcher.measure(
            stage,
            self.described(reference).at(stage.stride),
            self.described(warped).at(stage.stride),
        )

    def find_affine(
        self,
        reference: ImageBatch | DescribedImages,
        moving: ImageBatch,
        max_shift: float,
        max_rotation: float,
        max_scale: float,
    ) -> Alignment:
        """Return the best affine: search, follow up the likely hypotheses, refine the best."""
        reference = self.described(reference)
        best = self.find_start(reference, moving, max_shift, max_rotation, max_scale)
        if self.settings.transform != "flow":
            for stage in self.config.affine_stages[1:]:
                best = self.refine_affine(reference, moving, best, stage)
        return best

    def find_start(
        self,
        reference: ImageBatch | DescribedImages,
        moving: ImageBatch,
        max_shift: float,
        max_rotation: float,
        max_scale: float,
    ) -> Alignment:
        """Return the likeliest affine, good to some pixels: search, follow up, take the best."""
        reference = self.described(reference)
        starts = self.search(reference.images, moving, max_shift, max_rotation, max_scale)
        if self.settings.transform == "flow":
            return starts[0]
        likely = [starts[0], *(s for s in starts[1:] if s.score >= FOLLOWED * starts[0].score)]
        return self.follow_up(reference, moving, likely)

    def follow_up(
        self, reference: DescribedImages, moving: ImageBatch, starts: list[Alignment]
    ) -> Alignment:
        """Return the best of some affines after the first affine stage.

        Large images are decimated for it: the stages that follow make up for the precision.
        """
        first = self.config.affine_stages[0]
        side = min(*reference.images.image.shape[-2:], *moving.image.shape[-2:])
        stride = 2 if side >= 2 * SMALLEST_FOLLOW_UP else 1
        if stride > 1:
            reference = self.described(decimate(reference.images, stride))
            moving = decimate(moving, stride)
        followed = [
            self.refine_affine(reference, moving, Alignment(at_stride(start.affine, stride)), first)
            for start in starts
        ]
        best = max(followed, key=lambda alignment: alignment.score)
        return Alignment(at_stride(best.affine, 1 / stride), score=best.score)

    def find_flow(
        self, reference: ImageBatch | DescribedImages, moving: ImageBatch, start: Alignment
    ) -> Alignment:
        """Return the field around a good affine (or an earlier field)."""
        if self.settings.transform == "affine":
            return start
        reference = self.described(reference)
        for stage in self.config.flow_stages:
            start = self.refine_flow(reference, moving, start, stage)
        return start
