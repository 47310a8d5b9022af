"""What is altered in training views: the radiometry, and never what is not meant to change."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from model_core.training.augmentation import (
    augment_optical,
    augment_sar,
    augment_valid,
    invert_regions,
    lay_over,
)


def view(channels: int = 1) -> Tensor:
    drawn = np.random.default_rng(0).uniform(0.2, 0.6, (1, channels, 96, 96))
    return torch.from_numpy(drawn.astype(np.float32))


@pytest.mark.parametrize("seed", range(8))
def test_views_stay_in_range_and_shape(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for changed, like in (
        (augment_sar(view(), 1.0, rng), view()),
        (augment_optical(view(3), 1.0, rng), view(3)),
    ):
        assert changed.shape == like.shape
        assert changed.isfinite().all()
        assert 0 <= changed.min() <= changed.max() <= 1
        assert not torch.equal(changed, like)


def test_without_chance_nothing_changes() -> None:
    rng = np.random.default_rng(0)
    assert torch.equal(augment_sar(view(), 0.0, rng), view())
    assert torch.equal(augment_optical(view(3), 0.0, rng), view(3))
    assert torch.equal(augment_valid(torch.ones(1, 1, 9, 9), 0.0, rng), torch.ones(1, 1, 9, 9))


def test_a_wall_lies_over_its_foreground_on_one_side() -> None:
    image = torch.full((1, 1, 64, 64), 0.2)
    image[..., 30:34, 30:34] = 0.9
    found = lay_over(image, np.random.default_rng(1))
    covered = found > image
    assert torch.equal(found[~covered], image[~covered])
    assert 4 <= int(covered.sum()) <= 64
    rows, columns = np.nonzero(covered[0, 0].numpy())
    assert max(abs(rows.mean() - 31.5), abs(columns.mean() - 31.5)) > 1.5
    assert max(abs(rows - 31.5).max(), abs(columns - 31.5).max()) <= 6


def test_contrast_turns_round_in_some_regions_only() -> None:
    image = view()
    found = invert_regions(image, np.random.default_rng(0))
    change = []
    for top in range(0, 96, 16):
        for left in range(0, 96, 16):
            part = (..., slice(top, top + 16), slice(left, left + 16))
            pair = torch.stack([image[part].flatten(), found[part].flatten()])
            change.append(float(torch.corrcoef(pair)[0, 1]))
    assert min(change) < -0.9
    assert max(change) > 0.9
