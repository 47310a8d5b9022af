"""Layers that are no files as images of a registration."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import (
    QgsApplication,
    QgsProcessingException,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
)
from qgis.PyQt.QtGui import QColor, QImage

from soma_qgis.engine.engine import Engine
from soma_qgis.layers import export
from soma_qgis.layers.export import Export, export_grid, needs_export
from soma_qgis.layers.source import LayerError

from ..conftest import Recorder, write_raster

ZOOM = 14


@pytest.fixture
def image(qgis_app: object, tmp_path: Path) -> QgsRasterLayer:
    return QgsRasterLayer(write_raster(tmp_path / "s1.tif", 1, 32630), "s1")


@pytest.fixture
def basemap(qgis_app: object, tmp_path: Path) -> QgsRasterLayer:
    """Tiles of one colour around the image, on disk."""
    tile = QImage(256, 256, QImage.Format.Format_RGB32)
    tile.fill(QColor(10, 120, 230))
    for x in range(8050, 8062):
        folder = tmp_path / "tiles" / str(ZOOM) / str(x)
        folder.mkdir(parents=True)
        for y in range(6195, 6205):
            tile.save(str(folder / f"{y}.png"))
    url = f"type=xyz&url=file://{tmp_path}/tiles/{{z}}/{{x}}/{{y}}.png&zmin={ZOOM}&zmax={ZOOM}"
    return QgsRasterLayer(url, "basemap", "wms")


def test_only_layers_that_are_no_files_are_exported(
    image: QgsRasterLayer, basemap: QgsRasterLayer
) -> None:
    assert needs_export(basemap)
    assert not needs_export(image)


def test_a_basemap_is_written_in_another_thread(
    image: QgsRasterLayer, basemap: QgsRasterLayer, tmp_path: Path
) -> None:
    grid = export_grid(basemap, image, 5.0)
    prepared, path, said = Export(basemap, grid), str(tmp_path / "out.tif"), []
    thread = threading.Thread(target=lambda: said.append(prepared.write(path, Recorder())))
    thread.start()
    while thread.is_alive():
        QgsApplication.processEvents()
        thread.join(0.01)
    assert said == ["10 m per pixel"]
    data = gdal.Open(path)
    assert (data.RasterXSize, data.RasterYSize) == (grid.width, grid.height)
    assert grid.width == pytest.approx(90, abs=2)
    colours = data.ReadAsArray()
    assert np.median(colours[:3], axis=(1, 2)).tolist() == [10, 120, 230]


def test_only_the_wanted_area_is_exported(image: QgsRasterLayer, basemap: QgsRasterLayer) -> None:
    whole = export_grid(basemap, image)
    centre = whole.extent.center()
    wanted = QgsRectangle(centre.x() - 100, centre.y() - 100, centre.x(), centre.y())
    part = export_grid(basemap, image, 0.0, wanted)
    assert part.pixel == pytest.approx(whole.pixel, rel=0.1)
    assert part.width == pytest.approx(100 / whole.pixel, abs=1)


def test_too_much_and_too_far_are_refused(
    image: QgsRasterLayer, basemap: QgsRasterLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LayerError, match="do not overlap"):
        export_grid(basemap, image, 0.0, QgsRectangle(0, 0, 1, 1))
    monkeypatch.setattr(export, "LARGEST", 100)
    with pytest.raises(LayerError, match="choose a smaller extent"):
        export_grid(basemap, image)


def test_a_server_that_gives_nothing_is_named(image: QgsRasterLayer, tmp_path: Path) -> None:
    url = f"type=xyz&url=file://{tmp_path}/none/{{z}}/{{x}}/{{y}}.png&zmin={ZOOM}&zmax={ZOOM}"
    basemap = QgsRasterLayer(url, "basemap", "wms")
    prepared = Export(basemap, export_grid(basemap, image))
    with pytest.raises(LayerError, match="basemap gave no image"):
        prepared.write(str(tmp_path / "out.tif"), Recorder())


def test_the_algorithm_takes_a_basemap_as_the_reference(
    run: Callable[..., dict[str, Any]],
    stub_engine: Engine,
    image: QgsRasterLayer,
    basemap: QgsRasterLayer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = tmp_path / "request.json"
    monkeypatch.setenv("SOMA_STUB_REQUEST", str(asked))
    QgsProject.instance().addMapLayers([image, basemap])
    feedback = Recorder()
    run(
        "register", feedback, SAR=image.id(), OPTICAL=basemap.id(),
        OUTPUT=str(tmp_path / "out.tif"), MAX_SHIFT=10,
    )  # fmt: skip
    request = json.loads(asked.read_text(encoding="utf-8"))
    assert request["sar"] == image.source()
    written = gdal.Open(request["optical"])
    assert written.RasterXSize == pytest.approx(100, abs=2)
    assert "Exporting basemap" in feedback.stages
    assert "basemap was exported at 10 m per pixel." in feedback.lines
    with pytest.raises(QgsProcessingException, match="Neither"):
        run("register", SAR=basemap.id(), OPTICAL=basemap.id(), OUTPUT=str(tmp_path / "b.tif"))
    QgsProject.instance().removeAllMapLayers()
