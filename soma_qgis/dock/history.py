"""The runs of the past, kept in the profile."""

from __future__ import annotations

import json
from pathlib import Path

from qgis.core import QgsApplication

from soma_qgis.dock.run_record import RunRecord

LONGEST = 30
"""Runs that are kept."""


def history_path() -> Path:
    """Return where the history lies."""
    return Path(QgsApplication.qgisSettingsDirPath()) / "soma_qgis" / "history.json"


def load_history(path: Path) -> list[RunRecord]:
    """Return the runs of the past, latest first; none where there is no file that can be read."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return [RunRecord.from_dict(entry) for entry in entries]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return []  # a history is a convenience: a spoilt one must not keep the panel from opening


def add_to_history(path: Path, record: RunRecord) -> list[RunRecord]:
    """Store one more run and return them all, latest first.

    Raises:
        OSError: the profile cannot be written.
    """
    records = [record, *load_history(path)][:LONGEST]
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    text = json.dumps([entry.to_dict() for entry in records], ensure_ascii=False, indent=1)
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
    return records
