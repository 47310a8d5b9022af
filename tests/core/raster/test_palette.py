"""An image with a palette is matched by its colours, not by their numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray

from model_core.geometry.window import Window
from model_core.raster.reader import SceneReader
from model_core.raster.scene import open_scene
from model_core.raster.view import Modality, View
from tests.core.rasters import texture, write

SIDE = 96
GREY = np.rint(200 * texture(SIDE, SIDE)).astype(np.uint8)


def shuffled(folder: Path, dtype: str = "uint8") -> Path:
    """Write grey whose numbers in the palette are in no order."""
    numbers = np.random.default_rng(0).permutation(256)
    path = write(folder / "palette.tif", numbers[GREY].astype(dtype)[None])
    with rasterio.open(path, "r+") as dataset:
        dataset.write_colormap(1, {int(n): (g, g, g, 255) for g, n in enumerate(numbers)})
    return path


def view(path: Path, modality: Modality, factor: int = 1) -> View:
    scene = open_scene(path, modality)
    side = SIDE // factor
    return SceneReader(scene, scene.grid).read(Window(0, 0, side, side, factor))


def like(image: NDArray[np.float32], expected: NDArray[Any]) -> bool:
    return bool(np.corrcoef(image.ravel(), expected.ravel())[0, 1] > 0.99)


@pytest.mark.parametrize("modality", ["optical", "sar"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_colours_count(tmp_path: Path, modality: Modality, dtype: str) -> None:
    path = shuffled(tmp_path, dtype)
    full = view(path, modality)
    assert full.valid.all()
    assert all(like(band, GREY) for band in full.image)
    averages = GREY.reshape(24, 4, 24, 4).mean(axis=(1, 3))
    assert all(like(band, averages) for band in view(path, modality, 4).image)


def test_red_green_and_blue_are_three_bands(tmp_path: Path) -> None:
    path = write(tmp_path / "palette.tif", (GREY > 100).astype(np.uint8)[None])
    with rasterio.open(path, "r+") as dataset:
        dataset.write_colormap(1, {0: (255, 0, 90, 255), 1: (0, 255, 30, 255)})
    image = view(path, "optical").image
    bright = GREY > 100
    assert image[0][bright].max() < image[0][~bright].min()
    assert image[1][bright].min() > image[1][~bright].max()


def test_a_transparent_colour_is_no_data(tmp_path: Path) -> None:
    numbers = GREY // 2 + 1
    numbers[:40] = 0
    path = write(tmp_path / "palette.png", numbers[None], None, None, driver="PNG", nodata=0)
    path = write(tmp_path / "palette.tif", numbers[None], driver="GTiff")
    with rasterio.open(path, "r+") as dataset:
        dataset.write_colormap(1, {n: (n, n, n, 255 if n else 0) for n in range(256)})
    found = view(path, "optical").valid
    with rasterio.open(path) as dataset:
        transparent = dataset.colormap(1)[0][3] == 0
    assert transparent == (not found[:39].any())
    assert found[42:].all()
