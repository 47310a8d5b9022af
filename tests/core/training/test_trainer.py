"""Runs: the loss falls, a resumed run is the same run, and what comes out registers."""

from __future__ import annotations

import csv
import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

import model_core.training.trainer as trainer_module
from model_core.errors import BadInputError
from model_core.feedback import Feedback
from model_core.network.checkpoint import load_network
from model_core.network.config import PRESETS, EncoderConfig, FoundationConfig
from model_core.network.foundation import FrozenFoundation
from model_core.raster.view import Modality, View
from model_core.registration.bounds import SearchBounds
from model_core.registration.model import RegistrationModel
from model_core.training.batches import make_batch
from model_core.training.config import AblationConfig, TrainingConfig
from model_core.training.data import PairSet
from model_core.training.trainer import LAST, Trainer, TrainingResult
from model_core.workflows.match import match_pair

CPU = torch.device("cpu")


class _StopAfter(Feedback):
    """Asks to stop once some steps are done."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.lines: list[str] = []

    def log(self, message: str) -> None:
        self.lines.append(message)

    def progress(self, stage: str, done: int, total: int, fraction: float) -> None:
        self.left -= 1

    def cancelled(self) -> bool:
        return self.left <= 0


def _run(
    config: TrainingConfig, out: Path, pairs: PairSet, stop: int = 10**6, resume: bool = False
) -> TrainingResult:
    return Trainer(config, out, CPU, _StopAfter(stop), resume, (pairs, None)).run()


def test_the_loss_falls_on_one_batch(
    tmp_path: Path,
    few_pairs: PairSet,
    quick: TrainingConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = dataclasses.replace(
        quick, steps=40, learning_rate=3e-3, warmup=5, augment=0.0, cooldown=0.0
    )
    batch = make_batch(config, config.network().matcher, few_pairs, 30, 0)
    assert batch.heads
    monkeypatch.setattr(trainer_module, "make_batch", lambda *_: batch)
    assert _run(config, tmp_path, few_pairs).finished
    with (tmp_path / "train.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [20, 40]  # means over 20 steps each
    for name in ("search", "local", "heads"):
        assert float(rows[1][name]) < 0.9 * float(rows[0][name]), name


def test_a_resumed_run_is_bit_identical(
    tmp_path: Path, few_pairs: PairSet, quick: TrainingConfig
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert _run(quick, whole, few_pairs).finished
    assert not _run(quick, broken, few_pairs, stop=3).finished  # within the heads' part
    assert _run(quick, broken, few_pairs, resume=True) == TrainingResult(4, True, None)
    for name in ("state.safetensors", LAST):
        one, other = load_file(whole / name), load_file(broken / name)
        assert one.keys() == other.keys()
        assert all(one[key].equal(other[key]) for key in one)
    start = dataclasses.replace(quick, steps=1, warmup=0)
    _run(start, tmp_path / "short", few_pairs)
    short = load_file(tmp_path / "short" / LAST)
    assert any(not short[key].equal(load_file(whole / LAST)[key]) for key in short)


def test_a_run_is_not_overwritten_nor_mixed(
    tmp_path: Path, few_pairs: PairSet, quick: TrainingConfig
) -> None:
    one = dataclasses.replace(quick, steps=1)
    _run(one, tmp_path, few_pairs)
    with pytest.raises(BadInputError, match="holds a run already"):
        _run(one, tmp_path, few_pairs)
    with pytest.raises(BadInputError, match="learning_rate"):
        _run(dataclasses.replace(one, learning_rate=5e-4), tmp_path, few_pairs, resume=True)
    with pytest.raises(BadInputError, match="without --resume"):
        _run(one, tmp_path / "empty", few_pairs, resume=True)


def test_the_network_loads_and_registers(
    tmp_path: Path, few_pairs: PairSet, quick: TrainingConfig
) -> None:
    _run(quick, tmp_path, few_pairs)
    network, name = load_network(str(tmp_path / LAST))
    assert name == "last"
    assert network.settings == quick.network()
    stored = few_pairs.get(0)
    dx, dy = 7, -4

    def view(image: NDArray[np.uint8], modality: Modality) -> View:
        cut = image.astype(np.float32) / 255
        return View(cut, np.ones(cut.shape[1:], bool), modality)

    optical = stored.optical.image[:, 24:216, 24:216]
    sar = stored.sar.image[:, 24 - dy : 216 - dy, 24 - dx : 216 - dx]
    found = match_pair(
        RegistrationModel(network, CPU, name),
        view(sar, "sar"),
        view(optical, "optical"),
        SearchBounds(16, 0, 1),
        "affine",
    )
    centre = np.array([95.5, 95.5])
    shift = found.affine[:, :2] @ centre + found.affine[:, 2] - centre
    expected = np.array([dx, dy]) + stored.alignment[:2, 2]
    assert np.abs(shift - expected).max() < 2


@pytest.mark.parametrize(
    "left_out",
    [
        AblationConfig(fge=False),
        AblationConfig(foundation=False),
    ],
)
def test_ablations_train(
    tmp_path: Path, few_pairs: PairSet, quick: TrainingConfig, left_out: AblationConfig
) -> None:
    config = dataclasses.replace(quick, steps=1, ablation=left_out)
    assert _run(config, tmp_path, few_pairs).finished
    network, _ = load_network(str(tmp_path / LAST))
    has_fge = any("enhance" in name for name in network.state_dict())
    assert has_fge == left_out.fge


def test_nothing_learned_is_nothing_to_train(
    tmp_path: Path, few_pairs: PairSet, quick: TrainingConfig
) -> None:
    config = dataclasses.replace(quick, ablation=AblationConfig(learned=False))
    with pytest.raises(BadInputError, match="nothing to train"):
        _run(config, tmp_path, few_pairs)


def test_the_full_preset_trains_and_resumes(
    tmp_path: Path,
    few_pairs: PairSet,
    quick: TrainingConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The paper's network, with a small frozen branch of random weights standing in here only."""
    foundation = FoundationConfig("test_vit")
    monkeypatch.setitem(
        PRESETS, "soma", dataclasses.replace(PRESETS["soma"], foundation=foundation)
    )
    assert PRESETS["soma"].encoder == EncoderConfig("resnet50", (2, 4, 8, 16, 32), width=128)
    weights = tmp_path / "test_vit.safetensors"
    torch.manual_seed(0)
    save_file(FrozenFoundation(foundation).vit.state_dict(), weights)
    config = dataclasses.replace(
        quick, preset="soma", steps=2, search_batch=1, foundation=str(weights), precision="bfloat16"
    )
    out = tmp_path / "run"
    assert not _run(config, out, few_pairs, stop=1).finished
    before = load_file(out / LAST)
    assert _run(config, out, few_pairs, resume=True).finished
    after = load_file(out / LAST)
    assert not any(name.startswith("learned.foundation") for name in after)
    # timm starts the last norm of each residual block at zero: what lies within waits for it.
    waiting = re.compile(r"layer\d\.\d\.(conv|bn)")
    learned = [n for n in after if n.startswith("learned.") and not waiting.search(n)]
    same = [name for name in learned if after[name].equal(before[name])]
    assert len(same) < 0.1 * len(learned), same
