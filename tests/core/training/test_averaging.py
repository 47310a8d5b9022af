"""The averaged parameters: how closely they follow, and what is averaged."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from model_core.training.averaging import ParameterAverage


def module() -> nn.Linear:
    """Return a module with a trained weight of 0 and a frozen bias."""
    linear = nn.Linear(1, 1)
    with torch.no_grad():
        linear.weight.fill_(0.0)
    linear.bias.requires_grad_(False)
    return linear


def follow(average: ParameterAverage, linear: nn.Linear, values: list[float]) -> None:
    for value in values:
        with torch.no_grad():
            linear.weight.fill_(value)
        average.update()


def test_the_average_forgets_its_start_and_then_follows_slowly() -> None:
    """The decay of step n is (1 + n) / (10 + n), at most what is asked for."""
    linear = module()
    average = ParameterAverage(linear, 0.15)
    follow(average, linear, [1.0, 2.0])
    first = 0.9 * 1.0  # decay 1 / 10
    expected = 0.15 * first + 0.85 * 2.0  # 2 / 11 is above the largest decay
    assert average.named["weight"].item() == pytest.approx(expected)
    assert linear.weight.item() == 2.0


def test_frozen_parameters_are_not_copied() -> None:
    """A frozen foundation may be most of a network."""
    average = ParameterAverage(module(), 0.99)
    assert list(average.named) == ["weight"]


def test_a_resumed_average_goes_on_as_if_never_stopped() -> None:
    """The decay depends on the steps done before, too."""
    values = [1.0, -2.0, 3.0, 0.5]
    linear = module()
    whole = ParameterAverage(linear, 0.999)
    follow(whole, linear, values[:2])
    stored = {name: tensor.clone() for name, tensor in whole.named.items()}
    follow(whole, linear, values[2:])
    other = module()
    resumed = ParameterAverage(other, 0.999)
    resumed.resume(stored, steps=2)
    follow(resumed, other, values[2:])
    assert resumed.named["weight"].equal(whole.named["weight"])
