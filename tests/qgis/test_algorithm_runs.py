"""Runs of ``soma:register`` on a stub worker: verdicts, errors, cancellation and threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from qgis.core import (
    QgsApplication,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProject,
    QgsRasterLayer,
)

from soma_qgis.engine.engine import Engine
from soma_qgis.plugin import SomaPlugin

from .conftest import Recorder

Run = Callable[..., dict[str, Any]]


def algorithm() -> Any:
    return QgsApplication.processingRegistry().algorithmById("soma:register")


def test_failed_raises_with_the_reasons(
    run: Run,
    stub_engine: Engine,
    rasters: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOMA_STUB", "failed")
    with pytest.raises(QgsProcessingException, match=r"no raster was written: Reason one\."):
        run("register", **rasters, OUTPUT=str(tmp_path / "out.tif"))


def test_doubtful_warns_and_gives_the_result(
    run: Run,
    stub_engine: Engine,
    rasters: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOMA_STUB", "doubtful")
    feedback = Recorder()
    results = run("register", feedback, **rasters, OUTPUT=str(tmp_path / "out.tif"))
    assert results["VERDICT"] == "doubtful"
    assert len(feedback.warnings) == 1
    assert "Reason one." in feedback.warnings[0]


def test_an_error_of_the_worker_is_its_sentence_and_the_details_are_in_the_log(
    run: Run,
    stub_engine: Engine,
    rasters: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOMA_STUB", "refuse")
    feedback = Recorder()
    with pytest.raises(QgsProcessingException, match=r"That cannot be\."):
        run("register", feedback, **rasters, OUTPUT=str(tmp_path / "out.tif"))
    assert "where it happened" in feedback.lines


def test_cancel_stops_the_run_and_leaves_nothing(
    run: Run,
    stub_engine: Engine,
    rasters: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOMA_STUB", "deaf")
    before = sorted(tmp_path.iterdir())
    started = time.monotonic()
    with pytest.raises(QgsProcessingException, match="Cancelled"):
        run("register", Recorder("started"), **rasters, OUTPUT=str(tmp_path / "out.tif"))
    assert time.monotonic() - started < 4
    assert sorted(tmp_path.iterdir()) == before
    assert stub_engine.worker_pid() is None


def test_it_runs_as_a_task_in_another_thread(
    plugin: SomaPlugin, stub_engine: Engine, rasters: dict[str, str], tmp_path: Path
) -> None:
    """As the toolbox's dialog and the dock do."""
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    feedback = Recorder()
    parameters = {**rasters, "OUTPUT": str(tmp_path / "out.tif")}
    found = algorithm().create()
    task = QgsProcessingAlgRunnerTask(found, parameters, context, feedback)
    ended: list[tuple[bool, dict[str, Any]]] = []
    task.executed.connect(lambda good, results: ended.append((good, results)))
    QgsApplication.taskManager().addTask(task)
    end = time.monotonic() + 20
    while not ended and time.monotonic() < end:
        QgsApplication.processEvents()
        time.sleep(0.01)
    assert ended[0][0]
    assert ended[0][1]["VERDICT"] == "registered"


def test_process_algorithm_touches_no_layer(
    plugin: SomaPlugin, stub_engine: Engine, rasters: dict[str, str], tmp_path: Path
) -> None:
    """Layers belong to the main thread, and may be gone by the time the run starts."""
    project = QgsProject.instance()
    layers = {name: QgsRasterLayer(path, name) for name, path in rasters.items()}
    for layer in layers.values():
        project.addMapLayer(layer)
    context = QgsProcessingContext()
    context.setProject(project)
    feedback = Recorder()
    parameters = {
        **{name: layer.id() for name, layer in layers.items()},
        "OUTPUT": str(tmp_path / "out.tif"),
    }
    found = algorithm().create()
    assert found.prepare(parameters, context, feedback)
    project.removeAllMapLayers()
    ended: list[dict[str, Any]] = []
    thread = threading.Thread(
        target=lambda: ended.append(found.runPrepared(parameters, context, feedback))
    )
    thread.start()
    thread.join(20)
    assert ended[0]["VERDICT"] == "registered"
