"""Layers to files, and results to styled layers."""

from __future__ import annotations

import gc
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsExpressionContextUtils,
    QgsLayerTreeRegistryBridge,
    QgsProcessingContext,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsSingleBandPseudoColorRenderer,
    QgsVectorLayer,
)

from model_core.geometry.grid import Grid
from model_core.products.tie_points import TiePoints
from model_core.products.vectors import FIELDS, write_displacement_vectors
from soma_qgis.layers import results
from soma_qgis.layers.results import (
    ARROW_SCALE,
    AlikeStyler,
    DisplacementRasterStyler,
    Placing,
    VectorStyler,
    open_styled,
    place,
    round_down,
)
from soma_qgis.layers.source import (
    LayerError,
    absolute,
    extent_in_file,
    place_of,
    raster_source,
    symbology,
)

from .conftest import Recorder, write_raster

pytestmark = pytest.mark.usefixtures("qgis_app")


def test_a_file_is_its_path_from_wherever_it_was_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_raster(tmp_path / "a b.tif", 1, 32630)
    monkeypatch.chdir(tmp_path)
    assert raster_source(QgsRasterLayer("a b.tif", "a")) == path


def test_a_raster_in_a_geopackage_is_named_as_gdal_wants(tmp_path: Path) -> None:
    from osgeo import gdal

    first = write_raster(tmp_path / "a.tif", 1, 32630)
    package = str(tmp_path / "p.gpkg")
    for table in ("one", "two"):
        options = [f"RASTER_TABLE={table}", "APPEND_SUBDATASET=YES"]
        gdal.Translate(package, first, format="GPKG", creationOptions=options)
    source = raster_source(QgsRasterLayer(f"GPKG:{package}:two", "two"))
    assert source == f"GPKG:{package}:two"
    assert gdal.Open(source).RasterXSize == 80


def test_a_raster_in_a_zip_is_named_as_gdal_wants(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_raster(tmp_path / "in" / "a.tif", 1, 32630)
    archive = shutil.make_archive(str(tmp_path / "z"), "zip", tmp_path / "in")
    layer = QgsRasterLayer(f"/vsizip/{archive}/a.tif", "a")
    assert layer.isValid()
    assert raster_source(layer) == f"/vsizip/{archive}/a.tif"


@pytest.mark.parametrize(
    ("uri", "provider"),
    [("type=xyz&url=file:///none/{z}/{x}/{y}.png", "wms"), ("?crs=EPSG:4326", "virtualraster")],
)
def test_a_layer_that_is_no_file_says_what_to_do(uri: str, provider: str) -> None:
    layer = QgsRasterLayer(uri, "Tiles", provider)
    with pytest.raises(LayerError, match=r"Tiles is not a file.*Export > Save As"):
        raster_source(layer)


def test_a_subdataset_is_named_from_wherever_it_was_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a b.nc").touch()
    monkeypatch.chdir(tmp_path)
    assert absolute('NETCDF:"a b.nc":v') == f'NETCDF:"{tmp_path}/a b.nc":v'
    assert absolute("GPKG:a b.nc:t") == f"GPKG:{tmp_path}/a b.nc:t"
    assert absolute("GPKG:none.gpkg:t") == "GPKG:none.gpkg:t"
    assert absolute("x" * 5000) == "x" * 5000


def test_how_layers_lie_on_the_map(tmp_path: Path) -> None:
    from osgeo import gdal

    def with_geotransform(name: str, *numbers: float) -> QgsRasterLayer:
        path = write_raster(tmp_path / name, 1, None)
        data = gdal.Open(path, gdal.GA_Update)
        data.SetGeoTransform(numbers)
        data = None
        return QgsRasterLayer(path, name)

    placed = QgsRasterLayer(write_raster(tmp_path / "a.tif", 1, 32630), "a")
    assert place_of(placed) == "crs"
    plain = QgsRasterLayer(write_raster(tmp_path / "b.tif", 1, None), "b")
    assert place_of(plain) == "pixels"
    plain.setCrs(QgsCoordinateReferenceSystem("EPSG:3857"))  # as QGIS may do by itself
    assert place_of(plain) == "pixels"
    # As SOMA writes a part of an image without geotransform.
    part = with_geotransform("c.tif", 30, 1, 0, -50, 0, -1)
    assert place_of(part) == "pixels"
    assert extent_in_file(QgsRectangle(40, -70, 60, -55), part) == [40, 55, 60, 70]
    coordinates = with_geotransform("d.tif", 600_000, 10, 0, 4_400_000, 0, -10)
    assert place_of(coordinates) == "coordinates"
    box = QgsRectangle(600_100, 4_399_500, 600_200, 4_399_900)
    assert extent_in_file(box, coordinates) == [600_100, 4_399_500, 600_200, 4_399_900]
    coordinates.setCrs(QgsCoordinateReferenceSystem("EPSG:32630"))
    assert place_of(coordinates) == "crs"


def vectors(path: Path, length: float) -> QgsVectorLayer:
    """Return a layer of 20 x 20 vectors, 500 m apart, written by the core."""
    from rasterio.crs import CRS
    from rasterio.transform import Affine

    axis = np.arange(20) * 500.0
    new = np.stack(np.meshgrid(500000 + axis, 4400000 + axis), axis=-1).reshape(-1, 2)
    metres = np.full_like(new, 0.0)
    metres[:, 0] = length
    count = len(new)
    points = TiePoints(
        new=new,
        old=new - metres,
        metres=metres,
        pixels=metres / 10,
        certainty=np.full(count, 0.9),
        residual=np.linspace(0, 3, count),
        inlier=np.arange(count) % 5 > 0,
    )
    grid = Grid(CRS.from_epsg(32630), Affine(10, 0, 500000, 0, -10, 4409500), 950, 950)
    write_displacement_vectors(points, grid, path)
    layer = QgsVectorLayer(str(path), "Displacement vectors", "ogr")
    assert layer.featureCount() == count
    return layer


def style(styler: Any, layer: Any) -> list[str]:
    """Post-process a layer as Processing does; return the warnings."""
    feedback = Recorder()
    styler.postProcessLayer(layer, QgsProcessingContext(), feedback)
    return feedback.warnings


def redness(image: Any, x: int, y: int) -> int:
    colour = image.pixelColor(x, y)
    return int(colour.red() - colour.green())


def test_vectors_are_arrows_long_enough_to_be_seen(tmp_path: Path) -> None:
    layer = vectors(tmp_path / "v.gpkg", 8.0)
    assert style(VectorStyler(layer), layer) == []
    scale = QgsExpressionContextUtils.layerScope(layer).variable(ARROW_SCALE)
    assert float(scale) == 50.0  # 8 m drawn as 400 m, on a layer of 9500 m
    assert layer.name() == "Displacement vectors (drawn 50 times as long)"
    symbol = layer.renderer().rootRule().children()[0].symbol()
    arrow = symbol.symbolLayer(0).subSymbol().symbolLayer(0)
    assert arrow.layerType() == "ArrowLine"
    aliases = {field.name(): field.alias() for field in layer.fields()}
    assert "new = old + dx" in aliases["dx_m"]
    assert all(aliases[name] for name in FIELDS)


def test_the_arrows_point_where_the_image_was_moved(tmp_path: Path) -> None:
    """Drawn on a map, red pixels lie east of the start of a vector that points east."""
    from qgis.core import QgsMapRendererParallelJob, QgsMapSettings, QgsRectangle
    from qgis.PyQt.QtCore import QSize

    layer = vectors(tmp_path / "v.gpkg", 8.0)
    style(VectorStyler(layer), layer)
    assert layer.setSubsetString("inlier and fid = 2")
    start = next(layer.getFeatures()).geometry().asPolyline()[0]
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setOutputSize(QSize(200, 200))
    box = QgsRectangle(start.x() - 500, start.y() - 500, start.x() + 500, start.y() + 500)
    settings.setExtent(box)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    columns = [x for x in range(200) for y in range(200) if redness(image, x, y) > 60]
    assert len(columns) > 50
    assert 95 <= min(columns) <= 105
    assert 170 <= max(columns) <= 185  # 400 m, 5 m a pixel


def test_the_less_certain_a_vector_the_fainter_it_is(tmp_path: Path) -> None:
    from qgis.core import QgsExpression, QgsRenderContext, QgsSymbol

    layer = vectors(tmp_path / "v.gpkg", 8.0)
    style(VectorStyler(layer), layer)
    symbol = layer.renderer().rootRule().children()[0].symbol()
    opacity = symbol.dataDefinedProperties().property(QgsSymbol.Property.PropertyOpacity)
    context = QgsRenderContext().expressionContext()
    shown = []
    for certainty in (0.3, 0.6, 1.0):
        expression = QgsExpression(
            opacity.expressionString().replace('"certainty"', str(certainty))
        )
        shown.append(expression.evaluate(context))
    assert 20 < shown[0] < shown[1] < shown[2] == 100  # in per cent; none is invisible


def test_vectors_of_no_length_keep_their_scale(tmp_path: Path) -> None:
    layer = vectors(tmp_path / "v.gpkg", 0.0)
    assert style(VectorStyler(layer), layer) == []
    scale = QgsExpressionContextUtils.layerScope(layer).variable(ARROW_SCALE)
    assert float(scale) == 1.0


@pytest.mark.parametrize(
    ("value", "expected"), [(1, 1), (1.9, 1), (4.99, 2), (5, 5), (73, 50), (0.3, 0.2)]
)
def test_scales_are_numbers_to_reckon_with(value: float, expected: float) -> None:
    assert round_down(value) == pytest.approx(expected)


def test_the_displacement_raster_is_coloured_around_zero(tmp_path: Path) -> None:
    from osgeo import gdal

    path = write_raster(tmp_path / "d.tif", 1, 32630)
    data = gdal.GetDriverByName("GTiff").Create(str(path), 64, 64, 4, gdal.GDT_Float32)
    values = np.linspace(-3, 12, 64 * 64, dtype=np.float32).reshape(64, 64)
    data.GetRasterBand(1).WriteArray(values)
    data = None
    layer = QgsRasterLayer(path, "d")
    assert style(DisplacementRasterStyler(layer), layer) == []
    renderer = layer.renderer()
    assert isinstance(renderer, QgsSingleBandPseudoColorRenderer)
    assert renderer.classificationMax() == pytest.approx(12, abs=0.1)
    assert renderer.classificationMin() == pytest.approx(-12, abs=0.1)
    items = renderer.shader().rasterShaderFunction().colorRampItemList()
    assert [round(item.value) for item in items] == [-12, -6, 0, 6, 12]


def test_the_registered_raster_looks_as_the_moving_one_did(tmp_path: Path) -> None:
    moving = QgsRasterLayer(write_raster(tmp_path / "a.tif", 3, 32630), "a")
    moving.renderer().setRedBand(3)
    moving.setOpacity(0.5)
    registered = QgsRasterLayer(write_raster(tmp_path / "b.tif", 3, 32630), "b")
    assert registered.renderer().redBand() == 1
    assert style(AlikeStyler(symbology(moving)), registered) == []
    assert registered.renderer().redBand() == 3
    assert registered.opacity() == 0.5


def test_layers_are_grouped_named_and_styled_when_they_are_loaded(
    processing_without_window: None, tmp_path: Path
) -> None:
    from processing.gui.Postprocessing import handleAlgorithmResults
    from qgis.core import QgsProcessingLayerPostProcessorInterface

    project = QgsProject.instance()
    project.removeAllMapLayers()
    project.layerTreeRoot().removeAllChildren()
    vectors(tmp_path / "v.gpkg", 8.0)
    path = write_raster(tmp_path / "a.tif", 3, 32630)
    context = QgsProcessingContext()
    context.setProject(project)
    wanted = {str(tmp_path / "v.gpkg"): VectorStyler, path: lambda _: AlikeStyler("")}
    for height, (destination, styler) in enumerate(wanted.items()):
        details = QgsProcessingContext.LayerDetails("x", project)
        context.addLayerToLoadOnCompletion(destination, details)
        placing = Placing(f"layer {height}", "scene (SOMA)", height)
        open_styled(context, destination, placing, styler)
    # The post-processors must outlive whoever made them.
    del wanted, styler
    gc.collect()
    processors = [
        details.postProcessor() for details in context.layersToLoadOnCompletion().values()
    ]
    assert all(isinstance(one, QgsProcessingLayerPostProcessorInterface) for one in processors)
    feedback = Recorder()

    class Algorithm:
        def id(self) -> str:
            return "soma:register"

        def outputDefinitions(self) -> list[Any]:
            return []

    handleAlgorithmResults(Algorithm(), context, feedback)
    group = project.layerTreeRoot().findGroup("scene (SOMA)")
    assert group is not None
    names = [node.name() for node in group.findLayers()]
    assert names == ["layer 1", "layer 0 (drawn 50 times as long)"]
    assert len(feedback.warnings) == 1  # the empty style is told, and costs only the style
    before = len(results._waiting)
    open_styled(context, path, Placing("x", "y", 0), lambda _: AlikeStyler(""))
    assert len(results._waiting) == before - 1  # those that are done are let go


def test_layers_are_placed_where_qgis_cannot_do_it(tmp_path: Path) -> None:
    """Before 3.32, in whichever order QGIS loads them, and beside which layer."""
    project = QgsProject.instance()
    project.removeAllMapLayers()
    root = project.layerTreeRoot()
    root.removeAllChildren()
    other = QgsRasterLayer(write_raster(tmp_path / "other.tif", 1, 32630), "other")
    project.addMapLayer(other)
    for height in (2, 0, 1):
        path = write_raster(tmp_path / f"{height}.tif", 1, 32630)
        layer = QgsRasterLayer(path, f"layer {height}")
        group = root.findGroup("scene (SOMA)")
        if group is not None:  # a window adds where the last layer is
            point = QgsLayerTreeRegistryBridge.InsertionPoint(group, 0)
            project.layerTreeRegistryBridge().setLayerInsertionPoint(point)
        project.addMapLayer(layer)
        place(layer, Placing(layer.name(), "scene (SOMA)", height))
    QgsApplication.processEvents()  # QGIS deletes layers without a node later
    assert [node.name() for node in root.children()] == ["scene (SOMA)", "other"]
    names = [node.name() for node in root.findGroup("scene (SOMA)").children()]
    assert names == ["layer 2", "layer 1", "layer 0"]
    assert len(project.mapLayers()) == 4
    project.removeAllMapLayers()
    top = QgsLayerTreeRegistryBridge.InsertionPoint(root, 0)
    project.layerTreeRegistryBridge().setLayerInsertionPoint(top)


def test_outputs_that_are_not_loaded_are_left_alone(tmp_path: Path) -> None:
    context = QgsProcessingContext()
    before = len(results._waiting)
    open_styled(context, str(tmp_path / "v.gpkg"), Placing("a", "b", 0), VectorStyler)
    assert len(results._waiting) == before
