"""The coarse search."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from model_core.geometry.affine import compose, similarity_about
from model_core.geometry.window import Window
from model_core.network.config import SomaConfig
from model_core.network.images import ImageBatch
from model_core.network.matcher_config import MatcherConfig, StageConfig
from model_core.network.soma import Soma
from model_core.registration import search
from model_core.registration.bounds import SearchBounds
from model_core.registration.robust_fit import robust_fit
from model_core.registration.search import (
    Candidate,
    best_translations,
    find_start,
    fit_residual_affine,
    follow_up,
    mean_correlation,
    valid_box,
)
from tests.core.network.images import TINY, coarse_pair, pair, rotation, shift
from tests.core.rasters import texture
from tests.core.registration.registering import as_model, error, image_pair, start_field

CLASSICAL = replace(TINY, learned=False)


def network(config: SomaConfig = TINY) -> Soma:
    torch.manual_seed(0)
    return Soma(config).eval()


@pytest.mark.parametrize("follow", [False, True])
@pytest.mark.parametrize("size", [(128, 208), (208, 128)])
def test_shift_and_rotation_are_found_together(size, follow):
    """To a few pixels by the search alone; to one by its follow-up."""
    truth = rotation(9.0, 13.0, -6.0, 160)
    optical, sar = pair(truth, *size)
    start = find_start(
        image_pair(optical, sar), as_model(network()), SearchBounds(24, 12, 1), follow
    )
    assert error(start.field, truth) < (1.0 if follow else 6.0)
    assert 0.2 < start.score <= 1


def test_a_scale_is_found():
    centre = (95.5, 95.5)
    truth = similarity_about(centre, torch.tensor([2.0]), torch.tensor([1.15]))
    optical, sar = pair(truth)
    start = find_start(image_pair(optical, sar), as_model(network()), SearchBounds(8, 4, 1.2))
    assert error(start.field, truth) < 1.5


def test_nothing_beyond_the_bounds_is_found():
    truth = shift(40, 0)
    optical, sar = pair(truth)
    start = find_start(image_pair(optical, sar), as_model(network()), SearchBounds(10, 0, 1))
    assert np.abs(start.field.affine[:, 2]).max() < 10 + 4 * 4 + 24  # a stage's reach beyond


@pytest.mark.parametrize("side", [1400, 2100])
def test_large_images_are_searched_downsampled(side):
    """By a factor that is no divisor of the size; the answer is in pixels of the full images."""
    truth = rotation(1.5, 37.0, -22.0, side)
    optical, sar = coarse_pair(truth, side)
    start = find_start(
        image_pair(optical, sar), as_model(network(CLASSICAL)), SearchBounds(50, 2, 1)
    )
    assert error(start.field, truth) < 4.0


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


def test_a_shift_as_large_as_the_bound_is_found_by_the_search_alone():
    truth = shift(-16, 16)
    optical, sar = pair(truth, 256, 256)
    start = find_start(
        image_pair(optical, sar), as_model(network()), SearchBounds(16, 0, 1), follow=False
    )
    assert error(start.field, truth) < 3.0


def test_in_large_images_nothing_beyond_the_bounds_is_found_either():
    truth = shift(60, 0)
    optical, sar = coarse_pair(truth, 1400)
    start = find_start(
        image_pair(optical, sar), as_model(network(CLASSICAL)), SearchBounds(20, 0, 1), False
    )
    assert np.abs(start.field.affine[:, 2]).max() < 45


@pytest.mark.parametrize("side", ["left", "top"])
def test_what_is_invalid_in_both_images_does_not_move_the_answer(side):
    """The images are cut to what is valid in one of them, before the search."""
    truth = rotation(8.0, 3.0, -5.0)
    optical, sar = pair(truth)
    nothing = (..., slice(0, 70)) if side == "left" else (..., slice(0, 70), slice(None))
    images = []
    for one in (optical, sar):
        valid = one.valid.clone()
        valid[nothing] = 0
        images.append(ImageBatch(one.image * valid, valid, one.modality))
    pair_of_both = image_pair(images[0], images[1])
    start = find_start(pair_of_both, as_model(network()), SearchBounds(12, 10, 1))
    assert error(start.field, truth) < 1.5


@pytest.mark.parametrize(("side", "factor"), [(160, 1), (1400, 2)])
def test_ground_beyond_the_reference_is_looked_at_as_far_as_it_may_be_shifted(side, factor):
    optical, sar = coarse_pair(shift(0, 0), side)
    both = image_pair(optical, sar)
    windows: list[Window] = []
    read = both.moving.read
    both.moving.read = lambda window, positions=None: (  # type: ignore[method-assign]
        windows.append(window) or read(window, positions)  # type: ignore[func-returns-value]
    )
    find_start(both, as_model(network(CLASSICAL)), SearchBounds(10, 0, 1))
    (window,) = windows
    margin = 10 // factor + 1
    assert (window.row, window.column, window.factor) == (-margin, -margin, factor)
    assert window.shape == (side // factor + 2 * margin,) * 2


def test_the_box_of_the_valid_pixels_holds_all_of_them():
    valid = np.zeros((8, 10), bool)
    valid[2, 3] = valid[5, 7] = True
    assert valid_box(valid) == (slice(2, 6), slice(3, 8))


def test_the_follow_up_applies_what_it_measures_before_the_candidate():
    """At 60 degrees the wrong order would leave as much as there was."""
    truth = rotation(60.0, 2.0, -3.0)
    optical, sar = pair(truth)
    near = Candidate(compose(truth, rotation(1.0, -3.0, -2.0)), 0.9)
    far = Candidate(compose(truth, shift(40.0, 0.0)), 0.8)
    weak = Candidate(truth, 0.5)  # the best one, but below the share that is followed up
    with torch.inference_mode():
        found = follow_up(network(), optical, sar, [near, far, weak])
    assert error(start_field(near.affine, (192, 192)), truth) > 3
    assert error(start_field(found.affine, (192, 192)), truth) < 0.8


def test_a_candidate_that_is_almost_as_good_is_followed_up_where_all_are_low():
    truth = shift(4.0, -2.0)
    optical, sar = pair(truth)
    best = Candidate(compose(truth, shift(40.0, 0.0)), 0.4)
    with torch.inference_mode():
        found = follow_up(network(), optical, sar, [best, Candidate(truth, 0.3)])
    assert error(start_field(found.affine, (192, 192)), truth) < 0.8


def test_windows_count_by_their_support_in_the_mean_correlation():
    stage = StageConfig(stride=2, radius=2, window=20.0, spacing=16)
    volume = torch.zeros(1, 25, 2, 2)
    volume[0, 12] = torch.tensor([[0.8, 0.2], [0.0, 0.4]])  # without displacement
    support = torch.tensor([[[1.0, 0.5], [0.0, 0.5]]])
    found = mean_correlation(stage, volume, support, shift(0, 0))
    assert found == pytest.approx((0.8 + 0.1 + 0.2) / 2.0)


@pytest.mark.parametrize(("stride", "tolerance"), [(4, 5.0), (2, 2.5), (1, 2.0)])
def test_coarse_stages_tolerate_more(monkeypatch, stride, tolerance):
    scales = []

    def recorded(kind, points, targets, weights, scale):
        scales.append(scale)
        return robust_fit(kind, points, targets, weights, scale)

    monkeypatch.setattr(search, "robust_fit", recorded)
    optical, _ = pair(shift(0, 0), 96, 96)
    soma = network(CLASSICAL)
    features = soma.feature_maps(optical)
    stage = StageConfig(stride, 3, 20.0, 16)
    fit_residual_affine(stage, soma.measure(features, features, stage))
    assert scales == [tolerance]


def test_the_rival_says_how_good_another_alignment_is():
    """On ground that repeats itself every 24 px, one beside it is as good; elsewhere it is not."""
    bounds = SearchBounds(24, 0, 1)
    unique = find_start(image_pair(*pair(shift(3, -2))), as_model(network(CLASSICAL)), bounds)
    assert unique.rival < 0.6
    tile = torch.from_numpy(texture(24, 24, 2)).float()[None, None]
    stripes = tile.repeat(1, 1, 8, 8)
    valid = torch.ones_like(stripes)
    again = image_pair(ImageBatch(stripes, valid, "sar"), ImageBatch(stripes, valid, "sar"))
    repeated = find_start(again, as_model(network(CLASSICAL)), bounds)
    assert 0.9 < repeated.rival <= 1
    alone = replace(CLASSICAL, matcher=replace(CLASSICAL.matcher, hypotheses=1))
    assert find_start(again, as_model(network(alone)), bounds).rival == 0.0
