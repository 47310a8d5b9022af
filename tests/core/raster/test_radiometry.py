"""SAR and optical values of every type reaches the network as [0, 1], and nodata never does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp

from model_core.geometry.window import Window
from model_core.raster.reader import SceneReader
from model_core.raster.scene import open_scene
from model_core.raster.view import Modality, View
from tests.core.rasters import texture, write

SIDE = 96
DECIBEL = 25 * texture(SIDE, SIDE, 5) - 25


def with_bad_ones(values: NDArray[Any]) -> NDArray[Any]:
    """Return values of which one in two hundred is none."""
    random = np.random.default_rng(1)
    bad = random.random(values.shape) < 0.005
    return np.where(bad, random.choice([0, -np.inf, -9999], values.shape), values)


def view(path: Path, modality: Modality) -> View:
    scene = open_scene(path, modality)
    return SceneReader(scene, scene.grid).read(Window(0, 0, SIDE, SIDE))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("decibel float32", DECIBEL.astype(np.float32)),
        ("linear intensity float32", (10 ** (DECIBEL / 10)).astype(np.float32)),
        ("amplitude uint16", (1e4 * 10 ** (DECIBEL / 20)).astype(np.uint16)),
        ("complex64", (10 ** (DECIBEL / 20) * np.exp(1j)).astype(np.complex64)),
        ("decibel times 100, int16", (100 * DECIBEL).astype(np.int16)),
        ("stretched uint8", (10 * (DECIBEL + 25)).astype(np.uint8)),
        ("linear with a few zeros, -inf and -9999", with_bad_ones(10 ** (DECIBEL / 10))),
    ],
)
def test_all_forms_of_sar_look_the_same(tmp_path: Path, name: str, values: NDArray[Any]) -> None:
    expected = np.clip((DECIBEL - np.percentile(DECIBEL, 1)) / np.ptp(DECIBEL), 0, 1)
    found = view(write(tmp_path / "sar.tif", values[None]), "sar")
    assert found.image.shape == (1, SIDE, SIDE)
    assert found.image.min() >= 0
    assert found.image.max() <= 1
    assert np.corrcoef(found.image[0][found.valid], expected[found.valid])[0, 1] > 0.99, name


@pytest.mark.parametrize("bands", [1, 2, 3, 4, 13])
def test_optical_has_three_bands_for_the_network(tmp_path: Path, bands: int) -> None:
    values = np.stack([(1000 * texture(SIDE, SIDE, i)).astype(np.int16) for i in range(bands)])
    found = view(write(tmp_path / "optical.tif", values), "optical")
    assert found.image.shape == (3, SIDE, SIDE)
    assert found.valid.all()


def test_red_green_blue_are_found_by_name_and_by_sentinel_order(tmp_path: Path) -> None:
    values = np.zeros((4, SIDE, SIDE), np.uint16)
    path = write(tmp_path / "named.tif", values)
    with rasterio.open(path, "r+") as dataset:
        dataset.descriptions = ("B2", "B3", "B4", "B8")
    assert open_scene(path, "optical").bands == (3, 2, 1)
    thirteen = write(tmp_path / "s2.tif", np.zeros((13, SIDE, SIDE), np.uint16))
    assert open_scene(thirteen, "optical").bands == (4, 3, 2)


@pytest.mark.parametrize("hole", [-9999.0, np.nan])
def test_nodata_is_masked_and_does_not_reach_the_stretch(tmp_path: Path, hole: float) -> None:
    values = DECIBEL.astype(np.float32)[None].copy()
    values[:, 20:40, 30:60] = hole
    path = write(tmp_path / "sar.tif", values, nodata=hole)
    found = view(path, "sar")
    assert not found.valid[22:38, 32:58].any()
    assert found.valid[:18].all()
    whole = view(write(tmp_path / "whole.tif", DECIBEL.astype(np.float32)[None]), "sar")
    assert np.abs(found.image - whole.image)[:, found.valid].max() < 0.03


def test_an_undeclared_collar_of_zeros_is_no_data(tmp_path: Path) -> None:
    values = (1000 + 500 * texture(SIDE, SIDE)).astype(np.uint16)[None]
    values[:, :, :12] = 0
    found = view(write(tmp_path / "sar.tif", values), "sar")
    assert not found.valid[:, :11].any()
    assert found.valid[:, 14:].all()


def test_noise_that_was_subtracted_leaves_linear_values_linear(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0.01, 0.005, (SIDE, SIDE))
    values = (10 ** (DECIBEL / 10) - noise).astype(np.float32)
    assert 0.02 < (values < 0).mean() < 0.4
    scene = open_scene(write(tmp_path / "sar.tif", values[None]), "sar")
    reader = SceneReader(scene, scene.grid)
    assert reader.radiometry.logarithm
    found = reader.read(Window(0, 0, SIDE, SIDE))
    assert found.valid.all()  # as dark as the darkest
    assert found.image[0][values < 0].max() < 0.001


def test_an_offset_of_the_file_tells_decibels_from_amplitudes(tmp_path: Path) -> None:
    stored = np.rint((DECIBEL + 50) * 100).astype(np.uint16)  # as some products pack them
    path = write(tmp_path / "sar.tif", stored[None])
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets = (0.01,), (-50.0,)
    scene = open_scene(path, "sar")
    assert not SceneReader(scene, scene.grid).radiometry.logarithm


def test_alpha_is_not_matched(tmp_path: Path) -> None:
    values = np.stack(
        [np.full((SIDE, SIDE), 255), *(1000 * texture(SIDE, SIDE, i) for i in range(3))]
    )
    path = write(tmp_path / "optical.tif", values.astype(np.uint16))
    interp = (ColorInterp.alpha, *(ColorInterp.undefined,) * 3)
    with rasterio.open(path, "r+") as dataset:
        dataset.colorinterp = interp
    assert open_scene(path, "optical").bands == (2, 3, 4)
    assert open_scene(path, "sar").bands == (2,)
