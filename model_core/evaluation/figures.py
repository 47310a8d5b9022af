"""Line charts as SVG, drawn by matplotlib where it is installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from model_core.raster.output import atomic_write

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6D31",
           "#7F7F7F", "#5E3C99")  # fmt: skip
"""Okabe and Ito's palette, told apart by colour-blind readers, and three more."""

SIZE = (6.4, 4.0)
"""Inches."""

STYLE = {
    "svg.hashsalt": "soma",  # else identifiers, and so the files, differ from run to run
    "svg.fonttype": "none",  # text stays text: it can be searched and copied
    "font.size": 8.0,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "axes.spines.top": False,
    "axes.spines.right": False,
}


@dataclass(frozen=True)
class Line:
    """One series: points (x, y) in data units; dashed for what is only a reference."""

    name: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False


@dataclass(frozen=True)
class Axis:
    """An axis from ``low`` to ``high``."""

    name: str
    low: float
    high: float


def can_draw() -> bool:
    """Return whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def write_chart(path: Path, title: str, x: Axis, y: Axis, lines: Sequence[Line]) -> None:
    """Write a chart, complete or not at all; the same data gives the same bytes.

    Raises:
        ImportError: matplotlib is not installed; ask :func:`can_draw` first.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        # Without pyplot, no window system is asked for.
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.add_subplot()
        for index, line in enumerate(lines):
            axes.plot(
                [point[0] for point in line.points],
                [point[1] for point in line.points],
                color=COLOURS[index % len(COLOURS)],
                linestyle="--" if line.dashed else "-",
                label=line.name,
            )
        # Over the whole figure: titles are longer than the axes are wide.
        figure.suptitle(title, x=0.02, horizontalalignment="left", fontsize=9.0)
        axes.set(xlabel=x.name, ylabel=y.name)
        axes.set(xlim=(x.low, x.high), ylim=(y.low, y.high))
        axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), frameon=False)
        with atomic_write(path) as temporary:
            figure.savefig(temporary, format="svg", metadata={"Date": None})
