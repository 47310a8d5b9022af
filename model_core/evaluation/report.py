"""The table and the figures of an evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model_core.evaluation import calibration, figures, receiver
from model_core.evaluation.document import markdown
from model_core.evaluation.figures import Axis, Line, write_chart
from model_core.evaluation.protocols import PROTOCOLS
from model_core.evaluation.records import ResultFile
from model_core.evaluation.scoring import Record
from model_core.evaluation.tables import (
    by_method,
    reliability_of,
    sparsification_of,
    title,
)
from model_core.raster.output import atomic_write

TABLE = "table.md"
FIGURES = "figures"
WIDEST_ERROR = 10.0
"""Pixels shown in the charts of errors."""


def write_report(out: Path, results: ResultFile, info: dict[str, Any]) -> Path:
    """Write the table and the figures of a folder's results; return the table's path.

    Without matplotlib there are no figures.
    """
    if figures.can_draw():
        _write_figures(out / FIGURES, results)
    path = out / TABLE
    with atomic_write(path) as temporary:
        temporary.write_text(markdown(results.records, results.left_out, info), encoding="utf-8")
    return path


def _write_figures(folder: Path, results: ResultFile) -> None:
    folder.mkdir(exist_ok=True)
    _receiver_charts(folder, results.records)
    for name, protocol in PROTOCOLS.items():
        own = [record for record in results.records if record.protocol == name]
        if own and protocol.type == "pair":
            _error_chart(folder / f"{name}_rmse.svg", protocol.title, own, "rmse")
            _certainty_charts(folder, name, own)
        elif own and protocol.type == "equivariance":
            _error_chart(folder / f"{name}.svg", protocol.title, own, "disagreement")


def _error_chart(path: Path, heading: str, records: Sequence[Record], name: str) -> None:
    """Write the share of cases below each error; what never answers right never reaches 100 %."""
    limits = np.linspace(0, WIDEST_ERROR, 101)
    lines = []
    for method, own in by_method(records).items():
        errors = np.array([getattr(r, name) if r.answered else np.inf for r in own], dtype=float)
        shares = [100 * float((errors < limit).mean()) for limit in limits]
        lines.append(Line(title(method), list(zip(limits.tolist(), shares, strict=True))))
    x = Axis("RMSE below, px", 0, WIDEST_ERROR)
    write_chart(path, heading, x, Axis("cases, %", 0, 100), lines)


def _receiver_charts(folder: Path, records: Sequence[Record]) -> None:
    for side, methods in receiver.by_side(records).items():
        lines = []
        for method, judged in methods.items():
            true, other = judged.scores()
            if len(true) and len(other) and np.isfinite(true).any():
                wrongly, rightly = receiver.curve(true, other)
                points = list(zip(wrongly.tolist(), rightly.tolist(), strict=True))
                lines.append(Line(title(method), points))
        if lines:
            lines.append(Line("chance", [(0, 0), (1, 1)], dashed=True))
            write_chart(
                folder / f"receiver_{side}.svg",
                f"Views of {side} px: what is accepted as the limit of the certainty falls",
                Axis("share of wrong and of unrelated cases", 0, 1),
                Axis("share of true cases", 0, 1),
                lines,
            )


def _certainty_charts(folder: Path, name: str, records: Sequence[Record]) -> None:
    sparse, reliable = [], []
    for method, own in by_method(records).items():
        curves, counted = sparsification_of(own), reliability_of(own)
        if curves is None or counted is None:
            continue
        for curve, what in zip(curves, (title(method), f"{title(method)}, oracle"), strict=True):
            points = [(100 * x, y) for x, y in zip(calibration.LEFT_OUT, curve, strict=True)]
            sparse.append(Line(what, points, dashed=what.endswith("oracle")))
        used = counted.counts > 0
        predicted = counted.predicted[used] / counted.counts[used]
        within = counted.within[used] / counted.counts[used]
        points = list(zip(predicted.tolist(), within.tolist(), strict=True))
        reliable.append(Line(title(method), points))
    if not sparse:
        return
    write_chart(
        folder / f"{name}_sparsification.svg",
        f"{name}: error that remains as uncertain pixels are left out",
        Axis("pixels left out, %", 0, 100),
        Axis("mean error, share of that of all", 0, 1.2),
        sparse,
    )
    reliable.append(Line("perfect", [(0, 0), (1, 1)], dashed=True))
    write_chart(
        folder / f"{name}_reliability.svg",
        f"{name}: certainty against what it promises",
        Axis("predicted certainty", 0, 1),
        Axis(f"share of pixels within {calibration.WITHIN:g} px", 0, 1),
        reliable,
    )
