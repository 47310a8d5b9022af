"""A registered raster holds the types, nodata, colours and tags that a GeoTIFF can hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp

from model_core.feedback import Feedback, Progress
from model_core.products.registered_form import form_of
from model_core.products.registered_raster import RasterOptions, write_registered
from model_core.raster.fill_search import find_fill_of_raster
from tests.core.products.fields import SIDE, shifted
from tests.core.rasters import NORTH_UP, UTM, texture, write

INNER = np.s_[:, 6:-6, 6:-6]


class Log(Feedback):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, message: str) -> None:
        self.lines.append(message)


def move(source: Path, dx: float = 0.0, dy: float = 0.0, resampling: str = "auto") -> Path:
    path = source.with_name("registered.tif")
    with rasterio.open(source) as dataset:
        fill = find_fill_of_raster(dataset)
    progress = Progress(Log(), "write")
    write_registered(str(source), shifted(dx, dy), path, RasterOptions(resampling), progress, fill)
    return path


def stack(folder: Path, *bands: Path, nodata: tuple[float | None, ...] = ()) -> Path:
    """Write a VRT of the first bands of rasters, as ``gdalbuildvrt -separate`` does."""
    parts = []
    for index, path in enumerate(bands):
        with rasterio.open(path) as dataset:
            kind = {"uint8": "Byte", "float32": "Float32", "int16": "Int16", "uint16": "UInt16"}
            name = kind[dataset.dtypes[0]]
        value = nodata[index] if nodata else None
        parts.append(
            f'<VRTRasterBand dataType="{name}" band="{index + 1}">'
            + ("" if value is None else f"<NoDataValue>{value}</NoDataValue>")
            + f'<SimpleSource><SourceFilename relativeToVRT="1">{path.name}</SourceFilename>'
            "<SourceBand>1</SourceBand></SimpleSource></VRTRasterBand>"
        )
    transform = ", ".join(str(value) for value in NORTH_UP.to_gdal())
    target = folder / "stack.vrt"
    target.write_text(
        f'<VRTDataset rasterXSize="{SIDE}" rasterYSize="{SIDE}"><SRS>{UTM}</SRS>'
        f"<GeoTransform>{transform}</GeoTransform>{''.join(parts)}</VRTDataset>",
        encoding="utf-8",
    )
    return target


def test_bands_of_different_types_get_one_that_holds_all(tmp_path: Path) -> None:
    backscatter = (-20 + 15 * texture(SIDE, SIDE)).astype(np.float32)
    mask = (texture(SIDE, SIDE, 1) > 0.5).astype(np.uint8)
    source = stack(
        tmp_path,
        write(tmp_path / "a.tif", backscatter[None]),
        write(tmp_path / "b.tif", mask[None]),
    )
    with rasterio.open(move(source, 0.5, 0.25)) as dataset:
        assert dataset.dtypes == ("float32", "float32")
        found = dataset.read()[INNER]
    assert set(np.unique(found[1])) <= {0, 1}  # still a mask
    assert found[0].max() < -5
    assert found[0].min() > -25


def test_integers_of_both_signs_are_kept_exactly(tmp_path: Path) -> None:
    low = np.full((1, SIDE, SIDE), -32000, np.int16)
    high = np.full((1, SIDE, SIDE), 65000, np.uint16)
    source = stack(tmp_path, write(tmp_path / "a.tif", low), write(tmp_path / "b.tif", high))
    with rasterio.open(move(source)) as dataset:
        assert dataset.dtypes[0] == "int32"
        assert [np.unique(band[6:-6, 6:-6]).tolist() for band in dataset.read()] == [
            [-32000],
            [65000],
        ]


@pytest.mark.parametrize("dtype", ["int8", "int64", "uint64", "complex_int16", "complex128"])
def test_rare_types_are_kept(tmp_path: Path, dtype: str) -> None:
    values: NDArray[Any] = (100 * texture(SIDE, SIDE))[None]
    if dtype.startswith("complex"):
        values = values * (1 - 1j)
    source = tmp_path / "in.tif"
    profile: dict[str, Any] = {"driver": "GTiff", "count": 1, "width": SIDE, "height": SIDE}
    with rasterio.open(source, "w", dtype=dtype, crs=UTM, transform=NORTH_UP, **profile) as target:
        holding = "complex64" if dtype == "complex_int16" else dtype
        target.write(np.rint(values).astype(holding))
    with rasterio.open(source) as before, rasterio.open(move(source, 2, 0)) as after:
        assert after.dtypes == before.dtypes == (dtype,)
        # A field in metres moves by whole pixels to the rounding of its numbers.
        np.testing.assert_allclose(after.read()[:, :, :-4], before.read()[:, :, 2:-2], rtol=1e-6)


def test_negative_integers_of_64_bits_are_interpolated_as_such(tmp_path: Path) -> None:
    steep = np.broadcast_to(np.arange(SIDE) * 10 - 500, (1, SIDE, SIDE)).astype(np.int64)
    source = tmp_path / "in.tif"
    name = next(n for n in ("int64", "uint64") if _gdal_type(tmp_path, n) == "Int64")
    with rasterio.open(
        source,
        "w",
        driver="GTiff",
        count=1,
        width=SIDE,
        height=SIDE,
        dtype=name,
        crs=UTM,
        transform=NORTH_UP,
    ) as target:
        target.write(steep.view(name))
    with rasterio.open(move(source, 0.5, 0, "bilinear")) as dataset:
        found = dataset.read().view(np.int64)[INNER]
    np.testing.assert_array_equal(found, (steep + 5)[INNER])


def _gdal_type(folder: Path, name: str) -> str:
    """Return what GDAL calls a type that rasterio calls by a name; 1.3.5 exchanged two."""
    import rasterio.shutil

    path = write(folder / "probe.tif", np.zeros((1, 2, 2), name))
    rasterio.shutil.copy(path, folder / "probe.vrt", driver="VRT")
    text = (folder / "probe.vrt").read_text(encoding="utf-8")
    return text.split('dataType="')[1].split('"')[0]


def test_each_band_keeps_its_own_nodata(tmp_path: Path) -> None:
    first = np.full((1, SIDE, SIDE), 100, np.uint8)
    second = np.full((1, SIDE, SIDE), 100, np.uint8)
    first[:, 30:50, 30:50], second[:, 70:90, 70:90] = 0, 255
    first[:, 70:90, 70:90], second[:, 30:50, 30:50] = 255, 0  # data in the other band
    source = stack(
        tmp_path,
        write(tmp_path / "a.tif", first),
        write(tmp_path / "b.tif", second),
        nodata=(0, 255),
    )
    with rasterio.open(move(source, resampling="nearest")) as dataset:
        masks, values = dataset.read_masks() > 0, dataset.read()
    inner = np.s_[10:-10, 10:-10]
    for index, hole in enumerate((np.s_[30:50, 30:50], np.s_[70:90, 70:90])):
        expected = np.ones((SIDE, SIDE), bool)
        expected[hole] = False
        np.testing.assert_array_equal(masks[index][inner], expected[inner])
    assert (values[0, 70:90, 70:90] == 254).all()  # beside 255, which is nodata now
    assert (values[1, 30:50, 30:50] == 0).all()


def test_a_nodata_value_outside_the_type_is_none(tmp_path: Path) -> None:
    values = (1 + 200 * texture(SIDE, SIDE)).astype(np.uint8)[None]
    source = stack(tmp_path, write(tmp_path / "a.tif", values), nodata=(-9999,))
    with rasterio.open(move(source, -20, 0)) as dataset:
        assert dataset.dtypes == ("uint8",)
        known = dataset.read_masks(1) > 0
    assert not known[:, :19].any()
    assert known[:, 21:].all()


def test_nodata_is_no_data_beside_a_mask_too(tmp_path: Path) -> None:
    values = np.full((1, SIDE, SIDE), 40, np.int16)
    values[:, 20:40, 20:40] = -32768
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        source = write(tmp_path / "in.tif", values, nodata=-32768)
        with rasterio.open(source, "r+") as dataset:
            mask = np.full((SIDE, SIDE), 255, np.uint8)
            mask[80:100, 80:100] = 0
            dataset.write_mask(mask)
    with rasterio.open(move(source, 0.5, 0.5)) as dataset:
        known, found = dataset.read_masks(1) > 0, dataset.read(1)
    assert not known[22:38, 22:38].any()
    assert not known[82:98, 82:98].any()
    assert set(found[known]) == {40}


def test_an_alpha_band_is_moved_but_neither_mixed_nor_data(tmp_path: Path) -> None:
    colour = (50 + 150 * texture(SIDE, SIDE)).astype(np.uint8)
    alpha = np.full((SIDE, SIDE), 255, np.uint8)
    alpha[:, :40] = 0
    source = write(
        tmp_path / "in.tif",
        np.stack([colour, colour, colour, alpha]),
        photometric="RGB",
        alpha="YES",
    )
    with rasterio.open(move(source, 0.5, 0)) as dataset:
        assert dataset.colorinterp[3] == ColorInterp.alpha
        found = dataset.read()
    assert set(np.unique(found[3])) == {0, 255}
    assert (found[3, :, 41:-1] == 255).all()
    assert not found[:, :, :38].any()  # what cannot be seen is not drawn


def test_floating_point_with_alpha_is_transparent_outside(tmp_path: Path) -> None:
    values = np.stack([texture(SIDE, SIDE), np.ones((SIDE, SIDE))]).astype(np.float32)
    source = write(tmp_path / "in.tif", values)
    with rasterio.open(source, "r+") as dataset:
        dataset.colorinterp = (ColorInterp.gray, ColorInterp.alpha)
    with rasterio.open(move(source, -20, 0)) as dataset:
        found = dataset.read()
    assert np.isnan(found[0, :, :19]).all()
    assert set(np.unique(found[1])) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("dtype", "largest", "expected"),
    [
        ("uint8", 2, "uint8"),
        ("int16", 2, "uint8"),
        ("int32", 700, "uint16"),
        ("int32", 70000, "int32"),
    ],
)
def test_a_palette_is_kept_where_geotiff_knows_one(
    tmp_path: Path, dtype: str, largest: int, expected: str
) -> None:
    classes = (texture(SIDE, SIDE) > 0.5).astype(dtype)[None] * np.array(largest - 1, dtype) + 1
    source = write(tmp_path / "classes.img", classes.astype(dtype), driver="HFA")
    with rasterio.open(source, "r+") as dataset:
        dataset.write_colormap(1, {1: (255, 0, 0, 255), 2: (0, 0, 255, 255)})
    with rasterio.open(source) as dataset:
        form = form_of(dataset, "auto")
    assert bool(form.notes) == (expected == "int32")
    with rasterio.open(move(source, 0.4, 0.4)) as dataset:
        assert dataset.dtypes == (expected,)
        assert set(np.unique(dataset.read(1)[6:-6, 6:-6])) == {1, largest}
        assert (dataset.colorinterp[0] == ColorInterp.palette) == (expected != "int32")
        if expected != "int32":
            assert dataset.colormap(1)[1] == (255, 0, 0, 255)


def test_a_mask_of_one_bit_is_moved_by_nearest(tmp_path: Path) -> None:
    source = write(tmp_path / "in.tif", (texture(SIDE, SIDE) > 0.5).astype(np.uint8)[None], nbits=1)
    with rasterio.open(source) as dataset:
        assert form_of(dataset, "auto").methods == ("nearest",)


def test_what_describes_the_pixels_of_the_input_is_not_kept(tmp_path: Path) -> None:
    source = write(tmp_path / "in.tif", texture(SIDE, SIDE)[None].astype(np.float32))
    false = {
        "STATISTICS_MAXIMUM": "99",
        "STATISTICS_VALID_PERCENT": "12",
        "AREA_OR_POINT": "Point",
        "NITF_IGEOLO": "1",
        "lat#actual_range": "1",
        "crs#GeoTransform": "1",
    }
    with rasterio.open(source, "r+") as dataset:
        dataset.update_tags(ACQUIRED="2021-06-01", **false)
        dataset.update_tags(1, POLARISATION="VH", STATISTICS_MEAN="5")
    with rasterio.open(move(source, 2, 2)) as dataset:
        tags = dataset.tags()
        assert tags["ACQUIRED"] == "2021-06-01"
        assert tags["AREA_OR_POINT"] == "Area"
        assert not set(false) - {"AREA_OR_POINT"} & set(tags)
        assert dataset.tags(1) == {"POLARISATION": "VH"}
