"""Everything a raster carries survives its registration, and it is resampled once."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp
from rasterio.transform import Affine

from model_core.errors import BadInputError
from model_core.feedback import Feedback, Progress
from model_core.products.displacement_field import DisplacementField
from model_core.products.output_grid import output_grid
from model_core.products.registered_raster import RasterOptions, write_registered
from model_core.raster.fill_search import find_fill_of_raster
from tests.core.products.fields import SIDE, UTM_GRID, shifted
from tests.core.rasters import NORTH_UP, texture, write


def move(
    source: Path,
    field: DisplacementField,
    resampling: str = "auto",
    options: Sequence[str] = (),
) -> Path:
    path = source.with_name("registered.tif")
    how = RasterOptions(resampling, options)
    with rasterio.open(source) as dataset:
        fill = find_fill_of_raster(dataset)
    write_registered(str(source), field, path, how, Progress(Feedback(), "write"), fill)
    return path


@pytest.mark.parametrize(
    "dtype", ["uint8", "int16", "uint16", "int32", "float32", "float64", "complex64"]
)
@pytest.mark.parametrize("resampling", ["nearest", "bilinear", "cubic"])
def test_a_whole_pixel_shift_moves_values_exactly(
    tmp_path: Path, dtype: str, resampling: str
) -> None:
    values = (100 * np.stack([texture(SIDE, SIDE, i) for i in range(2)])).astype(dtype)
    path = move(write(tmp_path / "in.tif", values), shifted(5, -3), resampling)
    with rasterio.open(path) as dataset:
        found = dataset.read()
        assert dataset.dtypes == (dtype, dtype)
    expected = values[:, :-8, 10:-10]
    got = found[:, 3 : 3 + expected.shape[1], 5 : 5 + expected.shape[2]]
    assert np.allclose(got, expected, rtol=1e-4, atol=1e-4)


def test_metadata_is_kept(tmp_path: Path) -> None:
    values = (1000 * np.stack([texture(SIDE, SIDE, i) for i in range(2)])).astype(np.int16)
    source = write(tmp_path / "in.tif", values, nodata=-32768)
    with rasterio.open(source, "r+") as dataset:
        dataset.descriptions = ("VV", "VH")
        dataset.scales, dataset.offsets = (0.01, 0.02), (1.0, -2.0)
        dataset.update_tags(ACQUIRED="2021-06-01")
        dataset.update_tags(2, POLARISATION="VH")
    with rasterio.open(move(source, shifted(2, 2))) as dataset:
        assert dataset.descriptions == ("VV", "VH")
        assert dataset.scales == (0.01, 0.02)
        assert dataset.offsets == (1.0, -2.0)
        assert dataset.tags()["ACQUIRED"] == "2021-06-01"
        assert dataset.tags(2)["POLARISATION"] == "VH"
        assert dataset.nodata == -32768
        assert dataset.profile["tiled"]


def test_a_registered_raster_can_be_moved_again(tmp_path: Path) -> None:
    source = write(tmp_path / "in.tif", texture(SIDE, SIDE)[None].astype(np.float32))
    once = move(source, shifted(4, 2))
    twice = move(once.rename(tmp_path / "once.tif"), shifted(-4, -2))
    with rasterio.open(source) as before, rasterio.open(twice) as after:
        inner = np.s_[0, 8:-8, 8:-8]
        np.testing.assert_allclose(after.read()[inner], before.read()[inner], atol=1e-5)
        assert "SOMA_VERSION" in after.tags()


def test_classes_keep_their_colours_and_values(tmp_path: Path) -> None:
    classes = np.array([10, 20, 30], np.uint8)[(texture(SIDE, SIDE) * 3).astype(int).clip(0, 2)]
    source = write(tmp_path / "classes.tif", classes[None])
    with rasterio.open(source, "r+") as dataset:
        dataset.write_colormap(1, {10: (255, 0, 0), 20: (0, 255, 0), 30: (0, 0, 255)})
    with rasterio.open(move(source, shifted(2.4, 1.3))) as dataset:
        assert set(np.unique(dataset.read(1))) <= {0, 10, 20, 30}
        assert dataset.colorinterp[0] == ColorInterp.palette
        assert dataset.colormap(1)[20][:3] == (0, 255, 0)


def test_nodata_does_not_bleed_into_values(tmp_path: Path) -> None:
    values = np.full((1, SIDE, SIDE), 500, np.float32)
    values[:, 40:60, 40:60] = -9999
    with rasterio.open(
        move(write(tmp_path / "in.tif", values, nodata=-9999), shifted(0.5, 0.5))
    ) as dataset:
        found, known = dataset.read(1), dataset.read_masks(1) > 0
    assert not known[42:58, 42:58].any()
    assert set(found[known]) == {500.0}


def test_what_lies_outside_the_moving_image_is_nodata(tmp_path: Path) -> None:
    values = (1 + 100 * texture(SIDE, SIDE)).astype(np.uint16)[None]
    with rasterio.open(move(write(tmp_path / "in.tif", values), shifted(-20, 0))) as dataset:
        assert dataset.nodata is None
        mask = dataset.read_masks(1)
    assert not mask[:, :19].any()
    assert mask[:, 21:].all()


def test_a_coarser_output_averages(tmp_path: Path) -> None:
    # Of the four pixels that a coarse one holds along a row, its middle shows the inner two.
    columns = np.where(np.arange(SIDE) % 4 == 0, 100, 0)
    stripes = np.tile(columns, (SIDE, 1)).astype(np.float32)
    target = output_grid(UTM_GRID, UTM_GRID, 40.0)
    field = shifted(0, 0)
    coarse = dataclasses.replace(field, grids=dataclasses.replace(field.grids, output=target))
    assert (target.width, target.height) == (SIDE // 4, SIDE // 4)
    source = write(tmp_path / "in.tif", stripes[None])
    with rasterio.open(move(source, coarse, "bilinear")) as dataset:
        assert np.allclose(dataset.read(1)[1:-1, 1:-1], 25, atol=1)


def test_creation_options_and_cog(tmp_path: Path) -> None:
    source = write(tmp_path / "in.tif", texture(SIDE, SIDE)[None].astype(np.float32))
    with rasterio.open(move(source, shifted(1, 1), options=["COMPRESS=LZW"])) as dataset:
        assert dataset.profile["compress"] == "lzw"
    with rasterio.open(move(source, shifted(1, 1), options=["DRIVER=COG"])) as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"


def test_a_world_file_that_was_asked_for_has_the_rasters_name(tmp_path: Path) -> None:
    source = write(tmp_path / "in.tif", texture(SIDE, SIDE)[None].astype(np.float32))
    path = move(source, shifted(1, 1), options=["TFW=YES"])
    numbers = [float(line) for line in path.with_suffix(".tfw").read_text().split()]
    assert numbers == [10.0, 0.0, 0.0, -10.0, 600_005.0, 4_399_995.0]
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("option", ["COMPRESS", "BLOCKXSIZE=17"])
def test_a_wrong_creation_option_leaves_no_file(tmp_path: Path, option: str) -> None:
    source = write(tmp_path / "in.tif", texture(SIDE, SIDE)[None].astype(np.float32))
    with pytest.raises(BadInputError, match="creation option"):
        move(source, shifted(1, 1), options=[option])
    assert list(tmp_path.iterdir()) == [source]


def test_a_rotated_source_lands_on_the_grid(tmp_path: Path) -> None:
    rotated = NORTH_UP * Affine.translation(-30, -30) * Affine.rotation(10, pivot=(90, 90))
    y, x = np.mgrid[:180, :180]
    column, row = ~NORTH_UP * (rotated * (x + 0.5, y + 0.5))
    source = write(tmp_path / "in.tif", np.stack([column, row]).astype(np.float32), rotated)
    with rasterio.open(move(source, shifted(4, 7), "bilinear")) as dataset:
        found = dataset.read()
    rows, columns = np.mgrid[:SIDE, :SIDE]
    good = np.isfinite(found).all(axis=0)
    assert good.mean() > 0.8
    assert np.abs(found[0] - (columns + 4.5))[good].max() < 0.01
    assert np.abs(found[1] - (rows + 7.5))[good].max() < 0.01


@pytest.mark.parametrize(
    ("dtype", "value"), [("float32", 0), ("float32", -9999), ("int16", -32768)]
)
@pytest.mark.parametrize("pixel_size", [10.0, 30.0])
def test_undeclared_fill_is_no_data_and_mixes_with_none(
    tmp_path: Path, dtype: str, value: int, pixel_size: float
) -> None:
    speckle = np.random.default_rng(0).normal(0, 40, (SIDE, SIDE))
    values = (500 + speckle).clip(300, 700).astype(dtype)[None]
    values[:, :, :61] = value
    field = shifted(0.4, 0.3)
    target = output_grid(UTM_GRID, UTM_GRID, pixel_size)
    field = dataclasses.replace(field, grids=dataclasses.replace(field.grids, output=target))
    with rasterio.open(move(write(tmp_path / "in.tif", values), field)) as dataset:
        found, known = dataset.read(1), dataset.read_masks(1) > 0
    scale = round(pixel_size / 10)
    assert not known[:, : 60 // scale].any()
    assert known[2:-2, 62 // scale + 1 : -2].all()
    # Cubic overshoots by some values; a mixture with fill would lie far below.
    assert found[known].min() > 250
    assert found[known].max() < 750


def test_scattered_values_of_fill_are_data_in_the_product(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(1, 200, (1, SIDE, SIDE)).astype(np.uint8)
    dark = np.random.default_rng(1).random((SIDE, SIDE)) < 0.02
    values[:, dark] = 0
    values[:, :, :40] = 0
    with rasterio.open(move(write(tmp_path / "in.tif", values), shifted(0, 0))) as dataset:
        known = dataset.read_masks(1) > 0
    assert not known[:, :40].any()
    assert known[2:-2, 44:-2].all()
