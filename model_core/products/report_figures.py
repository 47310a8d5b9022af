"""Pictures of the report: PNG data URIs, checkerboards, and plots as inline SVG."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

HISTOGRAM_BINS = 24
OVERVIEW_SIDE = 400
"""Pixels of the longer side from which a checkerboard has eight squares along it instead of four:
in details, edges must be long enough to be followed across a square's border."""

ARROW_SHARE = 0.04
"""Length, as a share of the picture's longer side, that the longest ordinary arrow should not
exceed; about the distance between neighbouring arrows."""


@dataclass(frozen=True)
class Vectors:
    """Displacements over a picture; arrays (N,).

    x, y: the corrected position, in pixels of the picture. dx, dy: the correction, to the right and
    *down*, in pixels of the picture. certainty: in [0, 1].
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    dx: NDArray[np.float64]
    dy: NDArray[np.float64]
    certainty: NDArray[np.float64]

    def without_median(self) -> Vectors:
        """Return what departs from the median displacement."""
        if self.x.size == 0:
            return self
        dx, dy = self.dx - np.median(self.dx), self.dy - np.median(self.dy)
        return Vectors(self.x, self.y, dx, dy, self.certainty)


def png_uri(image: Image) -> str:
    """Return an image (H, W, 3) or (H, W) as a ``data:image/png`` URI (PNG, ISO/IEC 15948)."""
    height, width = image.shape[:2]
    rows = np.ascontiguousarray(image, dtype=np.uint8).reshape(height, -1)
    # Filter type 2 ("up") stores differences to the row above, which compress better.
    above = np.vstack([np.zeros((1, rows.shape[1]), np.uint8), rows[:-1]])
    filtered = np.hstack([np.full((height, 1), 2, np.uint8), rows - above])
    colour_type = 2 if image.ndim == 3 else 0
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(filtered.tobytes(), 6)), (b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )
    return "data:image/png;base64," + base64.b64encode(data).decode("ascii")


def checkerboard(one: Image, other: Image) -> Image:
    """Return squares of two images (H, W, 3) in turn; the upper left one is of ``one``."""
    height, width = one.shape[:2]
    longer = max(height, width)
    side = math.ceil(longer / (8 if longer >= OVERVIEW_SIDE else 4))
    rows, columns = np.indices((height, width)) // side
    return np.where(((rows + columns) % 2 == 0)[..., None], one, other).astype(np.uint8)


def grey(image: Image) -> Image:
    """Return an image (H, W, 3) as luminance (H, W), by the weights of ITU-R BT.601."""
    luminance = image @ np.array([0.299, 0.587, 0.114])
    return np.asarray(luminance.round(), dtype=np.uint8)


def nice_number(value: float) -> float:
    """Return the largest of 1, 2, 5 × a power of ten that is not above ``value`` (> 0)."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (5, 2, 1) if power * step <= value * (1 + 1e-9))


def arrow_scale(vectors: Vectors, longer_side: float) -> float:
    """Return by how much arrows are drawn longer than the displacement: 1, 2, 5 × 10^n."""
    lengths = np.hypot(vectors.dx, vectors.dy)
    ordinary = float(np.percentile(lengths, 95)) if lengths.size else 0.0
    return nice_number(ARROW_SHARE * longer_side / max(ordinary, 1e-3))


def vector_plot(
    vectors: Vectors,
    width: int,
    height: int,
    picture: str,
    pixel: float,
    metres: float | None,
    label: str,
) -> str:
    """Return an SVG of arrows over a picture, with a scale arrow.

    Args:
        picture: SVG that draws the ground: an ``<image>`` or a ``<use>``.
        pixel: reference pixels per pixel of the picture. metres: metres per reference pixel, or
            None where the images are not georeferenced.
        label: what the plot shows, for those who cannot see it; already escaped.
    """
    longer = max(width, height)
    scale = arrow_scale(vectors, longer)
    stroke = longer / 550
    arrows = []
    for x, y, dx, dy, certainty in zip(
        vectors.x, vectors.y, vectors.dx, vectors.dy, vectors.certainty, strict=True
    ):
        opacity = 0.35 + 0.65 * float(np.clip(certainty, 0, 1))
        path = _arrow(float(x), float(y), float(dx) * scale, float(dy) * scale, 4 * stroke)
        arrows.append(f'<path d="{path}" opacity="{opacity:.2f}"/>')
    band = longer * 0.06
    key = nice_number(0.16 * longer / scale * pixel)
    length = key / pixel * scale
    size = longer / 32
    in_metres = "" if metres is None else f" = {number(key * metres)} m"
    times = "true length" if scale == 1 else f"{scale:g} times true length"
    baseline = height + band / 2
    return (
        f'<svg class="vectors" viewBox="0 0 {width} {height + band:.0f}" role="img" '
        f'aria-label="{label}"><svg width="{width}" height="{height}">{picture}'
        f'<g class="halo" stroke-width="{2.2 * stroke:.2f}">{"".join(arrows)}</g>'
        f'<g class="arrow" stroke-width="{stroke:.2f}">{"".join(arrows)}</g></svg>'
        f'<path class="arrow" stroke-width="{2 * stroke:.2f}" '
        f'd="{_arrow(0.01 * longer, baseline, length, 0, 4 * stroke)}"/>'
        f'<text x="{0.025 * longer + length:.1f}" y="{baseline + size / 3:.1f}" '
        f'font-size="{size:.1f}">{number(key)} px{in_metres}; arrows at {times}</text></svg>'
    )


def _arrow(x: float, y: float, dx: float, dy: float, head: float) -> str:
    """Return the path of an arrow that starts at (x, y)."""
    length = math.hypot(dx, dy)
    tip_x, tip_y = x + dx, y + dy
    path = f"M{x:.1f} {y:.1f}L{tip_x:.1f} {tip_y:.1f}"
    if length < 0.5:
        return path
    size = min(head, 0.6 * length) / length
    back_x, back_y = dx * size, dy * size
    wings = [(-back_x - w * back_y / 2, -back_y + w * back_x / 2) for w in (1, -1)]
    (ax, ay), (bx, by) = wings
    return (
        f"{path}M{tip_x + ax:.1f} {tip_y + ay:.1f}L{tip_x:.1f} {tip_y:.1f}"
        f"L{tip_x + bx:.1f} {tip_y + by:.1f}"
    )


def histogram(before: NDArray[np.float64], after: NDArray[np.float64] | None) -> str:
    """Return an SVG with the distribution of residuals (N,), in pixels, before and after.

    Values beyond the 98th percentile of all are counted in the last bin.
    """
    kinds = [("before", before)] if after is None else [("before", before), ("after", after)]
    finite = [(name, values[np.isfinite(values)]) for name, values in kinds]
    everything = np.concatenate([values for _, values in finite])
    if everything.size == 0:
        return "<p>No point could be measured.</p>"
    step = nice_number(max(float(np.percentile(everything, 98)), 0.2) / 4)
    end = step * math.ceil(max(float(np.percentile(everything, 98)), 0.2) / step)
    edges = np.linspace(0, end, HISTOGRAM_BINS + 1)
    shares = {
        name: np.histogram(np.clip(values, 0, end), edges)[0] / max(values.size, 1)
        for name, values in finite
    }
    highest = max(float(share.max()) for share in shares.values())
    left, top, wide, tall = 46.0, 36.0, 560.0, 210.0
    bar = wide / HISTOGRAM_BINS
    parts = []
    share_step = nice_number(highest / 3)
    for i in range(1, math.floor(highest / share_step + 1e-9) + 1):
        y = top + tall * (1 - i * share_step / highest)
        parts.append(
            f'<path class="gridline" d="M{left} {y:.1f}h{wide}"/><text class="end" x="{left - 6}" '
            f'y="{y + 4:.1f}">{number(100 * i * share_step)} %</text>'
        )
    for name, share in shares.items():
        bars = "".join(
            f'<rect x="{left + i * bar:.1f}" y="{top + tall * (1 - s / highest):.1f}" '
            f'width="{bar - 1:.1f}" height="{tall * s / highest:.1f}"/>'
            for i, s in enumerate(share)
            if s > 0
        )
        parts.append(f'<g class="{name}">{bars}</g>')
    for name, values in finite:
        if values.size:
            x = left + wide * min(float(np.median(values)) / end, 1.0)
            parts.append(f'<path class="median {name}" d="M{x:.1f} {top}v{tall}"/>')
    parts.append(f'<path class="axis" d="M{left} {top + tall}h{wide}"/>')
    for i in range(round(end / step) + 1):
        x = left + wide * i * step / end
        last = "≥ " if i * step >= end - 1e-9 and bool((everything > end).any()) else ""
        label = f"{last}{number(i * step)}"
        parts.append(f'<text class="middle" x="{x:.1f}" y="{top + tall + 18}">{label}</text>')
    legend = "".join(
        f'<g class="{name}"><rect x="{left + 270 * i}" y="4" width="14" height="14"/></g>'
        f'<text x="{left + 20 + 270 * i}" y="16">'
        f"{name}: {values.size} points{_median(values)}</text>"
        for i, (name, values) in enumerate(finite)
    )
    parts.append(
        f'{legend}<text class="middle" x="{left + wide / 2}" y="{top + tall + 40}">'
        "residual in pixels of the reference</text>"
    )
    return (
        f'<svg class="histogram" viewBox="0 0 {left + wide + 24:.0f} {top + tall + 48:.0f}" '
        f'role="img" aria-label="Histogram of residuals">{"".join(parts)}</svg>'
    )


def _median(values: NDArray[np.float64]) -> str:
    return f", median {float(np.median(values)):.2f}" if values.size else ""


def number(value: float) -> str:
    """Return a number with about three significant digits and no exponent."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
