"""The report of a registration: one HTML file that needs no other file and no script."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_core.products.displacement_raster import SIGN, SIGN_PIXELS
from model_core.products.report_figures import (
    Image,
    Vectors,
    checkerboard,
    grey,
    histogram,
    number,
    png_uri,
    vector_plot,
)
from model_core.products.report_style import STYLE
from model_core.raster.output import atomic_write
from model_core.registration.verdict import affine_shape
from model_core.version import __version__
from model_core.workflows.request import RegistrationResult

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


@dataclass(frozen=True)
class Comparison:
    """Pictures of one place on one grid; arrays (H, W, 3) uint8.

    Attributes:
        title: what is shown, for people.
        reference: the image that stays. before: the moving image as it came.
        after: the moving image registered; None where nothing was registered.
    """

    title: str
    reference: Image
    before: Image
    after: Image | None


@dataclass(frozen=True)
class ReportData:
    """What the report shows.

    Attributes:
        result: figures, verdict, settings, versions.
        overview: the whole overlap, decimated to at most about 1000 pixels.
        overview_pixel: reference pixels per pixel of the overview.
        metres_per_pixel: of the reference; None where the images are not georeferenced.
        chips: details at full resolution.
        vectors: displacements over the overview; None or empty where there are none.
        residuals_before, residuals_after: (N,), in reference pixels; NaN is left out.
        model_description: what the model is and what it was trained on, in a sentence or two.
    """

    result: RegistrationResult
    overview: Comparison | None
    overview_pixel: float
    metres_per_pixel: float | None
    chips: tuple[Comparison, ...]
    vectors: Vectors | None
    residuals_before: NDArray[np.float64]
    residuals_after: NDArray[np.float64]
    model_description: str


def write_report(path: str | Path, data: ReportData) -> None:
    """Write the report as one HTML file.

    With the verdict "failed" it shows the images as they came, and neither an "after" nor
    displacements even where the data holds some: nothing was registered.

    Raises:
        OSError: the disk is full.
    """
    with atomic_write(path) as temporary:
        temporary.write_text(_page(data), encoding="utf-8")


def _page(data: ReportData) -> str:
    result = data.result
    reference, moving = _names(result)
    title = f"{moving} registered to {reference}"
    if result.verdict == "failed":
        title = f"{moving} and {reference}: not registered"
    when = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    body = "\n".join(
        [
            f"<h1>{escape(title)}</h1>",
            f'<p class="quiet">SOMA {escape(__version__)}, {when}</p>',
            _verdict(result),
            _figures(data),
            _overview(data),
            _chips(data),
            _vectors(data),
            _residuals(data),
            _convention(data),
            _run(data),
        ]
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _names(result: RegistrationResult) -> tuple[str, str]:
    """Return the file names of the reference and of the moving image."""
    settings = result.settings
    sar, optical = Path(settings["sar"]).name, Path(settings["optical"]).name
    return (optical, sar) if settings["moving"] == "sar" else (sar, optical)


def _verdict(result: RegistrationResult) -> str:
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in result.reasons)
    return (
        f'<div class="verdict {result.verdict}" role="status">'
        f"<strong>{HEADLINES[result.verdict]}</strong>{CONSEQUENCES[result.verdict]}"
        f"<ul>{reasons}</ul></div>"
    )


def _figures(data: ReportData) -> str:
    result = data.result
    shift = _pixels(result.median_shift_px)
    if result.median_shift_m is not None and data.metres_per_pixel is not None:
        shift += f" = {number(result.median_shift_m)} m"
    rows = [
        ("Median shift", shift, "median length of the correction"),
        (
            "RMSE before",
            _pixels(result.rmse_before_px),
            "misregistration that the georeferencing alone leaves",
        ),
        (
            "RMSE after",
            _pixels(result.rmse_after_px),
            "what a second, independent pass over the registered pair still measures",
        ),
        ("Inlier ratio", _percent(result.inlier_ratio), "check windows that agree with the result"),
        ("Coverage", _percent(result.coverage), "share of the overlap where the result is certain"),
        *_affine_rows(result),
        ("Time", f"{result.seconds:.1f} s", f"on {result.device}"),
    ]
    if result.verdict == "failed":
        found = ("Median shift", "RMSE before", "RMSE after", "Rotation found", "Scale found")
        rows = [row for row in rows if row[0] not in found]
    body = "".join(
        f'<tr><th scope="row">{name}</th><td class="value">{escape(value)}</td>'
        f'<td class="meaning">{escape(meaning)}</td></tr>'
        for name, value, meaning in rows
    )
    return f"<h2>Figures</h2><table>{body}</table>"


def _affine_rows(result: RegistrationResult) -> list[tuple[str, str, str]]:
    if result.affine is None:
        return []
    affine = np.array(result.affine, dtype=np.float64)
    # The affine leads from the reference to the moving image, with y down: positive is clockwise.
    rotation = affine_shape(affine)[1]
    sense = "clockwise" if rotation > 0 else "anticlockwise"
    scale = float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))
    return [
        (
            "Rotation found",
            f"{abs(rotation):.2f}° {sense}",
            "of the moving image as it came, against the reference",
        ),
        ("Scale found", f"{scale:.4f}", "size of the moving image's content against the reference"),
    ]


def _pixels(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.2f} px"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _overview(data: ReportData) -> str:
    if data.overview is None:
        return ""
    return f"<h2>{escape(data.overview.title)}</h2>" + _comparison(data.overview, data)


def _chips(data: ReportData) -> str:
    if not data.chips:
        return ""
    sections = "".join(
        f"<section><h3>{escape(chip.title)}</h3>{_comparison(chip, data)}</section>"
        for chip in data.chips
    )
    return f'<h2>Details at full resolution</h2><div class="chips">{sections}</div>'


def _comparison(pictures: Comparison, data: ReportData) -> str:
    """Return checkerboards of reference and moving image, before and, where there is one, after."""
    before = checkerboard(pictures.reference, pictures.before)
    if pictures.after is None or data.result.verdict == "failed":
        return (
            '<div class="pair">'
            + _figure(pictures.reference, "Reference", pictures.title)
            + _figure(before, "Reference and moving image as they came", pictures.title)
            + "</div>"
        )
    after = checkerboard(pictures.reference, pictures.after)
    return (
        '<div class="pair">'
        + _figure(before, "Before", pictures.title)
        + _figure(after, "After", pictures.title)
        + "</div>"
    )


def _figure(image: Image, caption: str, title: str) -> str:
    text = escape(f"{title}: {caption}", quote=True)
    return (
        f'<figure><img alt="{text}" src="{png_uri(image)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _vectors(data: ReportData) -> str:
    if data.vectors is None or data.overview is None or data.result.verdict == "failed":
        return ""
    height, width = data.overview.reference.shape[:2]
    picture = (
        f'<image id="ground" width="{width}" height="{height}" '
        f'href="{png_uri(grey(data.overview.reference))}"/>'
    )
    every = vector_plot(
        data.vectors,
        width,
        height,
        picture,
        data.overview_pixel,
        data.metres_per_pixel,
        "Displacement vectors over the reference",
    )
    local = vector_plot(
        data.vectors.without_median(),
        width,
        height,
        '<use href="#ground"/>',
        data.overview_pixel,
        data.metres_per_pixel,
        "The same vectors without their median",
    )
    return (
        "<h2>Displacement vectors</h2>"
        '<p class="quiet">From the uncorrected towards the corrected position, over the reference; '
        "paler arrows are less certain. Each plot has its own scale.</p>"
        f'<div class="pair"><figure>{every}<figcaption>The whole correction</figcaption></figure>'
        f"<figure>{local}<figcaption>Without the median shift: rotation, scale and local "
        "distortion</figcaption></figure></div>"
    )


def _residuals(data: ReportData) -> str:
    failed = data.result.verdict == "failed"
    if failed and not np.isfinite(data.residuals_before).any():
        return ""
    plot = histogram(data.residuals_before, None if failed else data.residuals_after)
    return f"<h2>Residuals{' as the images came' if failed else ' before and after'}</h2>{plot}"


def _convention(data: ReportData) -> str:
    if data.result.verdict == "failed":
        return ""
    sign = SIGN if data.metres_per_pixel is not None else SIGN_PIXELS
    return f"<h2>Sign of the displacements</h2><p>{escape(sign)}.</p>"


def _run(data: ReportData) -> str:
    result = data.result
    products = [
        (name.replace("_", " "), path)
        for name, path in dataclasses.asdict(result.outputs).items()
        if path is not None
    ]
    settings = [(name, value) for name, value in result.settings.items() if name != "outputs"]
    how = [
        ("Device", f"{result.device}: {result.device_reason}"),
        ("Model", f"{result.model}: {data.model_description}"),
    ]
    return (
        ("<h2>Files written</h2>" + _table(products) if products else "")
        + "<h2>Device and model</h2>"
        + _table(how)
        + "<h2>Settings</h2>"
        + _table(settings)
        + "<h2>Versions</h2>"
        + _table(result.versions.items())
    )


def _table(rows: Iterable[tuple[str, Any]]) -> str:
    body = "".join(
        f'<tr><th scope="row">{escape(str(name))}</th><td>{escape(_text(value))}</td></tr>'
        for name, value in rows
    )
    return f"<table>{body}</table>"


def _text(value: Any) -> str:
    if value is None or value == () or value == []:
        return "default"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return str(value)
