"""The real core under the algorithms, on real scenes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import (
    QgsApplication,
    QgsProcessingException,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)

from soma_qgis.algorithms import base
from soma_qgis.dock.run_record import RunRecord
from soma_qgis.dock.run_settings import RunSettings
from soma_qgis.dock.runs import Run as PanelRun
from soma_qgis.dock.runs import RunQueue
from soma_qgis.engine.engine import Engine
from soma_qgis.locations import core_folder

from .conftest import Recorder

Run = Callable[..., dict[str, Any]]

pytestmark = pytest.mark.slow

COMMAND = (sys.executable, "-m", "model_core")


@pytest.fixture(autouse=True)
def on_real_engine(real_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "shared_engine", lambda: real_engine)


@pytest.fixture
def spain(scenes: Path) -> dict[str, str]:
    """A Sentinel-1 and a Sentinel-2 image of one place."""
    return {
        "SAR": str(scenes / "sen1floods11_spain_s1_vv_vh_db.tif"),
        "OPTICAL": str(scenes / "sen1floods11_spain_s2_13band.tif"),
    }


def values(path: Path | str) -> np.ndarray[Any, Any]:
    return np.asarray(gdal.Open(str(path)).ReadAsArray())


def profile(folder: Path) -> Path:
    """Make a fresh QGIS profile folder in which the built zip is installed and switched on."""
    default = folder / "profiles" / "default"
    plugins = default / "python" / "plugins"
    plugins.mkdir(parents=True)
    archive = folder / "soma_qgis.zip"
    package = [sys.executable, "scripts/package.py", "--out", str(archive)]
    subprocess.run(package, cwd=core_folder(), check=True, capture_output=True)
    shutil.unpack_archive(archive, plugins)
    (default / "QGIS").mkdir()
    enabled = "[PythonPlugins]\nsoma_qgis=true\n"
    (default / "QGIS" / "QGIS3.ini").write_text(enabled, encoding="utf-8")
    return folder


def qgis_process(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_RUNTIME_DIR": str(runtime),
        "QGIS_CUSTOM_CONFIG_PATH": str(folder),
        "SOMA_PYTHON": sys.executable,
    }
    environment.pop("PYTHONPATH", None)
    return subprocess.run(
        ["qgis_process", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def run_in_panel(pair: dict[str, str], folder: Path) -> RunRecord:
    """Do what the panel's Run button does, with the panel's own settings."""
    folder.mkdir()
    layers = [QgsRasterLayer(pair[name], name) for name in ("SAR", "OPTICAL")]
    QgsProject.instance().addMapLayers(layers)
    sar, optical = (layer.id() for layer in layers)
    settings = RunSettings(sar, optical, str(folder), values={"sar_band": 1})
    done, queue = PanelRun(settings, *layers), RunQueue()
    queue.add(done)
    end = time.monotonic() + 120
    while done.record is None and time.monotonic() < end:
        QgsApplication.processEvents()
        time.sleep(0.01)
    QgsProject.instance().removeAllMapLayers()
    assert done.record is not None
    return done.record


def run_on_the_command_line(pair: dict[str, str], folder: Path) -> Path:
    """Register with the core alone; return the displacement raster."""
    command = ["register", "--sar", pair["SAR"], "--optical", pair["OPTICAL"]]
    done = subprocess.run(
        [*COMMAND, *command, "--out", str(folder)],
        cwd=core_folder(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "displacement.tif"


def run_from_the_zip(pair: dict[str, str], folder: Path) -> Path:
    """Register with the built zip in ``qgis_process``; return the displacement raster."""
    field = folder / "field.tif"
    done = qgis_process(
        profile(folder),
        "run",
        "soma:register",
        *(f"--{name}={path}" for name, path in pair.items()),
        f"--OUTPUT={folder / 'registered.tif'}",
        f"--DISPLACEMENT_RASTER={field}",
    )
    assert done.returncode == 0, done.stderr
    assert "VERDICT:\tregistered" in done.stdout
    return field


def test_panel_toolbox_command_line_and_the_zip_in_qgis_process_agree_to_the_bit(
    run: Run, spain: dict[str, str], tmp_path: Path, real_engine: Engine
) -> None:
    outputs = {
        "OUTPUT": str(tmp_path / "registered.tif"),
        "DISPLACEMENTS": str(tmp_path / "vectors.gpkg"),
        "DISPLACEMENT_RASTER": str(tmp_path / "field.tif"),
        "GCPS": str(tmp_path / "gcps.points"),
        "REPORT": str(tmp_path / "report.html"),
        "SUMMARY": str(tmp_path / "summary.json"),
    }
    results = run("register", **spain, **outputs)
    assert results["VERDICT"] == "registered"
    assert results["RMSE_AFTER"] < results["RMSE_BEFORE"]
    assert all(Path(path).stat().st_size > 0 for path in outputs.values())
    summary = json.loads(Path(outputs["SUMMARY"]).read_text(encoding="utf-8"))
    assert summary["verdict"] == "registered"
    assert QgsVectorLayer(outputs["DISPLACEMENTS"], "v", "ogr").featureCount() > 20
    field, warm = values(outputs["DISPLACEMENT_RASTER"]), real_engine.worker_pid()

    # The same bands again, from the displacement raster alone.
    displaced = {"DISPLACEMENT_RASTER": outputs["DISPLACEMENT_RASTER"], "INPUT": spain["SAR"]}
    applied = str(tmp_path / "applied.tif")
    run("applyregistration", **displaced, OUTPUT=applied)
    np.testing.assert_allclose(values(applied), values(outputs["OUTPUT"]), atol=0.05)
    record = run_in_panel(spain, tmp_path / "panel")
    assert (record.verdict, record.problem) == ("registered", "")
    np.testing.assert_array_equal(values(record.results["DISPLACEMENT_RASTER"]), field)
    assert real_engine.worker_pid() == warm
    np.testing.assert_array_equal(values(run_on_the_command_line(spain, tmp_path / "cli")), field)
    np.testing.assert_array_equal(values(run_from_the_zip(spain, tmp_path / "profile")), field)


def test_results_of_images_without_crs_lie_over_the_reference(
    run: Run, spain: dict[str, str], tmp_path: Path
) -> None:
    side = 256
    plain = {}
    for name, bands in (("SAR", [1]), ("OPTICAL", [4, 3, 2])):
        plain[name] = str(tmp_path / f"{name}.tif")
        source = gdal.Open(spain[name])
        driver, data_type = gdal.GetDriverByName("GTiff"), gdal.GDT_Float32
        target = driver.Create(plain[name], side, side, len(bands), eType=data_type)
        for number, band in enumerate(bands, 1):
            part = source.GetRasterBand(band).ReadAsArray(0, 0, side, side)
            target.GetRasterBand(number).WriteArray(part)
        target = None  # closes the file
    outputs = {
        "OUTPUT": str(tmp_path / "registered.tif"),
        "DISPLACEMENTS": str(tmp_path / "vectors.gpkg"),
        "DISPLACEMENT_RASTER": str(tmp_path / "field.tif"),
    }
    run("register", **plain, **outputs)
    whole = QgsRasterLayer(plain["OPTICAL"], "reference").extent()
    assert QgsRasterLayer(outputs["OUTPUT"], "registered").extent() == whole
    field = QgsRasterLayer(outputs["DISPLACEMENT_RASTER"], "field").extent()
    assert field.intersect(whole).area() > 0.9 * whole.area()
    vectors = QgsVectorLayer(outputs["DISPLACEMENTS"], "vectors", "ogr")
    assert vectors.featureCount() > 10
    assert whole.buffered(5).contains(vectors.extent())
    # A correction upwards (dy above 0) is a line upwards.
    for feature in vectors.getFeatures():
        start, end = feature.geometry().asPolyline()
        assert end.x() - start.x() == pytest.approx(feature["dx_m"], abs=1e-3)
        assert end.y() - start.y() == pytest.approx(feature["dy_m"], abs=1e-3)


def test_two_places_fail_and_write_nothing(run: Run, scenes: Path, tmp_path: Path) -> None:
    """The SAR image of one place under the georeferencing of another."""
    window = [256, 256, 384, 384]
    optical, moved = str(tmp_path / "here.tif"), str(tmp_path / "elsewhere.tif")
    here = gdal.Translate(optical, str(scenes / "volkov_tile_035_s2rgb.tif"), srcWin=window)
    other = gdal.Translate(moved, str(scenes / "volkov_tile_059_s1vh.tif"), srcWin=window)
    other.SetProjection(here.GetProjection())
    other.SetGeoTransform(here.GetGeoTransform())
    here = other = None  # closes the files
    folder = tmp_path / "out"
    folder.mkdir()
    names = {"OUTPUT": "registered.tif", "DISPLACEMENT_RASTER": "d.tif", "GCPS": "g.points"}
    outputs = {name: str(folder / file) for name, file in names.items()}
    with pytest.raises(QgsProcessingException, match="no raster was written"):
        run("register", SAR=moved, OPTICAL=optical, **outputs)
    assert list(folder.iterdir()) == []


def test_a_real_run_is_cancelled_within_two_seconds(
    run: Run, spain: dict[str, str], tmp_path: Path, real_engine: Engine
) -> None:
    feedback = Recorder()
    cancelled: list[float] = []

    def cancel_in_the_middle(progress: float) -> None:
        if progress > 16 and not cancelled:
            cancelled.append(time.monotonic())
            feedback.cancel()

    feedback.progressChanged.connect(cancel_in_the_middle)
    with pytest.raises(QgsProcessingException, match="Cancelled"):
        run("register", feedback, **spain, OUTPUT=str(tmp_path / "registered.tif"))
    assert time.monotonic() - cancelled[0] < 2
    assert real_engine.worker_pid() is None
    assert list(tmp_path.iterdir()) == []
