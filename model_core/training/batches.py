"""What one step of training sees; all of it follows from seed, rank and step alone."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from model_core.evaluation.deformation import apply_homography
from model_core.geometry.affine import at_stride
from model_core.geometry.pixels import image_centre
from model_core.network.images import ImageBatch, downsample
from model_core.network.matcher_config import MatcherConfig, StageConfig
from model_core.training.augmentation import augment_optical, augment_sar, augment_valid
from model_core.training.config import TrainingConfig
from model_core.training.data import PairSet
from model_core.training.warps import Views, local_views, whole_views


@dataclass(frozen=True)
class LocalBatch:
    """Views that lie on each other up to a residual.

    Attributes:
        reference: the optical images.
        moving: the SAR images.
        stages: to be trained on them, perhaps with smaller windows than the matcher's.
        truth: per stage, displacements (B, 2, h, w) at its control points, in pixels; NaN where
            different places are shown.
    """

    reference: ImageBatch
    moving: ImageBatch
    stages: tuple[StageConfig, ...]
    truth: tuple[Tensor, ...]

    def to(self, device: torch.device) -> LocalBatch:
        """Return the batch on a device."""
        return LocalBatch(
            _to(self.reference, device),
            _to(self.moving, device),
            self.stages,
            tuple(t.to(device) for t in self.truth),
        )


@dataclass(frozen=True)
class SearchBatch:
    """Downsampled views cut at independent positions.

    Attributes:
        reference: the optical images, downsampled.
        moving: the SAR images, downsampled.
        hypotheses: (B, K, 2), degrees and logarithm of the scale that the reference is rotated and
            scaled by; the first is the true one, up to the distance of the hypotheses.
        truth: (B, 2), the translation (x, y), in downsampled pixels, that then remains.
        radius: of the translations searched, in downsampled pixels.
    """

    reference: ImageBatch
    moving: ImageBatch
    hypotheses: Tensor
    truth: Tensor
    radius: float

    def to(self, device: torch.device) -> SearchBatch:
        """Return the batch on a device."""
        return SearchBatch(
            _to(self.reference, device),
            _to(self.moving, device),
            self.hypotheses.to(device),
            self.truth.to(device),
            self.radius,
        )


def _to(images: ImageBatch, device: torch.device) -> ImageBatch:
    return ImageBatch(images.image.to(device), images.valid.to(device), images.modality)


@dataclass(frozen=True)
class Batch:
    """All that a step compares.

    Attributes:
        local: views that lie on each other up to a residual.
        search: views at independent positions.
        heads: whether the learned corrections are trained too.
    """

    local: LocalBatch
    search: SearchBatch
    heads: bool

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        return Batch(self.local.to(device), self.search.to(device), self.heads)


def make_batch(
    config: TrainingConfig, matcher: MatcherConfig, pairs: PairSet, step: int, rank: int
) -> Batch:
    """Draw the batch of a step."""
    rng = np.random.default_rng([config.seed, rank, step])
    heads = step >= config.loss.heads_from * config.steps
    stages = _draw_stages(config, matcher, heads, rng)
    return Batch(
        _local(config, pairs, stages, heads, rng),
        _search(config, matcher, pairs, rng),
        heads,
    )


def _draw_stages(
    config: TrainingConfig, matcher: MatcherConfig, heads: bool, rng: np.random.Generator
) -> tuple[StageConfig, ...]:
    """Draw one stage per stride, that of the flow half of the time.

    Before the heads are trained the whole window is drawn smaller: small windows are the harder
    question, and say more closely where descriptors are wrong. Afterwards that is left to the
    stages' own detail windows.
    """
    chosen = []
    for stride in sorted({s.stride for s in matcher.stages}, reverse=True):
        affine, flow = (
            [s for s in stages if s.stride == stride]
            for stages in (matcher.affine_stages, matcher.flow_stages)
        )
        some = flow if flow and (not affine or rng.uniform() < 0.5) else affine
        stage = some[rng.integers(len(some))]
        if not heads:
            window = stage.window * rng.uniform(0.35, 0.8)
            stage = dataclasses.replace(stage, window=window, detail_window=0.0)
        chosen.append(stage)
    return tuple(chosen)


def _local(
    config: TrainingConfig,
    pairs: PairSet,
    stages: tuple[StageConfig, ...],
    heads: bool,
    rng: np.random.Generator,
) -> LocalBatch:
    views: list[Views | None] = []
    images = []
    # Half of the residuals lie within the narrowest stage's reach, the others within the widest's;
    # a stage that follows another mostly meets small ones.
    widest = [min(s.reach for s in stages) - 2.0, max(s.reach for s in stages) - 2.0]
    for item in range(config.batch):
        reach = widest[item % 2] * rng.uniform(0.1, 1.0)
        index = pairs.draw(rng)
        related = not (heads and rng.uniform() < config.loss.unrelated)
        other = None if related else pairs.get(pairs.unrelated(index, rng))
        one = local_views(pairs.get(index), config.warp, reach, rng, other)
        images.append(_augmented(one, config.augment, rng))
        views.append(one if related else None)
    truth = tuple(_true_displacements(views, config.warp.side, stage.spacing) for stage in stages)
    return LocalBatch(*_batched(images), stages, truth)


def _true_displacements(views: list[Views | None], side: int, spacing: int) -> Tensor:
    """Return (B, 2, h, w) at control points; NaN where a pair is unrelated."""
    count = -(-side // spacing)
    unknown = np.full((2, count, count), np.nan)
    found = [unknown if v is None else v.displacement(spacing) for v in views]
    return torch.from_numpy(np.stack(found)).float()


def _search(
    config: TrainingConfig, matcher: MatcherConfig, pairs: PairSet, rng: np.random.Generator
) -> SearchBatch:
    factor = int(rng.choice(config.warp.downsampling_factors))
    images, hypotheses, truth = [], [], []
    side = config.warp.search_side // factor * factor
    for _ in range(config.search_batch):
        views = whole_views(pairs.get(pairs.draw(rng)), config.warp, rng)
        images.append(_augmented(views, config.augment, rng))
        linear = views.affine[:, :2]
        angle = np.degrees(np.arctan2(linear[1, 0] - linear[0, 1], linear[0, 0] + linear[1, 1]))
        scale = 0.5 * np.log(abs(np.linalg.det(linear)))
        near = [
            angle + rng.uniform(-0.5, 0.5) * matcher.rotation_step,
            scale + rng.uniform(-0.5, 0.5) * matcher.scale_step,
        ]
        wrong = [_wrong(angle, config, matcher, rng) for _ in range(config.loss.negatives)]
        hypotheses.append([near, *wrong])
        small = at_stride(torch.from_numpy(views.affine)[None], factor)[0].numpy()
        centre = np.array(image_centre(side // factor, side // factor))
        truth.append(apply_homography(small, centre) - centre)
    reference, moving = (downsample(batch, factor) for batch in _batched(images))
    return SearchBatch(
        reference,
        moving,
        torch.tensor(np.asarray(hypotheses), dtype=torch.float32),
        torch.tensor(np.asarray(truth), dtype=torch.float32),
        config.warp.max_shift / factor + 3,
    )


def _wrong(
    angle: float, config: TrainingConfig, matcher: MatcherConfig, rng: np.random.Generator
) -> list[float]:
    """Draw a rotation that the search would try and that is not the true one."""
    reach = config.warp.max_rotation + 2 * matcher.rotation_step
    while True:
        degrees = rng.uniform(-reach, reach)
        if abs(degrees - angle) > 1.5 * matcher.rotation_step:
            return [degrees, rng.uniform(-1, 1) * np.log(config.warp.max_scale)]


Pixels = tuple[Tensor, Tensor]


def _augmented(views: Views, chance: float, rng: np.random.Generator) -> tuple[Pixels, Pixels]:
    optical = augment_optical(views.reference[0], chance, rng)
    sar = augment_sar(views.moving[0], chance, rng)
    seen = augment_valid(views.reference[1], chance, rng)
    return (optical, seen), (sar, augment_valid(views.moving[1], chance, rng))


def _batched(images: list[tuple[Pixels, Pixels]]) -> tuple[ImageBatch, ImageBatch]:
    optical, sar = ([pair[side] for pair in images] for side in (0, 1))
    return (
        ImageBatch(
            torch.cat([i for i, _ in optical]), torch.cat([v for _, v in optical]), "optical"
        ),
        ImageBatch(torch.cat([i for i, _ in sar]), torch.cat([v for _, v in sar]), "sar"),
    )
