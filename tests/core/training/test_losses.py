"""The losses: what pulls, and how much."""

from __future__ import annotations

import pytest
import torch

from model_core.training.losses import gaussian_target, robust_cross_entropy


def test_a_wrong_label_counts_less() -> None:
    """Beyond a point, more contradiction pulls less: the gradient of a hopeless label is small."""
    vectors = torch.tensor([[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]])
    target = gaussian_target(vectors, torch.tensor([[0.0, 0.0]]), 0.5)
    assert target.sum().item() == pytest.approx(1)
    assert target.argmax().item() == 1
    pulls = []
    for height in (0.0, 2.0, 20.0):
        logits = torch.tensor([[height, 0.0, 0.0]], requires_grad=True)
        torch.autograd.backward(robust_cross_entropy(logits, target, 0.5).sum())
        assert logits.grad is not None
        pulls.append(float(logits.grad.abs().sum()))
    assert pulls[2] < 0.1 * pulls[1]
    perfect = robust_cross_entropy(target.log(), target, 0.5)
    assert perfect.item() == pytest.approx(0, abs=1e-5)
