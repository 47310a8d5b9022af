"""The gradient enhancer (FGE): true directions, small, and every channel in its own right.

The eighth fault of the published code; the others are tried in ``registration``.
"""

from __future__ import annotations

import pytest
import torch
from torch import nn

from model_core.network.config import PRESETS
from model_core.network.gradient_enhancer import GradientEnhancer, directional_kernels
from model_core.network.oriented_gradients import DIRECTIONS


@pytest.fixture(scope="module", autouse=True)
def _no_gradient():
    with torch.inference_mode():
        yield


@pytest.mark.parametrize("sigma", [0.8, 1.6])
def test_eight_kernels_are_distinct_true_rotations_of_one_derivative(sigma):
    kernels = directional_kernels(sigma)[:, 0].double()
    assert len(kernels) == DIRECTIONS == 8
    assert float(kernels.sum((1, 2)).abs().max()) < 1e-6
    flat = kernels.flatten(1) / kernels.flatten(1).norm(dim=1, keepdim=True)
    similarity = (flat @ flat.T).abs() - torch.eye(8)
    assert float(similarity.max()) < 0.95
    assert torch.linalg.matrix_rank(flat, rtol=1e-3) == 8  # none is a mixture of the others
    for i in range(4):  # 90 degrees from x towards y, exactly
        assert torch.allclose(kernels[i + 4], torch.rot90(kernels[i], -1), atol=1e-6)
    # A wave is answered most by the kernel of its direction.
    y, x = torch.meshgrid(*[torch.arange(-20.0, 21.0)] * 2, indexing="ij")
    for i in range(8):
        angle = torch.tensor(i * torch.pi / 8)
        wave = torch.sin((x * angle.cos() + y * angle.sin()) * 0.8 / sigma)
        answers = nn.functional.conv2d(wave[None, None], kernels[:, None].float())
        assert int(answers.abs().amax((2, 3)).argmax()) == i


def test_enhancer_sees_every_channel_in_its_own_right_and_is_small():
    config = PRESETS["soma"].fge
    assert config is not None
    enhancer = GradientEnhancer(PRESETS["soma"].encoder.width, config)
    assert sum(p.numel() for p in enhancer.parameters()) < 0.5e6  # published: 19.4 M
    assert not any("kernels" in name for name, _ in enhancer.named_parameters())
    # Two channels whose sum is flat: a gradient of the sum would see nothing.
    ramp = torch.linspace(0, 1, 32).expand(1, 1, 32, 32)
    features = torch.cat([ramp, -ramp] + [torch.zeros_like(ramp)] * (config.groups - 2), dim=1)
    assert float(enhancer.derivatives(features).abs().amax((0, 2, 3))[:16].min()) > 0
