"""The notebook of the documentation runs from its first cell to its last."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

NOTEBOOK = ROOT / "docs" / "notebooks" / "first_registration.ipynb"
LARGEST = 200_000


def code_cells() -> list[dict[str, Any]]:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def run_cells() -> tuple[dict[str, Any], list[Any]]:
    """Run all cells in one namespace; return it, and what each cell's last expression shows."""
    names: dict[str, Any] = {}
    shown: list[Any] = []
    for number, cell in enumerate(code_cells(), 1):
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, f"cell {number}", "exec"), names)
        if isinstance(last, ast.Expr):
            shown.append(eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names))
    return names, [value for value in shown if value is not None]


def test_is_small_and_without_outputs() -> None:
    """Outputs would hold paths of the machine that made them."""
    assert NOTEBOOK.stat().st_size < LARGEST
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code_cells())


@pytest.mark.parametrize("images", ["rendered", "real"])
def test_runs(images: str, request, tmp_path: Path, monkeypatch, capsys) -> None:
    pytest.importorskip("matplotlib")
    if images == "real":
        monkeypatch.setenv("SOMA_DATA", str(request.getfixturevalue("scenes").parent))
    else:
        monkeypatch.delenv("SOMA_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    names, shown = run_cells()
    assert names["result"].verdict == "registered"
    shift = names["result"].figures["median_shift_px"]
    assert shift == pytest.approx(13.9, abs=1.5), "12 px and 7 px"
    assert "median correction there" in capsys.readouterr().out
    figure, html, picture, files, applied = shown
    assert [axis.get_title() for axis in figure.axes][:2] == ["Before", "After"]
    assert "Registered" in html._repr_html_()
    assert picture.axes
    assert "report.html" in files
    assert applied.is_file()
