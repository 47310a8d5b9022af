"""Charts: readable text, and the same bytes for the same data."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from model_core.evaluation.figures import Axis, Line, write_chart

pytest.importorskip("matplotlib")

LINES = (Line("one & all", [(0, 0), (10, 100)]), Line("perfect", [(0, 50), (10, 50)], dashed=True))


def chart(path: Path) -> str:
    write_chart(path, "Errors <1 px>", Axis("RMSE, px", 0, 10), Axis("cases, %", 0, 100), LINES)
    return path.read_text(encoding="utf-8")


def test_the_same_data_gives_the_same_file(tmp_path: Path) -> None:
    """Else a folder of results would differ from run to run; no date is in it either."""
    first = chart(tmp_path / "first.svg")
    assert first == chart(tmp_path / "again.svg")
    assert "dc:date" not in first


def test_every_word_is_in_the_chart(tmp_path: Path) -> None:
    """Title, axes and legend are text, whatever characters they hold."""
    text = "".join(ElementTree.fromstring(chart(tmp_path / "chart.svg")).itertext())
    for word in ("Errors <1 px>", "RMSE, px", "cases, %", "one & all", "perfect"):
        assert word in text
