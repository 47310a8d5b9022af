"""Line charts as SVG, without a plotting library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from model_core.raster.output import atomic_write

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6D31",
           "#7F7F7F", "#5E3C99")  # fmt: skip
"""Okabe and Ito's palette, told apart by colour-blind readers, and three more."""

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 60, 200, 36, 48


@dataclass(frozen=True)
class Line:
    """One series: points (x, y) in data units; dashed for what is only a reference."""

    name: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False


@dataclass(frozen=True)
class Axis:
    """An axis from ``low`` to ``high`` with about five ticks."""

    name: str
    low: float
    high: float

    def ticks(self) -> list[float]:
        """Return round values between the ends."""
        rough = (self.high - self.low) / 5
        power = 10 ** math.floor(math.log10(rough))
        step = min((m * power for m in (1, 2, 5, 10)), key=lambda s: abs(s - rough))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [i * step for i in range(first, last + 1)]

    def share(self, value: float) -> float:
        """Return where a value stands between the ends, cut off at these."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


def line_chart(title: str, x: Axis, y: Axis, lines: Sequence[Line]) -> str:
    """Return a chart as an SVG document."""
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def place(point: tuple[float, float]) -> tuple[float, float]:
        return (
            LEFT + x.share(point[0]) * (right - LEFT),
            bottom - y.share(point[1]) * (bottom - TOP),
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        _text(LEFT, 20, title, "start", 14),
    ]
    for tick in x.ticks():
        px, _ = place((tick, y.low))
        parts.append(_path([(px, TOP), (px, bottom)], "#dddddd", 1))
        parts.append(_text(px, bottom + 16, f"{tick:g}", "middle"))
    for tick in y.ticks():
        _, py = place((x.low, tick))
        parts.append(_path([(LEFT, py), (right, py)], "#dddddd", 1))
        parts.append(_text(LEFT - 6, py + 4, f"{tick:g}", "end"))
    parts.append(_path([(LEFT, TOP), (LEFT, bottom), (right, bottom)], "#333333", 1))
    parts.append(_text((LEFT + right) / 2, HEIGHT - 12, x.name, "middle"))
    middle = (TOP + bottom) / 2
    parts.append(
        f'<text x="16" y="{middle:.1f}" text-anchor="middle" '
        f'transform="rotate(-90 16 {middle:.1f})">{escape(y.name)}</text>'
    )
    for index, line in enumerate(lines):
        colour = COLOURS[index % len(COLOURS)]
        dash = ' stroke-dasharray="6 4"' if line.dashed else ""
        parts.append(_path([place(point) for point in line.points], colour, 2, dash))
        height = TOP + 10 + 18 * index
        parts.append(_path([(right + 12, height), (right + 34, height)], colour, 2, dash))
        parts.append(_text(right + 40, height + 4, line.name, "start", 11))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _text(x: float, y: float, text: str, anchor: str, size: int = 12) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">'
        f"{escape(text)}</text>"
    )


def _path(points: Sequence[tuple[float, float]], colour: str, width: int, extra: str = "") -> str:
    track = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
    style = f'fill="none" stroke="{colour}" stroke-width="{width}"{extra}'
    return f'<polyline points="{track}" {style}/>'


def write_chart(path: Path, title: str, x: Axis, y: Axis, lines: Sequence[Line]) -> None:
    """Write a chart, complete or not at all."""
    with atomic_write(path) as temporary:
        temporary.write_text(line_chart(title, x, y, lines), encoding="utf-8")
