"""Filters over images."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from model_core.network.filters import average_blocks, blur


@pytest.mark.parametrize("size", [(64, 96), (61, 95)])
@pytest.mark.parametrize("stride", [1, 2, 4])
def test_blocks_are_averaged_as_torch_does(size, stride):
    image = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0))
    expected = F.avg_pool2d(image, stride, ceil_mode=True, count_include_pad=False)
    assert torch.allclose(average_blocks(image, stride), expected, atol=1e-6)


def test_a_blur_of_few_channels_is_the_same_as_of_many():
    image = torch.rand(1, 3, 160, 150, generator=torch.Generator().manual_seed(0))
    many = blur(torch.cat([image, image], dim=1), 2.0)
    assert torch.allclose(blur(image, 2.0), many[:, :3], atol=1e-5)
