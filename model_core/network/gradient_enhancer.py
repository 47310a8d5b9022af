"""FGE, the Feature Gradient Enhancer (SOMA, section 3.2): what an edge looks like, level by level.

Four steps: features are reconstructed from their informative part (spatial unit) and by a cheap and
a full transform of their channels (channel unit; both Li et al., 2023, "SCConv"); directional
derivatives in 8 directions at several scales; channel and spatial attention (Woo et al., 2018,
"CBAM"); fusion over several dilations. The directional kernels are fixed: only what mixes their
answers is learned, so they stay what they are for.
"""

from __future__ import annotations

import math
from typing import cast

import torch
import torch.nn.functional as F
from timm.layers import LayerNorm2d
from torch import Tensor, nn

from model_core.network.config import FgeConfig
from model_core.network.encoders import Conv2d
from model_core.network.oriented_gradients import DIRECTIONS
from model_core.network.precision import full_precision

ELONGATION = 2.0
"""Length of a directional kernel along its edge, against that across."""


def directional_kernels(sigma: float) -> Tensor:
    """Return derivatives of an elongated Gaussian in 8 directions, as kernels (8, 1, k, k).

    Kernel i answers to brightness that grows towards i * 22.5 degrees, measured from x towards y.
    It is evaluated at rotated coordinates, not interpolated; its sum is zero and the sum of its
    absolute values one.
    """
    radius = math.ceil(2.5 * sigma * ELONGATION)
    steps = torch.arange(-radius, radius + 1, dtype=torch.float64)
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    angles = torch.arange(DIRECTIONS, dtype=torch.float64).view(-1, 1, 1) * (math.pi / DIRECTIONS)
    across = x * torch.cos(angles) + y * torch.sin(angles)
    along = y * torch.cos(angles) - x * torch.sin(angles)
    kernels = across * torch.exp(
        -0.5 * ((across / sigma).square() + (along / (sigma * ELONGATION)).square())
    )
    # The kernel is odd, so its sum is zero but for rounding; correlation with it, as convolution
    # layers compute it, is positive where brightness grows along ``across``.
    kernels = (kernels - kernels.flip(1, 2)) / 2
    kernels = kernels / kernels.abs().sum((1, 2), keepdim=True)
    return kernels.unsqueeze(1).float()


class DirectionalDerivatives(nn.Module):
    """Absolute directional derivatives of every channel: fixed, at several scales."""

    def __init__(self, groups: int, scales: tuple[float, ...]) -> None:
        super().__init__()
        self.groups = groups
        self.out_channels = groups * DIRECTIONS * len(scales)
        self._names = [f"kernels{index}" for index in range(len(scales))]
        for name, scale in zip(self._names, scales, strict=True):
            kernels = directional_kernels(scale).repeat(groups, 1, 1, 1)
            self.register_buffer(name, kernels, persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Return the responses (B, scales * groups * 8, h, w) of features (B, groups, h, w).

        Absolute, because SAR and optical images disagree on which side of an edge is the brighter.
        """
        responses = []
        for name in self._names:
            kernels: Tensor = getattr(self, name)
            radius = kernels.shape[-1] // 2
            padded = F.pad(features, (radius,) * 4, mode="replicate")
            responses.append(F.conv2d(padded, kernels.to(features.dtype), groups=self.groups).abs())
        return torch.cat(responses, dim=1)


class SpatialUnit(nn.Module):
    """Separates the informative part of the features from the redundant, and crosses the two.

    A channel's weight in the normalisation says how informative it is, as in SCConv.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = LayerNorm2d(channels)

    def forward(self, features: Tensor) -> Tensor:
        """Return features of the shape (B, C, h, w) that came; C even."""
        normed = self.norm(features)
        scale = self.norm.weight / self.norm.weight.abs().sum().clamp_min(1e-6)
        gate = torch.sigmoid(normed * (scale * scale.numel()).view(1, -1, 1, 1))
        informative, redundant = features * gate, features * (1 - gate)
        one, other = informative.chunk(2, dim=1)
        third, fourth = redundant.chunk(2, dim=1)
        return torch.cat([one + fourth, other + third], dim=1)


class ChannelUnit(nn.Module):
    """Transforms half of the channels fully and half cheaply, and weighs the two results."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.rich = Conv2d(half, channels, 3, padding=1, groups=math.gcd(half, 4))
        self.rich_mix = nn.Conv2d(half, channels, 1, bias=False)
        self.cheap = nn.Conv2d(half, channels - half, 1)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Return features of the shape (B, C, h, w) that came; mask (B, 1, h, w)."""
        upper, lower = features.chunk(2, dim=1)
        rich: Tensor = self.rich(upper) + self.rich_mix(upper)
        cheap = torch.cat([self.cheap(lower), lower], dim=1)
        weight = torch.sigmoid(masked_mean(rich, mask) - masked_mean(cheap, mask))
        return cheap + weight * (rich - cheap)  # that is, a softmax of the two means


class Attention(nn.Module):
    """Weighs channels by their mean over the valid cells, then cells by what stands in them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = max(8, channels // 8)
        self.channel = nn.Sequential(
            nn.Conv2d(channels, hidden, 1), nn.GELU(), nn.Conv2d(hidden, channels, 1)
        )
        self.spatial = Conv2d(2, 1, 7, padding=3)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Return features of the shape (B, C, h, w) that came; mask (B, 1, h, w)."""
        features = features * torch.sigmoid(self.channel(masked_mean(features, mask)))
        summary = torch.cat(
            [features.mean(dim=1, keepdim=True), features.amax(dim=1, keepdim=True)], dim=1
        )
        return features * torch.sigmoid(self.spatial(summary))


class DilatedFusion(nn.Module):
    """Looks at the features through several dilations at once, at their own resolution."""

    def __init__(self, channels: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            Conv2d(channels, channels, 3, padding=d, dilation=d, groups=channels) for d in dilations
        )
        self.mix = nn.Conv2d(channels * len(dilations), channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Return features of the shape (B, C, h, w) that came."""
        # In bfloat16 the CPU's gradients of dilated depthwise kernels are garbage (torch 2.13).
        with full_precision(features):
            given = features.to(self.mix.weight.dtype)
            seen = torch.cat([branch(given) for branch in self.branches], dim=1)
        return cast("Tensor", self.mix(F.gelu(seen)))


class GradientEnhancer(nn.Module):
    """One FGE. What it finds is added to the features, so that it can only add."""

    def __init__(self, channels: int, config: FgeConfig) -> None:
        """Build it for a level of ``channels``, an even number."""
        super().__init__()
        self.spatial_unit = SpatialUnit(channels)
        self.channel_unit = ChannelUnit(channels)
        self.reduce = nn.Conv2d(channels, config.groups, 1)
        self.derivatives = DirectionalDerivatives(config.groups, config.scales)
        self.mix = nn.Conv2d(self.derivatives.out_channels, channels, 1)
        self.attention = Attention(channels)
        self.fusion = DilatedFusion(channels, config.dilations)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Return enhanced features (B, C, h, w).

        Args:
            features: (B, C, h, w).
            mask: (B, 1, h, w), 1 where the cell is valid: what is averaged over the image is
                averaged there.
        """
        rebuilt = self.channel_unit(self.spatial_unit(features), mask)
        edges = self.mix(self.derivatives(self.reduce(features)))
        return cast("Tensor", features + self.fusion(self.attention(rebuilt + edges, mask)))


def masked_mean(features: Tensor, mask: Tensor) -> Tensor:
    """Return the mean (B, C, 1, 1) of features over the valid cells."""
    mask = mask.to(features.dtype)
    total = torch.matmul(features.flatten(2), mask.flatten(2).transpose(1, 2))
    return (total / mask.flatten(2).sum(2, keepdim=True).clamp_min(1)).unsqueeze(-1)
