"""What one entry in the definitions brings about: in Processing, panel, request and command."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingParameterDefinition

from model_core.settings import SETTINGS, Setting
from soma_qgis import definitions
from soma_qgis.dock.form import SettingsForm
from soma_qgis.dock.run_record import RunRecord
from soma_qgis.dock.run_settings import RunSettings, command, output_files
from soma_qgis.engine.engine import Engine
from soma_qgis.locations import definitions_path
from soma_qgis.plugin import SomaPlugin
from soma_qgis.settings import Settings

from .conftest import Recorder

SMOOTHING = {
    "name": "smoothing",
    "type": "number",
    "unit": "px",
    "default": None,
    "minimum": 2.0,
    "maximum": 64.0,
    "advanced": True,
    "title": "Smoothing of the field",
    "unset": "chosen by itself",
    "help": "Made up for a test.",
}
KML = {
    "name": "kml",
    "parameter": "KML",
    "type": "file",
    "file": "outline.kml",
    "filter": "KML (*.kml)",
    "by_default": False,
    "title": "Outline as KML",
    "help": "Made up for a test.",
}
STORED = json.loads(definitions_path().read_text(encoding="utf-8"))


@pytest.fixture
def define(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Add entries to the definitions."""

    def define(**entries: dict[str, Any]) -> None:
        changed = copy.deepcopy(STORED)
        for part, entry in entries.items():
            changed[part].append(entry)
        path = tmp_path / "definitions.json"
        path.write_text(json.dumps(changed), encoding="utf-8")
        monkeypatch.setattr(definitions, "definitions_path", lambda: path)

    return define


@pytest.fixture
def form(qgis_canvas: Any, qgis_new_project: None) -> Callable[[], SettingsForm]:
    """Make the panel's form, once the definitions are as a test wants them."""
    made: list[SettingsForm] = []

    def make() -> SettingsForm:
        made.append(SettingsForm(qgis_canvas))
        return made[-1]

    return make


def test_the_plugin_and_the_core_read_the_same(qgis_app: Any) -> None:
    assert [setting.name for setting in definitions.settings()] == list(SETTINGS)
    for setting in definitions.settings():
        core = SETTINGS[setting.name]
        assert (setting.type, setting.default) == (core.type, core.default)
        assert (setting.minimum, setting.maximum) == (core.minimum, core.maximum)
        assert (setting.choices, setting.count) == (core.choices, core.count)
        assert setting.accepts == core.accepts


def test_every_entry_has_a_type_that_forms_and_processing_know(
    plugin: SomaPlugin, form: Callable[[], SettingsForm]
) -> None:
    algorithm = QgsApplication.processingRegistry().algorithmById("soma:register")
    flag = QgsProcessingParameterDefinition.Flag.FlagAdvanced
    shown = form()
    for setting in definitions.settings():
        parameter = algorithm.parameterDefinition(setting.parameter)
        assert parameter.help() == shown.fields[setting.name].widget.toolTip() == setting.help
        assert bool(parameter.flags() & flag) == setting.advanced
    for product in definitions.products():
        destination = algorithm.parameterDefinition(product.parameter)
        assert destination.description() == product.title
        assert destination.createByDefault() == product.by_default


def test_a_new_setting_reaches_processing_panel_request_and_command(
    define: Callable[..., None],
    form: Callable[[], SettingsForm],
    request: pytest.FixtureRequest,
    rasters: dict[str, str],
) -> None:
    define(settings=SMOOTHING)
    request.getfixturevalue("plugin")  # whose parameters are made when it is loaded
    algorithm = QgsApplication.processingRegistry().algorithmById("soma:register")
    parameter = algorithm.parameterDefinition("SMOOTHING")
    assert parameter.description() == "Smoothing of the field (px)"
    assert (parameter.minimum(), parameter.maximum()) == (2.0, 64.0)
    assert parameter.flags() & QgsProcessingParameterDefinition.Flag.FlagAdvanced
    assert parameter.flags() & QgsProcessingParameterDefinition.Flag.FlagOptional

    shown = form()
    box: Any = shown.fields["smoothing"].widget
    assert box.window() is shown
    assert box.toolTip() == "Made up for a test."
    assert box.text() == "chosen by itself"
    assert shown.run_settings().values["smoothing"] is None
    box.setValue(12.0)
    chosen = shown.run_settings()
    assert chosen.values["smoothing"] == 12.0

    run = RunSettings(rasters["SAR"], rasters["OPTICAL"], values=chosen.values)
    parameters = run.parameters({"OUTPUT": "out.tif"})
    asked = algorithm.arguments(parameters, QgsProcessingContext())
    assert asked["smoothing"] == 12.0
    assert "SMOOTHING=12.0" in command(parameters)
    stored = json.loads(json.dumps(RunRecord(run, "s1", "s2", parameters).to_dict()))
    assert RunRecord.from_dict(stored).settings.values["smoothing"] == 12.0


OPTICAL_BANDS = {"type": "bands", "of": "optical", "count": [1, 3]}
CHOICE = {"type": "choice", "choices": ["a", "b"]}
OF_EVERY_TYPE: list[tuple[dict[str, Any], Any]] = [
    (CHOICE | {"default": "a"}, "b"),
    (CHOICE | {"default": None}, "b"),
    ({"type": "text", "default": "x"}, "y"),
    ({"type": "text", "default": None}, "y"),
    ({"type": "options", "default": []}, ("A=1", "B=2")),
    ({"type": "options", "default": None}, ("A=1", "B=2")),
    ({"type": "band", "of": "optical", "count": [1], "default": 2}, 3),
    (OPTICAL_BANDS | {"default": None}, (3, 2, 1)),
    (OPTICAL_BANDS | {"default": [1, 2, 3]}, (3, 2, 1)),
    ({"type": "flag", "default": False}, True),
    ({"type": "flag", "default": True}, False),
    ({"type": "path", "accepts": ["raster"], "default": None}, "SAR"),
    (
        {"type": "path", "accepts": ["points", "file"], "filter": "CSV (*.csv)", "default": None},
        "CSV",
    ),
    ({"type": "number", "default": None}, 7.0),
    ({"type": "number", "default": 5, "maximum": 10}, 7.0),
    ({"type": "number", "default": 0, "minimum": -10}, -7.0),
    ({"type": "number", "default": 5, "of_a_later_release": {"a": 1}}, 7.0),
]


@pytest.mark.parametrize(("entry", "value"), OF_EVERY_TYPE)
def test_an_invented_setting_is_the_same_in_panel_processing_and_core(
    define: Callable[..., None],
    form: Callable[[], SettingsForm],
    request: pytest.FixtureRequest,
    rasters: dict[str, str],
    tmp_path: Path,
    entry: dict[str, Any],
    value: Any,
) -> None:
    invented = {
        "name": "new_one",
        "title": "New",
        "help": "Invented.",
        "unset": "by itself",
    } | entry
    define(settings=invented)
    (tmp_path / "points.csv").write_text("x,y\n", encoding="utf-8")
    files = {"SAR": rasters["SAR"], "CSV": str(tmp_path / "points.csv")}
    value = files.get(value, value) if isinstance(value, str) else value
    request.getfixturevalue("plugin")
    algorithm = QgsApplication.processingRegistry().algorithmById("soma:register")
    known = {field.name for field in dataclasses.fields(Setting)}
    asked = {**rasters, "OUTPUT": str(tmp_path / "out.tif")}
    core = Setting(**{key: held for key, held in invented.items() if key in known})
    context, shown = QgsProcessingContext(), form()

    def arrives(parameters: dict[str, Any]) -> Any:
        """Return what the core holds of the setting, once a run was asked for."""
        good, message = algorithm.checkParameterValues(parameters, context)
        assert good, message
        return core.checked(algorithm.arguments(parameters, context)["new_one"])

    def run() -> Any:
        settings = RunSettings(values=shown.run_settings().values)
        return arrives({**settings.parameters({}), **asked})

    default = core.checked(core.default)
    assert arrives(asked) == default
    assert run() == default
    shown.fields["new_one"].set_value(value)
    assert run() == core.checked(value)
    shown.fields["new_one"].set_value(default)
    assert run() == default


def test_a_new_product_is_a_destination_a_tick_and_a_file(
    define: Callable[..., None],
    form: Callable[[], SettingsForm],
    request: pytest.FixtureRequest,
    rasters: dict[str, str],
    stub_engine: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    define(products=KML)
    run = request.getfixturevalue("run")
    asked = tmp_path / "request.json"
    monkeypatch.setenv("SOMA_STUB_REQUEST", str(asked))
    wanted = str(tmp_path / "here.kml")
    outputs = {"OUTPUT": str(tmp_path / "out.tif"), "KML": wanted}
    results = run("register", Recorder(), **rasters, **outputs)
    assert results["KML"] == wanted
    assert json.loads(asked.read_text(encoding="utf-8"))["outputs"]["kml"] == wanted

    shown = form()
    tick = shown.ticks["KML"]
    assert (tick.text(), tick.isChecked()) == ("Outline as KML", False)
    tick.setChecked(True)
    assert "KML" in shown.run_settings().products
    files = output_files(str(tmp_path), "s1", shown.run_settings().products)
    assert files["KML"] == str(tmp_path / "s1_outline.kml")


def test_the_device_is_the_one_of_the_options(
    plugin: SomaPlugin, monkeypatch: pytest.MonkeyPatch, rasters: dict[str, str]
) -> None:
    monkeypatch.setattr(Settings, "load", lambda: Settings(device="cpu"))
    assert RunSettings().values["device"] == "cpu"
    algorithm = QgsApplication.processingRegistry().algorithmById("soma:register").create()
    assert algorithm.arguments(rasters, QgsProcessingContext())["device"] == "cpu"


@pytest.mark.parametrize(
    ("name", "shown", "lowest", "first"),
    [
        ("max_rotation", "automatic (4 or 25)", 0.0, 0.0),
        ("max_scale", "automatic (1 or 1.1)", 1.0, 1.0),
        ("spacing", "40 along a side", 1.0, 1.0),
        ("output_pixel_size", "by the output grid", 1e-9, 1.0),
    ],
)
def test_a_number_may_be_left_unset_and_none_below_the_smallest_can_be_chosen(
    form: Callable[[], SettingsForm], name: str, shown: str, lowest: float, first: float
) -> None:
    field = form().fields[name]
    box: Any = field.widget
    assert (box.text(), field.value()) == (shown, None)
    field.set_value(lowest)
    assert field.value() == pytest.approx(lowest)
    box.setValue(-5.0)
    assert field.value() is None
    box.stepBy(1)
    assert field.value() == pytest.approx(first)


def test_pixel_sizes_of_metres_and_of_degrees_are_shown_and_kept(
    form: Callable[[], SettingsForm],
) -> None:
    field = form().fields["output_pixel_size"]
    box: Any = field.widget
    for size, text in ((10.0, "10"), (0.000125, "0.000125")):
        field.set_value(size)
        assert field.value() == size
        assert box.text() == text


def test_a_layer_whose_bands_are_unknown_offers_none(form: Callable[[], SettingsForm]) -> None:
    shown = form()
    basemap = MagicMock()
    basemap.providerType.return_value = "wms"
    shown.fields["optical_bands"].set_layer(basemap)
    combo: Any = shown.fields["optical_bands"].widget
    assert [combo.itemText(n) for n in range(combo.count())] == ["automatic (RGB)"]
