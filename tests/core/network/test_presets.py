"""Both presets build and run; the full one with random weights, as its own are not here."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from model_core.network.config import PRESETS, FoundationConfig
from model_core.network.soma import Soma
from model_core.registration.bounds import SearchBounds
from tests.core.network.images import branch_of, learned_of, pair, shift
from tests.core.registration.registering import error, register


def millions(module: torch.nn.Module, trained: bool) -> float:
    """Return how many million parameters are, or are not, trained."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad == trained) / 1e6


def test_compact_preset_is_small_enough_for_the_zip():
    soma = Soma(PRESETS["soma-compact"])
    assert 0.5 < millions(soma, trained=True) < 8
    assert millions(soma, trained=False) == 0
    size = 2 * sum(tensor.numel() for tensor in soma.state_dict().values())
    assert size < 20e6


def test_full_preset_has_two_resnet50_and_a_frozen_vit_large():
    with torch.device("meta"):
        soma = Soma(PRESETS["soma"])
    branches = branch_of(soma, "sar"), branch_of(soma, "optical")
    assert branches[0].encoder.strides == (2, 4, 8, 16, 32)
    encoders = [millions(branch.encoder, trained=True) for branch in branches]
    assert encoders == pytest.approx([23.5, 23.5], abs=0.1)
    foundation = learned_of(soma).foundation
    assert foundation is not None
    assert foundation.patch == 14
    assert millions(soma, trained=False) == pytest.approx(304.4, abs=1)
    assert millions(soma, trained=True) < 60  # published: 110 M


@torch.inference_mode()
def test_full_preset_runs_with_a_small_vit_of_the_same_family():
    torch.manual_seed(0)
    small = FoundationConfig("vit_small_patch14_reg4_dinov2")
    soma = Soma(replace(PRESETS["soma"], foundation=small)).eval()
    truth = shift(4, -3)
    optical, sar = pair(truth, 128, 112)
    found = register(soma, optical, sar, SearchBounds(8, 0, 1))
    assert found.certainty.shape == found.field.grid.shape
    assert error(found.field, truth) < 1.0
