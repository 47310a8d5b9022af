"""Puts a trained checkpoint among the bundled models, with how it was made and what it reaches.

    python scripts/bundle_model.py --checkpoint runs/compact/best.safetensors \\
        --name soma-compact --entry entry.json --results runs/val/results.jsonl

``entry.json`` holds ``title``, ``description``, ``training_data``, ``licence`` and ``training``
(command, commit, hours, hardware). The figures are computed from the results of ``evaluate``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from model_core.evaluation.metrics import acceptance
from model_core.evaluation.protocols import PROTOCOLS
from model_core.evaluation.records import ResultFile
from model_core.evaluation.scoring import Record
from model_core.evaluation.tables import by_method, summarise
from model_core.network.bundle import write_bundled
from model_core.network.checkpoint import load_network

NEEDED = ("title", "description", "training_data", "licence", "training")


def accuracies(records: list[Record]) -> dict[str, dict[str, Any]]:
    """Return, by protocol and method, shares of matched cases, median error and failures."""
    found: dict[str, dict[str, Any]] = {}
    for protocol in PROTOCOLS.values():
        own = [r for r in records if r.protocol == protocol.name]
        if not own or protocol.type == "unrelated":
            continue
        error = "disagreement" if protocol.type == "equivariance" else "rmse"
        found[protocol.name] = {
            method: _figures(some, error) for method, some in by_method(own).items()
        }
    return found


def _figures(records: list[Record], error: str) -> dict[str, float]:
    figures = summarise(records, error)
    values = {
        "cases": figures.cases,
        **{f"below {limit:g} px": share.value for limit, share in figures.matched.items()},
        "median px": figures.median.value,
        "failures": figures.failures.value,
    }
    return {name: round(float(value), 3) for name, value in values.items()}


def verdicts(records: list[Record]) -> dict[str, dict[str, float]]:
    """Return, by network, how many true and unrelated pairs it calls registered."""
    found = {}
    for method, own in by_method([r for r in records if r.verdict is not None]).items():
        true = [r for r in own if PROTOCOLS[r.protocol].type == "pair"]
        other = [r for r in own if PROTOCOLS[r.protocol].type == "unrelated"]
        if not true or not other:
            continue
        result = acceptance(
            np.array([r.rmse for r in true], dtype=np.float64),
            np.array([r.verdict == "registered" for r in true]),
            [r.place for r in true],
            np.array([r.verdict == "registered" for r in other]),
            [r.place for r in other],
        )
        shares = {
            "true pairs within 2 px registered": result.good_accepted,
            "unrelated pairs registered": result.unrelated_accepted,
        }
        found[method] = {n: round(s.value, 3) for n, s in shares.items() if s is not None}
        found[method]["unrelated pairs"] = result.unrelated
    return found


def main() -> None:
    """Write the file and its entry in the manifest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--entry", type=Path, required=True)
    parser.add_argument("--results", type=Path, action="append", required=True)
    options = parser.parse_args()
    entry: dict[str, Any] = json.loads(options.entry.read_text(encoding="utf-8"))
    missing = [name for name in NEEDED if name not in entry]
    if missing:
        parser.error(f"{options.entry} lacks {', '.join(missing)}")
    # A case that stands in several files counts once.
    records = list(
        {
            (record.method, record.protocol, record.pair): record
            for path in options.results
            for record in ResultFile(path).records
        }.values()
    )
    entry["figures"] = {"accuracy": accuracies(records), "verdicts": verdicts(records)}
    path = write_bundled(load_network(str(options.checkpoint))[0], options.name, entry)
    sys.stdout.write(f"{path}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
