"""The learned descriptors stand beside the fixed ones, and cost nothing where there are none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from model_core.network.affine_flow_matcher import AffineFlowMatcher
from model_core.network.config import PRESETS, FoundationConfig, SomaConfig
from model_core.network.encoders import centre_cells
from model_core.network.filters import average_blocks, blur
from model_core.network.images import ImageBatch, away_from_invalid, cell_mask
from model_core.network.matcher_config import MatcherConfig
from model_core.network.oriented_gradients import structure_descriptors
from model_core.network.soma import Soma
from tests.core.network.images import TINY, pair, rmse, rotation, shift


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
    described = soma.describe(optical, stride)
    assert torch.equal(described.descriptors[:, :8], fixed)
    assert torch.equal(described.descriptors[:, 8:], torch.zeros_like(described.descriptors[:, 8:]))
    alone = network(replace(TINY, learned=False)).describe(optical, stride)
    assert torch.equal(alone.descriptors, fixed)
    assert torch.equal(alone.mask, described.mask)


@torch.inference_mode()
def test_with_gates_and_margin_at_zero_the_network_is_the_classical_matcher():
    optical, sar = pair(rotation(4.0, 5.0, -3.0))
    learned = network(replace(TINY, gate=0.0, margin=0))(optical, sar, 10.0, 6.0)
    classical = network(replace(TINY, learned=False))(optical, sar, 10.0, 6.0)
    assert torch.allclose(learned.field(192, 192), classical.field(192, 192), atol=1e-3)
    assert torch.allclose(learned.certainty, classical.certainty, atol=1e-3)


@torch.inference_mode()
@pytest.mark.parametrize("stride", [1, 2, 4])
def test_descriptors_have_unit_length_in_every_cell(stride):
    _, sar = pair(shift(0, 0), 90, 70)
    descriptors = network(replace(TINY, gate=0.7)).describe(sar, stride).descriptors
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
    encoder = soma.learned.branches["optical"].encoder
    encoder.register_forward_hook(lambda *_: calls.append(1))
    described = soma.described(optical)
    first = [described.at(stride) for stride in (4, 2, 1)]
    assert [described.at(stride) for stride in (4, 2, 1)] == first
    assert len(calls) == 1
    stride_2 = soma.describe(optical, 2)
    assert torch.equal(stride_2.descriptors, first[1].descriptors)


@torch.inference_mode()
def test_many_images_are_described_as_each_alone():
    optical, _ = pair(shift(0, 0), 64, 64)
    images = optical.image.repeat(19, 1, 1, 1) * torch.linspace(0.5, 1, 19).view(-1, 1, 1, 1)
    soma = network()
    together = soma.describe(ImageBatch(images, optical.valid.repeat(19, 1, 1, 1), "optical"), 1)
    alone = soma.describe(ImageBatch(images[17:18], optical.valid, "optical"), 1)
    assert together.descriptors.shape[0] == 19
    assert torch.allclose(together.descriptors[17:18], alone.descriptors, atol=1e-4)


@pytest.mark.parametrize("stride", [2, 4, 8])
def test_features_look_at_the_middle_of_their_cell(stride):
    """Centre of gravity of the gradient of a cell's features, over many random networks."""
    column = 64 // stride
    found = []
    for seed in range(12):
        torch.manual_seed(seed)
        soma = Soma(replace(TINY, fge=None))
        image = torch.rand(1, 1, 128, 128, requires_grad=True)
        branch = soma.learned.branches["sar"]
        encoded = centre_cells(branch.encoder(image)[stride], stride)
        encoded[..., column, column].square().sum().backward()
        weight = image.grad[0, 0].abs()
        found.append(float((weight.sum(0) * torch.arange(128)).sum() / weight.sum()))
    expected = (column + 0.5) * stride - 0.5
    assert sum(found) / len(found) == pytest.approx(expected, abs=0.12 * stride)


@torch.inference_mode()
@pytest.mark.parametrize("how", ["own dtype", "autocast"])
def test_bfloat16_encoders_leave_the_matching_in_full_precision(how):
    truth = rotation(3.0, 4.0, -6.0)
    optical, sar = pair(truth)
    exact = network()(optical, sar, 10.0, 4.0)
    if how == "autocast":
        with torch.autocast("cpu", torch.bfloat16):
            found = network()(optical, sar, 10.0, 4.0)
    else:
        found = network().to(torch.bfloat16)(optical, sar, 10.0, 4.0)
    assert found.field(192, 192).dtype == torch.float32
    assert rmse(found, truth) < 0.5
    assert float((found.field(192, 192) - exact.field(192, 192)).norm(dim=-1).mean()) < 0.1


@torch.inference_mode()
def test_result_is_the_same_every_time():
    optical, sar = pair(rotation(3.0, 4.0, -6.0), 128, 128)
    one, other = (network()(optical, sar, 10.0, 4.0) for _ in range(2))
    assert torch.equal(one.field(128, 128), other.field(128, 128))
    assert torch.equal(one.certainty, other.certainty)


@torch.inference_mode()
@pytest.mark.parametrize(
    "change",
    [
        {"fge": None},
        {"transform": "affine"},
        {"transform": "flow"},
        {"head_channels": 0},
        {"foundation": FoundationConfig("test_vit2")},
    ],
    ids=["without FGE", "affine only", "flow only", "without heads", "with a frozen branch"],
)
def test_ablations_run(change):
    truth = shift(4, -3)
    optical, sar = pair(truth, 128, 128)
    found = network(replace(TINY, **change))(optical, sar, 8.0)
    assert rmse(found, truth, 128, 128) < 2.5  # "flow only" starts from the decimated search
    assert (found.flow is None) == (change.get("transform") == "affine")


def test_configurations_survive_json_and_impossible_ones_are_refused():
    for config in (*PRESETS.values(), TINY, replace(TINY, fge=None, learned=False)):
        assert SomaConfig.from_json(config.to_json()) == config
    for name in ("hf-hub:someone/resnet", "efficientnet_b0", "../resnet"):
        text = TINY.to_json().replace('"test_resnet"', f'"{name}"')
        with pytest.raises(ValueError, match="not a resnet"):
            SomaConfig.from_json(text)
    for text in ("", "[]", "{}", '{"preset": "soma"}', TINY.to_json().replace("gate", "gait")):
        with pytest.raises(ValueError, match=r".+"):
            SomaConfig.from_json(text)


@pytest.mark.parametrize("limits", [(0.0, 1.0), (2.0, 1.02), (5.0, 1.1), (20.0, 1.0), (180.0, 1.3)])
def test_the_search_covers_the_limits_and_tries_nothing_that_is_far_beyond(limits):
    rotation_limit, scale_limit = limits
    config = MatcherConfig()
    tried = AffineFlowMatcher(config).hypothesis_list(*limits, torch.zeros(1)).numpy()
    for axis, limit, step in (
        (0, rotation_limit, config.rotation_step),
        (1, np.log(scale_limit), config.scale_step),
    ):
        within = np.linspace(-limit, limit, 101)
        nearest = np.abs(within[:, None] - tried[None, :, axis]).min(axis=1)
        assert nearest.max() <= step / 2 + 1e-6
        assert np.abs(tried[:, axis]).max() < limit + step / 2 + 1e-6


@pytest.mark.parametrize("size", [(64, 96), (61, 95)])
@pytest.mark.parametrize("stride", [1, 2, 4])
def test_blocks_are_averaged_as_torch_does(size, stride):
    image = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0))
    expected = F.avg_pool2d(image, stride, ceil_mode=True, count_include_pad=False)
    assert torch.allclose(average_blocks(image, stride), expected, atol=1e-6)


def test_a_blur_of_few_channels_is_the_same_as_of_many():
    image = torch.rand(1, 3, 160, 150, generator=torch.Generator().manual_seed(0))
    many = blur(torch.cat([image, image], dim=1), 2.0)
    assert torch.allclose(blur(image, 2.0), many[:, :3], atol=1e-5)


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_cells_near_invalid_pixels_are_not_described(stride):
    valid = torch.ones(1, 1, 64, 64)
    valid[..., 30, 41] = 0
    mask = away_from_invalid(valid, stride, 4)
    near = 1 - F.max_pool2d(1 - valid, 9, 1, 4)
    assert torch.equal(mask, cell_mask(near, stride))
