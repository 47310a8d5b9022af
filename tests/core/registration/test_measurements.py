"""What is measured between two images on one grid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from model_core.network.images import ImageBatch
from model_core.network.soma import Soma
from model_core.registration.measurements import Measurements, measure, measure_both
from tests.core.network.images import TINY, scene
from tests.core.registration.registering import as_model

MODEL = as_model(Soma(replace(TINY, learned=False)).eval())


def views(x: int, y: int, height: int = 160, width: int = 208) -> tuple[ImageBatch, ImageBatch]:
    """Return two cuts of one scene: pixel p of the first is pixel p + (x, y) of the second."""
    whole = scene(height, width, 0)

    def cut(left: int, top: int) -> ImageBatch:
        image = whole[..., 24 + top : 24 + top + height, 24 + left : 24 + left + width]
        return ImageBatch(image, torch.ones_like(image), "sar")

    return cut(x, y), cut(0, 0)


def test_a_displacement_is_measured_in_pixels_to_the_right_and_down() -> None:
    one, other = (MODEL.network.feature_maps(images) for images in views(8, -4))
    stage = MODEL.network.config.affine_stages[1]
    found = measure(MODEL, one, other, stage)
    assert found.displacement.shape == (2, 10, 13)
    middle = np.median(found.displacement[:, 3:-3, 3:-3], axis=(1, 2))
    assert middle == pytest.approx([8, -4], abs=0.1)
    assert found.consistent.all()
    assert found.certainty[3:-3, 3:-3].min() > 0.5


def test_both_directions_are_consistent_where_they_name_the_same_place() -> None:
    stage = MODEL.network.config.verification_stage
    one, other = (MODEL.network.feature_maps(images) for images in views(4, 8))
    related = measure_both(MODEL, one, other, stage)
    assert related.consistent[3:-3, 3:-3].all()
    noise = torch.rand(1, 1, 160, 208, generator=torch.Generator().manual_seed(0))
    third = MODEL.network.feature_maps(ImageBatch(noise, torch.ones_like(noise), "sar"))
    assert measure_both(MODEL, one, third, stage).consistent.mean() < 0.4


def test_parts_are_taken_and_put_back_where_they_were() -> None:
    stage = MODEL.network.config.affine_stages[1]
    one, other = (MODEL.network.feature_maps(images) for images in views(8, -4))
    found = measure(MODEL, one, other, stage)
    some = (slice(2, 5), slice(4, 9))
    whole = Measurements.none((10, 13))
    whole.put(some, found.part(some))
    for name in ("displacement", "certainty", "curvature", "support", "consistent"):
        given, copied = getattr(found, name), getattr(whole, name)
        assert np.array_equal(copied[..., 2:5, 4:9], given[..., 2:5, 4:9])
        assert not copied[..., :2, :].any()
        assert not copied[..., 9:].any()
