"""Image batches and the masks of their cells."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from model_core.network.images import ImageBatch, away_from_invalid, cell_mask, downsample


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_cells_near_invalid_pixels_are_masked(stride):
    valid = torch.ones(1, 1, 64, 64)
    valid[..., 30, 41] = 0
    mask = away_from_invalid(valid, stride, 4)
    near = 1 - F.max_pool2d(1 - valid, 9, 1, 4)
    assert torch.equal(mask, cell_mask(near, stride))


def test_downsampling_averages_the_valid_pixels():
    image = torch.arange(16.0).view(1, 1, 4, 4)
    valid = torch.ones_like(image)
    valid[..., 0, 0] = 0  # 0 of 0, 1, 4, 5
    valid[..., :2, 2:] = 0
    valid[..., 2, :2] = 0  # half of a block is too little
    small = downsample(ImageBatch(image, valid, "sar"), 2)
    assert small.valid.tolist() == [[[[1, 0], [0, 1]]]]
    assert float(small.image[0, 0, 0, 0]) == pytest.approx(10 / 3)
    assert float(small.image[0, 0, 1, 1]) == pytest.approx(12.5)
