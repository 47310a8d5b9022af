"""Markdown tables of an evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

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
from model_core.evaluation.protocols import PROTOCOLS, EvaluationProtocol, ProtocolType
from model_core.evaluation.records import LeftOut
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


def markdown(records: Sequence[Record], left_out: Sequence[LeftOut], info: dict[str, Any]) -> str:
    """Return the whole document; ``info`` are the fields of ``run.RunInfo``."""
    parts = ["# Evaluation\n", _conditions(info)]
    sections: list[tuple[ProtocolType, Callable[[list[Record]], str]]] = [
        ("pair", lambda own: accuracy_table(own, "rmse")),
        ("equivariance", lambda own: accuracy_table(own, "disagreement")),
    ]
    for protocol_type, render in sections:
        for protocol in _used(records, protocol_type):
            parts.append(f"## {protocol.title}\n")
            if protocol_type == "equivariance":
                parts.append("RMSE between the two answers, undone; no truth is needed.\n")
            parts += _grouped([r for r in records if r.protocol == protocol.name], render)
    local = [r for r in records if PROTOCOLS[r.protocol].transform_range.local > 0]
    local = [record for record in local if record.best_affine_error is not None]
    if local:
        parts.append("## Local deformation: mean end-point error\n")
        parts.append(
            "Median over cases. The best affine is fitted to the truth itself. In P2 and local, an "
            "error of the pair's own alignment counts against every method and not against the "
            "best affine; in local-equivariance, the error is the difference of a method's two "
            "undone answers, and the pair's alignment does not matter.\n"
        )
        for protocol in (*_used(local, "pair"), *_used(local, "equivariance")):
            parts.append(f"### {protocol.name}\n")
            parts += _grouped([r for r in local if r.protocol == protocol.name], local_table, 4)
    unrelated = of_type(records, "unrelated")
    for protocol in _used(records, "pair"):
        related = [record for record in records if record.protocol == protocol.name]
        for source, own in by_source(related).items():
            others = [r for r in unrelated if source in (ALL, r.source)]
            text = verdict_table(own, others)
            if text:
                parts += [f"## Verdicts: {protocol.name} and unrelated images, {source}\n", text]
    calibrated = calibration_table(records)
    if calibrated:
        parts += ["## Certainty\n", calibrated]
    parts += _missing(left_out)
    return "\n".join(parts)


def _used(records: Sequence[Record], protocol_type: ProtocolType) -> list[EvaluationProtocol]:
    names = {record.protocol for record in records}
    return [p for p in PROTOCOLS.values() if p.type == protocol_type and p.name in names]


def _grouped(
    records: Sequence[Record], render: Callable[[list[Record]], str], level: int = 3
) -> list[str]:
    parts = []
    for source, own in by_source(records).items():
        sides = sorted({record.view_side for record in own})
        sizes = ", ".join(str(side) for side in sides)
        parts += [f"{'#' * level} {source} (views of {sizes} px)\n", render(own)]
    return parts


def _conditions(info: dict[str, Any]) -> str:
    fixed, machine = info["fixed"], info["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in info["versions"].items())
    lines = [
        f"- Data: {', '.join(fixed['manifests'])}; split {fixed['split'] or 'all'}; seed "
        f"{fixed['seed']}.",
        f"- Machine: {machine['processor']}, {machine['cores']} cores, {machine['system']}; "
        f"{fixed['threads']} threads for every method; network on {fixed['device']}.",
        f"- Versions: {versions}.",
        "- CMR@k: share of cases with an RMSE below k px. Failures: RMSE above 5 px, or no answer "
        "(its error is that of the start). Brackets: 95 % intervals, bootstrap over places. "
        "Seconds of the matching alone, per view; peak memory above what was resident before.",
    ]
    if info["estimated_sources"]:
        lines.append(
            f"- The alignment of {', '.join(info['estimated_sources'])} is not known: tie points "
            "stand in for it, where structure matching with CFOG and with MIND, on the patches as "
            "they are, find a template within 1 px of each other. This favours these two."
        )
    lines += [f"- {title(name)}: {why}." for name, why in info["absent"].items()]
    return "\n".join(lines) + "\n"


def _missing(left_out: Sequence[LeftOut]) -> list[str]:
    if not left_out:
        return []
    rows: dict[tuple[str, str], list[str]] = {}
    for case in left_out:
        rows.setdefault((case.source, case.protocol), []).append(case.pair)
    counts = [[f"{s}, {p}", str(len(pairs))] for (s, p), pairs in sorted(rows.items())]
    return [
        "## Cases no method was asked\n",
        "No views without missing pixels fit, or the alignment is not known; the reasons stand in "
        "the results file.\n",
        table(["Source, protocol", "cases"], counts),
    ]
