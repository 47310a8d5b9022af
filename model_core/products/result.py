"""What a registration found, in figures: ``summary.json`` is this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_core.products.displacement_field import DisplacementField
from model_core.products.point_figures import PointFigures
from model_core.products.registry import PRODUCTS
from model_core.registration.engine import CERTAIN, Alignment
from model_core.registration.model import RegistrationModel
from model_core.registration.transformation import Kind
from model_core.registration.verdict import Verdict
from model_core.registration.words import other_kinds, percent
from model_core.versions import versions

AffineRows = tuple[tuple[float, float, float], tuple[float, float, float]]


@dataclass(frozen=True)
class RegistrationResult:
    """What a registration found.

    Pixels are those of the reference. "Before" is what the georeferencing alone leaves, "after"
    what a second, independent pass over the registered pair still measures.

    Attributes:
        verdict: "registered", "doubtful" or "failed".
        probability: that the alignment is right to some 3 px, where right and wrong ones are
            equally frequent beforehand; the verdict rests on it.
        reasons: plain sentences saying what the verdict rests on.
        transformation: kind of the transformation found: "shift", "rigid", "similarity", "affine"
            or "affine+flow".
        transformation_probability: of each kind, by what was measured, with the sum 1; None where
            one was asked for, or too little was measured to tell them apart.
        rmse_before_px: root mean square of the displacement before the registration, over the
            inliers.
        rmse_after_px: the same after it.
        median_shift_px: median length of the correction, in pixels.
        median_shift_m: median length of the correction, in metres; None where the images have no
            CRS.
        inlier_ratio: share of the verification windows that show enough to tell whose own best
            match agrees with the field.
        coverage: share of the overlap where the field is more likely right to a pixel than not.
        left_out: share of the overlap that was kept out of the matching, by the setting that asked
            for it: "mask", "ignore_water".
        tie_points: errors at the points from which the search started; None: none were given.
        check_points: errors at the points that were only checked; None: none were given.
        affine: 2 × 3, reference pixel (x, y) of the working grid to moving position on it.
        seconds: wall time.
        device: it ran on, "cpu" or "cuda".
        device_reason: why it ran there.
        model: its name.
        outputs: paths of the products that were written, by the product's name.
        settings: the request, as JSON.
        versions: of the core, Python, torch, timm, numpy, rasterio and GDAL.
    """

    verdict: Verdict
    probability: float
    reasons: tuple[str, ...]
    transformation: Kind
    transformation_probability: Mapping[str, float] | None
    rmse_before_px: float | None
    rmse_after_px: float | None
    median_shift_px: float | None
    median_shift_m: float | None
    inlier_ratio: float
    coverage: float
    left_out: Mapping[str, float]
    tie_points: PointFigures | None
    check_points: PointFigures | None
    affine: AffineRows | None
    seconds: float
    device: str
    device_reason: str
    model: str
    outputs: Mapping[str, str]
    settings: Mapping[str, Any]
    versions: Mapping[str, str]

    @property
    def transformation_reason(self) -> str:
        """Why the transformation is of its kind, with the probabilities of all others."""
        if self.transformation_probability is not None:
            share = percent(self.transformation_probability[self.transformation])
            others = other_kinds(self.transformation, self.transformation_probability)
            return f"chosen by what was measured: {share}" + (f"; {others}" if others else "")
        if self.settings["transform"] == self.transformation:
            return "as asked for"
        if self.tie_points is not None:
            return "that of the tie points' start, beside which a simpler one is left"
        return "the simplest one: too little was measured to tell"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; ``outputs`` has every product, null where it was not written."""
        outputs = {name: self.outputs.get(name) for name in PRODUCTS}
        points = {name: getattr(self, name) for name in ("tie_points", "check_points")}
        as_json = {name: None if one is None else one.to_dict() for name, one in points.items()}
        return vars(self) | as_json | {"outputs": outputs}


def summarise(
    alignment: Alignment,
    field: DisplacementField,
    model: RegistrationModel,
    device_reason: str,
    settings: Mapping[str, Any],
    points: Mapping[str, PointFigures | None],
) -> RegistrationResult:
    """Return the figures of an alignment, before anything is written: no outputs, no seconds.

    Args:
        alignment: of the two images.
        field: the same on the ground.
        model: that found it.
        device_reason: why it ran on its device.
        settings: the request, as JSON.
        points: what known points say of it, by the setting that they came with.
    """
    pixels, metres = _median_shift(field)
    failed = alignment.verdict == "failed"
    choice = alignment.answer.choice

    def figure(value: float | None, factor: float = 1.0) -> float | None:
        return None if failed or value is None else value * factor

    return RegistrationResult(
        verdict=alignment.verdict,
        probability=alignment.judgement.probability,
        reasons=alignment.reasons,
        transformation=alignment.kind,
        transformation_probability=None if choice is None else choice.named,
        rmse_before_px=figure(alignment.rmse_before, field.grids.pixel),
        rmse_after_px=figure(alignment.rmse_after, field.grids.pixel),
        median_shift_px=figure(pixels),
        median_shift_m=figure(metres),
        inlier_ratio=alignment.inlier_ratio,
        coverage=alignment.coverage,
        left_out={},
        tie_points=points["tie_points"],
        check_points=points["check_points"],
        affine=None if failed else _rows(alignment.fit.field.affine),
        seconds=0.0,
        device=str(model.device),
        device_reason=device_reason,
        model=model.name,
        outputs={},
        settings=settings,
        versions=versions(),
    )


def _median_shift(field: DisplacementField) -> tuple[float | None, float | None]:
    """Return the median length of the correction in pixels and in metres, where they are known."""
    # Of a doubtful alignment no place is certain; some are still more certain than others.
    certain = field.valid & (field.certainty >= CERTAIN * field.certainty.max())
    if not certain.any():
        return None, None
    pixels = np.linalg.norm(field.in_pixels()[certain], axis=-1)
    metres = np.linalg.norm(field.displacement()[certain], axis=-1)
    return float(np.median(pixels)), float(np.median(metres)) if field.working.in_metres else None


def _rows(affine: NDArray[np.float64]) -> AffineRows:
    (a, b, c), (d, e, f) = affine.tolist()
    return (a, b, c), (d, e, f)
