"""The two packages stay apart: the core knows nothing of QGIS, the plugin nothing of torch."""

from __future__ import annotations

import ast

import pytest

from tests.core.imports import ROOT, imports, imports_of

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


@pytest.mark.parametrize("package", sorted(FORBIDDEN))
def test_packages_stay_apart(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    found = [
        f"{file.relative_to(ROOT)}:{one.line}: {one.name}"
        for file in files
        for one in imports_of(file)
        if one.name.split(".")[0] in FORBIDDEN[package]
    ]
    assert found == []


def test_imports_are_seen_wherever_they_stand() -> None:
    source = (
        "import torch.nn as nn\n"
        "if TYPE_CHECKING:\n    from timm import create_model\n"
        "def f():\n    import_module('rasterio.io')\n"
        "importlib.import_module('safetensors')\n"
        "import_module(f'model_core.commands.{name}')\n"
        "from . import near\n"
        "from ..other.place import thing\n"
    )
    assert {one.line: one.name for one in imports(source, "a.b")} == {
        1: "torch.nn",
        3: "timm.create_model",
        5: "rasterio.io",
        6: "safetensors",
        7: "model_core.commands",
        8: "a.b.near",
        9: "a.other.place.thing",
    }


def test_plugin_never_runs_the_executable_of_qgis() -> None:
    """On Windows ``sys.executable`` is QGIS itself: a second QGIS would open."""
    for file in (ROOT / "soma_qgis").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            is_it = isinstance(node, ast.Attribute) and node.attr == "executable"
            assert not is_it, f"{file}:{getattr(node, 'lineno', 0)}"


def test_plugin_parses_as_python_3_9() -> None:
    for file in (ROOT / "soma_qgis").rglob("*.py"):
        ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 9))
