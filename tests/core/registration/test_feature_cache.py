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
    first = cache.reference(WINDOW)
    assert cache.reference(WINDOW) is first
    assert cache.pair.reference.reads == 1
    assert cache.reference(Window(0, 0, 96, 96)) is not first


def test_the_residual_is_measured_as_well_where_feature_maps_follow_the_field(cache):
    model, _ = load_model("soma-compact", "cpu")
    reference = cache.reference(WINDOW)
    stage = model.network.config.flow_stages[-1]
    cache.moving(WINDOW, moved(1.1, 0.2), stage.stride, keep=True)
    followed = cache.moving(WINDOW, moved(0.4, -0.3), stage.stride, keep=True)
    assert cache.pair.moving.reads == 1
    residual = measure(model, reference, followed, stage).displacement[:, 4:-4, 4:-4]
    # Both images are the same: what was given is to be taken back.
    assert np.median(residual, axis=(1, 2)) == pytest.approx([-0.4, 0.3], abs=0.1)


@pytest.mark.parametrize(
    ("field", "stride", "keep"),
    [(moved(3.0), 4, True), (moved(0.2), 2, True), (moved(0.2), 4, False)],
    ids=["a field that changed much", "a finer stride", "a scene of many tiles"],
)
def test_the_moving_image_is_read_anew(cache, field, stride, keep):
    cache.moving(WINDOW, moved(0.0), 4, keep=keep)
    cache.moving(WINDOW, field, stride, keep=True)
    assert cache.pair.moving.reads == 2
