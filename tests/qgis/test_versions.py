"""The plugin's code is for Qt 5 and Qt 6: enums by their full names, Qt through qgis.PyQt.

The suite runs on a QGIS with Qt 5, which allows more than Qt 6 does; so the code is read as well,
and, where PyQt6 is installed, tried on it as far as that goes without QGIS.
"""

from __future__ import annotations

import ast
import enum
import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_QGIS = Path(__file__).with_name("qt6_without_qgis.py")
FILES = sorted(
    file
    for name in ("soma_qgis", "tests/qgis")
    for file in (ROOT / name).rglob("*.py")
    if file != WITHOUT_QGIS
)

MOVED = {("QtWidgets", name): "QtGui" for name in ("QAction", "QActionGroup", "QShortcut")}
"""What qgis.PyQt offers where Qt 5 has it, with Qt 6 as well."""


def imported(tree: ast.AST) -> dict[str, tuple[str, str]]:
    """Return the module and name of everything imported from QGIS and Qt."""
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module is not None
        and node.module.split(".")[0] == "qgis"
        for alias in node.names
    }


def chains(source: str) -> Iterator[tuple[int, str, list[str]]]:
    """Yield line, module and dotted name of all that is used of imported QGIS and Qt classes."""
    tree = ast.parse(source)
    known = imported(tree)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Name) or node.id not in known:
            continue
        module, name = known[node.id]
        names, here = [name], parents[node]
        while isinstance(here, ast.Attribute):
            names.append(here.attr)
            here = parents[here]
        yield node.lineno, module, names


def unscoped(source: str) -> list[str]:
    """Return the uses of enum values by the class instead of by their enum."""
    found = []
    for line, module, names in chains(source):
        owner: Any = getattr(importlib.import_module(module), names[0])
        for name in names[1:]:
            value = getattr(owner, name, None)
            if is_enum_value(value) and type(value) is not owner:
                found.append(f"{line}: {'.'.join(names)}")
            owner = value
    return found


def is_enum_value(value: Any) -> bool:
    """Whether something is a value of an enum, of Qt's or of Python's making."""
    return isinstance(value, (int, enum.Enum)) and type(value) not in (int, bool)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from qgis.PyQt.QtCore import Qt\nQt.AlignLeft", ["2: Qt.AlignLeft"]),
        ("from qgis.PyQt.QtCore import Qt\nQt.AlignmentFlag.AlignLeft", []),
        ("from qgis.core import QgsTask as T\nx(T.CanCancel)", ["2: QgsTask.CanCancel"]),
        ("from qgis.core import QgsTask\nx(QgsTask.Flag.CanCancel)", []),
        ("from qgis.core import Qgis\nQgis.Info", ["2: Qgis.Info"]),
        ("from qgis.core import Qgis\nQgis.MessageLevel.Info", []),
        ("from qgis.core import QgsProcessing\nQgsProcessing.TEMPORARY_OUTPUT", []),
    ],
)
def test_unscoped_enums_are_found(source: str, expected: list[str]) -> None:
    assert unscoped(source) == expected


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_enums_are_scoped(file: Path) -> None:
    assert not unscoped(file.read_text(encoding="utf-8"))


def test_qt_comes_through_qgis() -> None:
    direct = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [a.name for a in node.names]
        )
        if name.split(".")[0] in ("PyQt5", "PyQt6", "PySide2", "PySide6", "sip")
    ]
    assert not direct


@pytest.fixture
def qt6() -> Callable[..., str]:
    """Run a Python program where PyQt6 is, and return what it prints."""

    def run(*arguments: str, given: str = "") -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    if subprocess.run([sys.executable, "-c", "import PyQt6"], capture_output=True).returncode:
        pytest.skip("PyQt6 is not installed (on Debian: python3-pyqt6)")
    return run


def test_what_is_used_of_qt_is_in_qt_6(qt6: Callable[..., str]) -> None:
    used = set()
    for file in FILES:
        for _, module, names in chains(file.read_text(encoding="utf-8")):
            if module.startswith("qgis.PyQt."):
                part = module.rsplit(".", 1)[1]
                used.add((MOVED.get((part, names[0]), part), *names))
    assert len(used) > 50
    code = (
        "import importlib, json, sys\n"
        "for part, *names in json.load(sys.stdin):\n"
        "    owner = importlib.import_module('PyQt6.' + part)\n"
        "    for name in names:\n"
        "        if not hasattr(owner, name):\n"
        "            print(part, '.'.join(names))\n"
        "            break\n"
        "        owner = getattr(owner, name)\n"
    )
    assert qt6("-c", code, given=json.dumps(sorted(used))) == ""


def test_the_modules_load_on_qt_6(qt6: Callable[..., str]) -> None:
    loaded = qt6(str(WITHOUT_QGIS))
    assert int(loaded.split()[0]) > 40
