"""Averages hold nothing but data, and a few bad pixels do not take the ground around them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from model_core.geometry.window import Window
from model_core.raster import pixels
from model_core.raster.fill import Fill
from model_core.raster.pixels import block_means, bridge_small_holes, read_values, without_rim
from model_core.raster.reader import SceneReader
from model_core.raster.scene import open_scene
from tests.core.raster.ground import amplitude
from tests.core.rasters import write


@pytest.mark.parametrize("at_once", [1, 80, 300, 10**6])
def test_block_means_are_those_of_the_valid_pixels(monkeypatch, at_once: int) -> None:
    monkeypatch.setattr(pixels, "AT_ONCE", at_once)
    random = np.random.default_rng(0)
    values, valid = random.random((2, 60, 90)), random.random((2, 60, 90)) < 0.6
    values[~valid] = np.nan

    def read(extent):
        (top, bottom), (left, right) = extent
        return values[:, top:bottom, left:right], valid[:, top:bottom, left:right]

    means, share = block_means(read, ((6, 48), (10, 80)), (7, 10))
    blocks = values[:, 6:48, 10:80].reshape(2, 7, 6, 10, 7)
    np.testing.assert_allclose(means, np.nanmean(blocks, axis=(2, 4)))
    np.testing.assert_allclose(share, np.isfinite(blocks).mean(axis=(2, 4)))


def test_downsampled_values_are_not_spoilt_by_a_few_infinite_ones(tmp_path: Path) -> None:
    values = 20 * np.log10(amplitude(300, 0)).astype(np.float32)
    bad = values.copy()
    bad[np.random.default_rng(0).random(bad.shape) < 0.01] = -np.inf
    with rasterio.open(write(tmp_path / "bad.tif", bad[None])) as dataset:
        fill = Fill((1,), 300, 300, unmeasured=True)
        means, valid = read_values(dataset, fill, ((0, 300), (0, 300)), (30, 30))
    expected = values.reshape(30, 10, 30, 10).mean(axis=(1, 3))
    assert valid.all()
    assert np.abs(means[0] - expected).max() < 1


def test_small_holes_are_bridged_and_large_ones_are_not() -> None:
    image = np.tile(np.linspace(0, 1, 40, dtype=np.float32), (40, 1))[None]
    valid = np.ones((40, 40), bool)
    valid[10, 10] = valid[0, 20] = False
    valid[20:22, 5:7] = False
    valid[25:30, 25:30] = False
    valid[:, 38:] = False
    bridged, now = bridge_small_holes(np.where(valid, image, 0), valid)
    assert now[10, 10]
    assert now[0, 20]
    assert now[20:22, 5:7].all()
    assert not now[25:30, 25:30].any()
    assert not now[:, 38:].any()
    assert np.abs(bridged - image)[:, now].max() < 0.02


@pytest.mark.parametrize("bad", [np.nan, -np.inf, np.inf])
@pytest.mark.parametrize("factor", [1, 4])
def test_scattered_bad_pixels_leave_the_ground_valid(
    tmp_path: Path, bad: float, factor: int
) -> None:
    values = 20 * np.log10(amplitude(256, 0)).astype(np.float32)
    values[np.random.default_rng(1).random(values.shape) < 0.01] = bad
    scene = open_scene(write(tmp_path / "sar.tif", values[None]), "sar")
    view = SceneReader(scene, scene.grid).read(Window(0, 0, 256 // factor, 256 // factor, factor))
    assert view.valid.mean() > 0.999


def test_scattered_zeros_of_linear_sar_are_dark_data(tmp_path: Path) -> None:
    values = amplitude(256, 0).astype(np.float32) ** 2
    zero = np.random.default_rng(1).random(values.shape) < 0.03
    values[zero] = 0
    scene = open_scene(write(tmp_path / "sar.tif", values[None]), "sar")
    view = SceneReader(scene, scene.grid).read(Window(0, 0, 256, 256))
    assert view.valid.all()
    assert (view.image[0][zero] == 0).all()
    assert np.median(view.image[0][~zero]) > 0.2


def test_pixels_that_were_mixed_with_nodata_are_not_matched(tmp_path: Path) -> None:
    values = 20 * np.log10(amplitude(300, 0)).astype(np.float32)
    values[:, :100] = -9999
    mixed = values.copy()
    mixed[:, 99] = 0.4 * values[:, 98] + 0.6 * values[:, 100]  # as averaging leaves it
    scene = open_scene(write(tmp_path / "mixed.tif", mixed[None], nodata=-9999), "sar")
    view = SceneReader(scene, scene.grid).read(Window(0, 0, 300, 300))
    assert not view.valid[:, :100].any()
    assert view.valid[2:-2, 102:-2].all()


def test_only_the_rim_of_solid_ground_is_left_out() -> None:
    valid = np.ones((40, 40), bool)
    valid[20:30, 20:30] = valid[5, 5] = False
    left = without_rim(valid)
    expected = valid.copy()
    expected[19:31, 19:31] = False
    np.testing.assert_array_equal(left, expected)
