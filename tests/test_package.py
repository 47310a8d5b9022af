"""The zip is what users install: complete, small, clean, and it registers in a fresh profile."""

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
        "resources/definitions.json",
    ):
        assert any(name.startswith(f"soma_qgis/{wanted}") for name in names), wanted
    assert all(name.startswith("soma_qgis/") for name in names)
    parts = {part for name in names for part in Path(name).parts}
    hidden = {part for part in parts if part.startswith(".")}
    assert hidden == {".bandit", ".secrets.baseline"}  # for the checks of the plugin site
    assert not [p for p in parts if p.startswith("__pycache__") or p.endswith(".pyc")]
    assert not {"tests", "benchmarks", "scripts", "docs"} & parts


RESEARCH = {
    *("model_core/training", "model_core/evaluation", "model_core/simulation"),
    *(
        f"model_core/commands/{name}.py"
        for name in ("train", "refine_labels", "evaluate", "simulate")
    ),
}


def test_holds_the_core_without_research(package):
    with zipfile.ZipFile(package) as archive:
        packed = {n for n in archive.namelist() if n.startswith("soma_qgis/model_core/")}
    code = [path.relative_to(ROOT) for path in (ROOT / "model_core").rglob("*.py")]
    research = {path for path in code if any(path.is_relative_to(part) for part in RESEARCH)}
    assert all((ROOT / part).exists() for part in RESEARCH)
    assert {n for n in packed if n.endswith(".py")} == {
        f"soma_qgis/{path.as_posix()}" for path in code if path not in research
    }


def test_the_packed_core_offers_what_registers_and_imports_nothing_that_is_left_out(
    package, tmp_path
):
    with zipfile.ZipFile(package) as archive:
        archive.extractall(tmp_path)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def core(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path / "soma_qgis",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    told = core("-m", "model_core", "--help")
    assert told.returncode == 0, told.stderr
    offered = told.stdout[told.stdout.index("{") + 1 : told.stdout.index("}")].split(",")
    assert offered == ["register", "match", "apply", "info", "serve"]
    modules = (
        "import importlib, pkgutil, model_core; "
        "names = [m.name for m in pkgutil.walk_packages(model_core.__path__, 'model_core.')]; "
        "[importlib.import_module(name) for name in names if not name.endswith('__main__')]; "
        "print(model_core.__file__)"
    )
    imported = core("-c", modules)
    assert imported.returncode == 0, imported.stderr
    assert imported.stdout.strip() == str(tmp_path / "soma_qgis" / "model_core" / "__init__.py")


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
