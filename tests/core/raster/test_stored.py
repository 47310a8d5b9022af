"""Of a large, nearly empty file only what it stores is looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window

from model_core.raster.fill_search import find_fill
from model_core.raster.overlap import common_grid
from model_core.raster.reader import SceneReader
from model_core.raster.scene import open_scene
from model_core.raster.stored import stored_extent
from tests.core.raster.ground import amplitude
from tests.core.rasters import NORTH_UP, UTM

SIDE = 100_000
FILLED = 300


def sparse(path: Path, row: int, column: int, **profile: object) -> Path:
    """Write a raster of 100,000 px that holds 300 px of ground from a row and column on."""
    how = {"driver": "GTiff", "count": 1, "width": SIDE, "height": SIDE, "dtype": "float32"}
    how |= {"tiled": True, "sparse_ok": True, "crs": UTM, "transform": NORTH_UP, "nodata": -99}
    with rasterio.open(path, "w", **(how | profile)) as target:
        window = Window(column, row, FILLED, FILLED)
        target.write(amplitude(FILLED, 0).astype(np.float32), 1, window=window)
    return path


def test_the_stored_part_is_found_in_whole_blocks(tmp_path: Path) -> None:
    with rasterio.open(sparse(tmp_path / "sar.tif", 60_000, 4_000)) as dataset:
        assert stored_extent(dataset) == ((59_904, 60_416), (3_840, 4_352))


def test_a_file_without_gaps_is_looked_at_whole(tmp_path: Path) -> None:
    path = tmp_path / "full.tif"
    how = {"driver": "GTiff", "count": 1, "width": 9000, "height": 8000, "dtype": "uint8"}
    with rasterio.open(path, "w", tiled=True, compress="deflate", **how):
        pass
    with rasterio.open(path) as dataset:
        assert stored_extent(dataset) == ((0, 8000), (0, 9000))


@pytest.mark.parametrize("nodata", [-99, None])
def test_statistics_and_common_ground_are_those_of_the_stored_part(
    tmp_path: Path, nodata: float | None
) -> None:
    sar = open_scene(sparse(tmp_path / "sar.tif", 60_000, 4_000, nodata=nodata), "sar")
    optical = open_scene(sparse(tmp_path / "optical.tif", 60_100, 4_050), "optical")
    grid = common_grid(optical, sar)
    assert max(grid.width, grid.height) <= 512
    reader = SceneReader(sar, grid)
    values = 10 * np.log10(amplitude(FILLED, 0))
    expected = np.percentile(values, [1, 99])
    assert [reader.radiometry.low[0], reader.radiometry.high[0]] == pytest.approx(expected, abs=1)


def test_fill_of_the_stored_part_lies_where_it_is_in_the_image(tmp_path: Path) -> None:
    path = sparse(tmp_path / "sar.tif", 60_000, 4_000)
    with rasterio.open(path, "r+") as dataset:
        dataset.write(np.zeros((1, 512, 100), np.float32), window=Window(3_840, 59_904, 100, 512))
    window = Window(3_840, 60_050, 400, 40)
    with rasterio.open(path) as dataset:
        fill = find_fill(dataset, (1,), linear_sar=True)
        found = fill.mask(dataset.read(window=window), 60_050, 3_840)
    assert found[:, :100].all()
    assert not found[:, 100:].any()
    assert fill.near((60_050, 60_090), (3_840, 3_900))
    assert not fill.near((60_050, 60_090), (4_300, 4_350))
