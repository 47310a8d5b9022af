"""Tables by sensor, by cover and by resolution: where a method works, and where it does not."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from model_core.evaluation.metrics import Interval, bootstrap
from model_core.evaluation.protocols import PROTOCOLS, EvaluationProtocol
from model_core.evaluation.scoring import Record
from model_core.evaluation.tables import by_method, percent, pixels, summarise, table, title

RESOLUTIONS = {"below 2 m": 2.0, "2 to 5 m": 5.0, "5 to 15 m": 15.0, "15 m and more": math.inf}
"""Classes of resolution, each with the metres per pixel below which it ends."""

UNKNOWN = "not stated"

SHOWN = (2.0, 5.0)
"""Thresholds of :data:`metrics.THRESHOLDS` that these narrow tables show."""


def resolution_class(gsd: float | None) -> str:
    """Return the class of a resolution in metres per pixel."""
    if gsd is None:
        return UNKNOWN
    return next(name for name, limit in RESOLUTIONS.items() if gsd < limit)


BREAKDOWNS: dict[str, Callable[[Record], str]] = {
    "sensor": lambda record: record.sensor or UNKNOWN,
    "cover": lambda record: record.cover or UNKNOWN,
    "resolution": lambda record: resolution_class(record.gsd),
}


def breakdown_tables(records: Sequence[Record]) -> list[str]:
    """Return headings and tables by everything that has more than one value; [] for nothing."""
    parts: list[str] = []
    for what, group_of in BREAKDOWNS.items():
        tables: list[str] = []
        for protocol in PROTOCOLS.values():
            groups = _groups(_shown(records, protocol), group_of)
            if len(groups) > 1:
                tables += [f"### {protocol.name} by {what}\n", _table(what, protocol, groups)]
        if tables:
            parts += [f"## By {what}\n", *tables]
    return parts


def _shown(records: Sequence[Record], protocol: EvaluationProtocol) -> list[Record]:
    """Return the records of a protocol that have an error, or a verdict on unrelated images."""
    own = [record for record in records if record.protocol == protocol.name]
    if protocol.type == "unrelated":
        return [record for record in own if record.verdict is not None]
    return own if protocol.type == "pair" else []


def _groups(
    records: Sequence[Record], group_of: Callable[[Record], str]
) -> dict[str, list[Record]]:
    """Return records by group: resolutions from fine to coarse, else by name; unknown ones last."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(group_of(record), []).append(record)
    classes = list(RESOLUTIONS)

    def rank(name: str) -> tuple[bool, int, str]:
        return name == UNKNOWN, classes.index(name) if name in classes else 0, name

    return {name: groups[name] for name in sorted(groups, key=rank)}


def _table(what: str, protocol: EvaluationProtocol, groups: dict[str, list[Record]]) -> str:
    related = protocol.type != "unrelated"
    errors = [*(f"CMR@{limit:g} %" for limit in SHOWN), "median px", "failures %"]
    head = [f"Method, {what}", "cases (places)", *(errors if related else ()), "registered %"]
    rows = []
    for method in by_method(record for own in groups.values() for record in own):
        for name, records in groups.items():
            own = [record for record in records if record.method == method]
            if not own:
                continue
            row = [f"{title(method)}, {name}", f"{len(own)} ({len({r.place for r in own})})"]
            rows.append([*row, *(_errors(own) if related else ()), percent(registered(own))])
    return table(head, rows)


def _errors(records: Sequence[Record]) -> list[str]:
    found = summarise(records, "rmse")
    shares = [percent(found.matched[limit]) for limit in SHOWN]
    return [*shares, pixels(found.median), percent(found.failures)]


def registered(records: Sequence[Record]) -> Interval | None:
    """Return the share called registered by a method that judges itself; None for others."""
    judged = [record for record in records if record.verdict is not None]
    if not judged:
        return None
    accepted = np.array([record.verdict == "registered" for record in judged], dtype=np.float64)
    return bootstrap(accepted, [record.place for record in judged], "mean")
