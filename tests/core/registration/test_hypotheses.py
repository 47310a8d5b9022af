"""The rotations and scales that the coarse search tries, and images under them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from model_core.geometry.affine import affine_field
from model_core.geometry.sampling import sample, sample_mask
from model_core.network.images import ImageBatch
from model_core.network.matcher_config import MatcherConfig
from model_core.network.soma import Soma
from model_core.registration.bounds import SearchBounds
from model_core.registration.hypotheses import (
    hypothesis_list,
    near,
    rotated_feature_map,
    rotated_images,
)
from tests.core.network.images import TINY
from tests.core.rasters import texture


@pytest.mark.parametrize(
    "largest", [(0.0, 1.0), (2.0, 1.02), (5.0, 1.1), (20.0, 1.0), (180.0, 1.3)]
)
def test_the_search_covers_its_bounds_and_tries_nothing_that_is_far_beyond(largest):
    rotation_limit, scale_limit = largest
    config = MatcherConfig()
    tried = hypothesis_list(config, SearchBounds(10.0, *largest)).numpy()
    for axis, limit, step in (
        (0, rotation_limit, config.rotation_step),
        (1, np.log(scale_limit), config.scale_step),
    ):
        within = np.linspace(-limit, limit, 101)
        apart = np.abs(within[:, None] - tried[None, :, axis])
        nearest = np.minimum(apart, 360 - apart).min(axis=1)
        assert nearest.max() <= step / 2 + 1e-6
        assert np.abs(tried[:, axis]).max() < max(limit + step / 2 - 1e-6, 1e-6)


def test_rotated_images_lie_where_their_affines_say():
    image = texture(96, 128, 4)
    images = ImageBatch(
        torch.from_numpy(image).float()[None, None], torch.ones(1, 1, 96, 128), "sar"
    )
    hypotheses = torch.tensor([[0.0, 0.0], [12.0, 0.1], [-30.0, -0.2]])
    rotated, affines = rotated_images(images, hypotheses)
    for k in range(3):
        back = rotated.image[k : k + 1], rotated.valid[k : k + 1]
        field = affine_field(affines[k : k + 1], 96, 128)
        again, seen = sample(back[0], field), sample_mask(back[1], field)
        away = (again - images.image).abs() * seen
        assert float(seen.mean()) > 0.5
        assert float(away.sum() / seen.sum()) < (1e-5 if k == 0 else 0.05)
    assert float((rotated.image[1] - images.image[0]).abs().mean()) > 0.05


def test_the_first_hypothesis_is_neither_rotated_nor_scaled():
    tried = hypothesis_list(MatcherConfig(), SearchBounds(10.0, 9.0, 1.2))
    assert tried[0].tolist() == [0.0, 0.0]
    assert len({tuple(one) for one in tried.tolist()}) == len(tried)


def test_the_corners_of_a_rotated_image_are_masked():
    image = torch.rand(1, 1, 96, 128, generator=torch.Generator().manual_seed(0))
    images = ImageBatch(image, torch.ones_like(image), "sar")
    rotated, _ = rotated_images(images, torch.tensor([[0.0, 0.0], [20.0, 0.0]]))
    soma = Soma(replace(TINY, learned=False)).eval()
    mask = rotated_feature_map(soma, rotated).mask
    assert sorted(set(mask.flatten().tolist())) == [0.0, 1.0]
    assert float(mask[1, 0, 0, 0]) == 0
    assert float(mask[1, 0, 48, 64]) == 1
    # Two cells more than what the rotation leaves invalid.
    plain = soma.feature_map(rotated, 1).mask
    assert bool((mask <= plain).all())
    assert float(mask[1].sum()) < float(plain[1].sum()) - 100


def test_half_a_turn_is_tried_once():
    config = MatcherConfig()
    rotations = hypothesis_list(config, SearchBounds(10.0, 180.0, 1.0))[:, 0].numpy()
    turns = np.sort(rotations % 360)
    assert np.diff(turns, append=turns[0] + 360).tolist() == [config.rotation_step] * 90


def test_what_lies_on_both_sides_of_half_a_turn_is_near():
    hypotheses = torch.tensor([[176.0, 0.0], [180.0, 0.08], [-176.0, 0.0], [-172.0, 0.0]])
    found = near(hypotheses, hypotheses[1], 1.5, MatcherConfig())
    assert found.tolist() == [True, True, True, False]
