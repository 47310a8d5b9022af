"""From the panel's settings to Processing's parameters, and to a command for a terminal."""

from __future__ import annotations

import shlex
from pathlib import Path

from qgis.core import QgsApplication, QgsProcessingContext

from soma_qgis.algorithms import register as names
from soma_qgis.dock.choice import Choice, command, output_files
from soma_qgis.plugin import SomaPlugin


def test_every_setting_is_a_parameter_of_the_algorithm(
    plugin: SomaPlugin, rasters: dict[str, str]
) -> None:
    choice = Choice(
        rasters["SAR"], rasters["OPTICAL"], 2, (4, 3, 2), "optical", "affine",
        "500000,500500,4427200,4427700 [EPSG:32630]", "", (), 12.0, 0.5, 8.0, "cubic", "m", "cpu",
    )  # fmt: skip
    parameters = choice.parameters({names.OUTPUT: "out.tif"})
    found = QgsApplication.processingRegistry().algorithmById("soma:register")
    assert set(parameters) <= {p.name() for p in found.parameterDefinitions()}
    context = QgsProcessingContext()
    assert found.checkParameterValues(parameters, context) == (True, "")
    asked = found.arguments(parameters, context)
    assert (asked["sar_band"], asked["optical_bands"]) == (2, [4, 3, 2])
    assert (asked["moving"], asked["transform"], asked["device"]) == ("optical", "affine", "cpu")
    assert (asked["max_shift"], asked["min_certainty"], asked["spacing"]) == (12, 0.5, 8)
    assert (asked["resampling"], asked["model"]) == ("cubic", "m")
    assert asked["extent"] is not None


def test_the_defaults_are_those_of_the_algorithm(
    plugin: SomaPlugin, rasters: dict[str, str]
) -> None:
    found = QgsApplication.processingRegistry().algorithmById("soma:register")
    context = QgsProcessingContext()
    parameters = Choice(rasters["SAR"], rasters["OPTICAL"]).parameters({})
    assert found.arguments(parameters, context) == found.arguments(rasters, context)


def test_a_choice_survives_the_profile() -> None:
    choice = Choice("a", "b", 1, (4, 3, 2), spacing=3.0, folder="x")
    assert Choice.from_dict(choice.to_dict()) == choice
    assert Choice.from_dict({**choice.to_dict(), "of_a_later_release": 1}) == choice


def test_who_moves() -> None:
    assert (Choice("s", "o").moved, Choice("s", "o").reference) == ("s", "o")
    turned = Choice("s", "o", moving="optical")
    assert (turned.moved, turned.reference) == ("o", "s")


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
