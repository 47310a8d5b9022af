"""Where the encoders' features look."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from model_core.network.encoders import centre_cells
from model_core.network.soma import Soma
from tests.core.network.images import TINY, branch_of


@pytest.mark.parametrize("stride", [2, 4, 8])
def test_features_look_at_the_middle_of_their_cell(stride):
    """Centre of gravity of the gradient of a cell's features, over many random networks."""
    column = 64 // stride
    found = []
    for seed in range(12):
        torch.manual_seed(seed)
        soma = Soma(replace(TINY, fge=None))
        image = torch.rand(1, 1, 128, 128, requires_grad=True)
        branch = branch_of(soma, "sar")
        encoded = centre_cells(branch.encoder(image)[stride], stride)
        encoded[..., column, column].square().sum().backward()
        assert image.grad is not None
        weight = image.grad[0, 0].abs()
        found.append(float((weight.sum(0) * torch.arange(128)).sum() / weight.sum()))
    expected = (column + 0.5) * stride - 0.5
    assert sum(found) / len(found) == pytest.approx(expected, abs=0.12 * stride)
