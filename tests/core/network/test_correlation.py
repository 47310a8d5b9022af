"""Windowed correlation from both sides at once."""

from __future__ import annotations

import torch

from model_core.network.correlation import (
    CorrelationWindow,
    both_correlation_volumes,
    correlation_volume,
    displacement_vectors,
    peak_curvature,
)
from model_core.network.images import FeatureMap


def test_both_directions_at_once_are_each_on_its_own() -> None:
    generator = torch.Generator().manual_seed(0)
    reference, moving = torch.randn(2, 1, 5, 48, 36, generator=generator)
    first, second = (torch.rand(2, 1, 1, 48, 36, generator=generator) > 0.1).float()
    second[..., :9] = 0
    window = CorrelationWindow(radius=3, cells=4, sigma=1.25)
    one, other = FeatureMap(reference, first), FeatureMap(moving, second)
    forward, support = correlation_volume(one, other, window)
    backward, _ = correlation_volume(other, one, window)
    both = both_correlation_volumes(one, other, window)
    for found, wanted in zip(both, (forward, backward, support), strict=True):
        assert torch.allclose(found, wanted, atol=1e-6)
    assert not torch.allclose(forward, backward, atol=0.05)


def test_curvature_of_a_peak_is_that_of_its_parabola() -> None:
    """Per square cell, off-diagonal too; at the edge of the search that of the place next to it."""
    radius = 4
    vectors = displacement_vectors(radius, torch.zeros(1, dtype=torch.float64))
    form = torch.tensor([[0.03, 0.01], [0.01, 0.05]], dtype=torch.float64)
    for centre in ((1.2, -0.9), (-2.0, 3.0), (4.0, 0.0)):
        away = vectors - torch.tensor(centre, dtype=torch.float64)
        values = 0.7 - 0.5 * torch.einsum("ni,ij,nj->n", away, form, away)
        found = peak_curvature(values.view(1, -1, 1, 1).expand(1, -1, 2, 3), radius)
        expected = torch.tensor([0.03, 0.01, 0.05], dtype=torch.float64)
        assert torch.allclose(found, expected.view(1, 3, 1, 1).expand(1, 3, 2, 3), atol=1e-12)
