"""The plot of displacement vectors in the report, as inline SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_core.products.numbers import nice_number, number

ARROW_SHARE = 0.04
"""Length, as a share of the picture's longer side, that the longest ordinary arrow should not
exceed; about the distance between neighbouring arrows."""


@dataclass(frozen=True)
class Vectors:
    """Displacements over a picture; arrays (N,).

    Attributes:
        x: column of the corrected position, in pixels of the picture.
        y: row of the corrected position, in pixels of the picture.
        dx: the correction to the right, in pixels of the picture.
        dy: the correction *down*, in pixels of the picture.
        certainty: in [0, 1].
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    dx: NDArray[np.float64]
    dy: NDArray[np.float64]
    certainty: NDArray[np.float64]

    def without_median(self) -> Vectors:
        """Return the difference to the median displacement."""
        if self.x.size == 0:
            return self
        dx, dy = self.dx - np.median(self.dx), self.dy - np.median(self.dy)
        return Vectors(self.x, self.y, dx, dy, self.certainty)


@dataclass(frozen=True)
class Canvas:
    """The picture under the arrows.

    Attributes:
        width: of the picture, in its pixels.
        height: of the picture, in its pixels.
        pixel: reference pixels per pixel of the picture.
        metres: per reference pixel; None where the images have no CRS.
    """

    width: int
    height: int
    pixel: float
    metres: float | None

    @property
    def longer_side(self) -> int:
        """In pixels of the picture."""
        return max(self.width, self.height)


def arrow_scale(vectors: Vectors, longer_side: float) -> float:
    """Return by how much arrows are drawn longer than the displacement: 1, 2, 5 × 10^n."""
    lengths = np.hypot(vectors.dx, vectors.dy)
    ordinary = float(np.percentile(lengths, 95)) if lengths.size else 0.0
    return nice_number(ARROW_SHARE * longer_side / max(ordinary, 1e-3))


def vector_plot(vectors: Vectors, canvas: Canvas, picture: str, label: str) -> str:
    """Return an SVG of arrows over a picture, with a scale arrow.

    Args:
        vectors: in pixels of the picture.
        canvas: its size and scale.
        picture: SVG that draws it: an ``<image>`` or a ``<use>``.
        label: what the plot shows, for those who cannot see it; already escaped.
    """
    width, height, longer = canvas.width, canvas.height, canvas.longer_side
    scale = arrow_scale(vectors, longer)
    stroke = longer / 550
    arrows = _arrows(vectors, scale, 4 * stroke)
    band = longer * 0.06
    return (
        f'<svg class="vectors" viewBox="0 0 {width} {height + band:.0f}" role="img" '
        f'aria-label="{label}"><svg width="{width}" height="{height}">{picture}'
        f'<g class="halo" stroke-width="{2.2 * stroke:.2f}">{arrows}</g>'
        f'<g class="arrow" stroke-width="{stroke:.2f}">{arrows}</g></svg>'
        f"{_key(canvas, scale, stroke, height + band / 2)}</svg>"
    )


def _arrows(vectors: Vectors, scale: float, head: float) -> str:
    """Return the paths of all arrows; the less certain, the paler."""
    paths = []
    for x, y, dx, dy, certainty in zip(
        vectors.x, vectors.y, vectors.dx, vectors.dy, vectors.certainty, strict=True
    ):
        opacity = 0.35 + 0.65 * float(np.clip(certainty, 0, 1))
        path = _arrow((float(x), float(y)), (float(dx) * scale, float(dy) * scale), head)
        paths.append(f'<path d="{path}" opacity="{opacity:.2f}"/>')
    return "".join(paths)


def _key(canvas: Canvas, scale: float, stroke: float, baseline: float) -> str:
    """Return the scale arrow under the picture, with its length in words."""
    longer = canvas.longer_side
    key = nice_number(0.16 * longer / scale * canvas.pixel)
    length = key / canvas.pixel * scale
    size = longer / 32
    in_metres = "" if canvas.metres is None else f" = {number(key * canvas.metres)} m"
    times = "true length" if scale == 1 else f"{scale:g} times true length"
    return (
        f'<path class="arrow" stroke-width="{2 * stroke:.2f}" '
        f'd="{_arrow((0.01 * longer, baseline), (length, 0), 4 * stroke)}"/>'
        f'<text x="{0.025 * longer + length:.1f}" y="{baseline + size / 3:.1f}" '
        f'font-size="{size:.1f}">{number(key)} px{in_metres}; arrows at {times}</text>'
    )


def _arrow(start: tuple[float, float], vector: tuple[float, float], head: float) -> str:
    """Return the path of an arrow whose head is at most ``head`` long."""
    (x, y), (dx, dy) = start, vector
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
