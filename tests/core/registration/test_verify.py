"""Verification: what a wide search finds after the registration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model_core.feedback import Feedback, Progress
from model_core.geometry.affine import compose
from model_core.network.images import ImageBatch
from model_core.network.soma import Soma
from model_core.registration.feature_cache import FeatureCache
from model_core.registration.verdict_config import THRESHOLDS
from model_core.registration.verify import VerificationWindows, verify
from tests.core.network.images import TINY, pair, rotation, shift
from tests.core.registration.registering import as_model, image_pair, start_field

PROGRESS = Progress(Feedback(), "verify")
TRUTH = rotation(3.0, 5.0, -4.0)


def verified(images, affine) -> VerificationWindows:
    size = images[0].image.shape[-2:]
    cache = FeatureCache(image_pair(*images), as_model(Soma(replace(TINY, learned=False)).eval()))
    return verify(cache, cache.model, start_field(affine, size), PROGRESS)


def test_a_right_alignment_has_inliers_everywhere() -> None:
    found = verified(pair(TRUTH), TRUTH)
    assert found.inliers(2.0).mean() > 0.9
    assert len(found.points) == 144
    # 144 windows of 16 px: 192 px in windows as wide as a Gaussian of 20 px.
    assert found.independent == pytest.approx(192**2 / (4 * np.pi * 20**2))


def test_what_is_left_is_seen_with_its_sign() -> None:
    """The field puts points 8 px too far to the left and 4 too low: so far is it back."""
    found = verified(pair(TRUTH), compose(TRUTH, shift(-8, 4)))
    assert np.median(found.residual, axis=0) == pytest.approx([8, -4], abs=0.5)
    assert found.inliers(4.0).mean() < 0.1
    assert found.consistent.mean() > 0.8


def test_unrelated_images_have_few_inliers() -> None:
    optical, _ = pair(TRUTH, seed=0)
    _, sar = pair(TRUTH, seed=1)
    assert verified((optical, sar), TRUTH).inliers(4.0).mean() < 0.25


def test_windows_without_common_ground_are_left_out() -> None:
    optical, sar = pair(shift(0, 0))
    seen = sar.valid.clone()
    seen[..., 96:] = 0
    half = verified((optical, ImageBatch(sar.image, seen, "sar")), shift(0, 0))
    assert 0 < len(half.points) < 100
    assert half.points[:, 0].max() < 112
    nothing = verified((optical, ImageBatch(sar.image, 0 * seen, "sar")), shift(0, 0))
    assert nothing.independent == 0
    assert nothing.points.shape == (0, 2)
    assert nothing.inliers(4.0).size == 0


def test_windows_that_show_nothing_do_not_tell() -> None:
    """A part of both images is flat, as water is: it speaks neither for nor against."""
    optical, sar = pair(shift(0, 0), 192, 320)
    flat = [image.image.clone() for image in (optical, sar)]
    for image in flat:
        image[..., 128:] = 0.5
    water = [
        ImageBatch(image, one.valid, one.modality)
        for image, one in zip(flat, (optical, sar), strict=True)
    ]
    found = verified(tuple(water), shift(0, 0))
    land, sea = found.points[:, 0] < 112, found.points[:, 0] > 240
    assert land.sum() == 12 * 7
    assert sea.sum() == 12 * 5
    assert found.telling[land].mean() > 0.8
    assert not found.telling[sea].any()


def test_a_window_tells_from_the_least_certainty_on() -> None:
    certainty = np.array([0.0, THRESHOLDS.least_certainty, THRESHOLDS.least_certainty + 1e-6, 1.0])
    none = np.zeros((4, 2))
    windows = VerificationWindows(none, none, np.ones(4, bool), certainty, 1.0)
    assert windows.telling.tolist() == [False, False, True, True]
