"""The document: which tables stand in it."""

from __future__ import annotations

from typing import Any

from model_core.evaluation.document import markdown
from tests.core.evaluation.records import record

INFO: dict[str, Any] = {
    "fixed": {"manifests": ["m.csv"], "split": None, "seed": 0, "threads": 1, "device": "cpu"},
    "machine": {"processor": "p", "cores": "1", "system": "s"},
    "versions": {},
    "absent": {},
    "estimated_sources": [],
}


def test_views_without_gaps_have_tables_of_their_own_beside_all() -> None:
    """Of three cases one has a gap and fails: 67 % of all are matched, 100 % of the others."""
    records = [
        record(0, 0.5, optical_valid=1.0, sar_valid=1.0),
        record(1, 0.5),
        record(2, 40.0, optical_valid=1.0, sar_valid=0.8),
    ]
    every, gapless = markdown(records, [], INFO).split("## Views without gaps")
    assert "| net | 3 (3) | 66.7" in every
    assert "P2: 1 of 3 cases have gaps" in gapless
    assert "| net | 2 (2) | 100.0" in gapless
    assert "without gaps" not in markdown(records[:2], [], INFO)


def test_small_views_are_judged_beside_unrelated_views_of_their_side() -> None:
    """Other sides would be easier or harder to tell apart."""
    records = [
        record(0, 0.5, "small-96"),
        record(1, None, "unrelated-96", verdict="failed"),
        record(2, None, "unrelated-128"),
        record(3, None, "unrelated"),
    ]
    text = markdown(records, [], INFO)
    assert "| net: registered | 100.0 [100, 100] | – | 0.0 [0, 0] | 1 (1), 1 |" in text
