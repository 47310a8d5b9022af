"""The core installs like any library: built, installed apart from the repository, it registers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

SOURCES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")
FOLDERS = ("model_core", "resources")
LARGEST = 20_000_000

pytestmark = pytest.mark.slow


def run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command outside the repository, which is not on Python's path either."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        command, cwd=folder, env=inherited | environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


def build_wheel(source: Path, folder: Path) -> Path:
    """Build a wheel of a source folder, without a network."""
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir"]
    run([sys.executable, "-m", "pip", "wheel", *options, str(folder), str(source)], folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of what the wheel is made from: a build leaves files beside its sources."""
    pytest.importorskip("setuptools", minversion="77")
    folder = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        shutil.copy2(ROOT / name, folder)
    for name in FOLDERS:
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*_cache")
        )
    return folder


@pytest.fixture(scope="module")
def wheel(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(sources, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of programs of a fresh environment with the wheel in it.

    It sees the libraries of the environment of the tests, so that torch is not installed again.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    python = str(programs / "python")
    (own,) = run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder
    ).stdout.split("\n")[:1]
    libraries = [p for p in sys.path if Path(p).name in ("site-packages", "dist-packages")]
    Path(own, "libraries.pth").write_text("\n".join(libraries) + "\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    run([*pip, "--no-deps", "--no-index", str(wheel)], folder)
    return programs


def test_holds_all_of_the_core_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    wanted = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "model_core").rglob("*")
        if path.is_file() and not {"__pycache__", ".mypy_cache"} & set(path.parts)
    }
    wanted |= {"model_core/resources/definitions.json"}
    wanted |= {
        f"model_core/resources/weights/{path.name}"
        for path in (ROOT / "resources" / "weights").iterdir()
    }
    packed = {name for name in names if ".dist-info/" not in name}
    assert packed == wanted
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert wheel.stat().st_size < LARGEST


def test_sources_give_the_same_wheel_to_the_byte(
    sources: Path, wheel: Path, tmp_path: Path
) -> None:
    """From the sdist, in another folder, at another time, with other permissions."""
    code = "from setuptools import build_meta; print(build_meta.build_sdist('dist'))"
    name = run([sys.executable, "-c", code], sources).stdout.split()[-1]
    with tarfile.open(sources / "dist" / name) as archive:
        names = archive.getnames()
        archive.extractall(tmp_path)
    assert not [n for n in names if {"tests", "soma_qgis", "scripts"} & set(Path(n).parts)]
    (unpacked,) = tmp_path.iterdir()
    stale = unpacked / "build" / "lib" / "model_core" / "of_an_earlier_build.py"
    stale.parent.mkdir(parents=True)
    stale.touch()
    for path in unpacked.rglob("*.py"):
        os.utime(path, (1_500_000_000, 1_500_000_000))
        path.chmod(0o600)
    again = build_wheel(unpacked, tmp_path)
    assert again.read_bytes() == wheel.read_bytes()


def test_imports_fast_and_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    code = (
        "import sys, json, model_core; print(json.dumps([model_core.__file__,"
        " model_core.__version__, sorted({'torch', 'rasterio', 'numpy'} & set(sys.modules))]))"
    )
    answer = json.loads(run([str(installed / "python"), "-c", code], tmp_path).stdout)
    file, version, heavy = answer
    assert Path(file).is_relative_to(installed.parent)
    assert version
    assert heavy == []


def test_program_lists_its_commands(installed: Path, tmp_path: Path) -> None:
    text = run([str(installed / "soma"), "--help"], tmp_path).stdout
    assert text.startswith("usage: soma ")
    for command in ("register", "match", "apply", "info", "train", "evaluate", "simulate"):
        assert f"    {command} " in text or f"    {command}\n" in text


def test_registers_a_pair(installed: Path, tmp_path: Path) -> None:
    """What the program says of a rendered pair is what was rendered."""
    soma = str(installed / "soma")
    models = json.loads(run([soma, "info", "--json"], tmp_path).stdout)["models"]
    assert "soma-compact" in models
    pair = ["--size", "256", "--shift", "60", "-40", "--rotation", "0.4"]
    distortion = ["--local", "0", "--relief", "0"]
    run([soma, "simulate", "--out", "pair", *pair, *distortion], tmp_path)
    images = ["--sar", "pair/sar.tif", "--optical", "pair/optical.tif"]
    done = run([soma, "register", *images, "--out", "result", "--max-shift", "20"], tmp_path)
    assert "Verdict: registered" in done.stdout
    summary = json.loads((tmp_path / "result" / "summary.json").read_text(encoding="utf-8"))
    assert summary["median_shift_m"] == pytest.approx(72.1, abs=5.0)
    products = {path.name for path in (tmp_path / "result").iterdir()}
    assert {"registered.tif", "displacement.tif", "report.html", "gcps.points"} <= products


def test_training_settings_are_there(installed: Path, tmp_path: Path) -> None:
    code = "from model_core.training.config import read_config; read_config('soma-compact')"
    run([str(installed / "python"), "-c", code], tmp_path, SOMA_DATA=str(tmp_path))
