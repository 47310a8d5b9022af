"""The stored state of a run: what cannot be resumed is said in a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from model_core.errors import BadInputError
from model_core.training.averaging import ParameterAverage
from model_core.training.state import STATE, read_facts, restore_state, write_state


def test_an_older_state_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """It says what to do instead; a state without any version is the oldest."""
    save_file({"a": torch.zeros(1)}, tmp_path / STATE, {"facts": json.dumps({"step": 3})})
    with pytest.raises(BadInputError, match="another version of SOMA") as caught:
        read_facts(tmp_path)
    assert "\n" not in str(caught.value)
    assert "last.safetensors" in str(caught.value)


def test_a_state_of_another_network_is_refused(tmp_path: Path) -> None:
    """Its parameters have other names; nothing of it is taken over."""
    modules = [nn.Linear(2, 2), nn.Conv2d(1, 1, 1, bias=False)]
    averages = [ParameterAverage(module, 0.9) for module in modules]
    optimizers = [torch.optim.AdamW(module.parameters()) for module in modules]
    write_state(tmp_path, modules[0], averages[0], optimizers[0], {"step": 1})
    before = averages[1].named["weight"].clone()
    with pytest.raises(BadInputError, match="another network"):
        restore_state(tmp_path, modules[1], averages[1], optimizers[1])
    assert averages[1].named["weight"].equal(before)


def test_half_a_file_is_refused(tmp_path: Path) -> None:
    module = nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(module.parameters())
    write_state(tmp_path, module, ParameterAverage(module, 0.9), optimizer, {"step": 1})
    whole = (tmp_path / STATE).read_bytes()
    (tmp_path / STATE).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInputError, match="cannot be read"):
        read_facts(tmp_path)
