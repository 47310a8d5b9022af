"""The runs of the past, kept in the profile."""

from __future__ import annotations

import json
from pathlib import Path

from qgis.core import QgsApplication

from soma_qgis.dock.outcome import Outcome

LONGEST = 30
"""Runs that are kept."""


def history_path() -> Path:
    """Return where the history lies."""
    return Path(QgsApplication.qgisSettingsDirPath()) / "soma_qgis" / "history.json"


def load_history(path: Path) -> list[Outcome]:
    """Return the runs of the past, latest first; none where there is no file that can be read."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return [Outcome.from_dict(entry) for entry in entries]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return []  # a history is a convenience: a spoilt one must not keep the panel from opening


def add_to_history(path: Path, outcome: Outcome) -> list[Outcome]:
    """Store one more run and return them all, latest first.

    Raises:
        OSError: the profile cannot be written.
    """
    outcomes = [outcome, *load_history(path)][:LONGEST]
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    text = json.dumps([entry.to_dict() for entry in outcomes], ensure_ascii=False, indent=1)
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
    return outcomes
