"""Points of every form lie at the same pixels, and those that cannot be used are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.warp import transform

from model_core.errors import BadInputError
from model_core.geometry.grid import Grid
from model_core.raster.known_points import KnownPoints, read_known_points
from tests.core.raster.vectors import geojson
from tests.core.rasters import NORTH_UP, UTM

REFERENCE = Grid(CRS.from_string(UTM), NORTH_UP, 300, 200)
MOVING = Grid(CRS.from_string("EPSG:3035"), Affine(20, 0, 2_900_000, 0, -20, 2_000_000), 150, 120)
PLANES = (Grid(None, Affine.identity(), 300, 200), Grid(None, Affine.identity(), 150, 120))
AT = np.array([[10.0, 20.0], [200.5, 30.0], [90.0, 150.0]])
ITS = np.array([[5.0, 10.0], [100.0, 16.0], [45.5, 80.25]])


def read(path: Path, least: int = 2, plain: bool = False) -> KnownPoints:
    return read_known_points(str(path), *(PLANES if plain else (REFERENCE, MOVING)), least)


def expected() -> np.ndarray:
    """Where the moving image's georeferencing puts its pixels, in pixels of the reference."""
    x, y = transform(MOVING.crs, REFERENCE.crs, *MOVING.to_map(ITS).T)
    return REFERENCE.to_pixels(np.stack([x, y], axis=-1))


def check(found: KnownPoints, plain: bool = False) -> None:
    assert np.allclose(found.reference, AT, atol=1e-6)
    assert np.allclose(found.moving, ITS if plain else expected(), atol=1e-5)


def table(path: Path, head: str, *columns: np.ndarray, by: str = ",") -> Path:
    rows = np.hstack(columns)
    lines = [head, *(by.join(repr(float(v)) for v in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def up(pixels: np.ndarray) -> np.ndarray:
    """Pixels from the upper left corner, rows counting upwards, as the Georeferencer has them."""
    return (pixels + 0.5) * [1, -1]


@pytest.mark.parametrize("crs", ["", "#CRS: EPSG:4326\n"])
@pytest.mark.parametrize("source", ["sourceX,sourceY", "pixelX,pixelY"])
@pytest.mark.parametrize("pixels", [False, True])
def test_points_of_the_georeferencer_of_any_version(
    tmp_path: Path, crs: str, source: str, pixels: bool
) -> None:
    on_map = REFERENCE.to_map(AT)
    if crs:
        on_map = np.stack(transform(UTM, "EPSG:4326", *on_map.T), axis=-1)
    moving = up(ITS) if pixels else MOVING.to_map(ITS)
    rest = np.tile([1, 0, 0, 0], (3, 1))
    head = f"{crs}mapX,mapY,{source},enable,dX,dY,residual"
    check(read(table(tmp_path / "a.points", head, on_map, moving, rest)))


def test_points_of_images_without_georeferencing(tmp_path: Path) -> None:
    head = "mapX,mapY,sourceX,sourceY,enable"
    check(
        read(table(tmp_path / "a.points", head, up(AT), up(ITS), np.ones((3, 1))), plain=True), True
    )
    head = "moving_x,moving_y,reference_x,reference_y"
    check(read(table(tmp_path / "a.csv", head, ITS + 0.5, AT + 0.5), plain=True), True)
    lines = [[(a + 0.5).tolist(), (b + 0.5).tolist()] for a, b in zip(ITS, AT, strict=True)]
    shapes: list[dict[str, Any]] = [{"type": "LineString", "coordinates": one} for one in lines]
    check(read(geojson(tmp_path / "a.geojson", *shapes), plain=True), True)


@pytest.mark.parametrize("by", [",", ";", "\t"])
def test_tables_in_map_coordinates_and_in_pixels(tmp_path: Path, by: str) -> None:
    head = by.join(["Reference_X", "reference_y", "moving_x", "moving_y"])
    check(read(table(tmp_path / "a.csv", head, REFERENCE.to_map(AT), MOVING.to_map(ITS), by=by)))
    head = by.join(["moving_column", "moving_row", "reference_x", "reference_y"])
    check(read(table(tmp_path / "b.csv", head, ITS + 0.5, REFERENCE.to_map(AT), by=by)))


def test_decimal_commas_of_spreadsheets(tmp_path: Path) -> None:
    head = "moving_column;moving_row;reference_column;reference_row"
    path = table(tmp_path / "a.csv", head, ITS + 0.5, AT + 0.5, by=";")
    path.write_text(path.read_text().replace(".", ","))
    check(read(path))


def test_lines_lead_from_the_moving_image_to_the_reference(tmp_path: Path) -> None:
    old = np.stack(transform(MOVING.crs, "EPSG:4326", *MOVING.to_map(ITS).T), axis=-1)
    new = np.stack(transform(UTM, "EPSG:4326", *REFERENCE.to_map(AT).T), axis=-1)
    shapes: list[dict[str, Any]] = [
        {"type": "LineString", "coordinates": [a.tolist(), [0, 0], b.tolist()]}
        for a, b in zip(old, new, strict=True)
    ]
    found = read(geojson(tmp_path / "a.geojson", *shapes))
    assert np.allclose(found.reference, AT, atol=1e-4)
    assert np.allclose(found.moving, expected(), atol=1e-4)
    points: list[dict[str, Any]] = [{"type": "Point", "coordinates": one.tolist()} for one in new]
    with pytest.raises(BadInputError, match="no columns moving_x and moving_y"):
        read(geojson(tmp_path / "b.geojson", *points))


def test_what_is_not_enabled_lies_outside_or_is_there_twice_is_left_aside(tmp_path: Path) -> None:
    at = np.vstack([AT, AT[:1], [[400.0, 20.0]], AT[:1] + 7])
    its = np.vstack([ITS, ITS[:1], ITS[:1], ITS[:1] + 3])
    enabled = np.array([1, 1, 1, 1, 1, 0])[:, None]
    head = "mapX,mapY,sourceX,sourceY,enable"
    path = table(tmp_path / "a.points", head, REFERENCE.to_map(at), up(its), enabled)
    found = read(path)
    check(found)
    assert found.labels == ("1", "2", "3")
    assert found.notes == (
        "Point 4 of a.points is there twice and is left aside.",
        "Point 5 of a.points does not lie in both images and is left aside.",
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty; it needs the columns mapX"),
        ("a,b\n1,2\n", "no columns that are known; it needs"),
        ("moving_x,moving_y\n1,2\n", "no columns that are known"),
        ("moving_row,moving_column,reference_row,reference_column\n", "holds no point"),
        ("moving_row,moving_column,reference_row,reference_column\n1,2,3,x\n", "Point 1 of .* has"),
        ("moving_row,moving_column,reference_row,reference_column\n1,2,3\n", "Point 1 of .* has"),
        ("moving_row,moving_column,reference_row,reference_column\n1,2,3,nan\n", "no finite"),
        ("moving_row,moving_column,reference_row,reference_column\n1,2,999,3\n", "lies in both"),
        ("moving_row,moving_column,reference_row,reference_column\n1,2,9,3\n", "only one point"),
        ("#CRS: nothing\nmapX,mapY,sourceX,sourceY\n1,2,3,4\n", "CRS that is not known"),
        ('{"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 0]]]}', "type Polygon"),
    ],
)
def test_files_without_points_are_refused(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=sentence) as caught:
        read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ends", [[[0], [1, 2]], [3, 4], {}, [[1, 2], [None, 3]], [[1, 2], "ab"]])
def test_lines_without_coordinates_are_refused(tmp_path: Path, ends: Any) -> None:
    path = geojson(tmp_path / "a.geojson", {"type": "LineString", "coordinates": ends})
    with pytest.raises(BadInputError):
        read(path)


def test_files_that_are_no_text_or_not_there_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with pytest.raises(BadInputError, match="does not exist"):
        read(path)
    path.write_bytes(b"\xff\xfe\x00m")
    with pytest.raises(BadInputError, match="no text in UTF-8"):
        read(path)
