"""The core sees the pixels and the place of an image as its owner does, whatever form it has."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from rasterio.io import MemoryFile
from rasterio.transform import Affine

import model_core as soma
from model_core.api.images import open_image
from model_core.feedback import Feedback
from model_core.raster.opening import open_raster
from model_core.raster.pixel_types import read_bands
from model_core.simulation.scene_pair import SceneSettings, simulate
from tests.core.api.images import as_masked


def written(image: soma.Image) -> np.ndarray:
    """Return the pixels that the core sees of an image."""
    opened = open_image(image, "image")
    with rasterio.open(opened.path) as dataset:
        return dataset.read(masked=True)


def test_datasets_that_cannot_be_opened_again_by_name(pair, tmp_path):
    """Their names lead to other pixels, to nothing, or end the process."""
    path = tmp_path / "overviews.tif"
    path.write_bytes((pair / "sar.tif").read_bytes())
    with rasterio.open(path, "r+") as dataset:
        dataset.build_overviews([2])
        whole = dataset.read(masked=True)
    with rasterio.open(path, overview_level=0) as dataset:
        assert written(dataset).shape == dataset.read().shape == (1, 128, 128)
    with path.open("rb") as file, rasterio.open(file) as dataset:
        np.testing.assert_array_equal(written(dataset), whole)
    with MemoryFile(path.read_bytes()) as memory, memory.open() as dataset:
        image = open_image(dataset, "image")
    with rasterio.open(image.path) as kept:
        np.testing.assert_array_equal(kept.read(masked=True), whole)
    with rasterio.open(path) as source, MemoryFile(ext="vrt") as memory:
        rasterio.shutil.copy(source, memory.name, driver="VRT")
        text = memory.read().decode()
    with rasterio.open(text) as dataset:
        np.testing.assert_array_equal(written(dataset), whole)


@pytest.mark.parametrize("dtype", [">f4", ">f8", ">i2", ">u2", ">i4", ">c8", "c32", "f2", "bool"])
def test_types_that_files_do_not_have(dtype):
    values = np.arange(100 * 100).reshape(100, 100) % 251
    array = (values * (1 - 2j) if np.dtype(dtype).kind == "c" else values).astype(dtype)
    np.testing.assert_array_equal(written(array)[0], array)


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_numbers_of_64_bits_keep_value_and_type(dtype, registration, pair):
    with rasterio.open(pair / "sar.tif") as dataset:
        sar = dataset.read(1)
        place = dataset.transform, dataset.crs
    # In decibels, some of them negative, as a signed type.
    values = np.rint(sar * 100).astype(dtype) if dtype == "int64" else (sar**2).astype(dtype)
    image = open_image((values, *place), "image")
    with open_raster(image.path) as dataset:
        np.testing.assert_array_equal(read_bands(dataset, [1])[0], values)
    moved, expected = (
        registration.warp((values.astype(one), *place)).array for one in (dtype, "float64")
    )
    assert moved.dtype == dtype
    both = ~np.ma.getmaskarray(moved) & ~np.ma.getmaskarray(expected)
    assert both.mean() > 0.5
    assert np.abs(moved[both].astype(float) - expected[both]).max() <= 0.5


def test_paths_hold_when_the_working_directory_changes(pair, tmp_path, monkeypatch):
    monkeypatch.chdir(pair)
    with rasterio.open("sar.tif") as dataset:
        images = open_image("sar.tif", "image"), open_image(dataset, "image")
    monkeypatch.chdir(tmp_path)
    for image in images:
        with rasterio.open(image.path) as dataset:
            assert dataset.shape == (256, 256)


def test_memory_of_an_array_is_given_back(pair):
    image = open_image(as_masked(pair / "sar.tif"), "SAR image")
    with rasterio.open(image.path) as dataset:
        assert dataset.shape == (256, 256)
    path = image.path
    del image
    with pytest.raises(rasterio.errors.RasterioIOError):
        rasterio.open(path)


@pytest.mark.parametrize("change", ["turned round", "every second", "a part", "single precision"])
def test_data_arrays_lie_where_their_coordinates_say(change, pair):
    """Also where rioxarray still holds the transform of the file that they were read from."""
    image = pytest.importorskip("rioxarray").open_rasterio(pair / "sar.tif")
    if change == "turned round":
        image = image.isel(x=slice(None, None, -1), y=slice(None, None, -1))
    elif change == "every second":
        image = image.isel(x=slice(None, None, 2), y=slice(None, None, 2))
    elif change == "a part":
        image = image.isel(x=slice(20, 240), y=slice(10, 200))
    else:
        image = image.assign_coords(x=image.x.astype("f4"), y=image.y.astype("f4"))
    opened = open_image(image, "image")
    with rasterio.open(opened.path) as dataset:
        x, _ = dataset.transform * (np.arange(dataset.width) + 0.5, 0.5)
        _, y = dataset.transform * (0.5, np.arange(dataset.height) + 0.5)
        np.testing.assert_allclose(x, image.x, atol=1.0)
        np.testing.assert_allclose(y, image.y, atol=1.0)
        np.testing.assert_array_equal(dataset.read(), image.values)


def test_turned_data_arrays_keep_their_place(tmp_path):
    rioxarray = pytest.importorskip("rioxarray")
    settings = SceneSettings(size=128, sar_grid_rotation=12.0)
    simulate(settings, tmp_path, Feedback())
    image = rioxarray.open_rasterio(tmp_path / "sar.tif")
    opened = open_image(image, "image")
    with rasterio.open(opened.path) as given, rasterio.open(tmp_path / "sar.tif") as file:
        assert given.transform.almost_equals(file.transform)
    with pytest.raises(soma.BadInputError, match="not evenly spaced"):
        open_image(image.isel(x=slice(10, None)), "image")


def test_a_transform_without_a_crs_is_kept():
    transform = Affine(10, 0, 600_000, 0, -10, 4_400_000)
    image = open_image(soma.Raster(np.zeros((70, 80), np.uint8), transform), "image")
    with rasterio.open(image.path) as dataset:
        assert dataset.transform == transform
        assert dataset.crs is None


@pytest.mark.parametrize(
    ("x", "place"),
    [
        (600_005 + 10.0 * np.arange(80), Affine(10, 0, 600_000, 0, -10, 4_400_000)),
        (np.arange(80.0), Affine.identity()),  # numbers of pixels
        (np.arange(80) + 0.5, Affine.identity()),
    ],
)
def test_data_arrays_without_a_crs_lie_by_their_coordinates(x, place):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("rioxarray")
    y = x[:70] if place.is_identity else 4_399_995 - 10.0 * np.arange(70)
    image = xarray.DataArray(np.zeros((70, 80), np.uint8), {"y": y, "x": x}, ("y", "x"))
    opened = open_image(image, "image")  # whose memory goes with it
    with rasterio.open(opened.path) as dataset:
        assert dataset.transform == place
