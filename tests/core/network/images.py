"""Pairs of images with a known transform, cut out of one larger scene: no border tells it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from model_core.geometry.affine import affine_field, invert, similarity_about
from model_core.geometry.sampling import sample
from model_core.network.config import EncoderConfig, FgeConfig, SomaConfig
from model_core.network.gradient_enhancer import GradientEnhancer
from model_core.network.images import ImageBatch
from model_core.network.learned import Branch, LearnedDescriptors
from model_core.network.soma import Soma
from model_core.raster.view import Modality
from tests.core.rasters import texture

MARGIN = 48

TINY = SomaConfig(
    preset="test",
    encoder=EncoderConfig("test_resnet", (2, 4, 8, 16), width=16),
    fge=FgeConfig(groups=4),
    channels=8,
    head_channels=8,
)
"""A network of the architecture of all, small enough to run it in every test."""


@lru_cache(maxsize=8)
def scene(height: int, width: int, seed: int) -> Tensor:
    """Return random fields (1, 1, height + 96, width + 96) in [0, 1]."""
    image = texture(height + 2 * MARGIN, width + 2 * MARGIN, seed)
    return torch.from_numpy(image).float()[None, None]


def pair(
    affine: Tensor, height: int = 192, width: int = 192, seed: int = 0
) -> tuple[ImageBatch, ImageBatch]:
    """Return an optical image and the SAR image on which its pixel x lies at ``affine`` of x.

    The SAR image has reversed contrast and multiplicative noise; both are valid everywhere.
    """
    whole = scene(height, width, seed)
    grey = whole[..., MARGIN:-MARGIN, MARGIN:-MARGIN]
    field = affine_field(invert(affine), height, width) + MARGIN
    moved = 1 - sample(whole, field)
    noise = torch.from_numpy(np.random.default_rng(seed).gamma(32.0, 1 / 32, (height, width)))
    speckled = (moved * noise.float()).clamp(0, 1)
    valid = torch.ones_like(speckled)
    optical = torch.cat([grey, 0.8 * grey + 0.1, grey.square()], dim=1)
    return ImageBatch(optical, valid, "optical"), ImageBatch(speckled, valid, "sar")


def coarse_pair(truth: torch.Tensor, side: int) -> tuple[ImageBatch, ImageBatch]:
    """Return a large pair with coarse structure, cheap to make."""
    small = side // 7
    whole = torch.from_numpy(texture(small + 40, small + 40, 5)).float()[None, None]
    full = F.interpolate(whole, scale_factor=7, mode="bilinear", align_corners=False)
    middle = 140
    reference = full[..., middle : middle + side, middle : middle + side]
    moved = 1 - sample(full, affine_field(invert(truth), side, side) + middle)
    valid = torch.ones_like(reference)
    return (
        ImageBatch(reference.expand(1, 3, -1, -1), valid, "optical"),
        ImageBatch(moved, valid, "sar"),
    )


def shift(x: float, y: float) -> Tensor:
    """Return the affine (1, 2, 3) of a translation."""
    return torch.tensor([[[1.0, 0.0, x], [0.0, 1.0, y]]])


def rotation(degrees: float, x: float = 0.0, y: float = 0.0, side: int = 192) -> Tensor:
    """Return a rotation about the middle of an image, and a translation after it."""
    centre = ((side - 1) / 2, (side - 1) / 2)
    affine = similarity_about(centre, torch.tensor([degrees]), torch.ones(1))
    affine[..., 2] += torch.tensor([x, y])
    return affine


def learned_of(network: Soma) -> LearnedDescriptors:
    """Return the learned part of a network."""
    assert network.learned is not None
    return network.learned


def branch_of(network: Soma, modality: Modality) -> Branch:
    """Return the learned branch of a modality."""
    branch = learned_of(network).branches[modality]
    assert isinstance(branch, Branch)
    return branch


def enhancer_of(network: Soma, modality: Modality, stride: int) -> GradientEnhancer:
    """Return the gradient enhancer of a modality at a stride."""
    enhancer = branch_of(network, modality).enhance[str(stride)]
    assert isinstance(enhancer, GradientEnhancer)
    return enhancer
