"""What cannot be used or done is refused with one sentence; a failed registration is a result."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import rasterio
import torch
from rasterio.transform import Affine

import model_core as soma
from tests.core.api.images import as_masked


def refusal(call, *arguments, **settings) -> str:
    """Return the sentence with which a call is refused."""
    with pytest.raises(soma.BadInputError) as caught:
        call(*arguments, **settings)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def test_failed_registration_is_a_result_that_does_nothing(pair, tmp_path):
    sar = as_masked(pair / "sar.tif")
    rotated = soma.Raster(np.rot90(sar.array, 1, axes=(1, 2)), sar.transform, sar.crs)
    result = soma.register(rotated, pair / "optical.tif", max_shift=10)
    assert result.verdict == "failed"
    assert result.affine is None
    assert result.figures["rmse_before_px"] is None
    assert "failed" in repr(result)
    assert "Failed" in result._repr_html_()
    assert "The registration failed" in refusal(result.warp)
    assert "The registration failed" in refusal(result.save, tmp_path / "new")
    assert "The registration failed" in refusal(lambda: result.field)
    assert list(tmp_path.iterdir()) == []
    pytest.importorskip("matplotlib")
    assert len(result.plot().axes) == 2


SQUARE = np.random.default_rng(0).random((100, 100))


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (7, "is of the type int; give a path"),
        (SQUARE[0], "shape (100,)"),
        (np.zeros((100, 100, 3)), "bands last"),
        (SQUARE.astype(str), "of numbers"),
        ((SQUARE, None, "EPSG:32630"), "transform"),
        ((SQUARE, Affine.identity(), "EPSG:0"), "CRS"),
        ((SQUARE, Affine(10, 10, 5e5, 10, 10, 4e6), "EPSG:32630"), "makes no pixels"),
        ((SQUARE, Affine(10, 0, np.nan, 0, -10, 0), "EPSG:32630"), "makes no pixels"),
        (torch.ones(100, 100, requires_grad=True), "cannot be made an array"),
        (SQUARE[:50], "64 x 64"),
        ("nowhere.tif", "does not exist"),
    ],
)
def test_images_that_cannot_be_used(image, said, pair):
    assert said in refusal(soma.register, image, pair / "optical.tif")


def test_data_array_without_coordinates(pair):
    pytest.importorskip("rioxarray")
    image = pytest.importorskip("xarray").DataArray(SQUARE, dims=("a", "b"))
    assert "coordinates x and y" in refusal(soma.register, image, pair / "optical.tif")


def test_data_array_with_rows_left_out(pair):
    image = pytest.importorskip("rioxarray").open_rasterio(pair / "sar.tif")
    gap = image.isel(y=[*range(100), *range(110, 256)])
    assert "not evenly spaced" in refusal(soma.register, gap, pair / "optical.tif")


def test_closed_dataset(pair):
    with rasterio.open(pair / "sar.tif") as dataset:
        pass
    assert "sar.tif is closed" in refusal(soma.register, dataset, pair / "optical.tif")


def test_dataset_that_is_being_written(tmp_path):
    profile = {"driver": "GTiff", "count": 1, "height": 100, "width": 100, "dtype": "float64"}
    with rasterio.open(tmp_path / "new.tif", "w", **profile) as dataset:
        said = refusal(soma.register, dataset, "optical.tif")
    assert "new.tif is open for writing" in said


def test_settings_that_cannot_be_used(pair):
    images = pair / "sar.tif", pair / "optical.tif"
    assert "no setting 'max_shft'" in refusal(soma.register, *images, max_shft=20)
    assert "max_shift is 0" in refusal(soma.register, *images, max_shift=0)
    assert "max_scale is 5" in refusal(soma.match, *images, max_scale=5)
    assert "no model 'sona'" in refusal(soma.register, *images, model="sona")
    assert "no model 'sona'" in refusal(soma.load_model, "sona")
    assert "model is None" in refusal(soma.load_model, None)
    for progress in (True, soma.Feedback):
        assert "give a function" in refusal(soma.register, *images, progress=progress)


@pytest.mark.parametrize("folder", ["", None, 3])
def test_no_folder_to_save_into(folder, registration, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(soma.BadInputError, match="not a path"):
        registration.save(folder)
    assert list(tmp_path.iterdir()) == []


def test_warp_refuses_another_geometry(registration, pair):
    sar = as_masked(pair / "sar.tif")
    elsewhere = soma.Raster(sar.array, sar.transform, "EPSG:32631")
    assert "EPSG:32631" in refusal(registration.warp, elsewhere)
    assert "resampling is 'lanczos'" in refusal(registration.warp, resampling="lanczos")


def test_pickling_says_what_to_do_instead(registration):
    with pytest.raises(TypeError, match=r"cannot be pickled; save\(\) it"):
        pickle.dumps(registration)
    summary = pickle.loads(pickle.dumps(registration.summary))
    assert summary.verdict == registration.verdict
    assert pickle.loads(pickle.dumps(registration.warp())).crs == registration.warp().crs
