"""What training asks for: the right displacement among all, and an honest certainty.

Labels are unsure by a pixel and some are wrong, so targets are Gaussians, and a node whose label
everything contradicts counts less (generalised cross-entropy: Zhang & Sabuncu, 2018).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model_core.network.correlation import displacement_vectors
from model_core.network.images import ImageBatch
from model_core.network.matcher_config import StageConfig
from model_core.network.precision import full_precision
from model_core.network.soma import Soma
from model_core.network.translation_search import correlate_translations
from model_core.registration.search import rotated_feature_map, rotated_images
from model_core.training.batches import LocalBatch, SearchBatch
from model_core.training.config import LossConfig

LEAST_SUPPORT = 0.4
"""Share of a window that must be valid in both views for its node to count."""

SHARPNESS = 25.0
"""Inverse temperature at the start: correlations differ by some hundredths."""


class Sharpness(nn.Module):
    """Learned inverse temperatures of the softmax over displacements; of no use to inference."""

    def __init__(self) -> None:
        super().__init__()
        start = math.log(SHARPNESS)
        self.logarithms = nn.ParameterDict(
            {name: nn.Parameter(torch.tensor(start)) for name in ("search", "stride2", "stride4")}
        )

    def forward(self, name: str) -> Tensor:
        """Return the factor on correlations, within 5 and 200."""
        logarithm: Tensor = self.logarithms[name]
        return logarithm.clamp(math.log(5.0), math.log(200.0)).exp()


@dataclass(frozen=True)
class Losses:
    """The terms of one step, to be added with their weights, and figures for the log."""

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
    q = 0 the plain cross-entropy less the target's entropy; for larger q hopeless items count less.
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
    network: Soma, sharpness: Sharpness, batch: SearchBatch, config: LossConfig
) -> tuple[Tensor, float]:
    """Find turn and translation of whole images among wrong turns and one wrong image.

    Returns:
        the loss, and the share of pairs whose best score is the right one, to 1.5 cells.
    """
    count, hypotheses = batch.hypotheses.shape[:2]
    turned = []
    for item in range(count):
        one = ImageBatch(
            batch.reference.image[item : item + 1],
            batch.reference.valid[item : item + 1],
            batch.reference.modality,
        )
        turned.append(rotated_images(one, batch.hypotheses[item])[0])
    every = ImageBatch(
        torch.cat([t.image for t in turned]),
        torch.cat([t.valid for t in turned]),
        batch.reference.modality,
    )
    reference = rotated_feature_map(network, every)
    moving = network.feature_map(batch.moving, 1)
    logits, right = [], 0
    factor = sharpness("search")
    reach = math.ceil(batch.radius)
    vectors = displacement_vectors(reach, batch.truth)
    with full_precision(reference.descriptors):
        for item in range(count):
            rows = slice(item * hypotheses, (item + 1) * hypotheses)
            other = (item + 1) % count
            scores = [
                correlate_translations(
                    reference.part(some), moving.part(slice(m, m + 1)), batch.radius
                )
                for some, m in ((rows, item), (slice(rows.start, rows.start + 1), other))
                if m == item or count > 1
            ]
            flat = torch.cat(scores).flatten()
            logits.append(flat)
            best = int(flat.argmax())
            near = (vectors[best % len(vectors)] - batch.truth[item]).norm() < 1.5
            right += int(best < len(vectors) and bool(near))
    scores_of = torch.stack(logits)
    target = torch.zeros_like(scores_of)
    target[:, : len(vectors)] = gaussian_target(vectors, batch.truth, 0.6)
    loss = robust_cross_entropy(factor * scores_of, target, config.robustness)
    within = (batch.truth.abs() <= reach).all(dim=1).float()
    return (loss * within).sum() / within.sum().clamp_min(1), right / count


def local_losses(
    network: Soma, sharpness: Sharpness, batch: LocalBatch, config: LossConfig, heads: bool
) -> tuple[dict[str, Tensor], dict[str, float]]:
    """Find the displacement at every node; with ``heads``, correct it and say how sure it is."""
    reference, moving = network.feature_maps(batch.reference), network.feature_maps(batch.moving)
    local, corrected = [], []
    right = total = 0
    for stage, truth in zip(batch.stages, batch.truth, strict=True):
        volume, support = network.matcher.volume(
            stage, reference.at(stage.stride), moving.at(stage.stride)
        )
        in_cells = truth / stage.stride
        seen = support > LEAST_SUPPORT
        found_here = (in_cells.abs() <= stage.radius - 0.5).all(dim=1) & seen  # False where NaN
        vectors = displacement_vectors(stage.radius, volume)
        picked = volume.permute(0, 2, 3, 1)[found_here]
        wanted = in_cells.permute(0, 2, 3, 1)[found_here]
        sigma = max(0.5, config.label_sigma / stage.stride)
        target = gaussian_target(vectors, wanted, sigma)
        logits = sharpness(f"stride{stage.stride}") * picked
        each = robust_cross_entropy(logits, target, config.robustness)
        local.append(each.sum() / max(1, len(each)))
        with torch.no_grad():
            best = vectors[picked.argmax(dim=1)] if len(picked) else wanted
            right += int(((best - wanted).norm(dim=1) * stage.stride < 3).sum())
            total += len(wanted)
        if heads:
            corrected.append(
                head_loss(network, stage, volume.detach(), support, truth, found_here, config)
            )
    terms = {"local": torch.stack(local).mean()}
    if corrected:
        terms["heads"] = torch.stack(corrected).mean()
    return terms, {"local_right": right / max(1, total)}


def head_loss(
    network: Soma,
    stage: StageConfig,
    volume: Tensor,
    support: Tensor,
    truth: Tensor,
    found_here: Tensor,
    config: LossConfig,
) -> Tensor:
    """Judge a stage's corrected displacement, robustly, and its certainty.

    Where the truth is out of reach, or where different places are shown, nothing can be right.
    """
    measured = network.matcher.read(stage, volume, support)
    error = (measured.displacement - truth.nan_to_num(1e3)).norm(dim=1)
    # Cauchy: what is far off says nothing about the fine correction asked for here.
    flow = torch.log1p((error / config.sure).square())
    flow = (flow * found_here).sum() / found_here.sum().clamp_min(1)
    right = (error.detach() < config.sure) & found_here
    judged = (support > LEAST_SUPPORT) & ~measured.at_edge
    certainty = measured.certainty.clamp(1e-4, 1 - 1e-4)
    sure = F.binary_cross_entropy(certainty, right.float(), reduction="none")
    return flow + (sure * judged).sum() / judged.sum().clamp_min(1)
