"""Tables by sensor, cover and resolution: each group has its own figures, and none is invented."""

from __future__ import annotations

import pytest

from model_core.evaluation.breakdown import UNKNOWN, breakdown_tables, resolution_class
from model_core.evaluation.scoring import Record
from tests.core.evaluation.records import record


def rows(parts: list[str], heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading, without its head."""
    text = parts[parts.index(f"### {heading}\n") + 1]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()[2:]]


def test_each_sensor_has_its_own_figures() -> None:
    """One sensor is matched, the other is not; a pair whose sensor nobody stated comes last."""
    parts = breakdown_tables(
        [
            record(0, 0.5, sensor="TerraSAR-X"),
            record(1, 9.0, sensor="GaoFen-3"),
            record(2, 1.0, sensor="GaoFen-3"),
            record(3, 1.0),
        ]
    )
    found = rows(parts, "P2 by sensor")
    assert [row[0] for row in found] == ["net, GaoFen-3", "net, TerraSAR-X", f"net, {UNKNOWN}"]
    assert [row[1] for row in found] == ["2 (2)", "1 (1)", "1 (1)"]
    assert found[0][2].startswith("50.0")
    assert found[1][2].startswith("100.0")
    assert not any(part.startswith(("## By cover", "## By resolution")) for part in parts)


def test_one_value_needs_no_table() -> None:
    """Nor has a protocol of two answers a place here."""
    assert breakdown_tables([record(i, 1.0, sensor="Sentinel-1") for i in range(3)]) == []
    two = [record(i, None, "equivariance", sensor=name) for i, name in enumerate("ab")]
    assert breakdown_tables(two) == []


def test_resolutions_run_from_fine_to_coarse() -> None:
    """10 m stands after 2 m, though it sorts before as a text; limits belong to the coarser."""
    parts = breakdown_tables([record(0, 1.0, gsd=10.0), record(1, 1.0, gsd=2.0)])
    assert [row[0] for row in rows(parts, "P2 by resolution")] == [
        "net, 2 to 5 m",
        "net, 5 to 15 m",
    ]
    assert resolution_class(1.99) == "below 2 m"
    assert resolution_class(30.0) == "15 m and more"


def test_unrelated_pairs_have_the_share_registered_alone() -> None:
    """There is no error to show."""
    unrelated = [
        record(0, None, "unrelated", cover="city"),
        record(1, None, "unrelated", cover="water"),
    ]
    ((_, _, city), (_, _, water)) = rows(breakdown_tables(unrelated), "unrelated by cover")
    assert city == water == "100.0 [100, 100]"


@pytest.mark.parametrize("key", ["sensor", "cover", "gsd"])
def test_results_of_before_are_still_read(key: str) -> None:
    """A line without the new keys is a result whose sensor, cover and resolution are not known."""
    data = record(0, 1.0).to_dict()
    del data[key]
    assert getattr(Record.from_dict(data), key) is None
