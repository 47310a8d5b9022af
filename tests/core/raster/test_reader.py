"""Windows of a scene on the working grid lie where they should, whatever the file's geometry."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rasterio.crs import CRS
from rasterio.transform import Affine

from model_core.errors import BadInputError
from model_core.geometry.crs import project
from model_core.geometry.grid import Grid
from model_core.geometry.window import Window
from model_core.raster.overlap import common_grid
from model_core.raster.reader import SceneReader
from model_core.raster.scene import open_scene
from tests.core.rasters import NORTH_UP, UTM, write

SIDE = 200


def ground(points: np.ndarray) -> np.ndarray:
    """A smooth function of the ground (UTM), to be found again through any geometry."""
    x, y = (points[..., 0] - 600_000) / 1000, (points[..., 1] - 4_400_000) / 1000
    return np.asarray(50 + 20 * np.sin(3 * x) + 20 * np.cos(4 * y))


def paint(path: Path, crs: str, transform: Affine, height: int = SIDE, width: int = SIDE) -> Path:
    grid = Grid(CRS.from_string(crs), transform, width, height)
    pixels = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(float)
    on_map = project(grid.to_map(pixels), grid.crs, CRS.from_string(UTM))
    return write(path, ground(on_map)[None].astype(np.float32), transform, crs)


GEOMETRIES = {
    "same grid": (UTM, NORTH_UP),
    "finer": (UTM, NORTH_UP * Affine.scale(0.7)),
    "coarser": (UTM, NORTH_UP * Affine.scale(1.4)),
    "wide pixels": (UTM, NORTH_UP * Affine.scale(3.0, 0.7)),
    "tall pixels": (UTM, NORTH_UP * Affine.scale(0.7, 3.0)),
    "rotated": (UTM, NORTH_UP * Affine.rotation(20, pivot=(100, 100))),
    "south up": (UTM, Affine(10.0, 0.0, 600_000.0, 0.0, 10.0, 4_398_000.0)),
    "other zone": ("EPSG:32629", Affine(10, 0, 1_114_200, 0, -10, 4_424_200)),
    "degrees": ("EPSG:4326", Affine(1.2e-4, 0, -1.835, 0, -0.9e-4, 39.745)),
}


@pytest.mark.parametrize("name", GEOMETRIES)
def test_every_geometry_shows_the_same_ground(tmp_path: Path, name: str) -> None:
    reference = open_scene(paint(tmp_path / "reference.tif", UTM, NORTH_UP), "sar")
    moving = open_scene(paint(tmp_path / "moving.tif", *GEOMETRIES[name], 240, 260), "sar")
    working = common_grid(reference, moving)
    reader = SceneReader(moving, working)
    view = reader.read(Window(0, 0, working.height, working.width))
    assert view.valid.mean() > 0.3
    pixels = np.stack(np.meshgrid(np.arange(working.width), np.arange(working.height)), axis=-1)
    truth = ground(working.to_map(pixels.astype(float)))
    radiometry = reader.radiometry
    decibel = 10 * np.log10(truth)
    expected = (decibel - radiometry.low[0]) / (radiometry.high[0] - radiometry.low[0])
    wrong = np.abs(view.image[0] - np.clip(expected, 0, 1))[view.valid]
    # A pixel is up to 0.06 of the range: a tenth of a pixel would show.
    assert np.percentile(wrong, 99) < 0.01, name


def test_tiles_and_downsampled_reads_agree_with_the_whole(tmp_path: Path) -> None:
    scene = open_scene(paint(tmp_path / "scene.tif", UTM, NORTH_UP), "sar")
    reader = SceneReader(scene, scene.grid)
    whole = reader.read(Window(0, 0, SIDE, SIDE))
    tile = reader.read(Window(64, 32, 80, 90))
    assert np.allclose(tile.image, whole.image[:, 64:144, 32:122], atol=1e-5)
    quarter = reader.read(Window(0, 0, SIDE // 4, SIDE // 4, 4))
    blocks = whole.image[0].reshape(SIDE // 4, 4, SIDE // 4, 4).mean(axis=(1, 3))
    assert np.abs(quarter.image[0] - blocks).max() < 0.01


def test_beyond_the_scene_nothing_is_valid(tmp_path: Path) -> None:
    scene = open_scene(paint(tmp_path / "scene.tif", UTM, NORTH_UP), "sar")
    view = SceneReader(scene, scene.grid).read(Window(-30, -30, 60, 60))
    assert not view.valid[:29].any()
    assert not view.valid[:, :29].any()
    assert view.valid[31:, 31:].all()


def test_the_working_grid_covers_the_overlap_only(tmp_path: Path) -> None:
    shifted = NORTH_UP * Affine.translation(50, -30)
    reference = open_scene(paint(tmp_path / "reference.tif", UTM, NORTH_UP), "sar")
    moving = open_scene(paint(tmp_path / "moving.tif", UTM, shifted), "sar")
    working = common_grid(reference, moving)
    assert (working.width, working.height) == (SIDE - 50, SIDE - 30)
    assert working.transform == NORTH_UP * Affine.translation(50, 0)


def test_a_much_finer_reference_is_matched_at_the_coarser_pixel(tmp_path: Path) -> None:
    fine = NORTH_UP * Affine.scale(0.25)
    reference = open_scene(paint(tmp_path / "fine.tif", UTM, fine, 800, 800), "sar")
    moving = open_scene(paint(tmp_path / "moving.tif", UTM, NORTH_UP), "sar")
    assert common_grid(reference, moving).pixel_size == pytest.approx((10.0, 10.0))


def test_touching_corners_are_too_little(tmp_path: Path) -> None:
    reference = open_scene(paint(tmp_path / "reference.tif", UTM, NORTH_UP), "sar")
    corner = NORTH_UP * Affine.translation(SIDE - 20, SIDE - 20)
    moving = open_scene(paint(tmp_path / "moving.tif", UTM, corner), "sar")
    with pytest.raises(BadInputError, match="20 x 20 pixels in common"):
        common_grid(reference, moving)
