"""What QGIS itself needs of the plugin."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock
from xml.etree import ElementTree

import pytest
from qgis.core import QgsApplication

import soma_qgis
from model_core.version import __version__
from soma_qgis.locations import core_folder, icon_path, metadata_path, style_path
from soma_qgis.plugin import SomaPlugin

ROOT = Path(__file__).resolve().parents[2]


def provider() -> Any:
    return QgsApplication.processingRegistry().providerById("soma")


def test_without_a_window_only_the_provider_is_registered(qgis_processing: None) -> None:
    plugin = soma_qgis.classFactory(None)
    plugin.initProcessing()
    assert provider() is not None
    plugin.unload()
    assert provider() is None


def test_the_action_shows_the_panel_and_all_goes_with_the_plugin(
    qgis_processing: None, qgis_iface: Any, qgis_canvas: Any
) -> None:
    iface = MagicMock()
    iface.mainWindow.return_value = None
    iface.mapCanvas.return_value = qgis_canvas
    plugin = SomaPlugin(iface)
    plugin.initGui()
    (menu, action), _ = iface.addPluginToRasterMenu.call_args
    iface.addToolBarIcon.assert_called_once_with(action)
    iface.addDockWidget.assert_not_called()
    action.trigger()
    (_, dock), _ = iface.addDockWidget.call_args
    assert action.isChecked()
    items = len(qgis_canvas.scene().items())
    plugin.unload()
    iface.removeDockWidget.assert_called_once_with(dock)
    iface.removePluginRasterMenu.assert_called_once_with(menu, action)
    iface.removeToolBarIcon.assert_called_once_with(action)
    assert len(qgis_canvas.scene().items()) < items
    assert provider() is None


def test_the_dialog_can_be_made(plugin: SomaPlugin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every parameter has a widget: a wrong definition shows only here."""
    import processing
    from processing.gui import ParametersPanel

    # pytest-qgis has no browser model, which the panel takes from a window.
    monkeypatch.setattr(ParametersPanel, "iface", None)
    dialog = processing.createAlgorithmDialog("soma:register", {})
    assert dialog is not None
    dialog.deleteLater()


def test_metadata_has_what_the_repository_of_plugins_asks() -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(metadata_path(), encoding="utf-8")
    general = parser["general"]
    needed = [
        *("name", "description", "version", "qgisMinimumVersion", "author", "email", "about"),
        *("tracker", "repository", "homepage", "license", "category", "tags", "icon"),
    ]
    assert [name for name in needed if not general.get(name)] == []
    assert general["hasProcessingProvider"] == "yes"
    assert general["qgisMinimumVersion"] == "3.22"  # the oldest one that the tests have run on
    assert general["version"] == __version__
    assert (metadata_path().parent / general["icon"]).exists()


def test_what_the_plugin_looks_up_is_there() -> None:
    assert (core_folder() / "model_core" / "__main__.py").exists()
    ElementTree.parse(icon_path("soma.svg"))
    for name in ("displacements.qml", "displacement_raster.qml"):
        assert ElementTree.parse(style_path(name)).getroot().tag == "qgis"


def test_the_zips_layout_is_found_as_well(tmp_path: Path) -> None:
    import shutil

    package = tmp_path / "soma_qgis"
    shutil.copytree(ROOT / "soma_qgis", package)
    (package / "model_core").mkdir()
    (package / "resources").mkdir()
    (package / "metadata.txt").touch()
    code = (
        "from soma_qgis import locations as l; "
        "print(l.core_folder(), l.icon_path('a'), l.metadata_path(), sep='|')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().split("|") == [
        str(package),
        str(package / "resources" / "icons" / "a"),
        str(package / "metadata.txt"),
    ]


def test_the_plugin_loads_without_torch_and_without_the_core() -> None:
    code = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('torch', 'timm', 'rasterio', 'model_core'):\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "import soma_qgis.plugin\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
