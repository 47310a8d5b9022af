"""The learned descriptors stand beside the fixed ones, and cost nothing where there are none."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from model_core.network.config import SomaConfig
from model_core.network.images import ImageBatch
from model_core.network.oriented_gradients import structure_descriptors
from model_core.network.soma import Soma
from tests.core.network.images import TINY, branch_of, pair, shift


def network(config: SomaConfig = TINY) -> Soma:
    torch.manual_seed(0)
    return Soma(config).eval()


@torch.inference_mode()
@pytest.mark.parametrize("stride", [1, 2, 4])
def test_with_gates_at_zero_the_descriptors_are_the_fixed_ones_bit_for_bit(stride):
    optical, _ = pair(shift(0, 0), 96, 96)
    soma = network(replace(TINY, gate=0.0))
    fixed = structure_descriptors(
        optical.image, optical.valid, stride, soma.config.presmooth, soma.config.smooth
    )
    features = soma.feature_map(optical, stride)
    assert torch.equal(features.descriptors[:, :8], fixed)
    assert torch.equal(features.descriptors[:, 8:], torch.zeros_like(features.descriptors[:, 8:]))
    alone = network(replace(TINY, learned=False)).feature_map(optical, stride)
    assert torch.equal(alone.descriptors, fixed)
    assert torch.equal(alone.mask, features.mask)


@torch.inference_mode()
@pytest.mark.parametrize("stride", [1, 2, 4])
def test_descriptors_have_unit_length_in_every_cell(stride):
    _, sar = pair(shift(0, 0), 90, 70)
    descriptors = network(replace(TINY, gate=0.7)).feature_map(sar, stride).descriptors
    assert descriptors.shape == (1, 16, -(-90 // stride), -(-70 // stride))
    length = descriptors.norm(dim=1)
    assert torch.allclose(length, torch.ones_like(length), atol=1e-3)


def test_without_learned_part_there_are_no_parameters_and_no_encoder():
    soma = network(replace(TINY, learned=False))
    assert soma.learned is None
    assert list(soma.parameters()) == []


@torch.inference_mode()
def test_images_are_encoded_once_for_all_strides():
    optical, _ = pair(shift(0, 0), 64, 64)
    soma = network()
    calls = []
    branch = branch_of(soma, "optical")
    encoder = branch.encoder
    encoder.register_forward_hook(lambda *_: calls.append(1))
    features = soma.feature_maps(optical)
    first = [features.at(stride) for stride in (4, 2, 1)]
    assert [features.at(stride) for stride in (4, 2, 1)] == first
    assert len(calls) == 1
    stride_2 = soma.feature_map(optical, 2)
    assert torch.equal(stride_2.descriptors, first[1].descriptors)


@torch.inference_mode()
def test_many_images_get_the_maps_of_each_alone():
    optical, _ = pair(shift(0, 0), 64, 64)
    images = optical.image.repeat(19, 1, 1, 1) * torch.linspace(0.5, 1, 19).view(-1, 1, 1, 1)
    soma = network()
    together = soma.feature_map(ImageBatch(images, optical.valid.repeat(19, 1, 1, 1), "optical"), 1)
    alone = soma.feature_map(ImageBatch(images[17:18], optical.valid, "optical"), 1)
    assert together.descriptors.shape[0] == 19
    assert torch.allclose(together.descriptors[17:18], alone.descriptors, atol=1e-4)
