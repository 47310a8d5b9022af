"""Creation options tried on a small raster: what they would lose is found before any work."""

from __future__ import annotations

import logging
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rasterio.crs import CRS
from rasterio.enums import ColorInterp
from rasterio.io import DatasetWriter

from model_core.errors import BadInputError
from model_core.raster.creation_options import CreationOptions
from model_core.raster.creation_trial import try_options
from tests.core.rasters import NORTH_UP, UTM


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for temporary files; nothing may be left in it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


def profile(dtype: str, count: int, nodata: float | None) -> dict[str, Any]:
    return {
        "driver": "GTiff", "width": 3000, "height": 2000, "count": count, "dtype": dtype,
        "crs": CRS.from_string(UTM), "transform": NORTH_UP, "nodata": nodata,
        "TILED": "YES", "BLOCKXSIZE": "512", "BLOCKYSIZE": "512", "COMPRESS": "DEFLATE",
    }  # fmt: skip


def describe(dataset: DatasetWriter) -> None:
    dataset.descriptions = [f"band {band}" for band in dataset.indexes]
    dataset.update_tags(SOMA_VERSION="1")


def trial(kind: tuple[str, int, float | None], *options: str) -> None:
    masked = kind[2] is None
    try_options(CreationOptions.of(options), profile(*kind), masked, describe)


SAR = ("float32", 2, math.nan)
COLOURS = ("uint8", 3, None)
COUNTS = ("uint16", 1, 0)

LOST = [
    (SAR, ["COMPRES=ZSTD"], r"^GTiff has no creation option COMPRES \(did you mean COMPRESS\?\); "),
    (SAR, ["NODATA=0"], "^GTiff has no creation option NODATA; correct it, or leave it out"),
    (SAR, ["DRIVER=HFA", "COMPRESED=YES"], "HFA has no creation option COMPRESED"),
    (SAR, ["PROFILE=BASELINE"], r"would lose something \(the CRS, the geotransform, the names of"),
    (SAR, ["PROFILE=GeoTIFF"], "the names of the bands, tags would not be kept"),
    (SAR, ["DRIVER=VRT"], r"DRIVER=VRT cannot be used \(registered.tif only points to another"),
    (SAR, ["DRIVER=MEM"], "it makes no file"),
    (SAR, ["DRIVER=PNG"], r"PNG driver doesn't support data type Float32"),
    (SAR, ["DRIVER=Zarr"], "cannot be used"),
    (SAR, ["DRIVER=GPKG"], "cannot be used"),
    (SAR, ["NBITS=12"], r"Only NBITS=16 is supported for data type Float32"),
    (SAR, ["PHOTOMETRIC=RGB"], "does not correspond to number of bands"),
    (SAR, ["DRIVER=COG", "TILING_SCHEME=GoogleMapsCompatible"], "the CRS, the geotransform"),
    (COLOURS, ["PREDICTOR=3"], "only supported with Float32"),
    (COLOURS, ["PHOTOMETRIC=YCBCR"], "requires COMPRESS=JPEG"),
    (COLOURS, ["DRIVER=PNG"], "the CRS, the geotransform"),
    (("float32", 1, math.nan), ["DRIVER=BT"], "nodata|further files, as registered.prj"),
    (("uint8", 1, 0), ["COMPRESS=JPEG"], "the mask would not be kept"),
    (COUNTS, ["DRIVER=JP2OpenJPEG"], "pixel values would not be kept"),
]


@pytest.mark.parametrize(("kind", "options", "words"), LOST, ids=[" ".join(o) for _, o, _ in LOST])
def test_what_would_be_lost_or_dropped(
    kind: tuple[str, int, float | None], options: list[str], words: str
) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        trial(kind, *options)
    assert "soma-options" not in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (SAR, ["COMPRESS=ZSTD"]),
        (SAR, ["PREDICTOR=2", "ZLEVEL=9"]),
        (SAR, ["TILED=NO", "INTERLEAVE=BAND", "BIGTIFF=YES"]),
        (SAR, ["DRIVER=COG"]),
        (SAR, ["DRIVER=COG", "COMPRESS=ZSTD", "PREDICTOR=YES", "BLOCKSIZE=256"]),
        (SAR, ["DRIVER=HFA", "COMPRESSED=YES"]),
        (SAR, ["DISCARD_LSB=8"]),
        (SAR, ["TFW=YES"]),
        (COLOURS, ["COMPRESS=JPEG", "PHOTOMETRIC=YCBCR", "JPEG_QUALITY=90"]),
        (COLOURS, ["DRIVER=COG", "COMPRESS=JPEG"]),
        (COUNTS, ["NBITS=12"]),
        (("complex_int16", 1, None), ["COMPRESS=LZW"]),
        (("float32", 300, math.nan), ["COMPRESS=NONE"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value[0],
)
def test_what_is_honoured(kind: tuple[str, int, float | None], options: list[str]) -> None:
    trial(kind, *options)


def test_colours_are_kept(temporary: Path) -> None:
    def palette(dataset: DatasetWriter) -> None:
        dataset.colorinterp = [ColorInterp.palette]
        dataset.write_colormap(1, {0: (0, 0, 0, 255), 7: (255, 0, 0, 255)})

    classes = profile("uint8", 1, 0)
    try_options(CreationOptions.of(["COMPRESS=LZW"]), classes, False, palette)
    with pytest.raises(BadInputError, match="the meaning of bands"):
        try_options(CreationOptions.of(["DRIVER=JP2OpenJPEG"]), classes, False, palette)


def test_no_room_for_the_trial(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(BadInputError, match=r"\(No such file or directory\).*TMPDIR"):
        trial(SAR, "COMPRESS=ZSTD")


def test_the_log_of_others_is_left_as_it_was() -> None:
    logger = logging.getLogger("rasterio")
    before = (logger.level, list(logger.handlers))
    trial(SAR, "COMPRESS=ZSTD")
    assert (logger.level, list(logger.handlers)) == before
