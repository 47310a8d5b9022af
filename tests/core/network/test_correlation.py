"""Windowed correlation from both sides at once."""

from __future__ import annotations

import torch

from model_core.network.correlation import both_correlation_volumes, correlation_volume


def test_both_directions_at_once_are_each_on_its_own() -> None:
    generator = torch.Generator().manual_seed(0)
    reference, moving = torch.randn(2, 1, 5, 48, 36, generator=generator)
    first, second = (torch.rand(2, 1, 1, 48, 36, generator=generator) > 0.1).float()
    second[..., :9] = 0
    settings = 3, 4, 1.25
    forward, support = correlation_volume(reference, moving, first, second, *settings)
    backward, _ = correlation_volume(moving, reference, second, first, *settings)
    both = both_correlation_volumes(reference, moving, first, second, *settings)
    for found, wanted in zip(both, (forward, backward, support), strict=True):
        assert torch.allclose(found, wanted, atol=1e-6)
    assert not torch.allclose(forward, backward, atol=0.05)
