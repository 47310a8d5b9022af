"""What the panel says before a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsRasterLayer,
    QgsRectangle,
    QgsReferencedRectangle,
)

from soma_qgis.dock.check import check_pair, overlap_text

from ..conftest import write_raster


def layer(path: Path, epsg: int | None, name: str) -> QgsRasterLayer:
    return QgsRasterLayer(write_raster(path / f"{name}.tif", 1, epsg), name)


def test_the_overlap_is_measured_on_the_ellipsoid(qgis_app: object, tmp_path: Path) -> None:
    metres, degrees = layer(tmp_path, 32630, "metres"), layer(tmp_path, 4326, "degrees")
    found = check_pair(metres, degrees)
    assert found.problem == ""
    # 0.008 degrees of longitude (683 m at 40 degrees) by 800 m, less what lies beyond 800 m.
    assert found.km2 == pytest.approx(0.683 * 0.8, rel=0.02)
    width, height = found.pixels
    assert width == pytest.approx(68, abs=2)
    assert height == pytest.approx(80, abs=1)
    assert check_pair(degrees, metres).km2 == pytest.approx(found.km2, rel=0.02)


def test_an_area_cuts_the_overlap(qgis_app: object, tmp_path: Path) -> None:
    one, two = layer(tmp_path, 32630, "one"), layer(tmp_path, 32630, "two")
    assert check_pair(one, two).km2 == pytest.approx(0.64, rel=0.01)
    crs = QgsCoordinateReferenceSystem("EPSG:32630")
    part = QgsReferencedRectangle(QgsRectangle(500000, 4427357, 500400, 4427757), crs)
    assert check_pair(one, two, part).km2 == pytest.approx(0.16, rel=0.01)
    away = QgsReferencedRectangle(QgsRectangle(0, 0, 1, 1), crs)
    assert "outside the overlap" in check_pair(one, two, away).problem


def test_what_stops_a_run_is_said(qgis_app: object, tmp_path: Path) -> None:
    one, bare = layer(tmp_path, 32630, "one"), layer(tmp_path, None, "bare")
    assert "Choose a SAR" in check_pair(None, one).problem
    assert "twice" in check_pair(one, one).problem
    assert "bare has no CRS" in check_pair(one, bare).problem
    assert "bare has no CRS" in check_pair(bare, one).problem
    path = write_raster(tmp_path / "far.tif", 1, 32630)
    data = gdal.Open(path, gdal.GA_Update)
    data.SetGeoTransform((700000, 10, 0, 4427757, 0, -10))
    data = None  # closes the file
    far = QgsRasterLayer(path, "far")
    assert "do not overlap" in check_pair(one, far).problem
    pointed = check_pair(one, far, started=True)
    assert pointed.problem == ""
    assert overlap_text(pointed) == "The tie points say where the images overlap."
    tiles = QgsRasterLayer("type=xyz&url=file:///none/{z}/{x}/{y}.png", "tiles", "wms")
    assert "Neither tiles nor more is a file" in check_pair(tiles, more_tiles(tiles)).problem
    shown = layer(tmp_path, 32630, "shown")
    shown.setCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    assert "one and shown do not overlap" in check_pair(one, shown).problem
    broken = QgsRasterLayer(str(tmp_path / "none.tif"), "broken")
    assert "cannot be read" in check_pair(one, broken).problem


def more_tiles(tiles: QgsRasterLayer) -> QgsRasterLayer:
    return QgsRasterLayer(tiles.source(), "more", "wms")


def test_a_basemap_is_exported_at_the_resolution_of_the_image(
    qgis_app: object, tmp_path: Path
) -> None:
    one = layer(tmp_path, 32630, "one")
    tiles = QgsRasterLayer("type=xyz&url=file:///none/{z}/{x}/{y}.png&zmax=14", "tiles", "wms")
    for pair in ((one, tiles), (tiles, one)):
        found = check_pair(*pair)
        assert found.problem == ""
        assert found.km2 == pytest.approx(0.64, rel=0.02)
        assert list(found.pixels) == pytest.approx([80, 80], abs=2)
        assert found.note == "tiles is exported first, at 10 m per pixel."


def test_images_without_crs_are_compared_in_pixels(qgis_app: object, tmp_path: Path) -> None:
    found = check_pair(layer(tmp_path, None, "a"), layer(tmp_path, None, "b"))
    assert (found.problem, found.km2, found.pixels) == ("", None, (80, 80))


def test_images_without_crs_are_compared_by_their_coordinates(
    qgis_app: object, tmp_path: Path
) -> None:
    found = []
    for name, east in (("a", 500_000), ("b", 500_200)):
        path = write_raster(tmp_path / f"{name}.tif", 1, None)
        data = gdal.Open(path, gdal.GA_Update)
        data.SetGeoTransform((east, 10, 0, 4427757, 0, -10))
        data = None  # closes the file
        found.append(QgsRasterLayer(path, name))
    one, other = found
    both = check_pair(one, other)
    assert (both.problem, both.km2, both.pixels) == ("", None, (60, 80))
    assert "by their coordinates: 60 × 80 px" in overlap_text(both)
    placed = layer(tmp_path, 32630, "placed")
    for pair in ((one, placed), (placed, one)):
        assert "a has coordinates but no CRS" in check_pair(*pair).problem
    one.setCrs(QgsCoordinateReferenceSystem("EPSG:32630"))
    assert check_pair(one, placed).km2 == pytest.approx(0.64, rel=0.01)
