"""The optimiser of a run, and its learning rate over the steps."""

from __future__ import annotations

import math

import torch
from torch import nn

from model_core.training.averaging import trained
from model_core.training.config import TrainingConfig


def build_optimizer(module: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    """Return AdamW over the trained parameters of a module.

    Biases, norms and scalars do not decay; scalars (the gates) have a learning rate of their own,
    ``factor`` of each group times the step's.
    """
    groups: dict[str, list[nn.Parameter]] = {"decayed": [], "plain": [], "scalars": []}
    for parameter in trained(module).values():
        undecayed = "scalars" if parameter.dim() == 0 else "plain"
        groups["decayed" if parameter.dim() > 1 else undecayed].append(parameter)
    factor = {"decayed": 1.0, "plain": 1.0, "scalars": config.gate_rate}
    decay = {"decayed": config.weight_decay, "plain": 0.0, "scalars": 0.0}
    return torch.optim.AdamW(
        [
            {"params": parameters, "weight_decay": decay[name], "factor": factor[name]}
            for name, parameters in groups.items()
        ],
        lr=config.learning_rate,
        betas=(0.9, 0.98),
    )


def learning_rate(config: TrainingConfig, step: int) -> float:
    """Return the rate of a step: linear warm-up, constant, then a cosine down to a hundredth."""
    start = (1 - config.cooldown) * config.steps
    warm = min(1.0, (step + 1) / max(1, config.warmup))
    if step < start:
        return config.learning_rate * warm
    share = (step - start) / max(1.0, config.steps - start)
    return config.learning_rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))
