"""Undeclared fill of any value is found; dark water, clouds and seas are not taken for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray

from model_core.raster.fill import Fill
from model_core.raster.fill_search import find_fill, find_fill_of_raster
from model_core.raster.scene import open_scene
from tests.conftest import data_folder
from tests.core.raster.ground import amplitude, beyond_a_footprint, colours, relief
from tests.core.rasters import texture, write

SIDE = 256


def found(path: Path, values: NDArray, sar: bool, nodata: float | None = None) -> Fill:
    bands = values if values.ndim == 3 else values[None]
    with rasterio.open(write(path / "image.tif", bands, nodata=nodata)) as dataset:
        return find_fill(dataset, tuple(range(1, len(bands) + 1)), linear_sar=sar)


def byte(values: NDArray) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def filled(values: NDArray, where: NDArray, value: float) -> NDArray:
    values = values.copy()
    values[..., where] = value
    return values


def sensors(seed: int) -> dict[str, tuple[NDArray, bool]]:
    """Return SAR (True) and optical images in the forms in which users have them."""
    a, c = amplitude(SIDE, seed), colours(SIDE, seed)
    return {
        "decibel": ((20 * np.log10(a)).astype(np.float32), True),
        "decibel times 100": ((2000 * np.log10(a)).astype(np.int16), True),
        "amplitude": ((1 + 800 * a).astype(np.uint16), True),
        "intensity": ((a**2).astype(np.float32), True),
        "8-bit SAR": (byte(20 + 120 * a), True),
        "reflectance": ((4000 * c).astype(np.uint16), False),
        "8-bit colours": (byte(255 * c), False),
    }


VALUES = [
    *[("decibel", v) for v in (0.0, -9999.0, -3.4028234663852886e38, 65535.0)],
    *[("decibel times 100", v) for v in (0, -32768)],
    *[("amplitude", v) for v in (0, 65535)],
    ("intensity", 0.0),
    *[("8-bit SAR", v) for v in (0, 255)],
    *[("reflectance", v) for v in (0, 65535)],
    *[("8-bit colours", v) for v in (0, 255)],
]


@pytest.mark.parametrize(("form", "value"), VALUES)
@pytest.mark.parametrize("shape", ["footprint", "third", "three rows"])
def test_fill_of_any_value_is_found(tmp_path: Path, form: str, value: float, shape: str) -> None:
    where = {
        "footprint": beyond_a_footprint(SIDE),
        "third": np.tile(np.arange(SIDE) < SIDE // 3, (SIDE, 1)),
        "three rows": np.tile(np.arange(SIDE) >= SIDE - 3, (SIDE, 1)).T,
    }[shape]
    values, sar = sensors(1)[form]
    fill = found(tmp_path, filled(values, where, value), sar)
    assert [set(one.value) for one in fill.regions] == [{float(np.float32(value))}]
    assert fill.regions[0].share == pytest.approx(where.mean(), rel=0.1)


@pytest.mark.parametrize("nodata", [np.nan, -9999.0])
def test_fill_beside_declared_nodata_is_found(tmp_path: Path, nodata: float) -> None:
    """One third is declared; the zeros touch nothing but it."""
    values, sar = sensors(2)["decibel"]
    column = np.tile(np.arange(SIDE), (SIDE, 1))
    frame = (column < 20) | (column >= SIDE - 20) | (column.T < 20) | (column.T >= SIDE - 20)
    inner = (column < 90) & ~frame
    fill = found(tmp_path, filled(filled(values, frame, nodata), inner, 0.0), sar, nodata)
    assert [one.value for one in fill.regions] == [(0.0,)]
    assert fill.regions[0].share == pytest.approx(inner.mean(), rel=0.05)


def test_two_values_of_fill_are_both_found(tmp_path: Path) -> None:
    values, sar = sensors(3)["decibel"]
    column = np.tile(np.arange(SIDE), (SIDE, 1))
    both = filled(filled(values, column < 60, -9999.0), (column >= 60) & (column < 100), 0.0)
    fill = found(tmp_path, both, sar)
    assert {one.value for one in fill.regions} == {(0.0,), (-9999.0,)}


def what_looks_like_fill(seed: int) -> dict[str, tuple[NDArray, bool]]:
    a, c, r = amplitude(SIDE, seed), colours(SIDE, seed), relief(SIDE, seed)
    scattered = np.random.default_rng(seed).random(r.shape) < 0.3
    low, cloud = r < 0.45, 3 * np.maximum(r - 0.5, 0)
    return {
        "dark water and speckle at 0": (byte(120 * a - 6), True),
        "solid water at 0": (byte(np.where(low, 0, 5 + 100 * a)), True),
        "a bright city at 255": (byte(350 * a), True),
        "scattered zeros": (byte(100 * a * ~scattered), True),
        "calm water of one colour": (
            byte(np.where(low, np.array([17, 20, 30])[:, None, None], 255 * c)),
            False,
        ),
        "black water": (byte(np.where(low, 0, 255 * c)), False),
        "clouds at 255": (byte(255 * (c + cloud)), False),
        "clouds at the end of 12 bit": (
            np.clip(4095 * (c + cloud), 0, 4095).astype(np.uint16),
            False,
        ),
        "a sea at height 0": (np.where(low, 0, 800 * (r - 0.45)).astype(np.int16), False),
        "a sea at height 0.0": (np.where(low, 0, 800 * (r - 0.45)).astype(np.float32), False),
        "water less its noise": (np.maximum(a**2 - 4e-4, 0).astype(np.float32), True),
        "decibels cut at -25": (np.maximum(20 * np.log10(a), -25).astype(np.float32), True),
        "an image that was drawn": ((1000 * texture(SIDE, SIDE, seed)).astype(np.uint16), True),
    }


@pytest.mark.parametrize("name", what_looks_like_fill(0))
def test_data_is_not_taken_for_fill(tmp_path: Path, name: str) -> None:
    for seed in range(3):
        values, sar = what_looks_like_fill(seed)[name]
        assert not found(tmp_path, values, sar), seed


def test_images_without_fill_have_none(tmp_path: Path) -> None:
    for values, sar in sensors(4).values():
        assert not found(tmp_path, values, sar)


def test_classes_have_no_fill(tmp_path: Path) -> None:
    """Of a raster that is only moved nobody knows what it shows: a mask of fields has a 0, too."""
    values = np.zeros((1, SIDE, SIDE), np.uint8)
    values[:, 60:200, 80:200] = np.random.default_rng(0).integers(1, 9, (140, 120))
    with rasterio.open(write(tmp_path / "fields.tif", values)) as dataset:
        assert not find_fill_of_raster(dataset)


def test_dark_water_of_real_images_is_data() -> None:
    """TerraSAR-X at some metres: 0 is up to eight tenths of an image, and all of it was seen."""
    folder = data_folder("sensors") / "3mos"
    paths = sorted(folder.glob("TerraSAR*_sar.webp")) + sorted(folder.glob("GF3_*_sar.webp"))
    if not paths:
        pytest.skip(f"no TerraSAR-X images are in {folder}")
    for path in paths:
        scene = open_scene(path, "sar")
        with rasterio.open(path) as dataset:
            fill = find_fill(dataset, scene.bands, linear_sar=True)
        # Some have a white frame of 3 or 4 pixels, which is fill.
        assert {one.value for one in fill.regions} <= {(255.0,)}, path.name


def test_scenes_as_they_come_have_no_undeclared_fill(scenes: Path) -> None:
    for path in scenes.glob("*.tif"):
        scene = open_scene(path, "optical" if "s2" in path.name else "sar")
        with rasterio.open(path) as dataset:
            assert not find_fill(dataset, scene.bands, scene.modality == "sar"), path.name
