"""A small set of real pairs, and settings small enough for tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from model_core.evaluation.manifest import read_manifest
from model_core.evaluation.pairs import limit_per_source
from model_core.training.config import DataConfig, LossConfig, TrainingConfig, WarpConfig
from model_core.training.data import PairSet
from tests.conftest import data_folder


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Bit-identical sums need one order of addition."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def manifest() -> Path:
    """Manifest of the real pairs."""
    return data_folder("pairs") / "manifest.csv"


@pytest.fixture(scope="session")
def few_pairs(manifest: Path) -> PairSet:
    """Six real training pairs of several sources."""
    pairs = limit_per_source(read_manifest(manifest, "train"), 2, 0)
    pairs = [pair for pair in pairs if pair.window is None][:6]
    return PairSet(pairs, [1.0] * len(pairs))


@pytest.fixture
def quick(manifest: Path) -> TrainingConfig:
    """Settings of a run of a few seconds."""
    return TrainingConfig(
        preset="soma-compact",
        data=(DataConfig(str(manifest), split="train"),),
        steps=4,
        batch=2,
        search_batch=2,
        warmup=1,
        validate_every=1000,
        checkpoint_every=1000,
        warp=WarpConfig(side=64, search_side=128, downsampling_factors=(4,)),
        loss=LossConfig(heads_from=0.5, negatives=1),
    )
