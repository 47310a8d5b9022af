"""The panel with two layers, on the stub worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from qgis.core import QgsApplication, QgsProject, QgsRasterLayer

from soma_qgis.dock import panel
from soma_qgis.dock.panel import SomaDock
from soma_qgis.engine.device import FoundDevice, remember_device
from soma_qgis.engine.engine import Engine
from soma_qgis.engine.environment import Status
from soma_qgis.plugin import SomaPlugin


def wait(until: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not until() and time.monotonic() < end:
        QgsApplication.processEvents()
        time.sleep(0.005)
    assert until()


@pytest.fixture
def dock(
    plugin: SomaPlugin,
    stub_engine: Engine,
    qgis_canvas: Any,
    qgis_new_project: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[SomaDock]:
    monkeypatch.setattr(panel, "history_path", lambda: tmp_path / "history.json")
    monkeypatch.setattr(panel, "status", lambda: Status(True, "", "python"))
    remember_device("python", FoundDevice("cpu", "the reason"))
    iface = MagicMock()
    iface.mapCanvas.return_value = qgis_canvas
    dock = SomaDock(iface)
    yield dock
    dock.close_all()
    dock.deleteLater()
    QgsProject.instance().removeAllMapLayers()


@pytest.fixture
def layers(dock: SomaDock, rasters: dict[str, str]) -> list[QgsRasterLayer]:
    found = [QgsRasterLayer(rasters["OPTICAL"], "s2"), QgsRasterLayer(rasters["SAR"], "s1")]
    QgsProject.instance().addMapLayers(found)
    wait(lambda: dock.run_bar.run.isEnabled())
    return found


def run(dock: SomaDock) -> None:
    dock.run_bar.run.click()
    wait(lambda: dock.queue.current is None)
