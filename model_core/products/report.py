"""The report of a registration: one HTML file that needs no other file and no script.

``report.html.j2`` is the page; here stand the values in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from numpy.typing import NDArray

from model_core.geometry.pixels import pixel_to_cell
from model_core.products.displacement_field import sign_of
from model_core.products.finished_run import FinishedRun
from model_core.products.numbers import number
from model_core.products.report_figures import checkerboard, grey, png_uri
from model_core.products.report_histogram import histogram
from model_core.products.report_pictures import Comparison, chips, overview
from model_core.products.report_points import point_sections
from model_core.products.report_vectors import Canvas, Vectors, vector_plot
from model_core.products.result import RegistrationResult
from model_core.raster.naming import raster_name
from model_core.raster.output import atomic_write
from model_core.registration.verdict import affine_shape
from model_core.registration.words import WORDS, percent
from model_core.version import __version__

TEMPLATE = Path(__file__).with_name("report.html.j2")

HEADLINES = {
    "registered": "Registered",
    "doubtful": "Doubtful",
    "failed": "Failed: nothing was registered",
}

CONSEQUENCES = {
    "registered": "The moving image was aligned with the reference.",
    "doubtful": "An alignment was found and written, but the evidence for it is thin. "
    "Look at the checkerboards below before using it.",
    "failed": "No registered image and no displacements were written. "
    "The pictures below show the images as they came.",
}

PROBABLY_RIGHT = (
    "that the alignment is right to some 3 px, if right and wrong ones are equally frequent "
    "beforehand"
)

WHERE_CERTAIN = "share of the overlap where the result is more likely right to 1 px than not"

LEFT_OUT = {"mask": "Left out by the mask", "ignore_water": "Left out as water"}

OF_CERTAINTY = (
    "The certainty of a place is the probability, from 0 to 1, that the displacement is right to "
    "1 px there."
)

Rows = list[tuple[str, ...]]
"""Rows of a table, its cells as text."""


@dataclass(frozen=True)
class ReportData:
    """What the report shows.

    Attributes:
        result: figures, verdict, settings, versions.
        overview: the whole overlap, downsampled to at most about 1000 pixels.
        overview_pixel: reference pixels per pixel of the overview.
        metres_per_pixel: of the reference; None where the images have no CRS.
        sign: what dx and dy mean, in a sentence.
        chips: details at full resolution.
        vectors: displacements over the overview; None or empty where there are none.
        residuals_before: (N,), before the registration, in reference pixels; NaN is left out.
        residuals_after: (N,), after it, in reference pixels; NaN is left out.
        model_description: what the model is and what it was trained on, in a sentence or two.
    """

    result: RegistrationResult
    overview: Comparison | None
    overview_pixel: float
    metres_per_pixel: float | None
    sign: str
    chips: tuple[Comparison, ...]
    vectors: Vectors | None
    residuals_before: NDArray[np.float64]
    residuals_after: NDArray[np.float64]
    model_description: str

    @property
    def failed(self) -> bool:
        """Nothing was registered: neither an "after" nor displacements are shown."""
        return self.result.verdict == "failed"


def write(run: FinishedRun, path: Path) -> None:
    """Write the report of a run."""
    write_report(path, report_data(run))


def report_data(run: FinishedRun) -> ReportData:
    """Return what the report shows of a run."""
    field, alignment, points = run.field, run.alignment, run.tie_points
    working, pixel = field.working, field.grids.pixel
    whole, factor = overview(run.pair, alignment.field)
    at = pixel_to_cell(working.to_pixels(points.new), factor)
    steps = points.pixels / (pixel * factor)
    residual, moved = alignment.windows.residual, alignment.moved
    metres = working.ground_pixel_size[0] / pixel
    return ReportData(
        result=run.result,
        overview=whole,
        overview_pixel=factor * pixel,
        metres_per_pixel=metres if working.in_metres else None,
        sign=sign_of(working),
        chips=chips(run.pair, alignment.fit, alignment.certainty),
        vectors=Vectors(at[:, 0], at[:, 1], steps[:, 0], steps[:, 1], points.certainty),
        residuals_before=np.linalg.norm(moved + residual, axis=1)[alignment.inliers] * pixel,
        residuals_after=np.linalg.norm(residual, axis=1)[alignment.inliers] * pixel,
        model_description=run.result.model,
    )


def write_report(path: str | Path, data: ReportData) -> None:
    """Write the report as one HTML file.

    With the verdict "failed" it shows the images as they came, and neither an "after" nor
    displacements even where the data holds some: nothing was registered.

    Raises:
        OSError: the disk is full.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE.parent),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    page = environment.get_template(TEMPLATE.name).render(page_values(data))
    with atomic_write(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def page_values(data: ReportData) -> dict[str, Any]:
    """Return the values that the template shows, by name; all text is unescaped."""
    result = data.result
    settings = [(name, value) for name, value in result.settings.items() if name != "outputs"]
    return {
        "title": _title(result),
        "version": __version__,
        "when": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "result": result,
        "failed": data.failed,
        "headline": HEADLINES[result.verdict],
        "consequence": CONSEQUENCES[result.verdict],
        "figures": figure_rows(result, data.metres_per_pixel is not None),
        "point_sections": point_sections(result),
        "overview": None if data.overview is None else _pictures(data.overview, data.failed),
        "chips": [_pictures(chip, data.failed) for chip in data.chips],
        "vectors": _vector_plots(data),
        "histogram": _histogram(data),
        "sign": data.sign,
        "of_certainty": OF_CERTAINTY,
        "files": _rows((name.replace("_", " "), path) for name, path in result.outputs.items()),
        "origin": [
            ("Device", f"{result.device}: {result.device_reason}"),
            ("Model", f"{result.model}: {data.model_description}"),
        ],
        "settings": _rows(settings),
        "versions": _rows(result.versions.items()),
    }


def _title(result: RegistrationResult) -> str:
    settings = result.settings
    sar, optical = raster_name(settings["sar"]), raster_name(settings["optical"])
    reference, moving = (optical, sar) if settings["moving"] == "sar" else (sar, optical)
    if result.verdict == "failed":
        return f"{moving} and {reference}: not registered"
    return f"{moving} registered to {reference}"


def figure_rows(result: RegistrationResult, georeferenced: bool) -> Rows:
    """Return name, value and meaning of each figure; a failed registration has few."""
    failed = result.verdict == "failed"
    rows: Rows = [("Probability", percent(result.probability), PROBABLY_RIGHT)]
    if not failed:
        rows.append(("Transformation", WORDS[result.transformation], result.transformation_reason))
        shift = _pixels(result.median_shift_px)
        if result.median_shift_m is not None and georeferenced:
            shift += f" = {number(result.median_shift_m)} m"
        left = "misregistration that the georeferencing alone leaves"
        measured = "what a second, independent pass over the registered pair still measures"
        rows += [
            ("Median shift", shift, "median length of the correction"),
            ("RMSE before", _pixels(result.rmse_before_px), left),
            ("RMSE after", _pixels(result.rmse_after_px), measured),
        ]
    inliers, coverage = _percent(result.inlier_ratio), _percent(result.coverage)
    rows += [
        ("Inlier ratio", inliers, "verification windows that agree, of those that show enough"),
        ("Coverage", coverage, WHERE_CERTAIN),
    ]
    rows += [
        (LEFT_OUT[name], _percent(share), "of the overlap was kept out of the matching")
        for name, share in result.left_out.items()
    ]
    if not failed:
        rows += _affine_rows(result)
    return [*rows, ("Time", f"{result.seconds:.1f} s", f"on {result.device}")]


def _affine_rows(result: RegistrationResult) -> Rows:
    if result.affine is None or result.transformation == "shift":
        return []
    affine = np.array(result.affine, dtype=np.float64)
    # The affine leads from the reference to the moving image, with y down: positive is clockwise.
    rotation = affine_shape(affine)[1]
    sense = "clockwise" if rotation > 0 else "anticlockwise"
    meaning = "of the moving image as it came, against the reference"
    rows: Rows = [("Rotation found", f"{abs(rotation):.2f}° {sense}", meaning)]
    if result.transformation != "rigid":
        scale = float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))
        meaning = "size of the moving image's content against the reference"
        rows.append(("Scale found", f"{scale:.4f}", meaning))
    return rows


def _pixels(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.2f} px"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _pictures(pictures: Comparison, failed: bool) -> dict[str, Any]:
    """Return title and images with captions: before and after, or the images as they came."""
    before = checkerboard(pictures.reference, pictures.before)
    if pictures.after is None or failed:
        images = [
            (png_uri(pictures.reference), "Reference"),
            (png_uri(before), "Reference and moving image as they came"),
        ]
    else:
        after = checkerboard(pictures.reference, pictures.after)
        images = [(png_uri(before), "Before"), (png_uri(after), "After")]
    return {"title": pictures.title, "images": images}


def _vector_plots(data: ReportData) -> dict[str, str | None] | None:
    """Return the plots of all vectors and of their difference to the median, as SVG.

    A shift has no such difference.
    """
    if data.vectors is None or data.overview is None or data.failed:
        return None
    height, width = data.overview.reference.shape[:2]
    canvas = Canvas(width, height, data.overview_pixel, data.metres_per_pixel)
    picture = (
        f'<image id="ground" width="{width}" height="{height}" '
        f'href="{png_uri(grey(data.overview.reference))}"/>'
    )
    whole = vector_plot(data.vectors, canvas, picture, "Displacement vectors over the reference")
    if data.result.transformation == "shift":
        return {"whole": whole, "local": None}
    again, without = '<use href="#ground"/>', data.vectors.without_median()
    local = vector_plot(without, canvas, again, "The same vectors without their median")
    return {"whole": whole, "local": local}


def _histogram(data: ReportData) -> str | None:
    if data.failed and not np.isfinite(data.residuals_before).any():
        return None
    return histogram(data.residuals_before, None if data.failed else data.residuals_after)


def _rows(pairs: Iterable[tuple[str, Any]]) -> Rows:
    return [(name, _text(value)) for name, value in pairs]


def _text(value: Any) -> str:
    if value is None or value == () or value == []:
        return "default"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return str(value)
