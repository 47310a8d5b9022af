"""GLAM, the Global-Local Affine-Flow Matcher (SOMA, section 3.3), with explicit correlation.

Where the published code regresses an affine from pooled features, correlation volumes say here
where each window fits. From these measurements ``registration`` fits the affine, in closed form,
and the local field. What is learned (see :class:`FlowHead`) corrects a measurement and starts from
zero correction, so that the untrained network is the classical matcher.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model_core.network.correlation import (
    CorrelationWindow,
    both_correlation_volumes,
    correlation_volume,
    peak,
    peak_curvature,
)
from model_core.network.filters import blur
from model_core.network.images import FeatureMap
from model_core.network.matcher_config import MatcherConfig, StageConfig
from model_core.network.precision import full_precision

HEAD_DILATIONS = (1, 2, 4)
"""Of the layers with which the learned correction looks around."""

HEAD_REACH = sum(HEAD_DILATIONS)
"""Control points as far as which it looks."""


class Measurement(NamedTuple):
    """Displacements measured at control points.

    Attributes:
        displacement: (B, 2, h, w) as (dx, dy) in pixels.
        certainty: (B, h, w) in [0, 1].
        value: (B, h, w), the correlation at the peak.
        margin: (B, h, w), by how much the peak exceeds the next best one.
        curvature: (B, 3, h, w), of the correlation's peak, as (xx, xy, yy) per square pixel,
            positive at a peak.
        support: (B, h, w), the valid share of the window.
        at_edge: (B, h, w) bool, the best displacement lies at the edge of the search.
    """

    displacement: Tensor
    certainty: Tensor
    value: Tensor
    margin: Tensor
    curvature: Tensor
    support: Tensor
    at_edge: Tensor


def correlation_window(stage: StageConfig) -> CorrelationWindow:
    """Return how a stage correlates feature maps; over its detail window where it has one."""
    return CorrelationWindow(
        stage.radius, stage.cells, (stage.detail_window or stage.window) / stage.spacing
    )


class FlowHead(nn.Module):
    """Learned correction of a stage's displacement and certainty from its correlation volume.

    It sees the volume up to :data:`HEAD_REACH` control points around each one, and so decides over
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
            volume: (B, N, h, w).
            found: (B, 2, h, w) in cells.
            evidence: value, margin and support, (B, 3, h, w).
        """
        given = torch.cat([volume, found, evidence], dim=1).to(self.last.weight.dtype)
        features = F.gelu(self.first(given))
        for layer in self.around:
            features = features + F.gelu(layer(features))
        out = self.last(F.gelu(self.mix(features))).to(volume.dtype)
        return out[:, :2], out[:, 2]


class AffineFlowMatcher(nn.Module):
    """Measures the displacements between the feature maps of two images."""

    def __init__(self, config: MatcherConfig, head_channels: int = 0) -> None:
        """Build the matcher; ``head_channels`` 0 leaves the learned corrections out."""
        super().__init__()
        self.config = config
        stages = (*config.affine_stages, *config.flow_stages) if head_channels else ()
        self.heads = nn.ModuleDict(
            {self.head_name(stage): FlowHead(stage.radius, head_channels) for stage in stages}
        )

    @staticmethod
    def head_name(stage: StageConfig) -> str:
        """Return the name of a stage's learned correction, as checkpoints hold it."""
        name = f"stride{stage.stride}_radius{stage.radius}_node{stage.spacing}_w{stage.window:g}"
        return name.replace(".", "p")

    def margin(self, stage: StageConfig) -> int:
        """Return as far as how many control points beyond one a stage looks."""
        window = math.ceil((1.5 * stage.window + stage.reach) / stage.spacing)
        return max(window, HEAD_REACH) if self.head_name(stage) in self.heads else window

    def volume(
        self, stage: StageConfig, reference: FeatureMap, moving: FeatureMap
    ) -> tuple[Tensor, Tensor]:
        """Return the correlation volume and support of a stage; see ``correlation``.

        It is aggregated over the stage's detail window where it has one.
        """
        with full_precision(reference.descriptors):
            return correlation_volume(reference, moving, correlation_window(stage))

    def measure(self, stage: StageConfig, reference: FeatureMap, moving: FeatureMap) -> Measurement:
        """Measure what displacement remains between two maps on one grid.

        The displacement d at reference pixel x says that the moving map fits at x + d.
        """
        return self.read(stage, *self.volume(stage, reference, moving))

    def measure_both(
        self, stage: StageConfig, reference: FeatureMap, moving: FeatureMap
    ) -> tuple[Measurement, Measurement]:
        """Measure the same from both sides: where the moving map fits, and where the reference."""
        with full_precision(reference.descriptors):
            forward, backward, support = both_correlation_volumes(
                reference, moving, correlation_window(stage)
            )
        return self.read(stage, forward, support), self.read(stage, backward, support)

    def read(self, stage: StageConfig, volume: Tensor, support: Tensor) -> Measurement:
        """Read the displacements off a stage's volume and support."""
        aggregated = self.aggregated(stage, volume, support)
        found, value, margin = peak(aggregated, stage.radius)
        curvature = peak_curvature(aggregated, stage.radius) / stage.stride**2
        at_edge = found.abs().amax(dim=1) > stage.radius - 0.51
        b = self.config.certainty
        logit = b[0] + b[1] * value + b[2] * margin + b[3] * support
        key = self.head_name(stage)
        if key in self.heads:
            evidence = torch.stack([value, margin, support], dim=1)
            correction, more = self.heads[key](volume, found, evidence)
            found, logit = found + correction, logit + more
        certainty = torch.sigmoid(logit) * (support > 0.3) * ~at_edge
        return Measurement(
            displacement=found * stage.stride,
            certainty=certainty,
            value=value,
            margin=margin,
            curvature=curvature,
            support=support,
            at_edge=at_edge,
        )

    @staticmethod
    def aggregated(stage: StageConfig, volume: Tensor, support: Tensor) -> Tensor:
        """Return a stage's volume summed from its detail window to its whole window."""
        if not stage.detail_window:
            return volume
        sigma = math.sqrt(stage.window**2 - stage.detail_window**2) / stage.spacing
        weight = support.unsqueeze(1)
        with full_precision(volume):
            return blur(volume * weight, sigma) / blur(weight, sigma).clamp_min(1e-4)
