"""The page among QGIS's options."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from qgis.core import QgsApplication
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import QAbstractButton, QComboBox, QDoubleSpinBox, QLineEdit, QMessageBox

from soma_qgis.engine import environment, installation, tasks
from soma_qgis.engine.diagnostics import Check
from soma_qgis.engine.errors import EngineError
from soma_qgis.engine.installation import Installation
from soma_qgis.options import PAGE, page
from soma_qgis.options.page import OptionsFactory, OptionsPage
from soma_qgis.plugin import SomaPlugin
from soma_qgis.settings import Settings

from .test_environment import fake_python
from .test_environment_installation import wait_for

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def own_profile(qgis_app: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A computer without any Python that fits, and settings that are put back."""
    monkeypatch.delenv("SOMA_PYTHON", raising=False)
    folder = tmp_path / "profile" / "environment"
    for module in (environment, installation, page):
        monkeypatch.setattr(module, "managed_folder", lambda: folder)
    monkeypatch.setattr(environment, "_candidates", list)
    monkeypatch.setattr(environment, "_probed", {})
    before = Settings.stored()
    Settings().save()
    yield
    before.save()


def made(tmp_path: Path) -> None:
    folder = tmp_path / "profile" / "environment" / "bin"
    fake_python(folder, "exit 0").rename(folder / "python")


def test_the_factory_makes_the_page_that_others_open_by_its_key() -> None:
    factory = OptionsFactory()
    assert factory.title() == "SOMA"
    assert not factory.icon().isNull()
    assert factory.createWidget().objectName() == PAGE


def test_what_is_set_survives_and_cancelling_changes_nothing(tmp_path: Path) -> None:
    shown = OptionsPage()
    shown.own.setChecked(True)
    shown.python.setFilePath("/opt/python")
    shown.wheels.setFilePath(str(tmp_path))
    shown.index.setText(" https://wheels.example/cpu ")
    shown.device.setCurrentIndex(1)
    shown.keep_warm.setValue(7.5)
    assert Settings.stored() == Settings()
    shown.apply()
    wanted = Settings("/opt/python", 450.0, "cpu", str(tmp_path), "https://wheels.example/cpu")
    assert Settings.stored() == wanted
    again = OptionsPage()
    again.apply()
    assert Settings.stored() == wanted


def test_a_variable_is_named_and_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMA_PYTHON", sys.executable)
    shown = OptionsPage()
    assert "SOMA_PYTHON goes before this page" in shown.state.text()
    shown.apply()
    assert Settings.stored().python == ""


def test_without_an_environment_there_is_one_thing_to_do() -> None:
    shown = OptionsPage()
    assert "create it with one click" in shown.state.text()
    assert shown.create.text() == "Create environment"
    assert shown.create.isEnabled()
    assert not shown.remove.isEnabled()
    assert not shown.check.isEnabled()
    assert shown.bar.isHidden()


def test_creating_shows_stage_and_end_even_on_a_page_opened_later(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def run(self: Any) -> Check:
        self._listener.progress("Installing torch", 0.4)
        while not go:
            time.sleep(0.01)
        made(tmp_path)
        return Check(True, "It works.", {"device": "cpu", "device_reason": "stub"})

    go: list[bool] = []
    monkeypatch.setattr(Installation, "run", run)
    first = OptionsPage()
    first.index.setText("https://unsaved.example")
    first.create.click()
    assert not first.create.isEnabled()
    task = tasks.creation()
    assert task is not None
    later = OptionsPage()
    assert not later.create.isEnabled()
    first.deleteLater()
    go.append(True)
    wait_for(task)
    assert later.message.text() == "It works."
    assert later.create.text() == "Create again"
    assert later.remove.isEnabled()
    assert later.bar.isHidden()


def test_an_environment_of_another_release_is_told(tmp_path: Path) -> None:
    made(tmp_path)
    assert "Another release made it" in OptionsPage().state.text()


def test_cancel_and_failure_are_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(self: Any) -> None:
        while not self._listener.cancelled():
            time.sleep(0.01)
        raise EngineError("Cancelled.", "cancelled")

    monkeypatch.setattr(Installation, "run", run)
    shown = OptionsPage()
    shown.create.click()
    task = tasks.creation()
    assert task is not None
    shown.stop.click()  # the task may run already, or wait still
    wait_for(task)
    assert shown.message.text() == "Cancelled."
    assert shown.create.isEnabled()


def check(shown: OptionsPage) -> None:
    shown.check.click()
    assert shown._task is not None
    wait_for(shown._task)


def test_ones_own_python_is_checked_and_the_result_shown(tmp_path: Path) -> None:
    shown = OptionsPage()
    shown.own.setChecked(True)
    shown.python.setFilePath(str(tmp_path / "nothing"))
    check(shown)
    assert "There is no program" in shown.message.text()
    bad = fake_python(tmp_path / "bad", "echo \"No module named 'torch'\" >&2; exit 1")
    shown.python.setFilePath(str(bad))
    check(shown)
    assert "cannot run SOMA (No module named 'torch'); install" in shown.message.text()


INFO = (
    '{"versions": {"python": "3.12.1", "torch": "TORCH", "timm": "1.0.31", "rasterio": "1.4.4"},'
    ' "device": "cpu", "device_reason": "no GPU", "models": {}}'
)


@pytest.mark.parametrize(
    ("torch", "said"),
    [
        ("2.13.0+cpu", "It works: Python 3.12.1, torch 2.13.0+cpu"),
        ("2.0.1", "torch is 2.0.1, and SOMA needs 2.1 or later"),
    ],
)
def test_versions_and_device_are_shown(tmp_path: Path, torch: str, said: str) -> None:
    info = INFO.replace("TORCH", torch)
    python = fake_python(tmp_path / "own", f"case \"$*\" in *info*) echo '{info}';; esac")
    shown = OptionsPage()
    shown.own.setChecked(True)
    shown.python.setFilePath(str(python))
    check(shown)
    assert said in shown.message.text()
    if "works" in said:
        assert "runs on cpu (no GPU)" in shown.message.text()


def test_the_python_of_the_tests_passes_for_real() -> None:
    """Imports, versions and a computation on the device, in a process of its own."""
    pytest.importorskip("rasterio", reason="the core's libraries are not here")
    shown = OptionsPage()
    shown.own.setChecked(True)
    shown.python.setFilePath(sys.executable)
    check(shown)
    assert shown.message.text().startswith("It works: Python 3.")


def test_removal_asks_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made(tmp_path)
    shown = OptionsPage()
    answers = iter([QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes])
    monkeypatch.setattr(QMessageBox, "question", lambda *_: next(answers))
    shown.remove.click()
    assert not shown.bar.isVisibleTo(shown)
    shown.remove.click()
    task = shown._task
    assert task is not None
    wait_for(task)
    assert shown.message.text() == "The environment was deleted."
    assert not (tmp_path / "profile" / "environment").exists()


def test_diagnostics_are_copied_with_the_log(tmp_path: Path) -> None:
    shown = OptionsPage()
    log = tmp_path / "profile" / "environment.log"
    log.parent.mkdir()
    log.write_text("what pip said", encoding="utf-8")
    shown.diagnostics.click()
    copied = QGuiApplication.clipboard().text()
    assert "QGIS 3." in copied
    assert copied.endswith("what pip said")


def test_the_page_opens_where_there_is_no_torch() -> None:
    code = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('torch', 'timm', 'rasterio', 'model_core'):\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from qgis.core import QgsApplication\n"
        "app = QgsApplication([], True)\n"
        "from soma_qgis.options.page import OptionsFactory\n"
        "page = OptionsFactory().createWidget()\n"
        "assert page.create.text()\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)


def test_the_plugin_brings_the_page_and_takes_it_back(qgis_processing: None) -> None:
    iface = MagicMock()
    iface.mainWindow.return_value = None
    plugin = SomaPlugin(iface)
    plugin.initGui()
    (factory,), _ = iface.registerOptionsWidgetFactory.call_args
    assert isinstance(factory, OptionsFactory)
    plugin.unload()
    iface.unregisterOptionsWidgetFactory.assert_called_once_with(factory)


def test_the_device_is_the_default_of_the_algorithm(plugin: SomaPlugin) -> None:
    Settings(device="cpu").save()
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("soma:register")
    assert algorithm.parameterDefinition("DEVICE").defaultValue() == "cpu"


def test_every_setting_is_explained() -> None:
    page = OptionsPage()
    types = (QAbstractButton, QComboBox, QDoubleSpinBox, QLineEdit, QgsFileWidget)
    outer = [widget for one in types for widget in page.findChildren(one)]
    own = [widget for widget in outer if widget.parent() is page]
    assert len(own) > 10
    assert [widget for widget in own if not widget.toolTip()] == []
