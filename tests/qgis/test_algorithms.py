"""The algorithms on a stub worker: what they ask of it, and what they make of its answers."""

from __future__ import annotations

import json
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
    QgsProcessingParameterDefinition,
    QgsProject,
    QgsRasterLayer,
)

from model_core.settings import SETTINGS, check_settings
from model_core.workflows.request import RegistrationRequest
from soma_qgis.algorithms import register
from soma_qgis.algorithms.base import band_list, creation_options
from soma_qgis.engine.engine import Engine
from soma_qgis.plugin import SomaPlugin

from .conftest import Recorder, write_raster

Run = Callable[..., dict[str, Any]]

REGISTER_PARAMETERS = [
    *("SAR", "SAR_BAND", "OPTICAL", "OPTICAL_BANDS", "MOVING", "TRANSFORM", "MAX_SHIFT"),
    *("EXTENT", "MIN_CERTAINTY", "SPACING", "RESAMPLING", "MODEL", "DEVICE", "CREATE_OPTIONS"),
    *("OUTPUT", "DISPLACEMENTS", "DISPLACEMENT_RASTER", "GCPS", "REPORT"),
]
REGISTER_OUTPUTS = [
    *("OUTPUT", "DISPLACEMENTS", "DISPLACEMENT_RASTER", "GCPS", "REPORT"),
    *("RMSE_BEFORE", "RMSE_AFTER", "MEDIAN_SHIFT_M", "INLIER_RATIO", "COVERAGE", "VERDICT"),
    *("MEDIAN_SHIFT_PX", "SECONDS", "DEVICE_USED", "DEVICE_REASON", "REASONS"),
]
APPLY_PARAMETERS = ["DISPLACEMENT_RASTER", "INPUT", "RESAMPLING", "CREATE_OPTIONS", "OUTPUT"]


@pytest.fixture
def request_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stub writes what it was asked."""
    path = tmp_path / "request.json"
    monkeypatch.setenv("SOMA_STUB_REQUEST", str(path))
    return path


def algorithm(name: str) -> Any:
    found = QgsApplication.processingRegistry().algorithmById(f"soma:{name}")
    assert found is not None
    return found


def test_ids_are_stable(plugin: SomaPlugin) -> None:
    provider = QgsApplication.processingRegistry().providerById("soma")
    assert sorted(a.name() for a in provider.algorithms()) == ["applyregistration", "register"]
    found = algorithm("register")
    assert [p.name() for p in found.parameterDefinitions()] == REGISTER_PARAMETERS
    assert [o.name() for o in found.outputDefinitions()] == REGISTER_OUTPUTS
    found = algorithm("applyregistration")
    assert [p.name() for p in found.parameterDefinitions()] == APPLY_PARAMETERS


@pytest.mark.parametrize("name", ["register", "applyregistration"])
def test_everything_is_explained(plugin: SomaPlugin, name: str) -> None:
    found = algorithm(name)
    assert "new position = old position + (dx, dy)" in found.shortHelpString()
    assert found.shortDescription()
    assert not found.icon().isNull()
    for parameter in found.parameterDefinitions():
        assert parameter.help(), parameter.name()


def test_only_the_images_and_the_raster_must_be_given(plugin: SomaPlugin) -> None:
    flag = QgsProcessingParameterDefinition.Flag.FlagOptional
    needed = [
        p.name()
        for p in algorithm("register").parameterDefinitions()
        if not p.flags() & flag and p.defaultValue() is None
    ]
    assert needed == ["SAR", "OPTICAL", "OUTPUT"]


def test_defaults_are_those_of_the_core() -> None:
    assert SETTINGS["max_shift"].default == register.DEFAULT_MAX_SHIFT
    assert SETTINGS["model"].default == register.DEFAULT_MODEL
    assert SETTINGS["min_certainty"].default == register.DEFAULT_MIN_CERTAINTY


def test_a_plain_run_asks_for_the_defaults(
    run: Run, stub_engine: Engine, rasters: dict[str, str], request_file: Path, tmp_path: Path
) -> None:
    output = str(tmp_path / "out.tif")
    feedback = Recorder()
    results = run("register", feedback, **rasters, OUTPUT=output)
    asked = RegistrationRequest.from_dict(json.loads(request_file.read_text(encoding="utf-8")))
    expected = RegistrationRequest(rasters["SAR"], rasters["OPTICAL"])
    assert {**asked.to_dict(), "outputs": None} == {**expected.to_dict(), "outputs": None}
    assert {k: v for k, v in asked.to_dict()["outputs"].items() if v} == {"registered": output}
    assert results == {
        "OUTPUT": output,
        "RMSE_BEFORE": 4.0,
        "RMSE_AFTER": 0.5,
        "MEDIAN_SHIFT_M": 30.0,
        "INLIER_RATIO": 0.75,
        "COVERAGE": 0.5,
        "VERDICT": "registered",
        "MEDIAN_SHIFT_PX": 3.0,
        "SECONDS": 1.5,
        "DEVICE_USED": "cpu",
        "DEVICE_REASON": "stub",
        "REASONS": "Reason one. Reason two.",
    }
    assert feedback.stages == ["Starting the worker", "Searching for the shift"]
    assert feedback.progress() == 25
    assert "1.5 s on cpu (stub) with stub." in feedback.lines


def test_relative_paths_are_those_of_the_current_folder(
    run: Run,
    stub_engine: Engine,
    rasters: dict[str, str],
    request_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``qgis_process`` is given them; the worker runs in another folder."""
    monkeypatch.chdir(tmp_path)
    Path("own.safetensors").touch()
    given = {"OUTPUT": "out.tif", "REPORT": "r.html", "MODEL": "own.safetensors"}
    results = run("register", Recorder(), **rasters, **given)
    asked = json.loads(request_file.read_text(encoding="utf-8"))
    assert asked["outputs"]["registered"] == results["OUTPUT"] == str(tmp_path / "out.tif")
    assert asked["outputs"]["report"] == str(tmp_path / "r.html")
    assert asked["model"] == str(tmp_path / "own.safetensors")
    displaced = {"DISPLACEMENT_RASTER": rasters["SAR"], "INPUT": rasters["SAR"]}
    results = run("applyregistration", Recorder(), **displaced, OUTPUT="moved.tif")
    asked = json.loads(request_file.read_text(encoding="utf-8"))
    assert asked["output"] == results["OUTPUT"] == str(tmp_path / "moved.tif")


def test_every_setting_reaches_the_core_also_as_text(
    run: Run, stub_engine: Engine, rasters: dict[str, str], request_file: Path, tmp_path: Path
) -> None:
    """``qgis_process`` gives everything as text."""
    outputs = {
        "OUTPUT": str(tmp_path / "out.tif"),
        "DISPLACEMENTS": str(tmp_path / "d.gpkg"),
        "DISPLACEMENT_RASTER": str(tmp_path / "d.tif"),
        "GCPS": str(tmp_path / "g.points"),
        "REPORT": str(tmp_path / "r.html"),
    }
    results = run(
        "register",
        **rasters,
        **outputs,
        SAR_BAND="2",
        OPTICAL_BANDS="4,3,2",
        MOVING="optical",
        TRANSFORM="0",
        MAX_SHIFT="12.5",
        MIN_CERTAINTY="0.6",
        SPACING="16",
        RESAMPLING="bilinear",
        MODEL="other",
        DEVICE=1,
        CREATE_OPTIONS="COMPRESS=ZSTD|BIGTIFF=YES",
    )
    asked = RegistrationRequest.from_dict(json.loads(request_file.read_text(encoding="utf-8")))
    assert asked.settings == check_settings(
        {
            "sar_band": 2,
            "optical_bands": [4, 3, 2],
            "moving": "optical",
            "transform": "affine",
            "max_shift": 12.5,
            "min_certainty": 0.6,
            "spacing": 16,
            "resampling": "bilinear",
            "model": "other",
            "device": "cpu",
            "creation_options": ["COMPRESS=ZSTD", "BIGTIFF=YES"],
        }
    )
    assert asked.outputs == {
        "registered": outputs["OUTPUT"],
        "displacements": outputs["DISPLACEMENTS"],
        "displacement_raster": outputs["DISPLACEMENT_RASTER"],
        "gcps": outputs["GCPS"],
        "report": outputs["REPORT"],
    }
    assert {name: results[name] for name in outputs} == outputs


def test_the_extent_is_given_in_the_references_crs(
    run: Run, stub_engine: Engine, rasters: dict[str, str], request_file: Path, tmp_path: Path
) -> None:
    output = str(tmp_path / "out.tif")
    # In the optical image, which is the reference: degrees.
    run("register", **rasters, OUTPUT=output, EXTENT="500000,500500,4427200,4427700 [EPSG:32630]")
    xmin, ymin, xmax, ymax = json.loads(request_file.read_text(encoding="utf-8"))["extent"]
    assert xmin == pytest.approx(-3.0, abs=1e-4)
    assert xmax == pytest.approx(-2.99414, abs=1e-4)
    assert ymin == pytest.approx(39.99497, abs=2e-4)
    assert ymax == pytest.approx(39.99948, abs=2e-4)


def test_the_extent_of_an_image_without_crs_is_in_pixels_from_above(
    run: Run, stub_engine: Engine, request_file: Path, tmp_path: Path
) -> None:
    sar = write_raster(tmp_path / "a.tif", 1, None)
    optical = write_raster(tmp_path / "b.tif", 3, None)
    layer = QgsRasterLayer(optical)
    top = layer.extent().yMaximum()
    run(
        "register",
        SAR=sar,
        OPTICAL=optical,
        OUTPUT=str(tmp_path / "out.tif"),
        EXTENT=f"10,70,{top - 60},{top - 20}",
    )
    assert json.loads(request_file.read_text(encoding="utf-8"))["extent"] == [10, 20, 70, 60]


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
    found = algorithm("register").create()
    task = QgsProcessingAlgRunnerTask(found, parameters, context, feedback)
    outcome: list[tuple[bool, dict[str, Any]]] = []
    task.executed.connect(lambda good, results: outcome.append((good, results)))
    QgsApplication.taskManager().addTask(task)
    end = time.monotonic() + 20
    while not outcome and time.monotonic() < end:
        QgsApplication.processEvents()
        time.sleep(0.01)
    assert outcome[0][0]
    assert outcome[0][1]["VERDICT"] == "registered"


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
    found = algorithm("register").create()
    assert found.prepare(parameters, context, feedback)
    project.removeAllMapLayers()
    outcome: list[dict[str, Any]] = []
    thread = threading.Thread(
        target=lambda: outcome.append(found.runPrepared(parameters, context, feedback))
    )
    thread.start()
    thread.join(20)
    assert outcome[0]["VERDICT"] == "registered"


@pytest.mark.parametrize(
    ("parameter", "value", "says"),
    [
        ("MOVING", "both", "MOVING"),
        ("MOVING", "2", "MOVING"),
        ("DEVICE", "tpu", "DEVICE"),
        ("MIN_CERTAINTY", "1.5", "MIN_CERTAINTY"),
        ("OPTICAL_BANDS", "red", "band numbers"),
        ("DISPLACEMENTS", "vectors.shp", "shp"),
        ("DISPLACEMENT_RASTER", "field.png", "png"),
        ("SAR", "nothing.tif", "SAR"),
    ],
)
def test_wrong_values_are_refused_before_the_worker_starts(
    run: Run,
    stub_engine: Engine,
    rasters: dict[str, str],
    tmp_path: Path,
    parameter: str,
    value: str,
    says: str,
) -> None:
    parameters = {**rasters, "OUTPUT": str(tmp_path / "out.tif"), parameter: value}
    with pytest.raises(QgsProcessingException, match=says):
        run("register", **parameters)
    assert stub_engine.worker_pid() is None


def test_apply_asks_for_what_it_was_given(
    run: Run, stub_engine: Engine, rasters: dict[str, str], request_file: Path, tmp_path: Path
) -> None:
    output = str(tmp_path / "out.tif")
    results = run(
        "applyregistration",
        DISPLACEMENT_RASTER=rasters["OPTICAL"],
        INPUT=rasters["SAR"],
        RESAMPLING="nearest",
        CREATE_OPTIONS="COMPRESS=ZSTD",
        OUTPUT=output,
    )
    assert results == {"OUTPUT": output}
    assert json.loads(request_file.read_text(encoding="utf-8")) == {
        "displacement_raster": rasters["OPTICAL"],
        "raster": rasters["SAR"],
        "output": output,
        "resampling": "nearest",
        "creation_options": ["COMPRESS=ZSTD"],
    }


@pytest.mark.parametrize(
    ("value", "bands"),
    [(None, None), ("", None), ([], None), ([4, 3, 2], [4, 3, 2]), (["4", "3"], [4, 3]),
     ("4,3,2", [4, 3, 2]), ("4;3;2", [4, 3, 2]), ("4 3 2", [4, 3, 2]), (4, [4])],
)  # fmt: skip
def test_bands_are_read_in_every_form(value: object, bands: list[int] | None) -> None:
    assert band_list(value) == bands


def test_creation_options_are_split() -> None:
    assert creation_options("") == []
    assert creation_options("A=1| B=2 |") == ["A=1", "B=2"]


@pytest.mark.parametrize("name", ["register", "applyregistration"])
def test_the_help_describes_every_parameter(plugin: SomaPlugin, name: str) -> None:
    algorithm = QgsApplication.processingRegistry().algorithmById(f"soma:{name}")
    assert [p.name() for p in algorithm.parameterDefinitions() if not p.help()] == []
    assert "new position = old position + (dx, dy)" in algorithm.shortHelpString()
    assert algorithm.helpUrl().startswith("https://")
