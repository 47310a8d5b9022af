"""What is in memory while a raster is moved depends neither on its bands nor on its shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from model_core.feedback import Feedback, Progress
from model_core.products import registered_pixels, registered_raster
from model_core.products.registered_raster import RasterOptions, write_registered
from model_core.raster.fill_search import find_fill_of_raster
from model_core.raster.pixels import read_valid
from tests.core.products.fields import SIDE, shifted
from tests.core.rasters import NORTH_UP, texture, write

BANDS = 20


def move(source: Path, name: str, *options: str) -> tuple[np.ndarray, dict[str, Any]]:
    """Return the values of a registered raster, and how it is stored."""
    path = source.with_name(name)
    with rasterio.open(source) as dataset:
        fill = find_fill_of_raster(dataset)
    how = RasterOptions("auto", options)
    write_registered(str(source), shifted(0.4, 0.3), path, how, Progress(Feedback(), "write"), fill)
    with rasterio.open(path) as dataset:
        return np.concatenate([dataset.read(), dataset.read_masks()]), dict(dataset.profile)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A raster of 20 bands, without nodata, that lies turned against the output."""
    grey = texture(180, 180)
    values = np.stack([100 * (grey + band) for band in range(BANDS)]).astype(np.uint16)
    turned = NORTH_UP * Affine.translation(-30, -30) * Affine.rotation(10, pivot=(90, 90))
    return write(tmp_path / "many.tif", values, turned)


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Values that were read at one time."""
    found = []

    def counted(*arguments: Any) -> Any:
        values, valid = read_valid(*arguments)
        found.append(values.size)
        return values, valid

    monkeypatch.setattr(registered_pixels, "read_valid", counted)
    return found


@pytest.mark.parametrize("option", ["INTERLEAVE=BAND", "INTERLEAVE=PIXEL"])
def test_bands_are_moved_in_groups_as_all_at_once(
    many: Path, sizes: list[int], monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    expected, _ = move(many, "at_once.tif")
    most = max(sizes)
    sizes.clear()
    monkeypatch.setattr(registered_raster, "LARGEST_TILE", 2 * 6 * 512**2)  # six bands of a block
    monkeypatch.setattr(registered_raster, "SMALLEST_TILE", 16)
    found, stored = move(many, "in_groups.tif", option)
    np.testing.assert_array_equal(found[:BANDS, 20:-20, 20:-20], expected[:BANDS, 20:-20, 20:-20])
    np.testing.assert_array_equal(found[BANDS:], expected[BANDS:])
    assert stored["interleave"] == option.split("=")[1].lower()
    if option == "INTERLEAVE=BAND":
        assert max(sizes) <= most * 6 / BANDS
    else:
        assert stored["blockxsize"] == 256  # a tile of all bands is no larger


def test_many_bands_are_stored_band_by_band(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registered_raster, "LARGEST_TILE", 2 * 6 * 512**2)
    _, stored = move(many, "stored.tif")
    assert (stored["interleave"], stored["blockxsize"]) == ("band", 512)


def test_what_lies_far_apart_in_the_source_is_read_in_parts(
    many: Path, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = move(many, "at_once.tif")
    sizes.clear()
    monkeypatch.setattr(registered_pixels, "AT_ONCE", 2000)
    found, _ = move(many, "in_parts.tif")
    np.testing.assert_array_equal(found, expected)
    assert max(sizes) <= 4 * 2000


def test_a_small_raster_is_stored_as_before(tmp_path: Path) -> None:
    values = np.stack([texture(SIDE, SIDE)] * 3).astype(np.float32)
    _, stored = move(write(tmp_path / "in.tif", values), "registered.tif")
    assert (stored["interleave"], stored["blockxsize"], stored["tiled"]) == ("pixel", 512, True)
