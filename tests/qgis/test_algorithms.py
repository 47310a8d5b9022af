"""The algorithms on a stub worker: what they ask of it, and what they make of its answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from qgis.core import (
    QgsApplication,
    QgsProcessingException,
    QgsProcessingParameterDefinition,
    QgsRasterLayer,
)

from model_core.workflows.request import RegistrationRequest
from soma_qgis.algorithms.parameters import band_list, creation_options
from soma_qgis.definitions import settings
from soma_qgis.engine.engine import Engine
from soma_qgis.plugin import SomaPlugin

from .conftest import Recorder, write_raster

Run = Callable[..., dict[str, Any]]

REGISTER_PARAMETERS = [
    *("SAR", "SAR_BAND", "OPTICAL", "OPTICAL_BANDS", "MOVING", "TRANSFORM", "MAX_SHIFT"),
    *("MAX_ROTATION", "MAX_SCALE", "EXTENT", "MASK", "IGNORE_WATER", "TIE_POINTS", "CHECK_POINTS"),
    *("MIN_CERTAINTY", "SPACING", "RESAMPLING"),
    *("OUTPUT_GRID", "OUTPUT_PIXEL_SIZE", "DEM", "MODEL", "DEVICE", "CREATE_OPTIONS"),
    *("OUTPUT", "DISPLACEMENTS", "DISPLACEMENT_RASTER", "GCPS", "REPORT", "SUMMARY"),
]
REGISTER_OUTPUTS = [
    *("OUTPUT", "DISPLACEMENTS", "DISPLACEMENT_RASTER", "GCPS", "REPORT", "SUMMARY"),
    *("RMSE_BEFORE", "RMSE_AFTER", "MEDIAN_SHIFT_M", "INLIER_RATIO", "COVERAGE", "VERDICT"),
    *("PROBABILITY", "TRANSFORMATION"),
    *("MEDIAN_SHIFT_PX", "SECONDS", "DEVICE_USED", "DEVICE_REASON", "REASONS"),
]
APPLY_PARAMETERS = [
    "DISPLACEMENT_RASTER", "INPUT", "RESAMPLING", "OUTPUT_GRID", "OUTPUT_PIXEL_SIZE",
    "CREATE_OPTIONS", "DEM", "OUTPUT",
]  # fmt: skip


@pytest.fixture
def request_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stub writes what it was asked."""
    path = tmp_path / "request.json"
    monkeypatch.setenv("SOMA_STUB_REQUEST", str(path))
    return path


def asked_of(request_file: Path) -> dict[str, Any]:
    """Return what the worker was asked, which the core must take."""
    asked: dict[str, Any] = json.loads(request_file.read_text(encoding="utf-8"))
    RegistrationRequest.from_dict(asked)
    return asked


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


def test_a_plain_run_asks_for_the_defaults(
    run: Run, stub_engine: Engine, rasters: dict[str, str], request_file: Path, tmp_path: Path
) -> None:
    output = str(tmp_path / "out.tif")
    feedback = Recorder()
    results = run("register", feedback, **rasters, OUTPUT=output)
    defaults = {setting.name: setting.default for setting in settings()}
    assert asked_of(request_file) == {
        "sar": rasters["SAR"],
        "optical": rasters["OPTICAL"],
        **defaults,
        "creation_options": [],
        "outputs": {"registered": output},
    }
    assert results == {
        "OUTPUT": output,
        "RMSE_BEFORE": 4.0,
        "RMSE_AFTER": 0.5,
        "MEDIAN_SHIFT_M": 30.0,
        "INLIER_RATIO": 0.75,
        "COVERAGE": 0.5,
        "VERDICT": "registered",
        "PROBABILITY": 0.75,
        "TRANSFORMATION": "rigid",
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
        "SUMMARY": str(tmp_path / "s.json"),
    }
    results = run(
        "register",
        **rasters,
        **outputs,
        SAR_BAND="2",
        OPTICAL_BANDS="4,3,2",
        MOVING="optical",
        TRANSFORM="4",
        MAX_SHIFT="12.5",
        MAX_ROTATION="8",
        OUTPUT_PIXEL_SIZE="0.0002",
        MIN_CERTAINTY="0.6",
        SPACING="16",
        RESAMPLING="bilinear",
        MODEL="other",
        DEVICE=1,
        CREATE_OPTIONS="COMPRESS=ZSTD|BIGTIFF=YES",
    )
    asked = asked_of(request_file)
    assert (asked["sar_band"], asked["optical_bands"]) == (2, [4, 3, 2])
    assert (asked["moving"], asked["transform"], asked["device"]) == ("optical", "affine", "cpu")
    assert (asked["max_shift"], asked["max_rotation"]) == (12.5, 8.0)
    assert (asked["min_certainty"], asked["spacing"]) == (0.6, 16.0)
    assert (asked["resampling"], asked["model"]) == ("bilinear", "other")
    assert asked["output_pixel_size"] == 0.0002
    assert asked["creation_options"] == ["COMPRESS=ZSTD", "BIGTIFF=YES"]
    assert asked["outputs"] == {
        "registered": outputs["OUTPUT"],
        "displacements": outputs["DISPLACEMENTS"],
        "displacement_raster": outputs["DISPLACEMENT_RASTER"],
        "gcps": outputs["GCPS"],
        "report": outputs["REPORT"],
        "summary": outputs["SUMMARY"],
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


@pytest.mark.parametrize(
    ("parameter", "value", "says"),
    [
        ("MOVING", "both", "MOVING"),
        ("MOVING", "2", "MOVING"),
        ("DEVICE", "tpu", "DEVICE"),
        ("MIN_CERTAINTY", "1.5", "MIN_CERTAINTY"),
        ("MAX_ROTATION", "181", "MAX_ROTATION"),
        ("MAX_SCALE", "0.5", "MAX_SCALE"),
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
        OUTPUT_GRID="moving",
        OUTPUT_PIXEL_SIZE="12.5",
        CREATE_OPTIONS="COMPRESS=ZSTD",
        DEM=rasters["OPTICAL"],
        OUTPUT=output,
    )
    assert results == {"OUTPUT": output}
    assert json.loads(request_file.read_text(encoding="utf-8")) == {
        "displacement_raster": rasters["OPTICAL"],
        "raster": rasters["SAR"],
        "output": output,
        "resampling": "nearest",
        "output_grid": "moving",
        "output_pixel_size": 12.5,
        "creation_options": ["COMPRESS=ZSTD"],
        "dem": rasters["OPTICAL"],
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
