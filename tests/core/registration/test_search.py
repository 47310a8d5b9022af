"""The coarse search."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from model_core.geometry.affine import affine_field, invert, similarity_about
from model_core.geometry.sampling import sample, sample_mask
from model_core.network.config import SomaConfig
from model_core.network.images import ImageBatch
from model_core.network.matcher_config import MatcherConfig, StageConfig
from model_core.network.soma import Soma
from model_core.registration.bounds import SearchBounds
from model_core.registration.search import (
    best_translations,
    find_start,
    hypothesis_list,
    mean_correlation,
    rotated_images,
)
from tests.core.network.images import TINY, pair, rotation, shift
from tests.core.rasters import texture
from tests.core.registration.registering import as_model, error, image_pair

CLASSICAL = replace(TINY, learned=False)


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
        nearest = np.abs(within[:, None] - tried[None, :, axis]).min(axis=1)
        assert nearest.max() <= step / 2 + 1e-6
        assert np.abs(tried[:, axis]).max() < limit + step / 2 + 1e-6


def network(config: SomaConfig = TINY) -> Soma:
    torch.manual_seed(0)
    return Soma(config).eval()


@pytest.mark.parametrize("follow", [False, True])
@pytest.mark.parametrize("size", [(128, 208), (208, 128)])
def test_shift_and_rotation_are_found_together(size, follow):
    """To a few pixels by the search alone; to one by its follow-up."""
    truth = rotation(9.0, 13.0, -6.0, 160)
    optical, sar = pair(truth, *size)
    start, score = find_start(
        image_pair(optical, sar), as_model(network()), SearchBounds(24, 12, 1), follow
    )
    assert error(start, truth) < (1.0 if follow else 6.0)
    assert 0.2 < score <= 1


def test_a_scale_is_found():
    centre = (95.5, 95.5)
    truth = similarity_about(centre, torch.tensor([2.0]), torch.tensor([1.15]))
    optical, sar = pair(truth)
    start, _ = find_start(image_pair(optical, sar), as_model(network()), SearchBounds(8, 4, 1.2))
    assert error(start, truth) < 1.5


def test_nothing_beyond_the_bounds_is_found():
    truth = shift(40, 0)
    optical, sar = pair(truth)
    start, _ = find_start(image_pair(optical, sar), as_model(network()), SearchBounds(10, 0, 1))
    assert np.abs(start.affine[:, 2]).max() < 10 + 4 * 4 + 24  # a stage's reach beyond


@pytest.mark.parametrize("side", [1400, 2100])
def test_large_images_are_searched_downsampled(side):
    """By a factor that is no divisor of the size; the answer is in pixels of the full images."""
    truth = rotation(1.5, 37.0, -22.0, side)
    optical, sar = coarse_pair(truth, side)
    start, _ = find_start(
        image_pair(optical, sar), as_model(network(CLASSICAL)), SearchBounds(50, 2, 1)
    )
    assert error(start, truth) < 4.0


def test_candidates_are_apart_and_the_best_is_first():
    config = MatcherConfig()
    hypotheses = torch.tensor([[0.0, 0.0], [4.0, 0.0], [40.0, 0.0]])
    scores = torch.zeros(3, 21, 21)
    scores[0, 12, 7] = 0.9  # dy = 2, dx = -3
    scores[1, 13, 7] = 0.8  # beside it, at the next rotation: the same answer
    scores[2, 12, 7] = 0.7
    scores[0, 2, 18] = 0.6
    found = best_translations(scores, hypotheses, config)
    assert [(index, *vector.tolist()) for index, vector, _ in found[:3]] == [
        (0, -3, 2), (2, -3, 2), (0, 8, -8),
    ]  # fmt: skip
    assert [score for *_, score in found[:3]] == pytest.approx([0.9, 0.7, 0.6])


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


def test_the_mean_correlation_is_read_where_the_affine_puts_the_windows():
    stage = StageConfig(stride=2, radius=3, window=20.0, spacing=16)
    side = 2 * stage.radius + 1
    volume = torch.zeros(1, side * side, 4, 5)
    volume[0, 5 * side + 1] = 1.0  # dy = 2, dx = -2 cells: 4 pixels
    support = torch.ones(1, 4, 5)
    right = mean_correlation(stage, volume, support, shift(-4, 4))
    assert right == pytest.approx(1.0, abs=1e-5)
    assert mean_correlation(stage, volume, support, shift(4, -4)) == pytest.approx(0.0, abs=1e-5)
    assert mean_correlation(stage, volume, support, shift(-4, 40)) == 0.0
    # A rotation moves each control point elsewhere: only near its centre by little.
    rotated = mean_correlation(stage, volume, support, rotation(2.0, -4.0, 4.0, 64))
    assert 0.2 < rotated < 0.9


def coarse_pair(truth: torch.Tensor, side: int) -> tuple[ImageBatch, ImageBatch]:
    """Return a large pair with coarse structure, cheap to make."""
    small = side // 7
    whole = torch.from_numpy(texture(small + 40, small + 40, 5)).float()[None, None]
    full = F.interpolate(whole, scale_factor=7, mode="bilinear", align_corners=False)
    middle = 140
    reference = full[..., middle : middle + side, middle : middle + side]
    moved = 1 - sample(full, affine_field(invert(truth), side, side) + middle)
    valid = torch.ones_like(reference)
    return (
        ImageBatch(reference.expand(1, 3, -1, -1), valid, "optical"),
        ImageBatch(moved, valid, "sar"),
    )
