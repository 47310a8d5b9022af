"""Correlation of whole feature maps for every translation."""

from __future__ import annotations

import pytest
import torch

from model_core.network.images import FeatureMap
from model_core.network.translation_search import correlate_translations, fast_length


def cut(whole: torch.Tensor, left: int, top: int, height: int, width: int) -> FeatureMap:
    part = whole[..., top : top + height, left : left + width]
    return FeatureMap(part, torch.ones_like(part[:, :1]))


@pytest.mark.parametrize(("x", "y"), [(0, 0), (5, -3), (-7, 6)])
def test_the_translation_is_that_of_the_moving_image(x: int, y: int) -> None:
    """Pixel p of the reference is pixel p + (x, y) of the moving image."""
    whole = torch.randn(1, 4, 80, 90, generator=torch.Generator().manual_seed(0))
    reference, moving = cut(whole, 20 + x, 20 + y, 40, 50), cut(whole, 20, 20, 40, 50)
    scores = correlate_translations(reference, moving, 7.2)
    assert scores.shape == (1, 17, 17)
    row, column = divmod(int(scores.argmax()), 17)
    assert (column - 8, row - 8) == (x, y)
    assert float(scores.max()) == pytest.approx(1.0, abs=1e-3)


def test_images_may_differ_in_size_and_invalid_pixels_do_not_count() -> None:
    whole = torch.randn(1, 4, 80, 90, generator=torch.Generator().manual_seed(1))
    reference, moving = cut(whole, 14, 12, 40, 50), cut(whole, 10, 10, 50, 64)
    mask = torch.ones(1, 1, 40, 50)
    mask[..., :20, :30] = 0
    spoilt = torch.where(mask > 0, reference.descriptors, 100.0)
    scores = correlate_translations(FeatureMap(spoilt, mask), moving, 6)
    row, column = divmod(int(scores.argmax()), 13)
    assert (column - 6, row - 6) == (4, 2)
    assert float(scores.max()) == pytest.approx(1.0, abs=1e-3)


def test_too_small_a_common_part_scores_nothing() -> None:
    whole = torch.randn(1, 2, 60, 60, generator=torch.Generator().manual_seed(2))
    image = cut(whole, 10, 10, 16, 16)
    scores = correlate_translations(image, image, 14)
    assert float(scores[0, 0, 0]) == -1.0
    assert float(scores[0, 14, 14]) == pytest.approx(1.0, abs=1e-3)


def test_fast_lengths_have_small_factors_only() -> None:
    assert [fast_length(n) for n in (1, 7, 13, 31, 97, 100)] == [1, 8, 15, 32, 100, 100]
