"""Validation: it asks what a user asks, by the registration that users run."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import torch

from model_core.evaluation.manifest import read_manifest
from model_core.evaluation.pairs import limit_per_source
from model_core.network.checkpoint import load_network
from model_core.training.config import TrainingConfig, WarpConfig
from model_core.training.validation import Validation


def test_a_trained_network_is_sure_where_it_is_right(manifest: Path, quick: TrainingConfig) -> None:
    """It registers held-out pairs, and is less certain of images of different places."""
    every = [pair for pair in read_manifest(manifest, "train") if pair.window is None]
    held = limit_per_source([pair for pair in every if pair.source == "volkov"], 3, 1)
    config = dataclasses.replace(
        quick, validation_pairs=3, validation_cases=2, warp=WarpConfig(side=160)
    )
    validation = Validation(held, config)
    assert validation.unrelated
    figures = validation.measure(load_network("soma-compact")[0].eval(), torch.device("cpu"))
    assert figures.rmse < 2
    assert figures.failed == 0
    assert figures.certain > figures.certain_unrelated + 0.1
    assert figures.within2 <= figures.within5
    assert figures.within5 > 0.5
