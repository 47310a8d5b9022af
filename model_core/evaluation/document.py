"""The whole document of an evaluation: its tables in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from model_core.evaluation.breakdown import breakdown_tables
from model_core.evaluation.metrics import FAILURE, TOLERANCE
from model_core.evaluation.protocols import PROTOCOLS, EvaluationProtocol, ProtocolType
from model_core.evaluation.receiver import receiver_table
from model_core.evaluation.records import LeftOut
from model_core.evaluation.scoring import Record
from model_core.evaluation.tables import (
    ALL,
    accuracy_table,
    by_source,
    calibration_table,
    local_table,
    of_type,
    table,
    title,
    verdict_table,
)

_RECEIVER = (
    "## Right answers against wrong ones and unrelated images, by view side\n",
    f"True: RMSE below {TOLERANCE:g} px; wrong: above {FAILURE:g} px, or no answer; all protocols "
    "of one place with views of this side. The area under the curve says how often a true case is "
    "surer than a wrong or unrelated one: 0.5 is chance, 1 perfect. The calibration error compares "
    f"the certainty of a case with the share below {TOLERANCE:g} px, where certainties are "
    "shares.\n",
)


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
    parts += _gapless(records)
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
    parts += _verdicts(records)
    receiver = receiver_table(records)
    if receiver:
        parts += [*_RECEIVER, receiver]
    parts += breakdown_tables(records)
    calibrated = calibration_table(records)
    if calibrated:
        parts += ["## Certainty\n", calibrated]
    parts += _missing(left_out)
    return "\n".join(parts)


def _verdicts(records: Sequence[Record]) -> list[str]:
    """Return the verdicts on true pairs beside those on unrelated views of the same side."""
    parts: list[str] = []
    for protocol in _used(records, "pair"):
        related = [record for record in records if record.protocol == protocol.name]
        unrelated = [
            record
            for record in of_type(records, "unrelated")
            if PROTOCOLS[record.protocol].view_side == protocol.view_side
        ]
        for source, own in by_source(related).items():
            others = [r for r in unrelated if source in (ALL, r.source)]
            text = verdict_table(own, others)
            if text:
                parts += [f"## Verdicts: {protocol.name} and unrelated images, {source}\n", text]
    return parts


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


def _gapless(records: Sequence[Record]) -> list[str]:
    """Return the accuracy over views without gaps, of the protocols that also have others."""
    parts: list[str] = []
    for protocol in _used(records, "pair"):
        own = [record for record in records if record.protocol == protocol.name]
        without = [record for record in own if record.gapless]
        if len(without) < len(own):
            every, kept = (len({record.pair for record in some}) for some in (own, without))
            parts.append(f"### {protocol.name}: {every - kept} of {every} cases have gaps\n")
            if without:
                parts += _grouped(without, lambda own: accuracy_table(own, "rmse"), 4)
    if not parts:
        return []
    return ["## Views without gaps\n", "Above are all cases; here, those without gaps.\n", *parts]


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
        "No views fit that have enough pixels with data, the images are turned against each "
        "other, or the alignment is not known; the reasons stand in the results file.\n",
        table(["Source, protocol", "cases"], counts),
    ]
