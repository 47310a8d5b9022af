"""Masks lie on the ground where their file says, in any CRS, and bad ones are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.warp import transform

from model_core.errors import BadInputError
from model_core.feedback import Feedback
from model_core.geometry.crs import COORDINATES
from model_core.geometry.grid import Grid
from model_core.geometry.window import Window
from model_core.raster.mask import EitherMask, share_left_out
from model_core.raster.mask_file import read_mask
from tests.core.raster.vectors import blob, geojson, geopackage, polygon, square, wkb_polygon
from tests.core.rasters import NORTH_UP, UTM, write

SIDE = 300
WORKING = Grid(CRS.from_string(UTM), NORTH_UP, SIDE, SIDE)
PLANE = Grid(None, Affine.identity(), SIDE, SIDE)
WHOLE = Window(0, 0, SIDE, SIDE)


class Heard(Feedback):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, message: str) -> None:
        self.lines.append(message)


def truth() -> NDArray[np.bool_]:
    """A square of 100 pixels with a hole of 20, and one across the border."""
    mask = np.zeros((SIDE, SIDE), bool)
    mask[50:150, 80:180] = True
    mask[90:110, 100:120] = False
    mask[280:, :40] = True
    return mask


def rings() -> list[list[list[tuple[float, float]]]]:
    """The same in map coordinates."""

    def ring(column: int, row: int, side: int) -> list[tuple[float, float]]:
        return square(600_000 + 10 * column, 4_400_000 - 10 * (row + side), 10 * side)

    return [[ring(80, 50, 100), ring(100, 90, 20)], [ring(-40, 280, 80)]]


def in_crs(crs: str) -> list[dict[str, object]]:
    moved = []
    for part in rings():
        dense = [dense_ring(ring) for ring in part]
        there = [
            list(zip(*transform(UTM, crs, *zip(*ring, strict=True)), strict=True)) for ring in dense
        ]
        moved.append(polygon(*there))
    return moved


def dense_ring(ring: list[tuple[float, float]]) -> list[tuple[float, float]]:
    corners = np.array(ring)
    steps = np.linspace(0, 1, 21)[:-1, None]
    parts = [a + steps * (b - a) for a, b in zip(corners[:-1], corners[1:], strict=True)]
    return [tuple(point) for point in np.concatenate([*parts, corners[:1]]).tolist()]


def covered(path: Path | str, working: Grid = WORKING, window: Window = WHOLE) -> NDArray[np.bool_]:
    return read_mask(str(path), working, Feedback()).covers(window.positions(), working)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32629", "EPSG:3857", "EPSG:3035"])
def test_polygons_of_any_crs_lie_where_they_should(tmp_path: Path, crs: str) -> None:
    path = geojson(tmp_path / "a.geojson", *in_crs(crs), crs=None if crs == "EPSG:4326" else crs)
    found = covered(path)
    assert (found != truth()).mean() < 0.012  # what an edge touches is in it
    inner = truth().copy()
    for axis in (0, 1):
        inner &= np.roll(truth(), 1, axis) & np.roll(truth(), -1, axis)
    assert found[inner].mean() > 0.999


def test_a_geopackage_covers_the_same(tmp_path: Path) -> None:
    blobs = [blob(wkb_polygon(*part)) for part in rings()]
    assert (covered(geopackage(tmp_path / "a.gpkg", lakes=blobs)) != truth()).mean() < 0.012


def test_longitudes_go_round(tmp_path: Path) -> None:
    turned = [
        polygon(*[[(x + 360, y) for x, y in ring] for ring in one["coordinates"]])  # type: ignore[attr-defined]
        for one in in_crs("EPSG:4326")
    ]
    assert (covered(geojson(tmp_path / "a.geojson", *turned)) != truth()).mean() < 0.012


@pytest.mark.parametrize("finer", [1, 3])
def test_a_raster_covers_its_valid_pixels_that_are_not_0(tmp_path: Path, finer: int) -> None:
    values = np.where(truth(), 3, 0).astype(np.uint8).repeat(finer, 0).repeat(finer, 1)[None]
    values[:, : 60 * finer] = 255
    path = write(tmp_path / "a.tif", values, NORTH_UP * Affine.scale(1 / finer), nodata=255)
    expected = truth()
    expected[:60] = False
    assert np.array_equal(covered(path), expected)


def test_a_raster_of_numbers_that_are_none_covers_nothing_there(tmp_path: Path) -> None:
    values = np.where(truth(), 0.5, np.nan).astype(np.float32)[None]
    assert np.array_equal(covered(write(tmp_path / "a.tif", values)), truth())


@pytest.mark.parametrize("raster", [False, True])
def test_downsampled_windows_go_by_most_of_their_pixels(tmp_path: Path, raster: bool) -> None:
    if raster:
        path = write(tmp_path / "a.tif", truth().astype(np.uint8)[None])
    else:
        path = geojson(tmp_path / "a.geojson", *in_crs(UTM), crs=UTM)
    found = covered(path, window=Window(-4, -4, 38, 38, 10))
    blocks = truth().reshape(30, 10, 30, 10).mean(axis=(1, 3)) > 0.5
    assert np.array_equal(found[4:34, 4:34], blocks)
    assert found[35:].any() == (not raster)  # the polygon goes on beyond the images
    assert not found[:4].any()


def test_positions_between_and_beside_pixels_are_looked_up(tmp_path: Path) -> None:
    mask = read_mask(str(geojson(tmp_path / "a.json", *in_crs(UTM), crs=UTM)), WORKING, Feedback())
    positions = WHOLE.positions() + np.array([0.4, 7.3])
    positions[0, 0] = np.nan
    found = mask.covers(positions, WORKING)
    assert (found[:290] != np.roll(truth(), -7, axis=0)[:290]).mean() < 0.02
    assert not found[0, 0]
    both = EitherMask([mask, mask])
    assert np.array_equal(both.covers(positions, WORKING), found)
    assert share_left_out(mask, WORKING) == pytest.approx(truth().mean(), abs=0.01)


@pytest.mark.parametrize("up", [False, True])
def test_images_without_georeferencing_have_masks_in_pixels(tmp_path: Path, up: bool) -> None:
    ring = [(x, -y if up else y) for x, y in [(80.0, 50.0), *square(80, 50, 100)[1:]]]
    expected = np.zeros((SIDE, SIDE), bool)
    expected[50:150, 80:180] = True
    found = covered(geojson(tmp_path / "a.geojson", polygon(ring)), PLANE)
    assert (found != expected).mean() < 0.006
    path = write(tmp_path / "a.tif", expected.astype(np.uint8)[None], None, None)
    assert np.array_equal(covered(path, PLANE), expected)


def test_images_without_a_crs_have_masks_in_their_coordinates(tmp_path: Path) -> None:
    working = Grid(COORDINATES, NORTH_UP, SIDE, SIDE)
    path = geojson(tmp_path / "a.geojson", *(polygon(*part) for part in rings()))
    assert (covered(path, working) != truth()).mean() < 0.012
    raster = write(tmp_path / "a.tif", truth().astype(np.uint8)[None], crs=None)
    assert np.array_equal(covered(raster, working), truth())
    with pytest.raises(BadInputError, match="has no CRS and the images have one"):
        covered(raster)
    with pytest.raises(BadInputError, match="one is in pixels and the other has coordinates"):
        covered(raster, PLANE)
    with pytest.raises(BadInputError, match="has a CRS and the images have none"):
        covered(geojson(tmp_path / "b.geojson", *in_crs(UTM), crs=UTM), working)


@pytest.mark.parametrize("reach", [1e5, 1e7, 1e14])
def test_polygons_that_reach_beyond_any_map_cover_what_is_in_them(
    tmp_path: Path, reach: float
) -> None:
    """A triangle over the half of the images that lies above their diagonal."""
    middle = (600_000 + 5 * SIDE, 4_400_000 - 5 * SIDE)
    corners = [(-reach, reach), (-reach, -reach), (reach, reach), (-reach, reach)]
    ring = [(middle[0] + x, middle[1] + y) for x, y in corners]
    found = covered(geojson(tmp_path / "a.geojson", polygon(ring), crs=UTM))
    y, x = np.mgrid[:SIDE, :SIDE]
    assert (found != (x + y < SIDE - 1)).mean() < 0.01


@pytest.mark.parametrize(
    ("geometries", "crs", "sentence"),
    [
        ([], None, "holds no geometry; give polygons"),
        ([{"type": "LineString", "coordinates": [[0, 0], [1, 1]]}], None, "LineString; give poly"),
        ([polygon([(0, 0), (1, 1)])], None, "No polygon .* is sound"),
        ([polygon([(0, 0), (1, float("nan")), (2, 2), (0, 0)])], None, "No polygon .* is sound"),
        ([polygon(square(600_000, 4_400_000, 10))], None, r"in degrees, but .*\(600000, 4400000\)"),
        ([polygon(square(0, 0, 1))], "EPSG:999999", "CRS that is not known"),
    ],
)
def test_files_that_are_no_mask_are_refused(
    tmp_path: Path, geometries: list[dict[str, Any]], crs: str | None, sentence: str
) -> None:
    path = geojson(tmp_path / "a.geojson", *geometries, crs=crs)
    with pytest.raises(BadInputError, match=sentence):
        read_mask(str(path), WORKING, Feedback())


def test_a_mask_with_a_crs_belongs_to_images_with_one(tmp_path: Path) -> None:
    cells = np.ones((1, 64, 64), np.uint8)
    placed = write(tmp_path / "a.tif", cells)
    plain = write(tmp_path / "b.tif", cells, None, None)
    unknown = geopackage(tmp_path / "a.gpkg", -1, lakes=[blob(wkb_polygon(square(0, 0, 9)))])
    for path in (plain, unknown):
        with pytest.raises(BadInputError, match="has no CRS and the images have one"):
            read_mask(str(path), WORKING, Feedback())
    with pytest.raises(BadInputError, match="has a CRS and the images have none"):
        read_mask(str(placed), PLANE, Feedback())


def test_other_formats_are_to_be_converted(tmp_path: Path) -> None:
    path = tmp_path / "sea.shp"
    path.write_bytes(b"\0\0\x27\x0a" + bytes(96))
    with pytest.raises(BadInputError, match="convert it to GeoJSON or GeoPackage"):
        read_mask(str(path), WORKING, Feedback())
    with pytest.raises(BadInputError, match="does not exist"):
        read_mask(str(tmp_path / "none.gpkg"), WORKING, Feedback())


def test_what_is_left_aside_is_said(tmp_path: Path) -> None:
    line = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}
    heard = Heard()
    geometries: list[Any] = [*in_crs(UTM), line, polygon([(0, 0), (1, 1)])]
    read_mask(str(geojson(tmp_path / "a.json", *geometries, crs=UTM)), WORKING, heard)
    assert [line.split(": ")[1] for line in heard.lines] == [
        "1 geometries are no polygons and are left aside.",
        "1 geometries are not sound and are left aside.",
    ]
