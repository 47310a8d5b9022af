"""A plugin in a running QGIS, on a stub of the worker unless a test wants the real one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("qgis.core", reason="QGIS is not installed")

from qgis.core import QgsProcessingFeedback

from soma_qgis.algorithms import base
from soma_qgis.engine import installation
from soma_qgis.engine.engine import Engine
from soma_qgis.engine.process import Launch
from soma_qgis.plugin import SomaPlugin

from .stage import GOOD, Stage

STUB = Path(__file__).with_name("stub_worker.py")
PATIENCE = 120.0


def stub_launch(cancelled: Callable[[], bool] | None = None) -> Launch:
    """Start the stub with the Python of the tests, which is no QGIS."""
    return Launch((sys.executable, str(STUB)))


class Recorder(QgsProcessingFeedback):
    """Keeps what an algorithm says, and may cancel at a line of the log."""

    def __init__(self, cancel_at: str = "") -> None:
        super().__init__(False)
        self.lines: list[str] = []
        self.warnings: list[str] = []
        self.errors: list[str] = []
        self.stages: list[str] = []
        self._cancel_at = cancel_at

    def pushInfo(self, info: str) -> None:
        self.lines.append(info)
        if self._cancel_at and self._cancel_at in info:
            self.cancel()

    def pushConsoleInfo(self, info: str) -> None:
        self.lines.append(info)

    def pushWarning(self, warning: str) -> None:
        self.warnings.append(warning)

    def reportError(self, error: str, fatalError: bool = False) -> None:
        self.errors.append(error)

    def setProgressText(self, text: str) -> None:
        self.stages.append(text)


@pytest.fixture
def stub_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine on the stub, which the algorithms use as well."""
    engine = Engine(stub_launch, lambda: PATIENCE)
    monkeypatch.setattr(base, "shared_engine", lambda: engine)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def real_engine() -> Iterator[Engine]:
    """One worker for all tests of a file, on the Python of the tests."""
    command = (sys.executable, "-m", "model_core", "serve")
    engine = Engine(lambda cancelled: Launch(command), lambda: 300.0)
    yield engine
    engine.close()


@pytest.fixture
def processing_without_window(qgis_processing: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processing that puts results into the project only: pytest-qgis has no real layer tree view,
    which QGIS 3.44 asks of a window."""
    from processing.gui import Postprocessing

    monkeypatch.setattr(Postprocessing, "iface", None, raising=False)  # 3.22 has none there


@pytest.fixture
def plugin(processing_without_window: None) -> Iterator[SomaPlugin]:
    """The plugin as ``qgis_process`` loads it."""
    plugin = SomaPlugin(None)
    plugin.initProcessing()
    yield plugin
    plugin.unload()


@pytest.fixture
def run(plugin: SomaPlugin) -> Callable[..., dict[str, Any]]:
    """Run an algorithm of the plugin as a script does."""
    import processing

    def run(algorithm: str, feedback: Recorder | None = None, **parameters: Any) -> Any:
        return processing.run(f"soma:{algorithm}", parameters, feedback=feedback or Recorder())

    return run


@pytest.fixture
def rasters(tmp_path: Path) -> dict[str, str]:
    """Two small rasters in different CRSs, as parameters SAR and OPTICAL."""
    return {
        "SAR": write_raster(tmp_path / "s1.tif", 2, 32630),
        "OPTICAL": write_raster(tmp_path / "s2.tif", 4, 4326),
    }


@pytest.fixture
def stage(qgis_app: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A computer with one Python, for making the environment on."""
    if sys.platform != "linux":
        pytest.skip("the programs that play pip and uv are for Linux")
    made = Stage(tmp_path)
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(installation, "base_pythons", lambda: iter([str(made.python)]))
    monkeypatch.setattr(installation, "find_uv", lambda: None)
    monkeypatch.setattr(installation, "check", lambda python, cancelled: GOOD)
    return made


def write_raster(path: Path, bands: int, epsg: int | None, side: int = 80) -> str:
    """Write a raster of 10-m pixels (or the like in degrees) somewhere in Spain."""
    from osgeo import gdal, osr

    data = gdal.GetDriverByName("GTiff").Create(str(path), side, side, bands, gdal.GDT_Byte)
    if epsg is not None:
        system = osr.SpatialReference()
        system.ImportFromEPSG(epsg)
        data.SetProjection(system.ExportToWkt())
        origin, pixel = ((-3.0, 40.0), 1e-4) if epsg == 4326 else ((500000.0, 4427757.0), 10.0)
        data.SetGeoTransform((origin[0], pixel, 0, origin[1], 0, -pixel))
    for band in range(bands):
        data.GetRasterBand(band + 1).Fill(10 * (band + 1))
    data = None  # closes the file
    return str(path)
