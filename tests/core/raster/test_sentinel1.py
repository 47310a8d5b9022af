"""Sentinel-1 products are opened as they are delivered, calibrated by their own tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray

from model_core.errors import BadInputError
from model_core.geometry.located import LocatedGrid
from model_core.raster.fill_search import find_fill
from model_core.raster.opening import open_raster
from model_core.raster.pixels import read_values
from model_core.raster.scene import open_scene
from tests.core.located import HEIGHT, WIDTH
from tests.core.sentinel import NAME, measured, write_product, zipped


def sigma(level: float) -> NDArray[np.float64]:
    return np.random.default_rng(5).gamma(4, level / 4, (HEIGHT, WIDTH))


@pytest.fixture
def product(tmp_path: Path) -> Path:
    return write_product(tmp_path, {"vv": sigma(0.1), "vh": sigma(0.02)})


def check_calibrated(path: Path) -> None:
    with open_raster(str(path)) as dataset:
        assert dataset.descriptions == ("VV", "VH")
        assert len(dataset.gcps[0]) == 210
        values = dataset.read()
    # Measurements are integers, and small ones are known less well.
    for band, level in zip(values, (0.1, 0.02), strict=True):
        assert np.abs(band - sigma(level)).max() < 0.05 * level
        assert band.mean() == pytest.approx(sigma(level).mean(), rel=1e-3)


def test_folder_manifest_and_zip_are_the_same_product(product: Path) -> None:
    check_calibrated(product)
    check_calibrated(product / "manifest.safe")
    check_calibrated(zipped(product))


def test_the_product_is_one_for_gdal_too(product: Path) -> None:
    with rasterio.open(product / "manifest.safe") as dataset:
        assert dataset.count == 2
        assert dataset.tags()["PRODUCT_TYPE"] == "GRD"


def test_the_scene_is_placed_and_named(product: Path) -> None:
    scene = open_scene(product, "sar")
    assert isinstance(scene.grid, LocatedGrid)
    assert (scene.name, scene.bands, scene.count) == (NAME, (1,), 2)
    assert scene.note == f"{NAME} is read as VV, VH: sigma nought by its own tables."


def test_what_shows_more_is_matched_whatever_the_order(tmp_path: Path) -> None:
    product = write_product(tmp_path, {"vh": sigma(0.02), "vv": sigma(0.1)})
    with rasterio.open(product / "manifest.safe") as other, open_raster(str(product)) as dataset:
        assert dataset.descriptions == ("VH", "VV")
        # Bands are numbered as GDAL, and so QGIS, numbers them.
        assert np.array_equal(other.read(1), measured(sigma(0.02)))
        assert dataset.read(1).mean() == pytest.approx(0.02, rel=0.02)
    assert open_scene(product, "sar").bands == (2,)


def test_averages_are_of_sigma_nought(product: Path) -> None:
    with open_raster(str(product)) as dataset:
        fill = find_fill(dataset, (1,), linear_sar=True)
        found, _ = read_values(dataset, fill, ((0, HEIGHT), (0, WIDTH)), (HEIGHT // 4, WIDTH // 4))
        exact = dataset.read(1)
    blocks = exact.reshape(HEIGHT // 4, 4, WIDTH // 4, 4).mean(axis=(1, 3))
    assert np.allclose(found[0], blocks, rtol=1e-4)


def test_a_polarisation_that_is_not_there(product: Path) -> None:
    with pytest.raises(BadInputError, match=r"no band 3, only 1 \(VV\), 2 \(VH\)"):
        open_scene(product, "sar", [3])


def test_without_tables_it_is_read_as_measured(tmp_path: Path) -> None:
    product = write_product(tmp_path, {"hh": sigma(0.1)}, tables=False)
    with open_raster(str(product)) as dataset:
        assert dataset.descriptions == ("HH",)
        assert np.array_equal(dataset.read(1), measured(sigma(0.1)))
    assert "without calibration" in open_scene(product, "sar").note


def test_slant_range_is_refused(tmp_path: Path) -> None:
    product = write_product(tmp_path, {"vv": sigma(0.1)}, kind="SLC")
    with pytest.raises(BadInputError, match=r"product of the type SLC, .* take the GRD product"):
        open_scene(product, "sar")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text[: len(text) // 2], "its metadata is no XML"),
        (lambda text: text.replace("<xfdu:XFDU", "<!DOCTYPE a><xfdu:XFDU"), "defines entities"),
        (lambda text: text.replace('href="./', 'href="../../'), "names no file of it"),
        (lambda text: text.replace("Measurement Data Unit", "Other"), "is no Sentinel-1 product"),
    ],
)
def test_a_damaged_product_is_refused(product: Path, change, words: str) -> None:
    manifest = product / "manifest.safe"
    manifest.write_text(change(manifest.read_text()))
    with pytest.raises(BadInputError, match=words):
        open_scene(product, "sar")


def test_a_product_whose_measurement_is_missing(product: Path) -> None:
    for raster in (product / "measurement").iterdir():
        raster.unlink()
    with pytest.raises(BadInputError, match=r"ABCD\.SAFE cannot be read"):
        open_scene(product, "sar")
