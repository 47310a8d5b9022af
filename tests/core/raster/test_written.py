"""A raster that the disk did not take whole is never taken for one."""

from __future__ import annotations

import os
import re
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.enums import Resampling

from model_core.errors import BadInputError
from model_core.raster.written import check_raster, create_raster

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no limit of a file's size here")

SIDE = 300
PROFILE: dict[str, Any] = {
    "driver": "GTiff", "width": SIDE, "height": SIDE, "count": 2, "dtype": "float32",
    "tiled": True, "blockxsize": 256, "blockysize": 256,
}  # fmt: skip


def in_child(work: Callable[[], None], largest_file: int) -> str:
    """Do something where no file may grow beyond a size, and return what was raised."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
        said = "nothing"
        try:
            work()
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        finally:
            os.write(write, said.encode())
            os._exit(0)
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


def write(path: Path, **profile: Any) -> None:
    values = np.random.default_rng(0).normal(size=(2, SIDE, SIDE)).astype(np.float32)
    with create_raster(path, **PROFILE | profile) as dataset:
        dataset.write(values)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.99])
@pytest.mark.parametrize("compress", ["none", "deflate"])
def test_a_full_disk_is_an_error(tmp_path: Path, compress: str, share: float) -> None:
    write(tmp_path / "whole.tif", compress=compress)
    limit = int(share * (tmp_path / "whole.tif").stat().st_size)
    said = in_child(lambda: write(tmp_path / "a.tif", compress=compress), limit)
    assert said.startswith(("BadInputError: a.tif could not be written whole", "RasterioIOError"))


def test_what_gdal_says_does_not_reach_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert "BadInputError" in in_child(lambda: write(tmp_path / "a.tif"), 100_000)
    assert capfd.readouterr() == ("", "")


def test_a_block_that_is_missing_or_damaged_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with rasterio.open(path, "w", **PROFILE, sparse_ok=True) as dataset:
        dataset.write(np.ones((2, 256, 256), np.float32), window=((0, 256), (0, 256)))
    with pytest.raises(BadInputError, match="block 1, 0 of band 1 is missing"):
        check_raster(path)
    check_raster(path, sparse=True)
    write(path, compress="deflate")
    check_raster(path)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(BadInputError, match=r"a\.tif could not be written whole"):
        check_raster(path)


def test_overviews_and_masks_are_read_too(tmp_path: Path) -> None:
    path, random = tmp_path / "a.tif", np.random.default_rng(0)
    noise = random.integers(0, 255, (2, SIDE, SIDE)).astype(np.uint8)
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        create_raster(path, **PROFILE | {"dtype": "uint8"}) as dataset,
    ):
        dataset.write(noise)
    small = path.stat().st_size
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as dataset:
        dataset.write_mask(noise[0] > 99)
    check_raster(path)
    whole = path.read_bytes()
    heads = [place.start() for place in re.finditer(b"\x78\x9c|\x78\x5e|\x78\xda", whole[small:])]
    damaged = bytearray(whole)
    for head in heads:  # of the mask's tiles, which GDAL compresses
        damaged[small + head] = 0
    path.write_bytes(damaged)
    with pytest.raises(BadInputError, match="could not be written whole"):
        check_raster(path)
    path.write_bytes(whole)
    with rasterio.open(path, "r+") as dataset:
        dataset.build_overviews([2], Resampling.nearest)
    check_raster(path)
    os.truncate(path, path.stat().st_size - 10_000)
    with pytest.raises(BadInputError, match="could not be written whole"):
        check_raster(path)
