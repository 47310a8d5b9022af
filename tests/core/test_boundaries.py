"""The two packages stay apart: the core knows nothing of QGIS, the plugin nothing of torch."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

FORBIDDEN = {
    "model_core": {"qgis", "PyQt5", "PyQt6", "PySide2", "PySide6", "processing", "soma_qgis"},
    "soma_qgis": {
        "torch",
        "torchvision",
        "timm",
        "rasterio",
        "safetensors",
        "model_core",
        "multiprocessing",
        "PyQt5",
        "PyQt6",
    },
}


def imported(source: str) -> set[str]:
    """Return the top names of all modules that a source imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
        elif isinstance(node, ast.Call) and node.args:
            # import_module("torch"), __import__("torch")
            called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func
            name = called.id if isinstance(called, ast.Name) else called
            first = node.args[0]
            if name in ("import_module", "__import__") and isinstance(first, ast.Constant):
                names.add(str(first.value).split(".")[0])
    return names


@pytest.mark.parametrize("package", sorted(FORBIDDEN))
def test_packages_stay_apart(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    found = {
        str(file.relative_to(ROOT)): sorted(both)
        for file in files
        if (both := imported(file.read_text(encoding="utf-8")) & FORBIDDEN[package])
    }
    assert found == {}


def test_imports_are_seen_wherever_they_stand() -> None:
    source = (
        "import torch.nn as nn\n"
        "def f():\n    from timm import create_model\n"
        "import_module('rasterio.io')\n"
        "importlib.import_module('safetensors')\n"
        "from . import model_core\n"
    )
    assert imported(source) == {"torch", "timm", "rasterio", "safetensors"}


def test_plugin_never_runs_the_executable_of_qgis() -> None:
    """On Windows ``sys.executable`` is QGIS itself: a second QGIS would open."""
    for file in (ROOT / "soma_qgis").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            is_it = isinstance(node, ast.Attribute) and node.attr == "executable"
            assert not is_it, f"{file}:{getattr(node, 'lineno', 0)}"


def test_plugin_parses_as_python_3_9() -> None:
    for file in (ROOT / "soma_qgis").rglob("*.py"):
        ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 9))
