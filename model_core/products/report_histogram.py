"""The histogram of residuals in the report, as inline SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_core.products.numbers import nice_number, number

BINS = 24

LEFT, TOP, WIDTH, HEIGHT = 46.0, 36.0, 560.0, 210.0
"""The plot inside its axes, in units of the SVG."""

Series = dict[str, NDArray[np.float64]]
"""Finite residuals (N,), in pixels, by "before" and "after"."""


@dataclass(frozen=True)
class _Scales:
    """The axes of the plot.

    Attributes:
        end: residual at the right end, in pixels.
        step: difference between two neighbouring labels, in pixels.
        beyond: whether values lie to the right of the end.
        highest: share of the points at the upper end.
    """

    end: float
    step: float
    beyond: bool
    highest: float

    def x(self, residual: float) -> float:
        return LEFT + WIDTH * residual / self.end

    def y(self, share: float) -> float:
        return TOP + HEIGHT * (1 - share / self.highest)


def histogram(before: NDArray[np.float64], after: NDArray[np.float64] | None) -> str:
    """Return an SVG with the distribution of residuals (N,), in pixels, before and after.

    NaN is left out. Values beyond the 98th percentile of all are counted in the last bin.
    """
    given = {"before": before} if after is None else {"before": before, "after": after}
    series = {name: values[np.isfinite(values)] for name, values in given.items()}
    everything = np.concatenate(list(series.values()))
    if everything.size == 0:
        return "<p>No point could be measured.</p>"
    usual = max(float(np.percentile(everything, 98)), 0.2)
    step = nice_number(usual / 4)
    end = step * math.ceil(usual / step)
    shares = {name: _shares(values, end) for name, values in series.items()}
    highest = max(float(share.max()) for share in shares.values())
    scales = _Scales(end, step, bool((everything > end).any()), highest)
    parts = (
        _gridlines(scales),
        *(_bars(name, share, scales) for name, share in shares.items()),
        _medians(series, scales),
        _axis(scales),
        _legend(series),
    )
    return (
        f'<svg class="histogram" viewBox="0 0 {LEFT + WIDTH + 24:.0f} {TOP + HEIGHT + 48:.0f}" '
        f'role="img" aria-label="Histogram of residuals">{"".join(parts)}</svg>'
    )


def _shares(values: NDArray[np.float64], end: float) -> NDArray[np.float64]:
    """Return the share of the values in each bin (BINS,)."""
    edges = np.linspace(0, end, BINS + 1)
    counts = np.histogram(np.clip(values, 0, end), edges)[0]
    return np.asarray(counts / max(values.size, 1))


def _gridlines(scales: _Scales) -> str:
    step = nice_number(scales.highest / 3)
    count = math.floor(scales.highest / step + 1e-9)
    return "".join(
        f'<path class="gridline" d="M{LEFT} {scales.y(i * step):.1f}h{WIDTH}"/>'
        f'<text class="end" x="{LEFT - 6}" y="{scales.y(i * step) + 4:.1f}">'
        f"{number(100 * i * step)} %</text>"
        for i in range(1, count + 1)
    )


def _bars(name: str, shares: NDArray[np.float64], scales: _Scales) -> str:
    bar = WIDTH / BINS
    bars = "".join(
        f'<rect x="{LEFT + i * bar:.1f}" y="{scales.y(share):.1f}" '
        f'width="{bar - 1:.1f}" height="{HEIGHT * share / scales.highest:.1f}"/>'
        for i, share in enumerate(shares)
        if share > 0
    )
    return f'<g class="{name}">{bars}</g>'


def _medians(series: Series, scales: _Scales) -> str:
    return "".join(
        f'<path class="median {name}" '
        f'd="M{scales.x(min(float(np.median(values)), scales.end)):.1f} {TOP}v{HEIGHT}"/>'
        for name, values in series.items()
        if values.size
    )


def _axis(scales: _Scales) -> str:
    parts = [f'<path class="axis" d="M{LEFT} {TOP + HEIGHT}h{WIDTH}"/>']
    for i in range(round(scales.end / scales.step) + 1):
        residual = i * scales.step
        last = "≥ " if scales.beyond and residual >= scales.end - 1e-9 else ""
        parts.append(
            f'<text class="middle" x="{scales.x(residual):.1f}" y="{TOP + HEIGHT + 18}">'
            f"{last}{number(residual)}</text>"
        )
    return "".join(parts)


def _legend(series: Series) -> str:
    entries = "".join(
        f'<g class="{name}"><rect x="{LEFT + 270 * i}" y="4" width="14" height="14"/></g>'
        f'<text x="{LEFT + 20 + 270 * i}" y="16">'
        f"{name}: {values.size} points{_median(values)}</text>"
        for i, (name, values) in enumerate(series.items())
    )
    return (
        f'{entries}<text class="middle" x="{LEFT + WIDTH / 2}" y="{TOP + HEIGHT + 40}">'
        "residual in pixels of the reference</text>"
    )


def _median(values: NDArray[np.float64]) -> str:
    return f", median {float(np.median(values)):.2f}" if values.size else ""
