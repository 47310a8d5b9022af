"""One image in a file is taken, several are named, whatever holds them."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray

from model_core.errors import BadInputError
from model_core.geometry.crs import project
from model_core.geometry.located import LocatedGrid
from model_core.raster.opening import open_raster
from model_core.raster.scene import open_scene
from tests.core.located import DEGREES, HEIGHT, UTM_CRS, WIDTH, pixels, place
from tests.core.rasters import NORTH_UP, UTM, write

VALUES = np.arange(100 * 90, dtype=np.uint8).reshape(1, 100, 90)


def pages(folder: Path, count: int) -> Path:
    """Write a TIFF of several pages."""
    path = folder / "pages.tif"
    for _ in range(count):
        options = {"APPEND_SUBDATASET": "YES"} if path.exists() else {}
        write(path, VALUES, **options)
    return path


def tables(folder: Path, count: int) -> Path:
    """Write a GeoPackage of several rasters."""
    path = folder / "tables.gpkg"
    for name in ("first", "second")[:count]:
        options = {"APPEND_SUBDATASET": "YES"} if path.exists() else {}
        write(path, VALUES, driver="GPKG", RASTER_TABLE=name, **options)
    return path


def archive(folder: Path, count: int) -> Path:
    """Write a zip of several images, with a text beside them."""
    path = folder / "images.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("readme.txt", "nothing")
        for name in ("first.tif", "second.tif")[:count]:
            file.write(write(folder / name, VALUES), f"inside/{name}")
    return path


def tar(folder: Path, count: int) -> Path:
    """Write the same as a tar."""
    path = folder / "images.tgz"
    with tarfile.open(path, "w:gz") as file:
        for name in ("first.tif", "second.tif")[:count]:
            file.add(write(folder / name, VALUES), name)
    return path


@pytest.mark.parametrize("make", [pages, tables, archive, tar])
def test_one_image_is_taken(make: Callable[[Path, int], Path], tmp_path: Path) -> None:
    path = make(tmp_path, 1)
    scene = open_scene(path, "optical")
    assert scene.name == path.name
    assert (scene.grid.height, scene.grid.width) == (100, 90)
    assert scene.grid.crs is not None


@pytest.mark.parametrize(
    ("make", "named", "one"),
    [
        (pages, "page 1, page 2", "GTIFF_DIR:2:{}"),
        (tables, "first, second", "GPKG:{}:second"),
        (archive, r"inside/first\.tif, inside/second\.tif", "/vsizip/{}/inside/second.tif"),
        (tar, r"first\.tif, second\.tif", "/vsitar/{}/second.tif"),
    ],
)
def test_several_images_are_named_and_each_can_be_given(
    make: Callable[[Path, int], Path], named: str, one: str, tmp_path: Path
) -> None:
    path = make(tmp_path, 2)
    with pytest.raises(BadInputError, match=rf"{path.name} holds 2 images \({named}\); give"):
        open_scene(path, "optical")
    assert open_scene(one.format(path), "optical").grid.width == 90


def test_an_archive_without_an_image(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"images\.zip holds no image"):
        open_scene(archive(tmp_path, 0), "sar")
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(BadInputError, match=r"broken\.zip cannot be read"):
        open_scene(broken, "sar")


def test_a_folder_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="is a folder, not a raster"):
        open_scene(tmp_path, "sar")


def test_arrays_of_places_are_no_images(tmp_path: Path) -> None:
    gdal = pytest.importorskip("osgeo.gdal")
    path = tmp_path / "swath.nc"
    degrees = project(place(pixels()), UTM_CRS, DEGREES)
    arrays = {"lon": degrees[..., 0], "lat": degrees[..., 1], "row": pixels()[..., 1]}
    _netcdf(gdal, path, arrays)
    scene = open_scene(path, "sar")
    assert isinstance(scene.grid, LocatedGrid)
    some = pixels()[5:-5:40, 5:-5:40]
    found = scene.grid.to_pixels(project(place(some), UTM_CRS, scene.grid.crs))
    with open_raster(str(path)) as dataset:
        column, row = np.rint(found).astype(int).transpose(2, 0, 1)
        shown = dataset.read(1)[row, column]
    # GDAL turns the rows of such files round, and the arrays with them.
    assert np.abs(shown - some[..., 1]).max() == 0
    assert np.abs(found[..., 0] - some[..., 0]).max() < 0.1


def test_axes_in_degrees_need_no_crs(tmp_path: Path) -> None:
    gdal = pytest.importorskip("osgeo.gdal")
    path = tmp_path / "axes.nc"
    gdal.UseExceptions()
    root = gdal.GetDriverByName("netCDF").CreateMultiDimensional(str(path)).GetRootGroup()
    text = gdal.ExtendedDataType.CreateString()
    real = gdal.ExtendedDataType.Create(gdal.GDT_Float64)
    axes = {"lat": (39.7 - 1e-3 * np.arange(90), "degrees_north")}
    axes["lon"] = -1.8 + 1e-3 * np.arange(80), "degrees_east"
    sides = []
    for name, (values, unit) in axes.items():
        sides.append(root.CreateDimension(name, None, None, len(values)))
        array = root.CreateMDArray(name, sides[-1:], real)
        array.Write(values)
        array.CreateAttribute("units", [], text).Write(unit)
    root.CreateMDArray("sigma0", sides, real).Write(np.ones((90, 80)))
    del root, sides, array  # closes the file
    found = open_scene(path, "sar").grid
    assert found.crs == DEGREES
    assert found.to_map(np.zeros(2)) == pytest.approx([-1.8, 39.7])


def _netcdf(gdal, path: Path, arrays: dict[str, NDArray[np.float64]]) -> None:
    """Write arrays of one size, the last of which the others place."""
    gdal.UseExceptions()
    root = gdal.GetDriverByName("netCDF").CreateMultiDimensional(str(path)).GetRootGroup()
    sides = [root.CreateDimension(n, None, None, s) for n, s in (("y", HEIGHT), ("x", WIDTH))]
    text, real = (
        gdal.ExtendedDataType.CreateString(),
        gdal.ExtendedDataType.Create(gdal.GDT_Float64),
    )
    standard = {"lon": ("longitude", "degrees_east"), "lat": ("latitude", "degrees_north")}
    for name, values in arrays.items():
        array = root.CreateMDArray(name, sides, real)
        array.Write(np.ascontiguousarray(values))
        named = standard.get(name)
        tags = (
            {"coordinates": "lon lat"}
            if named is None
            else {"standard_name": named[0], "units": named[1]}
        )
        for key, value in tags.items():
            array.CreateAttribute(key, [], text).Write(value)


def test_all_of_a_plain_file_stays_as_it_was(tmp_path: Path) -> None:
    path = write(tmp_path / "plain.tif", VALUES, NORTH_UP, UTM)
    scene = open_scene(path, "optical")
    with rasterio.open(path) as dataset:
        assert (scene.grid.crs, scene.grid.transform) == (dataset.crs, dataset.transform)
    assert scene.note == ""
