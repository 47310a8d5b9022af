"""Runs in the background on the stub worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsFields,
    QgsProject,
    QgsRasterLayer,
    QgsVectorFileWriter,
    QgsWkbTypes,
)

from soma_qgis.algorithms import names
from soma_qgis.dock.run_settings import RunSettings
from soma_qgis.dock.runs import Run, RunQueue
from soma_qgis.engine.engine import Engine
from soma_qgis.plugin import SomaPlugin

from ..conftest import write_raster
from .conftest import wait


@pytest.fixture
def layers(
    plugin: SomaPlugin, stub_engine: Engine, rasters: dict[str, str], qgis_new_project: None
) -> Iterator[tuple[QgsRasterLayer, QgsRasterLayer]]:
    found = QgsRasterLayer(rasters["SAR"], "s1"), QgsRasterLayer(rasters["OPTICAL"], "s2")
    QgsProject.instance().addMapLayers(list(found))
    yield found
    QgsProject.instance().removeAllMapLayers()


def run(queue: RunQueue, layers: tuple[QgsRasterLayer, QgsRasterLayer], folder: str = "") -> Run:
    settings = RunSettings(layers[0].id(), layers[1].id(), folder, products=())
    added = Run(settings, *layers)
    queue.add(added)
    return added


def test_a_run_gives_figures_and_a_command(
    layers: tuple[QgsRasterLayer, QgsRasterLayer], tmp_path: Path
) -> None:
    queue = RunQueue()
    stages: list[str] = []
    queue.changed.connect(lambda: stages.append(queue.current.stage if queue.current else ""))
    folder = tmp_path / "results"
    folder.mkdir()
    # The stub writes nothing, so the file that QGIS loads is put there.
    done = run(queue, layers, folder=str(folder))
    write_raster(folder / "s1_registered.tif", 2, 32630)
    wait(lambda: done.record is not None)
    assert done.record is not None
    assert (done.record.verdict, done.record.problem) == ("registered", "")
    assert done.record.results[names.MEDIAN_SHIFT_PX] == 3.0
    assert done.record.title == "s1 → s2"
    assert done.record.parameters[names.SAR] == layers[0].source()
    assert done.record.parameters[names.OUTPUT] == str(folder / "s1_registered.tif")
    assert "Searching for the shift" in stages
    assert queue.current is None


def test_results_come_into_a_group_and_nothing_else_changes(
    layers: tuple[QgsRasterLayer, QgsRasterLayer], tmp_path: Path
) -> None:
    project = QgsProject.instance()
    before, crs = set(project.mapLayers()), project.crs()
    products = (names.DISPLACEMENTS, names.DISPLACEMENT_RASTER)
    settings = RunSettings(layers[0].id(), layers[1].id(), str(tmp_path), products)
    done = Run(settings, *layers)
    write_raster(tmp_path / "s1_registered.tif", 2, 32630)
    write_raster(tmp_path / "s1_displacement.tif", 4, 32630)
    crs32630 = QgsCoordinateReferenceSystem("EPSG:32630")
    vectors = str(tmp_path / "s1_displacements.gpkg")
    context, options = QgsCoordinateTransformContext(), QgsVectorFileWriter.SaveVectorOptions()
    geometry = QgsWkbTypes.Type.LineString
    writer = QgsVectorFileWriter.create(vectors, QgsFields(), geometry, crs32630, context, options)
    del writer  # closes the file
    queue = RunQueue()
    queue.add(done)
    wait(lambda: done.record is not None)
    assert done.record is not None
    assert done.record.problem == ""
    assert set(project.mapLayers()) - before == {layer.id() for layer in done.layers.values()}
    (group,) = project.layerTreeRoot().findGroups()
    assert group.name() == "s1 (SOMA)"
    assert [child.name() for child in group.children()] == [
        *("Displacement vectors", "s1 registered", "Displacement towards east (m)"),
    ]
    assert project.crs() == crs


def test_runs_wait_for_each_other(layers: tuple[QgsRasterLayer, QgsRasterLayer]) -> None:
    queue = RunQueue()
    ended: list[Run] = []
    queue.ended.connect(ended.append)
    runs = [run(queue, layers) for _ in range(3)]
    assert (queue.current, queue.waiting) == (runs[0], 2)
    wait(lambda: len(ended) == 3)
    assert ended == runs
    assert queue.current is None


def test_layers_may_go_while_a_run_waits(layers: tuple[QgsRasterLayer, QgsRasterLayer]) -> None:
    queue = RunQueue()
    runs = [run(queue, layers) for _ in range(2)]
    QgsProject.instance().removeAllMapLayers()
    wait(lambda: all(r.record is not None for r in runs))
    assert all(r.record is not None and r.record.results for r in runs)


def test_cancel_stops_the_first_and_the_next_one_runs(
    layers: tuple[QgsRasterLayer, QgsRasterLayer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOMA_STUB", "polite")
    queue = RunQueue()
    first = run(queue, layers)
    second = run(queue, layers)
    wait(lambda: first.share == 0.0 and first.stage == "Starting the worker")
    monkeypatch.setenv("SOMA_STUB", "registered")
    queue.cancel_current()
    wait(lambda: second.record is not None)
    assert first.record is not None
    assert (first.record.verdict, first.record.problem) == ("cancelled", "")
    assert second.record is not None
    assert second.record.verdict == "registered"


def test_cancelling_all_starts_none(
    layers: tuple[QgsRasterLayer, QgsRasterLayer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOMA_STUB", "polite")
    queue = RunQueue()
    runs = [run(queue, layers) for _ in range(3)]
    queue.cancel_all()
    wait(lambda: all(r.record is not None for r in runs))
    assert [r.record.verdict for r in runs if r.record] == ["cancelled"] * 3


@pytest.mark.parametrize(
    ("behaviour", "says"),
    [("failed", "Reason one."), ("crash", "worker ended unexpectedly"), ("refuse", "cannot be")],
)
def test_a_failure_is_a_sentence_and_a_second_run_works(
    layers: tuple[QgsRasterLayer, QgsRasterLayer],
    monkeypatch: pytest.MonkeyPatch,
    behaviour: str,
    says: str,
) -> None:
    monkeypatch.setenv("SOMA_STUB", behaviour)
    queue = RunQueue()
    done = run(queue, layers)
    wait(lambda: done.record is not None)
    assert done.record is not None
    assert done.record.verdict == "failed"
    assert says in done.record.problem
    assert "Traceback" not in done.record.problem


def test_what_the_algorithm_refuses_ends_at_once(
    layers: tuple[QgsRasterLayer, QgsRasterLayer],
) -> None:
    source = "type=xyz&url=file:///none/{z}/{x}/{y}.png"
    tiles = QgsRasterLayer(source, "one", "wms"), QgsRasterLayer(source, "two", "wms")
    QgsProject.instance().addMapLayers(list(tiles))
    queue = RunQueue()
    done = run(queue, tiles)
    wait(lambda: done.record is not None, 2)
    assert done.record is not None
    assert "Neither one nor two is a file" in done.record.problem
    assert queue.current is None
