"""A raster is opened as often as it is read at one time, and what GDAL keeps of it is bounded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from model_core.errors import BadInputError
from model_core.raster import handles
from model_core.raster.ahead import ahead
from model_core.raster.handles import LARGEST_CACHE, LEAST_CACHE, Handles, bounded_cache
from model_core.raster.opening import open_raster
from tests.core.rasters import texture, write


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths that were opened."""
    found: list[str] = []

    def counted(path: str):
        found.append(path)
        return open_raster(path)

    monkeypatch.setattr(handles, "open_raster", counted)
    return found


@pytest.fixture
def raster(tmp_path: Path) -> str:
    return str(write(tmp_path / "in.tif", texture(64, 64)[None].astype(np.float32)))


def test_handles_are_used_again_and_closed_at_the_end(raster: str, opened: list[str]) -> None:
    pool = Handles(raster)

    def mean(_: int) -> float:
        with pool.open() as dataset:
            used.append(dataset)
            return float(dataset.read().mean())

    used: list[rasterio.io.DatasetReader] = []
    with pool:
        assert len(set(ahead(mean, range(20), 3))) == 1
        assert len(opened) <= 3
        assert not any(dataset.closed for dataset in used)
    assert all(dataset.closed for dataset in used)
    mean(0)  # and outside of it each time anew
    assert used[-1].closed


def test_two_at_one_time_have_two(raster: str) -> None:
    with Handles(raster) as pool, pool.open() as one, pool.open() as other:
        assert one is not other


def test_a_file_that_breaks_off_is_a_sentence(raster: str) -> None:
    with Handles(raster) as pool, pytest.raises(BadInputError, match="breaks off"), pool.open():
        raise rasterio.errors.RasterioIOError("Read failed")


def test_the_cache_is_bounded_whatever_the_machine_has(
    raster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int] = []
    real = rasterio.Env

    def noted(**options):
        given.append(options["GDAL_CACHEMAX"])
        return real(**options)

    monkeypatch.delenv("GDAL_CACHEMAX", raising=False)
    monkeypatch.setattr(rasterio, "Env", noted)
    wide = {"driver": "GTiff", "count": 1, "dtype": "float32", "sparse_ok": True}
    for name, width in (("wide.tif", 100_000), ("wider.tif", 900_000)):
        with rasterio.open(tmp_path / name, "w", height=1000, width=width, **wide):
            pass
    for name in ("in.tif", "wide.tif", "wider.tif"):
        with bounded_cache(str(tmp_path / name)):
            pass
    assert given[0] == LEAST_CACHE
    assert 500 * 100_000 * 4 < given[1] < 600 * 100_000 * 4
    assert given[2] == LARGEST_CACHE
    monkeypatch.setenv("GDAL_CACHEMAX", "64")
    with bounded_cache(raster):
        pass
    assert len(given) == 3
