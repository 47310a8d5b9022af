"""Geometries are read as their files hold them, in the CRS that these say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rasterio.crs import CRS

from model_core.errors import BadInputError
from model_core.raster.vector_file import is_vector_file, read_vector_file
from tests.core.raster.vectors import blob, geojson, geopackage, polygon, square, wkb_polygon

SQUARE = square(10.0, 20.0, 5.0)
LINE: dict[str, Any] = {"type": "LineString", "coordinates": [[0, 0, 9], [1, 2, 9]]}


@pytest.mark.parametrize(
    ("said", "crs"),
    [
        (None, "OGC:CRS84"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "OGC:CRS84"),
        ("urn:ogc:def:crs:EPSG::32630", "EPSG:32630"),
        ("EPSG:3035", "EPSG:3035"),
    ],
)
def test_geojson_is_in_degrees_unless_it_says_otherwise(
    tmp_path: Path, said: str | None, crs: str
) -> None:
    found = read_vector_file(str(geojson(tmp_path / "a.json", polygon(SQUARE), crs=said)))
    assert found.crs == CRS.from_user_input(crs)
    [feature] = found.features
    assert feature.geometry == polygon(SQUARE)


def test_collections_are_taken_apart_and_empty_geometries_left_out(tmp_path: Path) -> None:
    several = {
        "type": "GeometryCollection",
        "geometries": [
            {"type": "MultiPolygon", "coordinates": [[SQUARE], [square(0, 0, 1)], []]},
            LINE,
            {"type": "Polygon", "coordinates": []},
        ],
    }
    features = [
        {"type": "Feature", "properties": {"name": "sea"}, "geometry": several},
        {"type": "Feature", "properties": None, "geometry": None},
    ]
    path = tmp_path / "a.geojson"
    path.write_text("\ufeff" + json.dumps({"type": "FeatureCollection", "features": features}))
    found = read_vector_file(str(path)).features
    assert [one.geometry["type"] for one in found] == ["Polygon", "Polygon", "LineString"]
    assert all(one.attributes == {"name": "sea"} for one in found)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("height", [False, True])
@pytest.mark.parametrize("envelope", [False, True])
def test_geopackages_of_either_byte_order_with_heights_and_envelopes(
    tmp_path: Path, order: str, height: bool, envelope: bool
) -> None:
    hole = square(11, 21, 1)
    one = blob(wkb_polygon(SQUARE, hole, order=order, height=height), envelope)
    found = read_vector_file(str(geopackage(tmp_path / "a.gpkg", lakes=[one])))
    assert found.crs == CRS.from_epsg(32630)
    [feature] = found.features
    assert feature.geometry == polygon(SQUARE, hole)
    assert feature.attributes["kind"] == "lake"


def test_a_layer_of_several_is_named_as_qgis_names_it(tmp_path: Path) -> None:
    path = geopackage(
        tmp_path / "a.gpkg",
        lakes=[blob(wkb_polygon(SQUARE))],
        seas=[blob(wkb_polygon(square(0, 0, 1))), blob(wkb_polygon(SQUARE))],
    )
    assert len(read_vector_file(f"{path}|layername=seas").features) == 2
    with pytest.raises(BadInputError, match=r"layers lakes, seas; give a.gpkg\|layername=lakes"):
        read_vector_file(str(path))
    with pytest.raises(BadInputError, match="no layer rivers, only lakes, seas"):
        read_vector_file(f"{path}|layername=rivers")


def test_a_geopackage_of_unknown_crs_has_none(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "a.gpkg", -1, lakes=[blob(wkb_polygon(SQUARE))])
    assert read_vector_file(str(path)).crs is None


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[1, 2]",
        b'{"type": "Topology"}',
        b'{"type": "FeatureCollection"}',
        b'{"type": "FeatureCollection", "features": [3]}',
        b'{"type": "Polygon", "coordinates": null, "crs": 7}',
        b"\xff\xfe{",
        b"{" + b'"a":{' * 5000,
        b"SQLite format 3\0" + bytes(100),
    ],
)
def test_what_is_damaged_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.geojson"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=r"bad.geojson cannot be read .*convert it") as caught:
        read_vector_file(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cut", [1, 9, 30])
def test_cut_and_curved_geometries_are_one_sentence(tmp_path: Path, cut: int) -> None:
    one = blob(wkb_polygon(SQUARE))[:-cut]
    with pytest.raises(BadInputError, match="cannot be read"):
        read_vector_file(str(geopackage(tmp_path / "a.gpkg", lakes=[one])))
    curve = blob(b"\x01\x0a\x00\x00\x00\x00\x00\x00\x00")
    with pytest.raises(BadInputError, match="curves"):
        read_vector_file(str(geopackage(tmp_path / "b.gpkg", lakes=[curve])))


def test_rasters_and_other_files_are_told_apart(tmp_path: Path) -> None:
    raster = tmp_path / "a.tif"
    raster.write_bytes(b"II*\0")
    assert not is_vector_file(str(raster))
    assert not is_vector_file(str(tmp_path / "missing.gpkg"))
    assert is_vector_file(str(geojson(tmp_path / "a.geojson", LINE)))
    path = geopackage(tmp_path / "a.gpkg", lakes=[])
    assert is_vector_file(str(path))
    assert is_vector_file(f"{path}|layername=lakes")
