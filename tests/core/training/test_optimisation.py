"""The learning rate over a run."""

from __future__ import annotations

import dataclasses

import pytest

from model_core.training.config import TrainingConfig
from model_core.training.optimisation import learning_rate


def test_learning_rate_warms_up_and_cools_down(quick: TrainingConfig) -> None:
    config = dataclasses.replace(quick, steps=1000, warmup=100, cooldown=0.4, learning_rate=1.0)
    rates = [learning_rate(config, step) for step in range(1000)]
    assert rates[0] == pytest.approx(0.01)
    assert rates[100:600] == [1.0] * 500
    assert rates[800] == pytest.approx(0.505, abs=0.01)
    assert rates[999] < 0.02
    assert all(a >= b for a, b in zip(rates[600:], rates[601:], strict=False))
