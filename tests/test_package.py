"""The zip is what people install: complete, small, clean, and it registers in a fresh profile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from model_core.feedback import Feedback
from model_core.products.displacement_raster import read_displacement_raster
from model_core.simulation.scene_pair import SceneSettings, simulate

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 25_000_000


def build(target: Path) -> Path:
    command = [sys.executable, str(ROOT / "scripts" / "package.py"), "--out", str(target)]
    subprocess.run(command, check=True, capture_output=True)
    return target


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("package") / "soma_qgis.zip")


def test_holds_what_plugins_need_and_nothing_else(package):
    with zipfile.ZipFile(package) as archive:
        names = archive.namelist()
    assert package.stat().st_size <= LARGEST
    for wanted in (
        "__init__.py",
        "metadata.txt",
        "LICENSE",
        "model_core/__main__.py",
        "resources/icons/",
        "resources/styles/",
    ):
        assert any(name.startswith(f"soma_qgis/{wanted}") for name in names), wanted
    assert all(name.startswith("soma_qgis/") for name in names)
    parts = {part for name in names for part in Path(name).parts}
    assert not [p for p in parts if p.startswith((".", "__pycache__")) or p.endswith(".pyc")]
    assert not {"tests", "benchmarks", "scripts", "docs"} & parts


def test_holds_all_of_the_core(package):
    with zipfile.ZipFile(package) as archive:
        packed = {n for n in archive.namelist() if n.startswith("soma_qgis/model_core/")}
    there = {f"soma_qgis/{p.relative_to(ROOT)}" for p in (ROOT / "model_core").rglob("*.py")}
    assert there <= packed


def test_same_files_give_the_same_zip(package, tmp_path):
    assert build(tmp_path / "again.zip").read_bytes() == package.read_bytes()


@pytest.mark.slow
def test_registers_from_a_fresh_profile(package, tmp_path):
    """Installed from the zip alone, it finds the known displacement of a rendered pair."""
    profiles, runtime, scene = (tmp_path / name for name in ("profiles", "run", "scene"))
    plugins = profiles / "profiles" / "default" / "python" / "plugins"
    runtime.mkdir(mode=0o700)
    scene.mkdir()
    with zipfile.ZipFile(package) as archive:
        archive.extractall(plugins)
    simulate(SceneSettings(size=384, seed=5, shift=(90.0, -60.0)), scene, Feedback())
    environment = os.environ | {
        "QGIS_CUSTOM_CONFIG_PATH": str(profiles),
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_RUNTIME_DIR": str(runtime),
        "SOMA_PYTHON": sys.executable,
    }
    environment.pop("PYTHONPATH", None)

    def qgis_process(*arguments: str) -> str:
        done = subprocess.run(
            ["qgis_process", *arguments],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    qgis_process("plugins", "enable", "soma_qgis")
    answer = qgis_process(
        "--json",
        "run",
        "soma:register",
        "--",
        f"SAR={scene / 'sar.tif'}",
        f"OPTICAL={scene / 'optical.tif'}",
        f"OUTPUT={tmp_path / 'registered.tif'}",
        f"DISPLACEMENT_RASTER={tmp_path / 'displacement.tif'}",
    )
    results = json.loads(answer[answer.index("{") :])["results"]
    assert results["VERDICT"] == "registered"
    assert Path(results["OUTPUT"]).is_file()
    found = read_displacement_raster(tmp_path / "displacement.tif")
    true = read_displacement_raster(scene / "truth_displacement.tif")
    points = found.working.to_map(found.control_grid.positions())
    shown = true.working.to_map(true.to_field().at(true.working.to_pixels(points)))
    error = np.linalg.norm(found.displacement() - (points - shown), axis=-1) / 10
    sure = found.valid & (found.certainty > 0.3)
    assert sure.mean() > 0.5
    assert np.median(error[sure]) < 1.0
    assert np.percentile(error[sure], 90) < 2.0
