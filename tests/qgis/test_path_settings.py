"""Layers and files for the settings that take one: what reaches the worker, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsGeometry,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
    QgsVectorLayer,
)

from model_core.raster.point_file import read_point_file
from model_core.raster.vector_file import VectorFile, read_vector_file
from soma_qgis.definitions import setting_named
from soma_qgis.dock.path_box import PathBox
from soma_qgis.dock.run_settings import RunSettings
from soma_qgis.engine.engine import Engine

from .conftest import Recorder, write_raster

SQUARE = "POLYGON((0 0, 9 0, 9 9, 0 9, 0 0))"
CURVED = "CURVEPOLYGON(CIRCULARSTRING(0 0, 4 4, 8 0, 4 -4, 0 0))"


@pytest.fixture
def asked(
    run: Callable[..., Any],
    rasters: dict[str, str],
    stub_engine: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qgis_new_project: None,
) -> Callable[..., dict[str, Any]]:
    """Run with parameters, and return what the worker was asked."""
    path = tmp_path / "request.json"
    monkeypatch.setenv("SOMA_STUB_REQUEST", str(path))

    def ask(**parameters: Any) -> dict[str, Any]:
        run("register", Recorder(), **{**rasters, "OUTPUT": str(tmp_path / "o.tif"), **parameters})
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    return ask


def layer(*shapes: str, kind: str = "Polygon", crs: str = "EPSG:3035") -> QgsVectorLayer:
    """Return a layer in memory, in the project, with a number for each shape."""
    uri = f"{kind}?crs={crs}&field=fid:integer&field=name:string"
    made = QgsVectorLayer(uri, "lakes", "memory")
    assert made.isValid()
    for number, shape in enumerate(shapes):
        feature = QgsFeature(made.fields())
        feature.setGeometry(QgsGeometry.fromWkt(shape))
        feature.setAttributes([7, f"lake {number}"])  # numbers twice, as layers in memory may
        made.dataProvider().addFeature(feature)
    QgsProject.instance().addMapLayer(made)
    return made


def names(file: VectorFile) -> list[str]:
    return [one.attributes["name"] for one in file.features]


def test_a_layer_in_memory_reaches_the_worker_with_its_crs(asked: Callable[..., Any]) -> None:
    found = read_vector_file(asked(MASK=layer(SQUARE, SQUARE))["mask"])
    assert found.crs is not None
    assert found.crs.to_epsg() == 3035
    assert names(found) == ["lake 0", "lake 1"]
    assert found.features[0].geometry["coordinates"][0][2] == [9, 9]


def test_filters_and_selections_are_heeded(asked: Callable[..., Any], tmp_path: Path) -> None:
    made = layer(SQUARE, SQUARE, SQUARE)
    made.setSubsetString("name <> 'lake 1'")
    assert names(read_vector_file(asked(MASK=made.id())["mask"])) == ["lake 0", "lake 2"]
    made.selectByExpression("name = 'lake 2'")
    chosen = QgsProcessingFeatureSourceDefinition(made.id(), True)
    assert names(read_vector_file(asked(MASK=chosen)["mask"])) == ["lake 2"]
    made.removeSelection()
    with pytest.raises(QgsProcessingException, match="no feature of lakes is selected"):
        asked(MASK=chosen)


def test_curves_become_lines_and_custom_systems_stay(asked: Callable[..., Any]) -> None:
    made = layer(CURVED, kind="CurvePolygon")
    own = QgsCoordinateReferenceSystem()
    own.createFromProj("+proj=laea +lat_0=10 +lon_0=20 +datum=WGS84 +units=m")
    made.setCrs(own)
    found = read_vector_file(asked(MASK=made)["mask"])
    assert found.crs is not None
    assert "Azimuthal" in found.crs.to_wkt()
    assert len(found.features[0].geometry["coordinates"][0]) > 20


def test_rasters_and_files_of_polygons_are_taken(
    asked: Callable[..., Any], rasters: dict[str, str], tmp_path: Path
) -> None:
    assert asked(MASK=rasters["SAR"])["mask"] == rasters["SAR"]
    path = tmp_path / "sea.geojson"
    shape = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    path.write_text(json.dumps(shape), encoding="utf-8")
    assert len(read_vector_file(asked(MASK=str(path))["mask"]).features) == 1
    assert asked()["mask"] is None


def test_beside_images_without_crs_a_layer_lies_in_their_pixels(
    asked: Callable[..., Any], tmp_path: Path
) -> None:
    plain = {
        "SAR": write_raster(tmp_path / "a.tif", 1, None),
        "OPTICAL": write_raster(tmp_path / "b.tif", 1, None),
    }
    assert read_vector_file(asked(**plain, MASK=layer(SQUARE))["mask"]).crs is None


def test_what_is_no_mask_is_refused(asked: Callable[..., Any]) -> None:
    with pytest.raises(QgsProcessingException, match="lakes has no features"):
        asked(MASK=layer())
    with pytest.raises(QgsProcessingException, match="geometries of another kind"):
        asked(MASK=layer("LINESTRING(0 0, 1 1)", kind="LineString"))
    with pytest.raises(QgsProcessingException):
        asked(MASK="/no/such/file.gpkg")


HEAD = "mapX,mapY,sourceX,sourceY,enable\n"


def test_files_of_points_reach_the_worker_as_they_are(
    asked: Callable[..., Any], tmp_path: Path
) -> None:
    for name in ("a.points", "a b.csv"):
        path = tmp_path / name
        path.write_text(HEAD, encoding="utf-8")
        found = asked(TIE_POINTS=str(path), CHECK_POINTS=str(path))
        assert found["tie_points"] == found["check_points"] == str(path)


def test_lines_and_points_with_columns_are_exported(asked: Callable[..., Any]) -> None:
    lines = layer("LINESTRING(1 2, 3 4)", kind="LineString")
    found = read_point_file(asked(TIE_POINTS=lines)["tie_points"])
    assert found.moving.xy.tolist() == [[1, 2]]
    assert found.reference.xy.tolist() == [[3, 4]]
    columns = QgsVectorLayer(
        "Point?crs=EPSG:3035&field=Moving_X:double&field=moving_y:double", "gcps", "memory"
    )
    feature = QgsFeature(columns.fields())
    feature.setGeometry(QgsGeometry.fromWkt("POINT(3 4)"))
    feature.setAttributes([1.5, 2.5])
    columns.dataProvider().addFeature(feature)
    QgsProject.instance().addMapLayer(columns)
    found = read_point_file(asked(CHECK_POINTS=columns)["check_points"])
    assert found.moving.xy.tolist() == [[1.5, 2.5]]
    assert found.reference.xy.tolist() == [[3, 4]]


def test_polygons_are_no_points(asked: Callable[..., Any]) -> None:
    with pytest.raises(QgsProcessingException, match="geometries of another kind"):
        asked(TIE_POINTS=layer(SQUARE))


def test_the_panel_gives_a_layer_its_selection_or_a_file(
    plugin: object, qgis_new_project: None, rasters: dict[str, str]
) -> None:
    made, box = layer(SQUARE), PathBox(setting_named("mask"))
    its = made.id()
    assert box.source() == ""
    box.choose(made.id())
    assert box.source() == made.id()
    assert box.selected.isHidden()
    made.selectAll()
    assert not box.selected.isHidden()
    box.selected.setChecked(True)
    values = {"mask": box.source()}
    given = RunSettings(values=values).parameters({})["MASK"]
    assert given.selectedFeaturesOnly
    assert given.source.staticValue() == made.id()
    box.choose(rasters["SAR"])
    assert box.source() == rasters["SAR"]
    box.choose(values["mask"])
    assert box.source() == values["mask"]
    QgsProject.instance().removeAllMapLayers()
    assert box.source() != its
    box.choose(values["mask"])
    assert box.source() == ""
