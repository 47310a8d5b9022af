"""Markdown tables of an evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from model_core.evaluation import calibration
from model_core.evaluation.methods import BASELINES
from model_core.evaluation.metrics import (
    THRESHOLDS,
    TOLERANCE,
    Accuracy,
    Interval,
    acceptance,
    accuracy,
)
from model_core.evaluation.protocols import PROTOCOLS, ProtocolType
from model_core.evaluation.scoring import Record

VERDICTS = ("registered", "doubtful", "failed")
ALL = "all sources"


def by_source(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Return records by source, and all of them last where there are several sources."""
    sources = sorted({record.source for record in records})
    groups = {source: [r for r in records if r.source == source] for source in sources}
    if len(sources) > 1:
        groups[ALL] = list(records)
    return groups


def by_method(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Return records by method, networks first, then the baseline methods in their order."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(record.method, []).append(record)
    networks = sorted(name for name in groups if name not in BASELINES)
    baselines = [name for name in BASELINES if name in groups]
    return {name: groups[name] for name in (*networks, *baselines)}


def title(method: str) -> str:
    """Return a method's name as tables show it."""
    return BASELINES[method].title if method in BASELINES else method


def of_type(records: Iterable[Record], protocol_type: ProtocolType) -> list[Record]:
    """Return the records of the protocols of a type."""
    return [record for record in records if PROTOCOLS[record.protocol].type == protocol_type]


def percent(interval: Interval | None) -> str:
    """Return a share and its interval in percent."""
    if interval is None:
        return "–"
    return f"{100 * interval.value:.1f} [{100 * interval.low:.0f}, {100 * interval.high:.0f}]"


def pixels(interval: Interval) -> str:
    """Return a length and its interval."""
    return f"{interval.value:.2f} [{interval.low:.2f}, {interval.high:.2f}]"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; the first column is text, the others are figures."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def _values(records: Sequence[Record], name: str) -> NDArray[np.float64]:
    return np.array([getattr(record, name) for record in records], dtype=np.float64)


def summarise(records: Sequence[Record], name: str) -> Accuracy:
    """Summarise one error of records of one method."""
    answered = np.array([record.answered for record in records])
    return accuracy(_values(records, name), answered, [record.place for record in records])


def accuracy_table(records: Sequence[Record], name: str) -> str:
    """Return the table of an error, ``"rmse"`` or ``"disagreement"``, by method."""
    below = "CMR@{:g} %" if name == "rmse" else "below {:g} px %"
    head = ["Method", "cases (places)", *(below.format(limit) for limit in THRESHOLDS), "median px",
            "mean px", "failures %", "no answer", "median s", "peak MB"]  # fmt: skip
    rows = []
    for method, own in by_method(records).items():
        figures = summarise(own, name)
        memory = [record.memory_mb for record in own if record.memory_mb is not None]
        rows.append(
            [
                title(method),
                f"{figures.cases} ({figures.places})",
                *(percent(figures.matched[limit]) for limit in THRESHOLDS),
                pixels(figures.median),
                f"{figures.mean:.2f}",
                percent(figures.failures),
                str(figures.unanswered),
                f"{np.median(_values(own, 'seconds')):.2f}",
                f"{max(memory):.0f}" if memory else "–",
            ]
        )
    return table(head, rows)


def local_table(records: Sequence[Record]) -> str:
    """Return the table of the mean end-point error with and without the local field."""
    head = ["Method", "cases", "final answer px", "its affine alone px", "best affine px",
            "final against best affine %"]  # fmt: skip
    rows = []
    for method, own in by_method(records).items():
        final, affine, best = (
            float(np.median(_values(own, name)))
            for name in ("mean_error", "affine_error", "best_affine_error")
        )
        rows.append(
            [
                title(method),
                str(len(own)),
                f"{final:.2f}",
                f"{affine:.2f}",
                f"{best:.2f}",
                f"{100 * (final / best - 1):+.0f}",
            ]
        )
    return table(head, rows)


def verdict_table(related: Sequence[Record], unrelated: Sequence[Record]) -> str:
    """Return the table of verdicts of the methods that judge themselves; "" for none."""
    head = ["Method and verdict", f"true, within {TOLERANCE:g} px %", "true, worse %",
            "unrelated %", "cases true (within), unrelated"]  # fmt: skip
    rows = []
    others = by_method(unrelated)
    for method, own in by_method(related).items():
        other = others.get(method, [])
        if all(record.verdict is None for record in (*own, *other)):
            continue
        for verdict in VERDICTS:
            found = acceptance(
                _values(own, "rmse"),
                np.array([record.verdict == verdict for record in own], dtype=bool),
                [record.place for record in own],
                np.array([record.verdict == verdict for record in other], dtype=bool),
                [record.place for record in other],
            )
            rows.append(
                [
                    f"{title(method)}: {verdict}",
                    percent(found.good_accepted),
                    percent(found.bad_accepted),
                    percent(found.unrelated_accepted),
                    f"{found.related} ({found.good}), {found.unrelated}",
                ]
            )
    return table(head, rows) if rows else ""


def reliability_of(records: Sequence[Record]) -> calibration.Reliability | None:
    """Return the reliability over records; None where no method gives a map of certainties."""
    parts = [
        calibration.Reliability(*(np.array(row) for row in record.reliability))
        for record in records
        if record.reliability is not None
    ]
    return calibration.pooled(parts) if parts else None


def sparsification_of(
    records: Sequence[Record],
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return the mean sparsification curve over records and the oracle's; None as above."""
    curves = [record.sparsification for record in records if record.sparsification is not None]
    if not curves:
        return None
    mean = np.mean(np.array(curves), axis=0)
    return mean[0], mean[1]


def calibration_table(records: Sequence[Record]) -> str:
    """Return the table of the certainty maps' quality by protocol and method; "" for none."""
    head = ["Method, protocol", "cases", "expected calibration error", "AUSE"]
    rows = []
    for protocol in PROTOCOLS:
        for method, own in by_method(r for r in records if r.protocol == protocol).items():
            counted, curves = reliability_of(own), sparsification_of(own)
            if counted is None or curves is None:
                continue
            rows.append(
                [
                    f"{title(method)}, {protocol}",
                    str(sum(record.reliability is not None for record in own)),
                    f"{counted.expected_error:.3f}",
                    f"{calibration.area_between(*curves):.3f}",
                ]
            )
    return table(head, rows) if rows else ""
