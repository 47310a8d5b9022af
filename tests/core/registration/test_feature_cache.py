"""What was computed is not computed again, and what follows the field says the same."""

from __future__ import annotations

import numpy as np
import pytest
from rasterio.transform import Affine

from model_core.geometry.field import ControlGrid, Field
from model_core.geometry.grid import Grid
from model_core.geometry.window import Window
from model_core.raster.reader import ImagePair, ViewReader
from model_core.raster.view import View
from model_core.registration.feature_cache import FeatureCache
from model_core.registration.measurements import measure
from model_core.registration.model import load_model
from tests.core.rasters import texture

SIDE = 192
WINDOW = Window(0, 0, SIDE, SIDE)


class CountingReader(ViewReader):
    """Counts how often it is asked."""

    reads = 0

    def read(self, *args, **kwargs):
        self.reads += 1
        return super().read(*args, **kwargs)


@pytest.fixture
def cache() -> FeatureCache:
    image = texture(SIDE, SIDE, 3).astype(np.float32)[None]
    valid = np.ones((SIDE, SIDE), bool)
    plane = Grid(None, Affine.identity(), SIDE, SIDE)
    model, _ = load_model("soma-compact", "cpu")
    optical = CountingReader(View(np.repeat(image, 3, 0), valid, "optical"), plane)
    sar = CountingReader(View(image, valid, "sar"), plane)
    return FeatureCache(ImagePair(optical, sar), model)


def moved(x: float, y: float = 0.0) -> Field:
    """Return the field of a shift."""
    affine = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
    return Field(affine, ControlGrid(SIDE, SIDE, 16))


def test_a_window_of_the_reference_is_read_once(cache):
    first, _ = cache.feature_maps(WINDOW, moved(0.0), 4)
    again, _ = cache.feature_maps(WINDOW, moved(3.0), 2)
    assert again is first
    assert cache.pair.reference.reads == 1
    other, _ = cache.feature_maps(Window(0, 0, 96, 96), moved(0.0), 4)
    assert other is not first


def test_the_residual_is_measured_as_well_where_feature_maps_follow_the_field(cache):
    model, _ = load_model("soma-compact", "cpu")
    stage = model.network.config.flow_stages[-1]
    cache.feature_maps(WINDOW, moved(1.1, 0.2), stage.stride)
    reference, followed = cache.feature_maps(WINDOW, moved(0.4, -0.3), stage.stride)
    assert cache.pair.moving.reads == 1
    residual = measure(model, reference, followed, stage).displacement[:, 4:-4, 4:-4]
    # Both images are the same: what was given is to be taken back.
    assert np.median(residual, axis=(1, 2)) == pytest.approx([-0.4, 0.3], abs=0.1)


def test_downsampled_feature_maps_follow_by_downsampled_pixels(cache):
    """The field moved by 1.6 px, which are 0.8 px at half the resolution."""
    model, _ = load_model("soma-compact", "cpu")
    half = Window(0, 0, SIDE // 2, SIDE // 2, factor=2)
    stage = model.network.config.flow_stages[-1]
    cache.feature_maps(half, moved(0.0), stage.stride)
    reference, followed = cache.feature_maps(half, moved(1.6, -1.2), stage.stride)
    assert cache.pair.moving.reads == 1
    residual = measure(model, reference, followed, stage).displacement[:, 3:-3, 3:-3]
    assert np.median(residual, axis=(1, 2)) == pytest.approx([-0.8, 0.6], abs=0.2)


@pytest.mark.parametrize(
    ("field", "stride"),
    [(moved(3.0), 4), (moved(0.2), 2)],
    ids=["a field that changed much", "a finer stride"],
)
def test_the_moving_image_is_read_anew(cache, field, stride):
    cache.feature_maps(WINDOW, moved(0.0), 4)
    cache.feature_maps(WINDOW, field, stride)
    assert cache.pair.moving.reads == 2


def test_images_without_common_data_have_no_maps(cache):
    assert cache.feature_maps(WINDOW, moved(3 * SIDE), 4) is None
    assert cache.feature_maps(Window(0, 2 * SIDE, 64, 64), moved(0.0), 4) is None
