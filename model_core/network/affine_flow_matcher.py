"""GLAM, the Global-Local Affine-Flow Matcher (SOMA, section 3.3), with explicit correlation.

Where the published code regresses an affine from pooled features, correlation volumes say here
where each window fits, and a certainty-weighted robust least-squares fit gives the affine in closed
form; the same volumes give the local flow. What is learned (see :class:`FlowHead`) corrects this
answer and starts from zero correction, so that the untrained network is the classical matcher.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model_core.geometry.affine import transform_points
from model_core.geometry.pixels import pixel_grid
from model_core.geometry.sampling import inside, sample
from model_core.network.correlation import (
    both_correlation_volumes,
    correlation_volume,
    displacement_vectors,
    peak,
    peak_curvature,
    search_translation,
)
from model_core.network.matcher_config import MatcherConfig, StageConfig
from model_core.network.oriented_gradients import blur
from model_core.network.precision import full_precision
from model_core.registration.robust_affine import robust_affine

HEAD_DILATIONS = (1, 2, 4)
"""Of the layers with which the learned correction looks around."""

HEAD_REACH = sum(HEAD_DILATIONS)
"""Nodes as far as which it looks."""


class Described(NamedTuple):
    """Descriptors (B, D, h, w) of an image at one stride, and where they are valid (B, 1, h, w)."""

    descriptors: Tensor
    mask: Tensor


class Measurement(NamedTuple):
    """Displacements measured at the nodes of a lattice.

    displacement: (B, 2, h, w) as (dx, dy) in pixels. certainty: (B, h, w) in [0, 1]. value, margin:
    (B, h, w), the correlation and its lead over the next best. sharpness: (B, 3, h, w), its
    curvature (xx, xy, yy) per square pixel, positive at a peak. support: (B, h, w), the valid share
    of the window. at_edge: (B, h, w) bool, the best displacement lies at the edge of the search.
    """

    displacement: Tensor
    certainty: Tensor
    value: Tensor
    margin: Tensor
    sharpness: Tensor
    support: Tensor
    at_edge: Tensor


def _compared(
    stage: StageConfig, reference: Described, moving: Described
) -> tuple[Tensor, Tensor, Tensor, Tensor, int, int, float]:
    """Return what ``correlation`` takes to compare two maps at a stage."""
    return (
        reference.descriptors,
        moving.descriptors,
        reference.mask,
        moving.mask,
        stage.radius,
        stage.cell,
        (stage.detail or stage.window) / stage.node,
    )


class FlowHead(nn.Module):
    """Learned correction of a stage's displacement and certainty from its correlation volume.

    It sees the volume around each node up to :data:`HEAD_REACH` nodes away, and so decides over
    what to sum it. The last layer starts at zero: without training the correction is exactly
    nothing.
    """

    def __init__(self, radius: int, channels: int) -> None:
        super().__init__()
        volume = (2 * radius + 1) ** 2
        self.first = nn.Conv2d(volume + 5, channels, 1)
        self.around = nn.ModuleList(
            nn.Conv2d(channels, channels, 3, padding=d, dilation=d, padding_mode="replicate")
            for d in HEAD_DILATIONS
        )
        self.mix = nn.Conv2d(channels, channels, 1)
        self.last = nn.Conv2d(channels, 3, 1)
        for parameter in self.last.parameters():
            nn.init.zeros_(parameter)

    def forward(self, volume: Tensor, found: Tensor, evidence: Tensor) -> tuple[Tensor, Tensor]:
        """Return the correction (B, 2, h, w) in cells, and that of the certainty's logit (B, h, w).

        Args:
            volume: (B, N, h, w). found: (B, 2, h, w) in cells. evidence: value, margin, support
                as (B, 3, h, w).
        """
        given = torch.cat([volume, found, evidence], dim=1).to(self.last.weight.dtype)
        features = F.gelu(self.first(given))
        for layer in self.around:
            features = features + F.gelu(layer(features))
        out = self.last(F.gelu(self.mix(features))).to(volume.dtype)
        return out[:, :2], out[:, 2]


class AffineFlowMatcher(nn.Module):
    """Finds the affine and the flow between two described images."""

    def __init__(self, config: MatcherConfig, head_channels: int = 0) -> None:
        """Build the matcher; ``head_channels`` 0 leaves the learned corrections out."""
        super().__init__()
        self.config = config
        stages = (*config.affine_stages, *config.flow_stages) if head_channels else ()
        self.heads = nn.ModuleDict(
            {self._key(stage): FlowHead(stage.radius, head_channels) for stage in stages}
        )

    @staticmethod
    def _key(stage: StageConfig) -> str:
        name = f"stride{stage.stride}_radius{stage.radius}_node{stage.node}_w{stage.window:g}"
        return name.replace(".", "p")

    def margin(self, stage: StageConfig) -> int:
        """Return as far as how many nodes beyond a node a stage looks."""
        window = math.ceil((1.5 * stage.window + stage.reach) / stage.node)
        return max(window, HEAD_REACH) if self._key(stage) in self.heads else window

    def volume(
        self, stage: StageConfig, reference: Described, moving: Described
    ) -> tuple[Tensor, Tensor]:
        """Return the correlation volume and support of a stage; see ``correlation``.

        It is aggregated over the stage's detail window where it has one.
        """
        with full_precision(reference.descriptors):
            return correlation_volume(*_compared(stage, reference, moving))

    def measure(self, stage: StageConfig, reference: Described, moving: Described) -> Measurement:
        """Measure what displacement remains between two maps on one grid.

        The displacement d at reference pixel x says that the moving map fits at x + d.
        """
        return self.read(stage, *self.volume(stage, reference, moving))

    def measure_both(
        self, stage: StageConfig, reference: Described, moving: Described
    ) -> tuple[Measurement, Measurement]:
        """Measure the same from both sides: where the moving map fits, and where the reference."""
        with full_precision(reference.descriptors):
            forward, backward, support = both_correlation_volumes(
                *_compared(stage, reference, moving)
            )
        return self.read(stage, forward, support), self.read(stage, backward, support)

    def read(self, stage: StageConfig, volume: Tensor, support: Tensor) -> Measurement:
        """Read the displacements off a stage's volume and support."""
        aggregated = self.aggregated(stage, volume, support)
        found, value, margin = peak(aggregated, stage.radius)
        sharpness = peak_curvature(aggregated, stage.radius) / stage.stride**2
        at_edge = found.abs().amax(dim=1) > stage.radius - 0.51
        b = self.config.certainty
        logit = b[0] + b[1] * value + b[2] * margin + b[3] * support
        key = self._key(stage)
        if key in self.heads:
            evidence = torch.stack([value, margin, support], dim=1)
            correction, more = self.heads[key](volume, found, evidence)
            found, logit = found + correction, logit + more
        certainty = torch.sigmoid(logit) * (support > 0.3) * ~at_edge
        return Measurement(
            found * stage.stride, certainty, value, margin, sharpness, support, at_edge
        )

    @staticmethod
    def aggregated(stage: StageConfig, volume: Tensor, support: Tensor) -> Tensor:
        """Return a stage's volume summed from its detail window to its whole window."""
        if not stage.detail:
            return volume
        sigma = math.sqrt(stage.window**2 - stage.detail**2) / stage.node
        weight = support.unsqueeze(1)
        with full_precision(volume):
            return blur(volume * weight, sigma) / blur(weight, sigma).clamp_min(1e-4)

    def node_positions(self, stage: StageConfig, like: Tensor) -> Tensor:
        """Return the pixel positions (h, w, 2) of the nodes of a map (..., h, w) of a stage."""
        height, width = like.shape[-2:]
        return (pixel_grid(height, width, like) + 0.5) * stage.node - 0.5

    def fit_affine(self, stage: StageConfig, measured: Measurement) -> tuple[Tensor, Tensor]:
        """Fit the residual affine to a measurement.

        Returns:
            (B, 2, 3) float64, reference pixel to displaced position; and the share (B,) of the
            certainty that agrees with it.
        """
        batch = measured.certainty.shape[0]
        points = self.node_positions(stage, measured.certainty).reshape(1, -1, 2)
        points = points.expand(batch, -1, 2)
        targets = points + measured.displacement.flatten(2).transpose(1, 2)
        weights = measured.certainty.flatten(1) + 1e-9
        scale = max(2.0, 1.25 * stage.stride)
        affine, robust = robust_affine(points, targets, weights, scale)
        return affine, (robust * weights).sum(1) / weights.sum(1)

    def agreement(
        self, stage: StageConfig, volume: Tensor, support: Tensor, affine: Tensor
    ) -> Tensor:
        """Return the mean correlation (B,) that windows have where an affine puts them.

        Args:
            volume, support: of the stage. affine: (B, 2, 3), as :meth:`fit_affine` gives it; what
                it moves beyond the stage's reach correlates with nothing.
        """
        batch, _, height, width = volume.shape
        side = 2 * stage.radius + 1
        points = self.node_positions(stage, volume).expand(batch, -1, -1, -1)
        moved = transform_points(affine.to(volume.dtype), points) - points
        places = (moved / stage.stride + stage.radius).reshape(-1, 1, 1, 2)
        volume = self.aggregated(stage, volume, support)
        maps = volume.permute(0, 2, 3, 1).reshape(-1, 1, side, side)
        values = sample(maps, places) * inside(places, side, side).unsqueeze(1)
        total = (values.view(batch, height, width) * support).sum((1, 2))
        return total / support.sum((1, 2)).clamp_min(1e-6)

    def smooth_flow(self, stage: StageConfig, measured: Measurement) -> Tensor:
        """Return the displacement (B, 2, h, w) to believe: measured where certain, else zero.

        Certainty-weighted average over neighbours, shrunk towards no displacement from the current
        estimate where evidence is thin: affine where thin, flow where strong.
        """
        weight = measured.certainty.unsqueeze(1)
        sigma = self.config.flow_smoothing / stage.node
        with full_precision(weight):
            total = blur(weight, sigma)
            moved = blur(weight * measured.displacement, sigma)
        return moved / (total + self.config.flow_prior)

    def search(
        self,
        reference: Described,
        moving: Described,
        hypotheses: Tensor,
        radius: float,
    ) -> tuple[Tensor, Tensor]:
        """Find the best translations of the whole image, over all hypotheses together.

        Args:
            reference: (K, D, h, w), the reference warped by the inverse of each hypothesis.
            moving: (1, D, h, w).
            hypotheses: (K, 2), degrees and logarithm of the scale, to keep the answers apart.
            radius: in cells.

        Returns:
            The index (M,) of the hypothesis and the translation with its score (M, 3) as (x, y,
            score) in cells, best first; M is ``config.hypotheses``.
        """
        scores = search_translation(
            reference.descriptors, moving.descriptors, reference.mask, moving.mask, radius
        )
        side = scores.shape[-1]
        vectors = displacement_vectors(side // 2, scores)
        step = scores.new_tensor([self.config.rotation_step, self.config.scale_step])
        chosen, found = [], []
        for _ in range(self.config.hypotheses):
            flat = int(scores.argmax())
            index, place = divmod(flat, side * side)
            chosen.append(index)
            found.append(torch.cat([vectors[place], scores[index].flatten()[place : place + 1]]))
            near = ((hypotheses - hypotheses[index]).abs() < 1.5 * step).all(dim=1)
            row, column = divmod(place, side)
            window = (slice(max(0, row - 4), row + 5), slice(max(0, column - 4), column + 5))
            scores[(near, *window)] = -2.0
        return torch.tensor(chosen, device=scores.device), torch.stack(found)

    def hypothesis_list(self, max_rotation: float, max_scale: float, like: Tensor) -> Tensor:
        """Return the rotations and log scales (K, 2) to try; the first is neither."""

        def steps(reach: float, step: float) -> list[float]:
            # So many that everything within reach is half a step from one of them.
            count = max(0, math.ceil(reach / step - 0.5 - 1e-9))
            return [0.0, *(sign * i * step for i in range(1, count + 1) for sign in (1, -1))]

        rotations = steps(max_rotation, self.config.rotation_step)
        scales = steps(math.log(max_scale), self.config.scale_step)
        return like.new_tensor([(r, s) for s in scales for r in rotations])
