"""Open water is found where both images show it, and dry ground is not taken for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.features import sieve

from model_core.geometry.window import Window
from model_core.raster.mask import share_left_out
from model_core.raster.reader import ScenePair, SceneReader
from model_core.raster.scene import open_scene
from model_core.raster.water import find_water
from tests.core.rasters import texture, write

SIDE = 256


def sea() -> NDArray[np.bool_]:
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.asarray(x + 0.4 * y < 130)


def sar(path: Path, water: NDArray[np.bool_]) -> Path:
    """Write speckled backscatter in decibels."""
    random = np.random.default_rng(1)
    ground = np.where(water, -24.0, -14 + 8 * texture(SIDE, SIDE, 5))
    looks = random.gamma(6, 1 / 6, ground.shape)
    return write(path, (ground + 10 * np.log10(looks))[None].astype(np.float32))


def colours(water: NDArray[np.bool_], *levels: tuple[float, float]) -> NDArray[np.uint16]:
    """Return one band for each pair of reflectances, of water and of the brightest ground."""
    random = np.random.default_rng(2)
    bands = [np.where(water, w, g * (0.3 + 0.7 * texture(SIDE, SIDE, 5))) for w, g in levels]
    return (
        (np.stack(bands) + random.normal(0, 4, (len(bands), SIDE, SIDE))).clip(1).astype(np.uint16)
    )


def pair(sar_path: Path, optical_path: Path) -> ScenePair:
    optical = open_scene(optical_path, "optical")
    grid = optical.grid
    return ScenePair(SceneReader(optical, grid), SceneReader(open_scene(sar_path, "sar"), grid))


def found(images: ScenePair) -> NDArray[np.bool_]:
    grid = images.reference.grid
    whole = Window(0, 0, grid.height, grid.width)
    return find_water(images).covers(whole.positions(), grid)


RGB = ((100.0, 2000.0), (200.0, 2000.0), (300.0, 2000.0))


def test_a_sea_is_found_up_to_its_shore(tmp_path: Path) -> None:
    images = pair(sar(tmp_path / "s.tif", sea()), write(tmp_path / "o.tif", colours(sea(), *RGB)))
    water = found(images)
    assert (water & sea()).sum() > 0.85 * sea().sum()
    assert not (water & ~sea()).any()


def test_what_only_one_image_shows_as_water_is_none(tmp_path: Path) -> None:
    dry = np.zeros_like(sea())
    for of_sar, of_optical in ((sea(), dry), (dry, sea()), (dry, dry)):
        optical = write(tmp_path / "o.tif", colours(of_optical, *RGB))
        assert not found(pair(sar(tmp_path / "s.tif", of_sar), optical)).any()


@pytest.mark.parametrize("said", ["names", "wavelengths"])
def test_bright_water_is_known_by_its_infrared(tmp_path: Path, said: str) -> None:
    murky = ((1500.0, 2000.0), (1600.0, 2000.0), (1400.0, 2000.0), (200.0, 2600.0))
    path = write(tmp_path / "o.tif", colours(sea(), *murky))
    images = pair(sar(tmp_path / "s.tif", sea()), path)
    assert not found(images).any()
    with rasterio.open(path, "r+") as dataset:
        if said == "names":
            dataset.descriptions = ("red", "green", "blue", "nir")
        else:
            for band, length in enumerate((0.66, 0.56, 0.48, 0.84), 1):
                dataset.update_tags(band, wavelength=str(length), wavelength_units="Micrometers")
    water = found(images)
    assert (water & sea()).sum() > 0.85 * sea().sum()
    assert not (water & ~sea()).any()


def test_dark_fields_between_bright_buildings_are_no_water(tmp_path: Path) -> None:
    """As metre-scale SAR images show them: all ground is dark beside the buildings."""
    random = np.random.default_rng(3)
    values = np.clip(random.gamma(4, 2.5, (1, SIDE, SIDE)), 0, 255)
    values[:, 100:110, ::16] = 255
    path = write(tmp_path / "s.tif", values.astype(np.uint8))
    assert not found(pair(path, write(tmp_path / "o.tif", colours(sea(), *RGB)))).any()


def test_the_sea_of_a_real_harbour_is_found_and_nothing_else(scenes: Path) -> None:
    optical = scenes / "volkov_tile_059_s2rgb.tif"
    images = pair(scenes / "volkov_tile_059_s1vh.tif", optical)
    with rasterio.open(optical) as dataset:
        truth = sieve((dataset.read(1) < 60).astype(np.uint8), 2000) > 0
    water = found(images)
    assert (water & truth).sum() / (water | truth).sum() > 0.93
    assert (water & truth).sum() / water.sum() > 0.999


def test_the_same_sea_in_decibels(scenes: Path, tmp_path: Path) -> None:
    with rasterio.open(scenes / "volkov_tile_059_s1vh.tif") as dataset:
        values = dataset.read()[:, 256:768, 256:768].astype(np.float32)
        place = dataset.transform * rasterio.Affine.translation(256, 256)
        crs = dataset.crs.to_string()
    path = write(tmp_path / "s.tif", 20 * np.log10(np.maximum(values, 1)), place, crs)
    optical = scenes / "volkov_tile_059_s2rgb.tif"
    with rasterio.open(optical) as dataset:
        truth = sieve((dataset.read(1) < 60).astype(np.uint8), 2000) > 0
    water = found(pair(path, optical))
    part = np.zeros_like(truth)
    part[256:768, 256:768] = True
    assert (water & truth).sum() / (truth & part).sum() > 0.8
    assert (water & truth).sum() / water.sum() > 0.99


@pytest.mark.parametrize("name", ["volkov_tile_035", "volkov_T11SLT_1_3x3"])
def test_mountains_and_cities_are_no_water(scenes: Path, name: str) -> None:
    images = pair(scenes / f"{name}_s1vh.tif", scenes / f"{name}_s2rgb.tif")
    assert share_left_out(find_water(images), images.reference.grid) < 0.005
