"""What training asks for: the right displacement among all, and an honest certainty.

Labels are unsure by a pixel and some are wrong, so targets are Gaussians, and a control point whose
label everything contradicts counts less (generalised cross-entropy: Zhang & Sabuncu, 2018).
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model_core.network.correlation import displacement_vectors
from model_core.network.images import FeatureMap, ImageBatch
from model_core.network.matcher_config import StageConfig
from model_core.network.precision import full_precision
from model_core.network.soma import Soma
from model_core.network.translation_search import correlate_translations
from model_core.registration.hypotheses import rotated_feature_map, rotated_images
from model_core.training.batches import LocalBatch, SearchBatch
from model_core.training.config import LossConfig

LEAST_SUPPORT = 0.4
"""Share of a window that must be valid in both views for its control point to count."""

INVERSE_TEMPERATURE = 25.0
"""At the start: correlations differ by some hundredths."""

LOWEST, HIGHEST = 5.0, 200.0
"""Inverse temperatures that are allowed."""


class CorrelationTemperature(nn.Module):
    """Learned inverse temperatures of the softmax over displacements; inference has no use for it.

    One for the search, and one for each stride of the local stages.
    """

    def __init__(self) -> None:
        super().__init__()
        start = math.log(INVERSE_TEMPERATURE)
        self.log_inverse = nn.ParameterDict(
            {name: nn.Parameter(torch.tensor(start)) for name in ("search", "stride2", "stride4")}
        )

    def forward(self, name: str) -> Tensor:
        """Return the factor on correlations, between :data:`LOWEST` and :data:`HIGHEST`."""
        logarithm: Tensor = self.log_inverse[name]
        return logarithm.clamp(math.log(LOWEST), math.log(HIGHEST)).exp()


@dataclass(frozen=True)
class Losses:
    """What a step gives.

    Attributes:
        terms: of the loss, to be added with their weights.
        figures: for the log.
    """

    terms: dict[str, Tensor]
    figures: dict[str, float]

    def total(self, config: LossConfig) -> Tensor:
        """Return the weighted sum."""
        weights = {"search": config.search, "local": config.local, "heads": config.heads}
        parts = [weights[name] * term for name, term in self.terms.items()]
        return torch.stack(parts).sum()


def robust_cross_entropy(logits: Tensor, target: Tensor, robustness: float) -> Tensor:
    """Return the generalised cross-entropy of distributions over the last axis, at least 0.

    With d the Kullback-Leibler divergence from target to prediction, ``(1 - exp(-q d)) / q``: for
    q = 0 the plain cross-entropy less the target's entropy; for larger q, items that everything
    contradicts count less.
    """
    divergence = (target * (target.clamp_min(1e-12).log() - logits.log_softmax(-1))).sum(-1)
    if robustness == 0:
        return divergence
    return (1 - torch.exp(-robustness * divergence)) / robustness


def gaussian_target(vectors: Tensor, truth: Tensor, sigma: float) -> Tensor:
    """Return distributions (M, N) over displacements (N, 2) around the true ones (M, 2)."""
    distance = (vectors[None] - truth[:, None]).square().sum(-1)
    return torch.softmax(-0.5 * distance / sigma**2, dim=-1)


def search_loss(
    network: Soma, temperature: CorrelationTemperature, batch: SearchBatch, config: LossConfig
) -> tuple[Tensor, float]:
    """Find rotation and translation of whole images among wrong rotations and one wrong image.

    Returns:
        the loss, and the share of pairs whose best score is the right one, to 1.5 cells.
    """
    reference = rotated_feature_map(network, _rotated_references(batch))
    moving = network.feature_map(batch.moving, 1)
    reach = math.ceil(batch.radius)
    vectors = displacement_vectors(reach, batch.truth)
    with full_precision(reference.descriptors):
        scores = _search_scores(batch, reference, moving)
    best = scores.detach().argmax(dim=1)
    near = (vectors[best % len(vectors)] - batch.truth).norm(dim=1) < 1.5
    right = int(((best < len(vectors)) & near).sum()) / len(scores)
    target = torch.zeros_like(scores)
    target[:, : len(vectors)] = gaussian_target(vectors, batch.truth, 0.6)
    loss = robust_cross_entropy(temperature("search") * scores, target, config.robustness)
    within = (batch.truth.abs() <= reach).all(dim=1).float()
    return (loss * within).sum() / within.sum().clamp_min(1), right


def _rotated_references(batch: SearchBatch) -> ImageBatch:
    """Return every reference image under each of its hypotheses, (B K, C, H, W)."""
    images = batch.reference
    rotated = [
        rotated_images(
            ImageBatch(images.image[i : i + 1], images.valid[i : i + 1], images.modality),
            batch.hypotheses[i],
        )[0]
        for i in range(len(batch.hypotheses))
    ]
    return ImageBatch(
        torch.cat([one.image for one in rotated]),
        torch.cat([one.valid for one in rotated]),
        images.modality,
    )


def _search_scores(batch: SearchBatch, reference: FeatureMap, moving: FeatureMap) -> Tensor:
    """Return the correlations (B, M) of each pair over all its hypotheses and translations.

    Those of the true hypothesis come first; where there is another pair in the batch, those with
    its moving image come last.
    """
    count, hypotheses = batch.hypotheses.shape[:2]
    every = []
    for item in range(count):
        own = slice(item * hypotheses, (item + 1) * hypotheses)
        compared = [(own, item)]
        if count > 1:
            compared.append((slice(own.start, own.start + 1), (item + 1) % count))
        scores = [
            correlate_translations(
                reference.part(rows), moving.part(slice(other, other + 1)), batch.radius
            )
            for rows, other in compared
        ]
        every.append(torch.cat(scores).flatten())
    return torch.stack(every)


@dataclass(frozen=True)
class StageCorrelation:
    """What a stage sees of the views of a batch, and what it should find.

    Attributes:
        stage: that compares the views.
        volume: (B, N, h, w), correlation of the control points' windows over the displacements.
        support: (B, h, w), share of a window that is valid in both views.
        truth: (B, 2, h, w), true displacements in pixels; NaN where different places are shown.
    """

    stage: StageConfig
    volume: Tensor
    support: Tensor
    truth: Tensor

    @property
    def supported(self) -> Tensor:
        """Control points (B, h, w) whose window is valid enough to be judged."""
        return self.support > LEAST_SUPPORT

    @property
    def within_reach(self) -> Tensor:
        """Control points (B, h, w) whose true displacement is searched; False where it is NaN."""
        cells = self.truth / self.stage.stride
        return (cells.abs() <= self.stage.radius - 0.5).all(dim=1) & self.supported


def local_losses(
    network: Soma,
    temperature: CorrelationTemperature,
    batch: LocalBatch,
    config: LossConfig,
    heads: bool,
) -> tuple[dict[str, Tensor], dict[str, float]]:
    """Find the displacements; with ``heads``, correct them and say how sure they are."""
    reference, moving = network.feature_maps(batch.reference), network.feature_maps(batch.moving)
    local, corrected = [], []
    right = total = 0
    for stage, truth in zip(batch.stages, batch.truth, strict=True):
        volume, support = network.matcher.volume(
            stage, reference.at(stage.stride), moving.at(stage.stride)
        )
        seen = StageCorrelation(stage, volume, support, truth)
        loss, found, count = displacement_loss(seen, temperature, config)
        local.append(loss)
        right, total = right + found, total + count
        if heads:
            detached = dataclasses.replace(seen, volume=volume.detach())
            corrected.append(head_loss(network, detached, config))
    terms = {"local": torch.stack(local).mean()}
    if corrected:
        terms["heads"] = torch.stack(corrected).mean()
    return terms, {"local_right": right / max(1, total)}


def displacement_loss(
    seen: StageCorrelation, temperature: CorrelationTemperature, config: LossConfig
) -> tuple[Tensor, int, int]:
    """Judge where a stage's correlation peaks.

    Returns:
        the loss; how many control points find their displacement to 3 px; of how many.
    """
    stage, within_reach = seen.stage, seen.within_reach
    vectors = displacement_vectors(stage.radius, seen.volume)
    picked = seen.volume.permute(0, 2, 3, 1)[within_reach]
    wanted = (seen.truth / stage.stride).permute(0, 2, 3, 1)[within_reach]
    target = gaussian_target(vectors, wanted, max(0.5, config.label_sigma / stage.stride))
    logits = temperature(f"stride{stage.stride}") * picked
    each = robust_cross_entropy(logits, target, config.robustness)
    with torch.no_grad():
        best = vectors[picked.argmax(dim=1)] if len(picked) else wanted
        right = int(((best - wanted).norm(dim=1) * stage.stride < 3).sum())
    return each.sum() / max(1, len(each)), right, len(wanted)


def head_loss(network: Soma, seen: StageCorrelation, config: LossConfig) -> Tensor:
    """Judge a stage's corrected displacement, robustly, and its certainty.

    Where the truth is out of reach, or where different places are shown, nothing can be right.
    """
    within_reach = seen.within_reach
    measured = network.matcher.read(seen.stage, seen.volume, seen.support)
    error = (measured.displacement - seen.truth.nan_to_num(1e3)).norm(dim=1)
    # Cauchy: what is far off says nothing about the fine correction asked for here.
    flow = torch.log1p((error / config.sure).square())
    flow = (flow * within_reach).sum() / within_reach.sum().clamp_min(1)
    right = (error.detach() < config.sure) & within_reach
    judged = seen.supported & ~measured.at_edge
    certainty = measured.certainty.clamp(1e-4, 1 - 1e-4)
    sure = F.binary_cross_entropy(certainty, right.float(), reduction="none")
    return flow + (sure * judged).sum() / judged.sum().clamp_min(1)
