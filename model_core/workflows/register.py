"""The whole way of the data: two rasters in, a registration with its verdict and products out."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from model_core.feedback import Feedback
from model_core.products.displacement_raster import (
    DisplacementField,
    people_field,
    write_displacement_raster,
)
from model_core.products.gcps import write_gcps
from model_core.products.registered_raster import bytes_needed, output_grid, write_registered
from model_core.products.report import ReportData, write_report
from model_core.products.report_figures import Vectors
from model_core.products.report_pictures import chips, overview
from model_core.products.tie_points import TiePoints, select_tie_points
from model_core.products.vectors import write_displacement_vectors
from model_core.raster.output import atomic_writes, check_outputs
from model_core.raster.overlap import common_grid
from model_core.raster.reader import ImagePair, SceneReader
from model_core.raster.scene import Scene, open_scene
from model_core.registration.bounds import SearchBounds as Limits
from model_core.registration.engine import CERTAIN, Alignment, align
from model_core.registration.model import RegistrationModel, load_model
from model_core.versions import versions
from model_core.workflows.request import (
    OutputPaths,
    RegistrationRequest,
    RegistrationResult,
)

REFERENCED = Limits(max_shift=0, max_rotation=4.0, max_scale=1.0)
UNREFERENCED = Limits(max_shift=0, max_rotation=25.0, max_scale=1.1)
"""How far apart images can be whose georeferencing says scale and north, and others."""

STAGES = {
    "read": (0.0, 0.04),
    "coarse": (0.04, 0.14),
    "refine": (0.14, 0.68),
    "verify": (0.68, 0.84),
    "write": (0.84, 0.97),
    "report": (0.97, 1.0),
}
"""Where each stage starts and ends in the overall progress."""


def register(request: RegistrationRequest, feedback: Feedback) -> RegistrationResult:
    """Register two rasters and write the products asked for.

    A failed registration is a result, not an error: it writes nothing but its summary.

    Raises:
        BadInputError: something in the request or the files cannot be used; nothing was written.
        CancelledError: on request; nothing was written.
    """
    started = time.perf_counter()
    request.check()
    _stage(feedback, "read")(0.0)
    sar_bands = None if request.sar_band is None else [request.sar_band]
    scenes = {
        "sar": open_scene(request.sar, "sar", sar_bands),
        "optical": open_scene(request.optical, "optical", request.optical_bands),
    }
    moving = scenes[request.moving]
    reference = scenes["optical" if request.moving == "sar" else "sar"]
    working = common_grid(reference, moving, request.extent)
    paths = {name: path for name, path in dataclasses.asdict(request.outputs).items() if path}
    output = output_grid(working, reference.grid, request.output_pixel_size)
    needed = bytes_needed(moving.path, output) if "registered" in paths else 0
    check_outputs(paths.values(), (request.sar, request.optical), needed)
    matcher, device_reason = load_model(request.model, request.device)
    feedback.log(f"{matcher.name} on {matcher.device}: {device_reason}.")
    pair = ImagePair(SceneReader(reference, working), SceneReader(moving, working))
    pixel = working.pixel_size[0] / reference.grid.pixel_size[0]
    limits = REFERENCED if working.crs is not None else UNREFERENCED
    limits = dataclasses.replace(limits, max_shift=request.max_shift / pixel)
    if request.max_rotation is not None:
        limits = dataclasses.replace(limits, max_rotation=request.max_rotation)
    found = align(pair, matcher, limits, request.transform == "affine+flow", feedback)
    fit = found.fit
    field = people_field(
        working, moving.grid, output, pixel, fit.field, found.certainty, fit.residual, fit.known
    )
    given = request.outputs
    if found.verdict == "failed":
        given = OutputPaths(summary=given.summary)
    result = _result(request, found, field, given, matcher, device_reason)
    points = select_tie_points(field, request.spacing, request.min_certainty)
    products = {name: path for name, path in dataclasses.asdict(given).items() if path}
    with atomic_writes(products) as temporary:
        _write(temporary, request, field, points, moving, feedback)
        result = dataclasses.replace(result, seconds=time.perf_counter() - started)
        _stage(feedback, "report")(0.0)
        if "report" in temporary:
            data = _report_data(result, pair, found, field, points, matcher)
            write_report(temporary["report"], data)
        if "summary" in temporary:
            text = json.dumps(result.to_dict(), indent=2, allow_nan=False)
            temporary["summary"].write_text(text + "\n", encoding="utf-8")
        feedback.raise_if_cancelled()
    _stage(feedback, "report")(1.0)
    return result


def _stage(feedback: Feedback, name: str) -> Callable[[float], None]:
    """Return a function that reports the share done of a stage."""
    low, high = STAGES[name]

    def report(part: float) -> None:
        feedback.progress(name, round(100 * part), 100, low + (high - low) * part)

    return report


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _result(
    request: RegistrationRequest,
    found: Alignment,
    field: DisplacementField,
    given: OutputPaths,
    matcher: RegistrationModel,
    device_reason: str,
) -> RegistrationResult:
    sure = field.valid & (field.certainty >= min(CERTAIN, float(field.certainty.max())))
    metres = np.linalg.norm(field.displacement()[sure], axis=-1)
    pixels = np.linalg.norm(field.in_pixels()[sure], axis=-1)
    failed = found.verdict == "failed"
    affine = tuple(tuple(float(v) for v in row) for row in found.fit.field.affine)
    return RegistrationResult(
        verdict=found.verdict,
        reasons=found.reasons,
        rmse_before_px=None if failed else _scaled(found.rmse_before, field.pixel),
        rmse_after_px=None if failed else _scaled(found.rmse_after, field.pixel),
        median_shift_px=None if failed or not pixels.size else float(np.median(pixels)),
        median_shift_m=None if failed or not metres.size else float(np.median(metres)),
        inlier_ratio=found.inlier_ratio,
        coverage=found.coverage,
        affine=None if failed else (affine[0], affine[1]),  # type: ignore[arg-type]
        seconds=0.0,
        device=str(matcher.device),
        device_reason=device_reason,
        model=matcher.name,
        outputs=given,
        settings=request.to_dict(),
        versions=versions(),
    )


def _report_data(
    result: RegistrationResult,
    pair: ImagePair,
    found: Alignment,
    field: DisplacementField,
    points: TiePoints,
    matcher: RegistrationModel,
) -> ReportData:
    whole, decimation = overview(pair, found.fit.field)
    at = (field.working.to_pixels(points.new) + 0.5) / decimation - 0.5
    steps = points.pixels / (field.pixel * decimation)
    remaining, moved = found.windows.residual, found.moved
    metres = field.working.pixel_size[0] * field.working.metres_per_unit()[0] / field.pixel
    return ReportData(
        result=result,
        overview=whole,
        overview_pixel=decimation * field.pixel,
        metres_per_pixel=metres if field.working.crs is not None else None,
        chips=chips(pair, found.fit.field, found.certainty, field.step),
        vectors=Vectors(at[:, 0], at[:, 1], steps[:, 0], steps[:, 1], points.certainty),
        residuals_before=np.linalg.norm(moved + remaining, axis=1)[found.inliers] * field.pixel,
        residuals_after=np.linalg.norm(remaining, axis=1)[found.inliers] * field.pixel,
        model_description=matcher.name,
    )


def _write(
    temporary: dict[str, Path],
    request: RegistrationRequest,
    field: DisplacementField,
    points: TiePoints,
    moving: Scene,
    feedback: Feedback,
) -> None:
    progress = _stage(feedback, "write")
    if "displacement_raster" in temporary:
        write_displacement_raster(field, temporary["displacement_raster"])
    if "displacements" in temporary:
        write_displacement_vectors(points, field.working.crs, temporary["displacements"])
    if "gcps" in temporary:
        write_gcps(points, field, temporary["gcps"])
    if "registered" in temporary:
        write_registered(
            moving.path,
            field,
            field.output,
            temporary["registered"],
            request.resampling,
            request.creation_options,
            feedback,
            progress,
        )
    progress(1.0)
