"""What QGIS knows of a layer beyond its file reaches the worker."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessingFeedback,
    QgsRasterLayer,
    QgsRasterRange,
)

from model_core.raster.opening import open_raster
from soma_qgis.layers.export import Export, export_grid, needs_export
from soma_qgis.layers.source import LayerError
from soma_qgis.layers.stand_in import StandIn, stand_in

from .conftest import write_raster

pytestmark = pytest.mark.usefixtures("qgis_app")


def write(path: Path, values: np.ndarray, nodata: float | None = None) -> str:
    """Write (bands, H, W) with 10-m pixels in UTM."""
    from osgeo import gdal, osr

    bands, height, width = values.shape
    kind = {"f": gdal.GDT_Float32, "u": gdal.GDT_Byte}[values.dtype.kind]
    data = gdal.GetDriverByName("GTiff").Create(str(path), width, height, bands, kind)
    system = osr.SpatialReference()
    system.ImportFromEPSG(32630)
    data.SetProjection(system.ExportToWkt())
    data.SetGeoTransform((500000.0, 10.0, 0, 4427757.0, 0, -10.0))
    for band in range(bands):
        data.GetRasterBand(band + 1).WriteArray(values[band])
        if nodata is not None:
            data.GetRasterBand(band + 1).SetNoDataValue(nodata)
    data = None  # closes the file
    return str(path)


def stripes() -> np.ndarray:
    """Columns of 0, -9999, -1 and numbers above zero."""
    values = np.full((1, 80, 80), 5.0, np.float32)
    for column, value in ((0, 0), (10, -9999), (20, -1)):
        values[:, :, column : column + 10] = value
    return values


def written(layer: QgsRasterLayer, folder: Path) -> Path:
    """Return the file that stands for a layer."""
    found = stand_in(layer)
    assert found is not None
    path = folder / "given" / found.file_name
    path.parent.mkdir(exist_ok=True)
    found.write(str(path), QgsProcessingFeedback())
    return path


def test_names_are_those_of_the_layers_data(tmp_path: Path) -> None:
    layer = QgsRasterLayer(write(tmp_path / "a.b.tif", stripes()), "Name: of / it")
    layer.dataProvider().setUserNoDataValue(1, [value(0)])
    found = stand_in(layer)
    assert found is not None
    for source, name in (
        ("/data/s1 grd.tiff", "s1_grd.tiff"),
        ('NETCDF:"/data/a b.nc":sigma0', "a_b.nc_sigma0.vrt"),
        ("/vsizip/x.zip/a.tif", "a.tif"),
        ("<VRTDataset/>", "Name_of_it.vrt"),
        ("/data/hdr.adf", "hdr.adf.vrt"),
    ):
        found._source = source
        assert found.file_name == name


def seen(path: Path | str) -> tuple[np.ndarray, np.ndarray]:
    """Return what the core sees of a raster: values and which of them are valid."""
    with open_raster(str(path)) as dataset:
        return dataset.read(), dataset.read_masks() > 0


def value(number: float) -> QgsRasterRange:
    return QgsRasterRange(number, number)


def test_a_plain_file_needs_nothing(tmp_path: Path) -> None:
    for name, nodata in (("a.tif", None), ("b.tif", -9999.0)):
        layer = QgsRasterLayer(write(tmp_path / name, stripes(), nodata), "a")
        assert stand_in(layer) is None
        assert not needs_export(layer)


@pytest.mark.parametrize(
    ("declared", "by_file", "chosen", "lost"),
    [
        (None, True, [-9999.0], {-9999}),
        (0.0, True, [-9999.0], {0, -9999}),
        (0.0, False, [-9999.0], {-9999}),
        (0.0, False, [], set()),
        (-9999.0, True, [-9999.0], {-9999}),
    ],
)
def test_nodata_of_a_layer_is_nodata_to_the_worker(
    tmp_path: Path, declared: float | None, by_file: bool, chosen: list[float], lost: set[int]
) -> None:
    layer = QgsRasterLayer(write(tmp_path / "sigma nought.tif", stripes(), declared), "a")
    provider = layer.dataProvider()
    provider.setUseSourceNoDataValue(1, by_file)
    provider.setUserNoDataValue(1, [value(number) for number in chosen])
    assert not needs_export(layer)
    path = written(layer, tmp_path)
    assert path.name == "sigma_nought.tif"
    values, valid = seen(path)
    expected = stripes()
    assert np.array_equal(valid, ~np.isin(expected, list(lost)))
    assert np.array_equal(values[valid], expected[valid])


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_ranges_of_nodata_are_written_out(tmp_path: Path, dtype: str) -> None:
    values = stripes() if dtype == "float32" else np.abs(stripes() % 200).astype(np.uint8)
    layer = QgsRasterLayer(write(tmp_path / "a.tif", values), "a")
    layer.dataProvider().setUserNoDataValue(1, [QgsRasterRange(-1, 0), value(-9999), value(1)])
    other = QgsRasterLayer(write_raster(tmp_path / "other.tif", 3, 4326), "other")
    assert needs_export(layer)
    export, path = Export(layer, export_grid(layer, other, 500.0)), str(tmp_path / "out.tif")
    export.write(path, QgsProcessingFeedback())
    found, valid = seen(path)
    with open_raster(path) as dataset:
        assert tuple(dataset.transform)[:6] == (10, 0, 500000, 0, -10, 4427757)
    lost = np.isin(values, [-1, 0, -9999, 1])
    assert np.array_equal(valid, ~lost)
    assert np.array_equal(found[valid], values[valid])


def test_a_crs_that_was_set_in_qgis_is_passed_on(tmp_path: Path) -> None:
    from osgeo import gdal

    path = write_raster(tmp_path / "a.tif", 1, None)
    data = gdal.Open(path, gdal.GA_Update)
    data.SetGeoTransform((500000.0, 10.0, 0, 4427757.0, 0, -10.0))
    data = None
    layers = [QgsRasterLayer(path, "a"), QgsRasterLayer(write(tmp_path / "b.tif", stripes()), "b")]
    assert stand_in(layers[0]) is None
    for layer, code in zip(layers, (32630, 25830)):
        layer.setCrs(QgsCoordinateReferenceSystem(f"EPSG:{code}"))
        with open_raster(str(written(layer, tmp_path))) as dataset:
            assert dataset.crs.to_epsg() == code
            assert dataset.transform.c == 500000
        with open_raster(layer.source()) as dataset:  # which is not touched
            assert dataset.crs is None or dataset.crs.to_epsg() == 32630


def test_an_image_without_geotransform_may_be_shown_in_the_projects_crs(tmp_path: Path) -> None:
    layer = QgsRasterLayer(write_raster(tmp_path / "a.tif", 1, None), "a")
    layer.setCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    assert stand_in(layer) is None


def test_options_of_gdal_are_passed_on(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "\n".join(f"{x},{y},{x + y}" for y in range(4) for x in range(4)), encoding="utf-8"
    )
    # Without this option GDAL takes the first row for a header where it likes to.
    layer = QgsRasterLayer(f"{tmp_path / 'a.csv'}|option:HAS_HEADER=NO", "a")
    if not layer.isValid():
        pytest.skip("this GDAL reads no XYZ with options")
    path = written(layer, tmp_path)
    assert 'key="HAS_HEADER">NO' in path.read_text(encoding="utf-8")
    assert np.array_equal(seen(path)[0][0], np.add.outer(np.arange(4), np.arange(4)))


def test_a_layer_in_memory_is_written_to_a_file(tmp_path: Path) -> None:
    from osgeo import gdal

    file = write(tmp_path / "file.tif", stripes(), -9999.0)
    assert gdal.Translate("/vsimem/soma test/scratch.tif", file) is not None
    try:
        layer = QgsRasterLayer("/vsimem/soma test/scratch.tif", "Scratch")
        assert layer.isValid()
        found = stand_in(layer)
        assert isinstance(found, StandIn)
        assert found.file_name == "scratch.tif"
        path = tmp_path / found.file_name
        files = found.write(str(path), QgsProcessingFeedback())
        assert files == [str(path), str(tmp_path / "pixels_of_scratch.tif")]
    finally:
        gdal.Unlink("/vsimem/soma test/scratch.tif")
    for ours, theirs in zip(seen(path), seen(file)):
        assert np.array_equal(ours, theirs)


def test_a_virtual_raster_that_is_no_file_becomes_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from osgeo import gdal

    file = write(tmp_path / "file.tif", stripes(), -9999.0)
    gdal.Translate(str(tmp_path / "x.vrt"), file, format="VRT")
    text = (tmp_path / "x.vrt").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    layer = QgsRasterLayer(text, "Mosaic: of / two")
    assert layer.isValid()
    (tmp_path / "elsewhere").mkdir()
    path = written(layer, tmp_path / "elsewhere")
    assert path.name == "Mosaic_of_two.vrt"
    monkeypatch.chdir(tmp_path / "elsewhere")
    for ours, theirs in zip(seen(path), seen(file)):
        assert np.array_equal(ours, theirs)


def test_a_file_that_is_gone_is_said(tmp_path: Path) -> None:
    layer = QgsRasterLayer(write(tmp_path / "a.tif", stripes()), "Gone")
    layer.dataProvider().setUserNoDataValue(1, [value(0)])
    found = stand_in(layer)
    assert found is not None
    (tmp_path / "a.tif").unlink()
    with pytest.raises(LayerError, match=r"Gone cannot be read any more .*repair"):
        found.write(str(tmp_path / "b.vrt"), QgsProcessingFeedback())


def test_an_expression_is_exported_in_its_own_pixels(tmp_path: Path) -> None:
    write(tmp_path / "a.tif", stripes())
    uri = "?crs=EPSG:32630&extent=500000,4426957,500800,4427757&width=80&height=80"
    uri += f"&formula=%22a@1%22*2&a:uri={tmp_path / 'a.tif'}&a:provider=gdal"
    layer = QgsRasterLayer(uri, "Twice", "virtualraster")
    assert layer.isValid()
    assert needs_export(layer)
    other = QgsRasterLayer(write_raster(tmp_path / "other.tif", 3, 4326), "other")
    grid = export_grid(layer, other, 500.0)
    assert (grid.width, grid.height) == (80, 80)
    path = str(tmp_path / "out.tif")
    Export(layer, grid).write(path, QgsProcessingFeedback())
    assert np.array_equal(seen(path)[0], stripes() * 2)


def test_a_run_is_given_the_stand_in_and_deletes_it(
    run: Callable[..., dict[str, Any]],
    stub_engine: object,
    rasters: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    asked = tmp_path / "asked.json"
    monkeypatch.setenv("SOMA_STUB_REQUEST", str(asked))
    layer = QgsRasterLayer(rasters["SAR"], "sar")
    layer.dataProvider().setUserNoDataValue(1, [value(0)])
    run("register", SAR=layer, OPTICAL=rasters["OPTICAL"], OUTPUT=str(tmp_path / "out.tif"))
    sar = Path(json.loads(asked.read_text(encoding="utf-8"))["sar"])
    assert sar.name == Path(rasters["SAR"]).name
    assert str(sar) != rasters["SAR"]
    assert not sar.exists()
