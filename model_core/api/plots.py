"""A picture of a registration with matplotlib, where that is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model_core.errors import SomaError
from model_core.products.report_figures import checkerboard, grey
from model_core.products.report_pictures import Comparison
from model_core.products.report_vectors import arrow_scale

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from model_core.products.report import ReportData

WIDTH = 12.0
"""Inches."""


def plot_registration(data: ReportData) -> Figure:
    """Return checkerboards before and after, and the displacement vectors beside them.

    A failed registration has the images as they came only.

    Raises:
        SomaError: matplotlib is not installed.
    """
    figure_class = _figure_class()
    pictures = data.overview
    if pictures is None:
        raise SomaError("There is nothing to plot: the images share no valid pixel.")
    panels = _panels(pictures, data.failed)
    height, width = pictures.reference.shape[:2]
    count = len(panels) + (not data.failed)
    figure = figure_class(figsize=(WIDTH, WIDTH / count * height / width + 0.6))
    axes = figure.subplots(1, count, squeeze=False)[0]
    for axis, (title, picture) in zip(axes, panels, strict=False):
        axis.imshow(picture)
        axis.set_title(title)
    if not data.failed:
        _draw_vectors(axes[-1], data, pictures)
    for axis in axes:
        axis.set_axis_off()
    figure.suptitle(f"{data.result.verdict}: {data.result.reasons[0]}")
    figure.set_layout_engine("constrained")
    return figure


def _figure_class() -> Any:
    try:
        # Not pyplot: a figure of its own needs no display, and notebooks show it once.
        from matplotlib.figure import Figure
    except ImportError as error:
        raise SomaError(
            "A plot needs matplotlib, which is not installed; pip install matplotlib, or save() "
            "the registration and open its report."
        ) from error
    return Figure


def _panels(pictures: Comparison, failed: bool) -> list[tuple[str, NDArray[np.uint8]]]:
    before = checkerboard(pictures.reference, pictures.before)
    if failed or pictures.after is None:
        return [("Reference", pictures.reference), ("Both as they came", before)]
    return [("Before", before), ("After", checkerboard(pictures.reference, pictures.after))]


def _draw_vectors(axis: Any, data: ReportData, pictures: Comparison) -> None:
    """Draw arrows from the uncorrected towards the corrected position, brighter where certain."""
    axis.imshow(grey(pictures.reference), cmap="gray", vmin=0, vmax=255)
    vectors = data.vectors
    if vectors is None or vectors.x.size == 0:
        axis.set_title("No displacement is certain enough")
        return
    times = arrow_scale(vectors, max(pictures.reference.shape))
    axis.quiver(
        vectors.x, vectors.y, vectors.dx, vectors.dy, vectors.certainty, cmap="autumn",
        clim=(0, 1), angles="xy", scale_units="xy", scale=1 / times, width=0.003,
    )  # fmt: skip
    shift = f"{data.result.median_shift_px:.1f} px"
    if data.metres_per_pixel is not None:
        shift += f" = {data.result.median_shift_m:.0f} m"
    axis.set_title(f"Displacement, median {shift}")
    height, width = pictures.reference.shape[:2]
    axis.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
