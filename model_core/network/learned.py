"""The learned part of the descriptors: encoders, gradient enhancer, frozen branch, fusion, heads.

One image is encoded once; the levels and strides asked for are derived when first needed.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model_core.network.config import DESCRIPTOR_STRIDES, SomaConfig
from model_core.network.encoders import Conv2d, ImageEncoder, centre_cells
from model_core.network.foundation import FrozenFoundation
from model_core.network.gradient_enhancer import GradientEnhancer
from model_core.network.images import ImageBatch, cell_mask
from model_core.network.oriented_gradients import DIRECTIONS
from model_core.raster.view import Modality

BAND_COUNTS: dict[Modality, int] = {"sar": 1, "optical": 3}

FIXED_GAIN = 3.0
"""Brings the fixed descriptors, of unit length over 8 channels, to the size of the features."""


class Branch(nn.Module):
    """The learned features of one modality: encoder, FGE, fusion from coarse to fine."""

    def __init__(self, config: SomaConfig, bands: int, foundation_channels: int) -> None:
        super().__init__()
        width, channels = config.encoder.width, config.channels
        self.encoder = ImageEncoder(config.encoder, bands)
        levels = dict(zip(self.encoder.strides, self.encoder.channels, strict=True))
        self.lateral = nn.ModuleDict({str(s): nn.Conv2d(n, width, 1) for s, n in levels.items()})
        self.frozen = nn.Conv2d(foundation_channels, width, 1) if foundation_channels else None
        self.enhance = nn.ModuleDict(
            {str(s): GradientEnhancer(width, config.fge) for s in config.fge.strides}
            if config.fge
            else {}
        )
        self.smooth = nn.ModuleDict(
            {
                str(stride): nn.Sequential(Conv2d(width, width, 3, padding=1), nn.GELU())
                for stride in self.encoder.strides[:-1]
            }
        )
        # At full resolution the image itself joins what the enhanced features of stride 2 say.
        self.fine_image = Conv2d(bands, channels, 3, padding=1)
        self.fine_coarse = nn.Conv2d(width, channels, 1)
        # The fixed descriptors are an input too: to improve on them is easier than to find them.
        self.heads = nn.ModuleDict()
        for stride in DESCRIPTOR_STRIDES:
            within = channels if stride == 1 else width
            self.heads[str(stride)] = nn.Sequential(
                Conv2d(within + DIRECTIONS, within, 3, padding=1),
                nn.GELU(),
                nn.Conv2d(within, channels, 1),
            )

    def start_as(self, other: Branch) -> None:
        """Take the weights of a branch of one band; those of the bands are shared out."""
        mine = self.state_dict()
        for name, tensor in other.state_dict().items():
            if tensor.shape != mine[name].shape:
                bands = mine[name].shape[1]
                tensor = tensor.expand(-1, bands, -1, -1) / bands
            mine[name].copy_(tensor)


class LearnedFeatures:
    """The learned features of one batch of images; every level is made when first asked for."""

    def __init__(self, branch: Branch, image: Tensor, valid: Tensor, frozen: Tensor | None) -> None:
        """Encode images (B, C, H, W) without invalid pixels.

        Args:
            valid: (B, 1, H, W), the pixels that were measured.
            frozen: features of the frozen branch at the encoder's coarsest stride.
        """
        self.branch = branch
        self.image = image
        self.valid = valid
        self.frozen = frozen
        self.encoded: dict[int, Tensor] = branch.encoder(image)
        self.levels: dict[int, Tensor] = {}

    def level(self, stride: int) -> Tensor:
        """Return the fused features (B, width, h, w) at one of the encoder's strides."""
        if stride not in self.levels:
            key = str(stride)
            features = centre_cells(self.branch.lateral[key](self.encoded[stride]), stride)
            if key in self.branch.enhance:
                features = self.branch.enhance[key](features, cell_mask(self.valid, stride))
            if stride == self.branch.encoder.strides[-1]:
                if self.branch.frozen is not None and self.frozen is not None:
                    features = features + self.branch.frozen(self.frozen)
            else:
                above = upsample(self.level(2 * stride), features.shape[-2], features.shape[-1])
                features = self.branch.smooth[key](features + above)
            self.levels[stride] = features
        return self.levels[stride]

    def descriptors(self, stride: int, fixed: Tensor) -> Tensor:
        """Return learned descriptors (B, D, h, w), unit length per cell, in float32.

        Args:
            fixed: the fixed ones (B, 8, h, w), of unit length.
        """
        if stride == 1:
            height, width = self.image.shape[-2:]
            coarse = upsample(self.branch.fine_coarse(self.level(2)), height, width)
            features = F.gelu(self.branch.fine_image((self.image - 0.5) * 4) + coarse)
        else:
            features = self.level(stride)
        given = torch.cat([features, FIXED_GAIN * fixed.to(features.dtype)], dim=1)
        found = self.branch.heads[str(stride)](given).float()
        # F.normalize takes twenty times as long on a CPU.
        return cast("Tensor", found * torch.rsqrt(found.square().sum(1, keepdim=True) + 1e-12))


def upsample(features: Tensor, height: int, width: int) -> Tensor:
    """Interpolate features (B, C, ceil(height / 2), ceil(width / 2)) to cells half as large."""
    twice = F.interpolate(features, scale_factor=2, mode="bilinear", align_corners=False)
    return twice[..., :height, :width]


class LearnedDescriptors(nn.Module):
    """The learned part of the descriptors, for both modalities."""

    def __init__(self, config: SomaConfig) -> None:
        super().__init__()
        self.config = config
        self.foundation = FrozenFoundation(config.foundation) if config.foundation else None
        channels = self.foundation.channels if self.foundation else 0
        self.branches = nn.ModuleDict(
            {modality: Branch(config, bands, channels) for modality, bands in BAND_COUNTS.items()}
        )
        # Two branches that start alike already answer alike where the images are alike.
        optical, sar = self.branches["optical"], self.branches["sar"]
        assert isinstance(optical, Branch)
        assert isinstance(sar, Branch)
        optical.start_as(sar)
        # One weight for both modalities: in a correlation only their product counts.
        self.gates = nn.ParameterDict(
            {f"stride{s}": nn.Parameter(torch.tensor(config.gate)) for s in DESCRIPTOR_STRIDES}
        )

    def features(self, images: ImageBatch) -> LearnedFeatures:
        """Encode images, their invalid pixels filled; what is derived is derived lazily."""
        branch = self.branches[images.modality]
        assert isinstance(branch, Branch)
        dtype = branch.fine_image.weight.dtype
        frozen = None
        if self.foundation is not None:
            coarsest = self.config.encoder.strides[-1]
            frozen = self.foundation(images.image, images.valid, coarsest).to(dtype)
        return LearnedFeatures(branch, images.image.to(dtype), images.valid, frozen)

    def beside(self, fixed: Tensor, features: LearnedFeatures, stride: int) -> Tensor:
        """Return fixed descriptors (B, 8, h, w), the learned ones after them, of unit length."""
        gate: Tensor = self.gates[f"stride{stride}"].float()
        both = torch.cat([fixed, gate * features.descriptors(stride, fixed)], dim=1)
        return both / (1 + gate.square()).sqrt()
