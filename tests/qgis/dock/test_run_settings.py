"""From the panel's settings to Processing's parameters, and to a command for a terminal."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from qgis.core import QgsApplication, QgsProcessingContext

from soma_qgis.algorithms import names
from soma_qgis.definitions import settings
from soma_qgis.dock.run_settings import RunSettings, command, output_files
from soma_qgis.plugin import SomaPlugin

VALUES = {
    "sar_band": 2,
    "optical_bands": (4, 3, 2),
    "moving": "optical",
    "transform": "affine",
    "max_shift": 12.0,
    "max_rotation": 7.5,
    "max_scale": 1.05,
    "ignore_water": True,
    "min_certainty": 0.5,
    "spacing": 8.0,
    "resampling": "cubic",
    "output_grid": "moving",
    "output_pixel_size": 0.00025,
    "model": "m",
    "device": "cpu",
    "creation_options": ("COMPRESS=ZSTD", "BIGTIFF=YES"),
}


def test_every_setting_is_a_parameter_of_the_algorithm_and_reaches_the_request(
    plugin: SomaPlugin, rasters: dict[str, str], tmp_path: Path
) -> None:
    extent = "500000,500500,4427200,4427700 [EPSG:32630]"
    layers = {"dem": rasters["OPTICAL"], "mask": rasters["SAR"]}
    (tmp_path / "a.points").touch()
    points = dict.fromkeys(("tie_points", "check_points"), str(tmp_path / "a.points"))
    values = {**VALUES, **layers, **points, "extent": extent}
    chosen = RunSettings(rasters["SAR"], rasters["OPTICAL"], values=values)
    assert set(chosen.values) == {setting.name for setting in settings()}
    parameters = chosen.parameters({names.OUTPUT: "out.tif"})
    found = QgsApplication.processingRegistry().algorithmById("soma:register")
    assert set(parameters) <= {p.name() for p in found.parameterDefinitions()}
    context = QgsProcessingContext()
    assert found.checkParameterValues(parameters, context) == (True, "")
    asked = found.arguments(parameters, context)
    del values["extent"]
    as_json = json.loads(json.dumps(values))
    assert {name: asked[name] for name in values} == as_json
    assert asked["extent"] is not None
    assert set(asked) == {"sar", "optical", "extent", *values}


def test_the_defaults_are_those_of_the_algorithm(
    plugin: SomaPlugin, rasters: dict[str, str]
) -> None:
    found = QgsApplication.processingRegistry().algorithmById("soma:register")
    context = QgsProcessingContext()
    parameters = RunSettings(rasters["SAR"], rasters["OPTICAL"]).parameters({})
    assert found.arguments(parameters, context) == found.arguments(rasters, context)


def test_settings_survive_the_profile() -> None:
    chosen = RunSettings("a", "b", "x", ("GCPS",), {**VALUES, "extent": "0,1,2,3"})
    stored = json.loads(json.dumps(chosen.to_dict()))
    assert RunSettings.from_dict(stored) == chosen
    stored["of_a_later_release"] = 1
    stored["values"]["of_a_later_release"] = 1
    del stored["values"]["spacing"]
    assert RunSettings.from_dict(stored).values == {**chosen.values, "spacing": None}


def test_who_moves() -> None:
    assert (RunSettings("s", "o").moved, RunSettings("s", "o").reference) == ("s", "o")
    swapped = RunSettings("s", "o", values={"moving": "optical"})
    assert (swapped.moved, swapped.reference) == ("o", "s")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    first = output_files(str(tmp_path), "s1: VV/VH", (names.REPORT,))
    assert first == {
        "OUTPUT": str(tmp_path / "s1_VV_VH_registered.tif"),
        "REPORT": str(tmp_path / "s1_VV_VH_report.html"),
    }
    Path(first["REPORT"]).touch()
    second = output_files(str(tmp_path), "s1: VV/VH", (names.REPORT,))
    assert second["OUTPUT"] == str(tmp_path / "s1_VV_VH_2_registered.tif")
    assert second["REPORT"] == str(tmp_path / "s1_VV_VH_2_report.html")


def test_the_command_is_what_a_shell_reads_back() -> None:
    parameters = {"SAR": "/a b/it's.tif", "OPTICAL_BANDS": [4, 3, 2], "MAX_SHIFT": 50.0}
    words = shlex.split(command(parameters))
    assert words == [
        *("qgis_process", "run", "soma:register", "--"),
        *("SAR=/a b/it's.tif", "OPTICAL_BANDS=4,3,2", "MAX_SHIFT=50.0"),
    ]
