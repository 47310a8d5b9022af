"""Which pairs are taken of many."""

from __future__ import annotations

from pathlib import Path

from model_core.evaluation.manifest import read_manifest
from model_core.evaluation.pairs import limit_per_source


def test_the_limit_takes_places_first_and_grows(pairs: Path) -> None:
    """Ten pairs are of ten places; five are among the ten."""
    every = read_manifest(pairs / "manifest.csv", "val")
    ten, five = (limit_per_source(every, n, seed=0) for n in (10, 5))
    assert len({pair.place for pair in ten}) == 10
    assert {pair.id for pair in five} < {pair.id for pair in ten}
    assert limit_per_source(every, 10, seed=1) != ten
