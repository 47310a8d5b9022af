"""The whole way of the data: two rasters in, a registration with its verdict and products out."""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from model_core.errors import BadInputError
from model_core.feedback import Feedback
from model_core.network.structure import blur
from model_core.products.displacement import (
    DisplacementField,
    people_field,
    write_displacement_raster,
)
from model_core.products.gcps import write_gcps
from model_core.products.output import check_outputs, finished_together
from model_core.products.registered import bytes_needed, output_grid, write_registered
from model_core.products.tie_points import select_tie_points
from model_core.products.vectors import write_displacement_vectors
from model_core.registration.lattice import Fit
from model_core.registration.matcher import Matcher, load_matcher
from model_core.registration.pyramid import CheckPoints, Pair, check, find_start, refine
from model_core.registration.request import (
    MAX_ROTATION,
    OutputPaths,
    RegistrationRequest,
    RegistrationResult,
    Verdict,
)
from model_core.registration.verdict import Evidence, Limits, affine_shape, agreeing, judge
from model_core.scene.grid import Grid
from model_core.scene.overlap import common_grid
from model_core.scene.raster import Scene, open_scene
from model_core.scene.reader import SceneReader
from model_core.versions import versions

MAX_SCALE = {True: 1.0, False: 1.1}
"""Largest scale looked for, of georeferenced images and of others."""

STAGES = {
    "read": (0.0, 0.04),
    "coarse": (0.04, 0.14),
    "refine": (0.14, 0.68),
    "verify": (0.68, 0.84),
    "write": (0.84, 0.97),
    "report": (0.97, 1.0),
}
"""Where each stage starts and ends in the overall progress."""

CERTAIN = 0.5
"""Certainty from which a place counts as covered."""


@dataclass(frozen=True)
class Found:
    """What the matching found, before anything is written."""

    fit: Fit
    certainty: NDArray[np.float32]
    checked: CheckPoints
    agree: NDArray[np.bool_]
    verdict: Verdict
    reasons: tuple[str, ...]
    evidence: Evidence


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
    scenes = {
        "sar": open_scene(request.sar, "sar", request.sar_band and (request.sar_band,)),
        "optical": open_scene(request.optical, "optical", request.optical_bands),
    }
    moving = scenes[request.moving]
    reference = scenes["optical" if request.moving == "sar" else "sar"]
    working = common_grid(reference, moving, request.extent)
    paths = {name: path for name, path in dataclasses.asdict(request.outputs).items() if path}
    needed = _space(request, reference, moving, working) if "registered" in paths else 0
    check_outputs(paths.values(), (request.sar, request.optical), needed)
    matcher, device_reason = load_matcher(request.model, request.device)
    feedback.log(f"{matcher.name} on {matcher.device}: {device_reason}.")
    pair = Pair(SceneReader(reference, working), SceneReader(moving, working))
    found = match(pair, matcher, request, feedback)
    field = people_field(
        working, moving.grid, found.fit.field, found.certainty, found.fit.departs, found.fit.known
    )
    given = request.outputs
    if found.verdict == "failed":
        given = OutputPaths(summary=given.summary)
    result = _result(request, found, field, given, matcher, device_reason)
    products = {name: path for name, path in dataclasses.asdict(given).items() if path}
    with finished_together(products) as temporary:
        _write(temporary, request, field, reference, moving, feedback)
        result = dataclasses.replace(result, seconds=time.perf_counter() - started)
        _stage(feedback, "report")(0.0)
        if "summary" in temporary:
            text = json.dumps(result.to_dict(), indent=2, allow_nan=False)
            temporary["summary"].write_text(text + "\n", encoding="utf-8")
        feedback.checkpoint()
    _stage(feedback, "report")(1.0)
    return result


def match(
    pair: Pair, matcher: Matcher, request: RegistrationRequest, feedback: Feedback
) -> Found:
    """Find the field between two scenes, check it, and judge it."""
    georeferenced = pair.reference.scene.georeferenced
    limits = Limits(
        request.max_shift,
        MAX_ROTATION[georeferenced] if request.max_rotation is None else request.max_rotation,
        MAX_SCALE[georeferenced],
    )
    feedback.checkpoint()
    _stage(feedback, "coarse")(0.0)
    start, score = find_start(
        pair, matcher, limits.max_shift, limits.max_rotation, limits.max_scale
    )
    feedback.log(f"Coarse search: correlation {score:.2f}.")
    feedback.checkpoint()
    local = request.transform == "affine+flow"
    fit = refine(pair, matcher, start, local, feedback, _stage(feedback, "refine"))
    checked = check(pair, matcher, fit.field, feedback, _stage(feedback, "verify"))
    agree = agreeing(checked, matcher.network.config.check_tolerance)
    certainty = certainty_map(fit)
    stretch, rotation = affine_shape(fit.field.affine)
    shifts = np.linalg.norm(fit.field.at(checked.points) - checked.points, axis=1)
    evidence = Evidence(
        inlier_ratio=float(agree.mean()) if agree.size else 0.0,
        windows=checked.windows,
        rmse_after=_rms(checked.remaining[agree]),
        stretch=stretch,
        rotation=rotation,
        shift=float(np.median(shifts)) if shifts.size else 0.0,
        coverage=coverage(certainty, fit.known),
    )
    verdict, reasons = judge(evidence, limits)
    return Found(fit, certainty, checked, agree, verdict, reasons, evidence)


def certainty_map(fit: Fit) -> NDArray[np.float32]:
    """Return (h, w) in [0, 1]: mean certainty of the agreeing nodes around each node."""
    weight = torch.from_numpy(np.where(fit.known, fit.weight, 0).astype(np.float32))[None, None]
    known = torch.from_numpy(fit.known.astype(np.float32))[None, None]
    mean = blur(weight, 1.5) / blur(known, 1.5).clamp_min(1e-3)
    return np.asarray(np.where(fit.known, mean[0, 0].numpy(), 0).astype(np.float32))


def coverage(certainty: NDArray[np.float32], known: NDArray[np.bool_]) -> float:
    """Return the share of the known nodes where the field is certain."""
    return float((certainty[known] >= CERTAIN).mean()) if known.any() else 0.0


def _rms(vectors: NDArray[np.float64]) -> float | None:
    if len(vectors) == 0:
        return None
    return math.sqrt(float(np.square(vectors).sum(axis=1).mean()))


def _stage(feedback: Feedback, name: str) -> Callable[[float], None]:
    """Return a function that reports the share done of a stage."""
    low, high = STAGES[name]

    def report(part: float) -> None:
        feedback.progress(name, round(100 * part), 100, low + (high - low) * part)

    return report


def _space(request: RegistrationRequest, reference: Scene, moving: Scene, working: Grid) -> int:
    """Return the bytes that the products may take."""
    target = output_grid(working, reference.grid, request.output_pixel_size)
    return bytes_needed(moving.path, target)


def _result(
    request: RegistrationRequest,
    found: Found,
    field: DisplacementField,
    given: OutputPaths,
    matcher: Matcher,
    device_reason: str,
) -> RegistrationResult:
    points, agree = found.checked.points[found.agree], found.agree
    moved = found.fit.field.at(points) - points
    before = _rms(moved + found.checked.remaining[agree])
    sure = field.valid & (field.certainty >= min(CERTAIN, float(field.certainty.max())))
    metres = np.linalg.norm(field.displacement()[sure], axis=-1)
    pixels = np.linalg.norm(field.in_pixels()[sure], axis=-1)
    failed = found.verdict == "failed"
    affine = tuple(tuple(float(v) for v in row) for row in found.fit.field.affine)
    return RegistrationResult(
        verdict=found.verdict,
        reasons=found.reasons,
        rmse_before_px=None if failed else before,
        rmse_after_px=None if failed else found.evidence.rmse_after,
        median_shift_px=None if failed or not pixels.size else float(np.median(pixels)),
        median_shift_m=None if failed or not metres.size else float(np.median(metres)),
        inlier_ratio=found.evidence.inlier_ratio,
        coverage=found.evidence.coverage,
        affine=None if failed else (affine[0], affine[1]),  # type: ignore[arg-type]
        seconds=0.0,
        device=str(matcher.device),
        device_reason=device_reason,
        model=matcher.name,
        outputs=given,
        settings=request.to_dict(),
        versions=versions(),
    )


def _write(
    temporary: dict[str, Path],
    request: RegistrationRequest,
    field: DisplacementField,
    reference: Scene,
    moving: Scene,
    feedback: Feedback,
) -> None:
    progress = _stage(feedback, "write")
    if "displacement_raster" in temporary:
        write_displacement_raster(field, temporary["displacement_raster"])
    if "displacements" in temporary or "gcps" in temporary:
        points = select_tie_points(field, request.spacing, request.min_certainty)
        if "displacements" in temporary:
            write_displacement_vectors(points, field.working.crs, temporary["displacements"])
        if "gcps" in temporary:
            write_gcps(points, field, temporary["gcps"])
    if "registered" in temporary:
        write_registered(
            moving.path,
            field,
            output_grid(field.working, reference.grid, request.output_pixel_size),
            temporary["registered"],
            request.resampling,
            request.creation_options,
            feedback,
            progress,
        )
    progress(1.0)
