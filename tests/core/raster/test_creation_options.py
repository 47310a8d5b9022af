"""Creation options are honoured or refused: here what can be known without GDAL."""

from __future__ import annotations

import pytest

from model_core.errors import BadInputError
from model_core.raster.creation_options import CreationOptions

USUAL = {"driver": "GTiff", "TILED": "YES", "BLOCKXSIZE": "512", "BLOCKYSIZE": "512",
         "COMPRESS": "DEFLATE", "PREDICTOR": "3"}  # fmt: skip


def of(*options: str) -> CreationOptions:
    return CreationOptions.of(options)


def test_options_by_name_and_the_format_as_gdal_spells_it() -> None:
    assert of(" compress = zstd ") == CreationOptions("GTiff", {"COMPRESS": "zstd"})
    assert of("driver=cog").driver == "COG"
    assert of() == CreationOptions("GTiff", {})


def test_options_of_qgis_come_as_one_text() -> None:
    assert of("COMPRESS=DEFLATE|PREDICTOR=2|").options == {"COMPRESS": "DEFLATE", "PREDICTOR": "2"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["COMPRESS=NOPE"], r"NOPE is no value of .* COMPRESS, which is one of NONE, DEFLATE, LZW"),
        (["COMPRESS=DEFLAT"], r"did you mean DEFLATE\?"),
        (["COMPRESS="], "not of the form NAME=VALUE"),
        (["=LZW"], "not of the form NAME=VALUE"),
        (["COM\nPRESS=LZW"], "not of the form NAME=VALUE"),
        (["COMPRESS=LZW", "COMPRESS=ZSTD"], "given twice, as LZW and as ZSTD"),
        (["TILED=PERHAPS"], "one of YES, NO;"),
        (["BLOCKXSIZE=500"], "a multiple of 16 from 16 to 8192"),
        (["BLOCKYSIZE=0"], "a multiple of 16 from 16 to 8192"),
        (["BLOCKXSIZE=1e9"], "a multiple of 16 from 16 to 8192"),
        (["DRIVER=COG", "BLOCKSIZE=abc"], "abc is no value"),  # which ends the process in GDAL
        (["NUM_THREADS=4000000"], "from 1 to 1024 or ALL_CPUS"),
        (["ZLEVEL=77"], "a whole number from 1 to 12"),
        (["ZLEVEL=nan"], "nan is no value"),
        (["NBITS=0"], "from 1 to 32"),
        (["INTERLEAVE=LINE"], "one of BAND, PIXEL"),
        (["COPY_SRC_OVERVIEWS=YES"], "no overviews to copy"),
        (["COMPRESS=NONE", "PREDICTOR=2"], "no effect with COMPRESS=NONE, only with DEFLATE, LZW"),
        (["COMPRESS=LZW", "ZLEVEL=9"], "no effect with COMPRESS=LZW"),
        (["ZSTD_LEVEL=9"], "no effect with COMPRESS=DEFLATE"),
        (["DRIVER=COG", "LEVEL=9"], "no effect with COMPRESS=LZW"),
        (["DRIVER=NoSuch"], "no driver NoSuch here; leave DRIVER out"),
        (["DRIVER=Gtif"], r"did you mean GTiff\?"),
        (["COMPRESS=" + "x" * 10**5], "is no value"),
    ],
)
def test_what_cannot_be_meant(options: list[str], words: str) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        CreationOptions.of(options)
    assert len(str(caught.value)) < 500


def test_what_asks_for_nothing_is_left_out() -> None:
    assert of("COPY_SRC_OVERVIEWS=NO", "SPARSE_OK=YES").options == {"SPARSE_OK": "YES"}


def test_usual_options_give_way_to_those_given() -> None:
    assert of("COMPRESS=ZSTD").profile(USUAL) == USUAL | {"COMPRESS": "ZSTD"}
    assert "PREDICTOR" not in of("COMPRESS=JPEG").profile(USUAL)
    assert "PREDICTOR" not in of("NBITS=12").profile(USUAL)
    assert of("PREDICTOR=2").profile(USUAL)["PREDICTOR"] == "2"
    strips = of("TILED=NO").profile(USUAL)
    assert strips["TILED"] == "NO"
    assert "BLOCKXSIZE" not in strips
    assert of("DRIVER=COG", "COMPRESS=ZSTD").profile(USUAL) == USUAL


@pytest.mark.parametrize(
    ("option", "dtype", "size", "words"),
    [
        ("COMPRESS=JPEG", "uint16", 10, "8 bits, and the image has uint16; choose DEFLATE"),
        ("COMPRESS=WEBP", "float32", 10, "8 bits"),
        ("BIGTIFF=NO", "uint8", 5 * 10**9, "up to 5.0 GB.*BIGTIFF=YES"),
        ("BIGTIFF=IF_NEEDED", "uint8", 5 * 10**9, "BIGTIFF=YES"),
        ("DRIVER=HFA", "uint8", 3 * 10**9, "more than HFA surely holds"),
        ("NBITS=11", "uint16", 10, r"up to 2047, and the image has some of 4000"),
        ("NBITS=16", "float32", 10, ""),
        ("NBITS=12", "uint16", 10, ""),
        ("BIGTIFF=IF_SAFER", "uint8", 5 * 10**9, ""),
        ("COMPRESS=JPEG", "uint8", 10, ""),
    ],
)
def test_what_the_pixels_cannot_have(option: str, dtype: str, size: int, words: str) -> None:
    if words:
        with pytest.raises(BadInputError, match=words):
            of(option).check_pixels(dtype, size, lambda: 4000.0)
    else:
        of(option).check_pixels(dtype, size, lambda: 4000.0)
