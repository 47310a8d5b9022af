"""Calibrates the verdict and the certainty on training pairs.

    python benchmarks/calibration.py measure --pairs $SOMA_DATA/pairs/manifest.csv \\
        --pairs $SOMA_DATA/sensors/manifest.csv --limit 60 --out build/calibration.jsonl
    python benchmarks/calibration.py fit build/calibration.jsonl

``measure`` registers views of several sizes of every pair, and views of different places, and adds
one line a view to a file; it goes on where it was stopped. ``fit`` prints the weights of the
verdict for ``network/matcher_config.py``, fitted by logistic regression, how often right and wrong
answers would be accepted (each judged with weights of the other half of the places), and the
``UNEXPLAINED`` and ``UNDERSTATED`` of
``registration/engine.py``.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from model_core.evaluation.cases import CannotCutError, Case, unrelated_partner
from model_core.evaluation.consensus import align as consensus
from model_core.evaluation.cutting import build_case
from model_core.evaluation.manifest import read_manifest
from model_core.evaluation.pairs import DatasetPair, LoadedPair, limit_per_source, load_pair
from model_core.evaluation.protocols import PROTOCOLS, EvaluationProtocol, TransformRange
from model_core.feedback import Feedback
from model_core.registration.engine import WITHIN, Alignment, align
from model_core.registration.model import RegistrationModel, load_model
from model_core.registration.transformation import FLOW
from model_core.registration.verdict import Evidence
from model_core.registration.verdict_config import THRESHOLDS
from model_core.workflows.match import plain_pair

Array = NDArray[np.float64]
Line = dict[str, Any]

SIDES = (96, 128, 192, 320, 480)
"""Pixels of the views, as far as the pairs are large enough."""

RIGHT, WRONG = 3.0, 5.0
"""Pixels of RMSE below which an answer is right, and beyond which it is wrong."""

POINTS = 200
"""Of a view, at which the field's error is kept."""

SHARE_WRONG = 0.003
"""Of the wrong answers that may be accepted."""

_WIDE = TransformRange(50, 20, 1.0, 0)
_ASKED = (
    PROTOCOLS["P1"],
    PROTOCOLS["P2"],
    PROTOCOLS["scale"],
    PROTOCOLS["unrelated"],
    EvaluationProtocol("unrelated-wide", "as P1", _WIDE, type="unrelated"),
)


def measured(case: Case, found: Alignment) -> Line:
    """Return what is kept of a registration."""
    line: Line = {
        "protocol": case.protocol.name, "pair": case.id, "place": case.pair.place,
        "source": case.pair.source, "side": case.optical.valid.shape[0], "kind": found.kind,
        "evidence": vars(found.evidence),
    }  # fmt: skip
    truth = case.sar_views[0].truth
    if truth is None:
        return line
    every = slice(None, None, max(1, len(truth.positions) // POINTS))
    points = truth.positions[every]
    errors = np.linalg.norm(found.field.at(points) - truth.targets[every], axis=1)
    spacing, shape = found.field.grid.spacing, found.field.grid.shape
    columns, rows = (
        np.clip(points[:, i] // spacing, 0, shape[1 - i] - 1).astype(int) for i in (0, 1)
    )
    deviation = found.answer.deviation[rows, columns]
    known = found.fit.known[rows, columns] & np.isfinite(deviation)
    line["rmse"] = float(np.sqrt(np.square(errors).mean()))
    line["errors"] = errors[known].round(3).tolist()
    line["deviation"] = deviation[known].round(3).tolist()
    return line


def cases(pairs: list[DatasetPair], limit: int, done: set[tuple[str, str, int]]) -> Iterator[Case]:
    """Yield the cases that are not done."""
    for pair in limit_per_source(pairs, limit, seed=5):
        loaded = load_pair(pair)
        aligned: LoadedPair | None = loaded if pair.alignment is not None else None
        for protocol in _ASKED:
            for side in SIDES:
                wanted = (protocol.name, pair.id, side)
                if side > 0.75 * pair.side + 1 or wanted in done:
                    continue
                if protocol.needs_alignment and aligned is None:
                    aligned = consensus(loaded, 1)
                    if aligned is None:
                        break
                case = _case(replace(protocol, view_side=side), pair, aligned or loaded, pairs)
                if case is not None:
                    yield case


def _case(
    protocol: EvaluationProtocol, pair: DatasetPair, loaded: LoadedPair, pairs: list[DatasetPair]
) -> Case | None:
    try:
        if protocol.type != "unrelated":
            return build_case(protocol, loaded, 5)
        partner = unrelated_partner(pair, pairs, 5)
        return None if partner is None else build_case(protocol, loaded, 5, load_pair(partner))
    except CannotCutError:
        return None


def read_lines(path: Path) -> list[Line]:
    """Return the lines of a file, without one that was not written to its end."""
    if not path.exists():
        return []
    whole = path.read_text(encoding="utf-8").rpartition("\n")[0]
    return [json.loads(line) for line in whole.splitlines()]


def measure(options: argparse.Namespace) -> None:
    """Add what is missing to the file."""
    pairs = [
        pair
        for manifest in options.pairs
        for pair in read_manifest(manifest, options.split or None)
        if pair.side >= 128
    ]
    done = {
        (line["protocol"], line["pair"].split("+")[0], line["side"])
        for line in read_lines(options.out)
    }
    model, _ = load_model(options.model, options.device)
    with options.out.open("a", encoding="utf-8") as file:
        for number, case in enumerate(cases(pairs, options.limit, done)):
            file.write(json.dumps(measured(case, _registered(model, case))) + "\n")
            file.flush()
            if number % 100 == 0:
                print(number, case.protocol.name, case.id, flush=True)


def _registered(model: RegistrationModel, case: Case) -> Alignment:
    pair = plain_pair(case.sar_views[0].view, case.optical)
    return align(pair, model, case.transform_range.search_bounds, "auto", Feedback())


def logistic(features: Array, right: Array, weights: Array, ridge: float = 1.0) -> Array:
    """Fit a logistic regression by Newton's method.

    Args:
        features: (n, k).
        right: (n,), 1 or 0.
        weights: (n,), of the rows.
        ridge: of the coefficients, so that they stay finite.
    """
    found = np.zeros(features.shape[1])
    for _ in range(50):
        share = 1 / (1 + np.exp(-features @ found))
        curved = (features * (weights * share * (1 - share))[:, None]).T @ features
        slope = features.T @ (weights * (right - share)) - ridge * found
        found = found + np.linalg.solve(curved + ridge * np.eye(len(found)), slope)
    return found


def fit(options: argparse.Namespace) -> None:
    """Print weights, tables and the unexplained deviation."""
    lines = [line for path in options.file for line in read_lines(path)]
    lines = [line for line in lines if not RIGHT <= line.get("rmse", np.inf) <= WRONG]
    lines = [one for one in lines if one["evidence"]["windows"] >= THRESHOLDS.least_windows]
    features = np.array([Evidence(**line["evidence"]).features() for line in lines])
    right = np.array([line.get("rmse", np.inf) < RIGHT for line in lines])
    balanced = np.where(right, 0.5 / right.sum(), 0.5 / (~right).sum()) * float(len(right))
    half = np.array([zlib.crc32(line["place"].encode()) % 2 for line in lines])
    score = np.zeros(len(lines))
    for part in (0, 1):
        learned = half != part
        found = logistic(features[learned], right[learned].astype(float), balanced[learned])
        score[half == part] = features[half == part] @ found
    weights = logistic(features, right.astype(float), balanced)
    print("verdict_weights =", tuple(weights.round(2).tolist()))
    _table(lines, right, score)
    _certainty(lines)


def _table(lines: list[Line], right: NDArray[np.bool_], score: Array) -> None:
    """Print shares accepted, at the verdict's thresholds and at one that few wrong ones pass."""
    wrong = np.sort(score[~right])[::-1]
    strict = wrong[int(SHARE_WRONG * len(wrong))]
    limits = [np.log(p / (1 - p)) for p in (THRESHOLDS.likely, THRESHOLDS.sure)] + [strict]
    print(
        f"probability that {SHARE_WRONG:.1%} of the wrong ones pass: "
        f"{1 / (1 + np.exp(-strict)):.3f}"
    )
    print("of: right and wrong ones, then their shares above likely, above sure, above that")
    for name in ("side", "source", "protocol"):
        for value in sorted({line[name] for line in lines}):
            some = np.array([line[name] == value for line in lines])
            counts = f"{(some & right).sum():5d} {(some & ~right).sum():5d}"
            shares = [
                f"{np.mean(score[some & which] > limit):6.3f}" if (some & which).any() else "   -  "
                for which in (right, ~right)
                for limit in limits
            ]
            print(f"{value!s:>16} {counts}  {' '.join(shares)}")
    for part in np.array_split(np.argsort(score), 10):
        told, true = 1 / (1 + np.exp(-score[part])), right[part]
        print(f"told {told.mean():.3f} right {true.mean():.3f}")


def _certainty(lines: list[Line]) -> None:
    """Print factors on the deviation and unexplained deviations with the most probable errors."""
    rows = [line for line in lines if line.get("errors") and line["rmse"] < RIGHT]
    flow = [line["kind"] == FLOW for line in rows]
    for name, some in (("whole", [not one for one in flow]), (FLOW, flow)):
        chosen = [line for line, keep in zip(rows, some, strict=True) if keep]
        if not chosen:
            continue
        weight = np.concatenate([np.full(len(r["errors"]), 1 / len(r["errors"])) for r in chosen])
        within = np.concatenate([np.array(r["errors"]) < WITHIN for r in chosen]).astype(float)
        deviation = np.concatenate([np.array(r["deviation"]) for r in chosen])
        found = []
        for factor, unexplained in product(np.arange(0.5, 2.1, 0.1), np.arange(0.2, 0.8, 0.05)):
            variance = (factor * deviation) ** 2 + unexplained**2
            told = np.clip(-np.expm1(-0.5 * WITHIN**2 / variance), 1e-3, 1 - 1e-3)
            missed = -np.average(
                within * np.log(told) + (1 - within) * np.log(1 - told), weights=weight
            )
            index = np.minimum((told * 10).astype(int), 9)
            gap = np.bincount(index, weight * (told - within), minlength=10)
            found.append((missed, factor, unexplained, np.abs(gap).sum() / weight.sum()))
        for missed, factor, unexplained, error in sorted(found)[:4]:
            print(f"{name}: factor {factor:.1f}, unexplained {unexplained:.2f} px: "
                  f"log loss {missed:.4f}, calibration error {error:.3f}")  # fmt: skip


def main() -> None:
    """Measure, or fit."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("measure")
    one.add_argument("--pairs", type=Path, action="append", required=True)
    one.add_argument("--split", default="train", help="'' for all rows")
    one.add_argument("--limit", type=int, default=60, help="pairs per source")
    one.add_argument("--model", default="soma-compact")
    one.add_argument("--device", default="cpu")
    one.add_argument("--out", type=Path, required=True)
    one.set_defaults(run=measure)
    other = commands.add_parser("fit")
    other.add_argument("file", type=Path, nargs="+")
    other.set_defaults(run=fit)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
