"""From the answers to a case to the record that is kept of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_core.evaluation import calibration
from model_core.evaluation.cases import Case, Truth
from model_core.evaluation.deformation import apply_homography
from model_core.evaluation.methods import MethodResult, sample_map
from model_core.evaluation.metrics import best_affine, distances, mean, rmse
from model_core.geometry.pixels import window_pixels


@dataclass(frozen=True)
class Record:
    """What one method did on one case; one JSON line.

    Lengths in pixels of the views, times in seconds. Errors are end-point errors at the positions
    of the truth; those of a method without an answer are those of the start, with ``answered``
    False. None: does not apply to the protocol or the method.

    Attributes:
        method: name of the method.
        protocol: name of the protocol.
        pair: id of the pair that the case was cut from.
        source: data set of the pair.
        place: of the pair.
        view_side: shortest side of the views.
        answered: the method gave an affine, for every view of the case.
        seconds: matching alone, per view.
        verdict: the method's own.
        certainty: the method's own.
        memory_mb: peak resident memory above what was resident before; None where the system does
            not tell.
        start_rmse: without registration.
        rmse: of the final answer.
        mean_error: of the final answer.
        affine_rmse: of the method's affine without its field.
        affine_error: mean error of the method's affine without its field.
        best_affine_error: mean error of the affine fitted to the truth itself.
        disagreement: RMSE between the two answers of an equivariance protocol, undone, in pixels
            of the SAR image; there, the mean errors above are those of this disagreement, and the
            best affine is fitted to the deformed view's truth, of which only the deformation, not
            the alignment, matters.
        reliability: counts, sums of certainties and counts within 1 px, per interval.
        sparsification: the curve and the oracle's; see ``calibration``.
        sensor: of the pair, where known, like the next two.
        cover: of the pair's ground.
        gsd: metres per pixel of the optical image.
        optical_valid: share of the optical view's pixels that have data.
        sar_valid: the same of the SAR view, of two the smaller. None, like the share before: of a
            version that only cut views without gaps.
    """

    method: str
    protocol: str
    pair: str
    source: str
    place: str
    view_side: int
    answered: bool
    seconds: float
    verdict: str | None = None
    certainty: float | None = None
    memory_mb: float | None = None
    start_rmse: float | None = None
    rmse: float | None = None
    mean_error: float | None = None
    affine_rmse: float | None = None
    affine_error: float | None = None
    best_affine_error: float | None = None
    disagreement: float | None = None
    reliability: tuple[tuple[float, ...], ...] | None = None
    sparsification: tuple[tuple[float, ...], ...] | None = None
    sensor: str | None = None
    cover: str | None = None
    gsd: float | None = None
    optical_valid: float | None = None
    sar_valid: float | None = None

    @property
    def gapless(self) -> bool:
        """Whether every pixel of the views has data."""
        return self.optical_valid in (None, 1.0) and self.sar_valid in (None, 1.0)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return dataclasses.asdict(self)

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Record:
        """Return the record of a JSON form; raises TypeError for an unknown or missing key."""
        values = dict(data)
        for name in ("reliability", "sparsification"):
            if values.get(name) is not None:
                values[name] = tuple(tuple(row) for row in values[name])
        return Record(**values)


def score(
    case: Case,
    method: str,
    results: Sequence[MethodResult],
    memory_mb: float | None,
) -> Record:
    """Judge a method's answers to a case, one per SAR view."""
    first, first_view = results[0], case.sar_views[0].view
    record = Record(
        method=method,
        protocol=case.protocol.name,
        pair=case.pair.id,
        source=case.pair.source,
        place=case.pair.place,
        view_side=min(*case.optical.valid.shape, *first_view.valid.shape),
        answered=all(result.affine is not None for result in results),
        seconds=float(np.mean([result.seconds for result in results])),
        verdict=first.verdict,
        certainty=first.certainty,
        memory_mb=memory_mb,
        sensor=case.pair.sensor,
        cover=case.pair.cover,
        gsd=case.pair.gsd,
        optical_valid=float(case.optical.valid.mean()),
        sar_valid=min(float(cut.view.valid.mean()) for cut in case.sar_views),
    )
    if case.protocol.type == "equivariance":
        return dataclasses.replace(record, **_disagreement(case, results))
    if case.protocol.type == "unrelated":
        return record
    return dataclasses.replace(record, **_errors(case, first))


def _errors(case: Case, result: MethodResult) -> dict[str, Any]:
    truth = case.sar_views[0].truth
    if truth is None:
        raise ValueError(f"{case.id} has no truth")
    start = distances(truth.positions, truth.targets)
    found = result.positions(truth.positions)
    errors = start if found is None else distances(found, truth.targets)
    affine = MethodResult(result.affine).positions(truth.positions)
    affine_errors = start if affine is None else distances(affine, truth.targets)
    values: dict[str, Any] = {
        "start_rmse": rmse(start),
        "rmse": rmse(errors),
        "mean_error": mean(errors),
        "affine_rmse": rmse(affine_errors),
        "affine_error": mean(affine_errors),
        "best_affine_error": best_affine_error(truth),
    }
    if result.certainty_map is not None and found is not None:
        certainty = np.clip(sample_map(result.certainty_map, truth.positions), 0, 1)
        counted = calibration.reliability(certainty, errors)
        rows = counted.counts, counted.predicted, counted.within
        values["reliability"] = _rounded(rows)
        values["sparsification"] = _rounded(calibration.sparsification(certainty, errors))
    return values


def _rounded(rows: Sequence[NDArray[np.float64]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(round(value, 4)) for value in row) for row in rows)


def best_affine_error(truth: Truth) -> float:
    """Return the mean error of the affine that fits the truth best: what no affine explains."""
    affine = best_affine(truth.positions, truth.targets)
    return mean(distances(apply_homography(affine, truth.positions), truth.targets))


def undone_difference(case: Case, results: Sequence[MethodResult]) -> NDArray[np.float64]:
    """Return the distances (N,) between the answers to two SAR views, undone, in the SAR image.

    Over the optical pixels that lie in both views. An answer that is missing is the start's.
    """
    one, other = case.sar_views
    if one.overlap is None or other.overlap is None:
        raise ValueError(f"{case.id} has no overlap")
    points = window_pixels(0, 0, *case.optical.valid.shape)[one.overlap & other.overlap]
    undone = []
    for view, result in zip((one, other), results, strict=True):
        found = result.positions(points)
        undone.append(view.image_positions(points if found is None else found))
    return distances(undone[0], undone[1])


def _disagreement(case: Case, results: Sequence[MethodResult]) -> dict[str, Any]:
    errors = undone_difference(case, results)
    values = {"disagreement": rmse(errors), "mean_error": mean(errors)}
    truth = case.sar_views[1].truth
    if truth is not None:
        affines = [MethodResult(result.affine) for result in results]
        values["affine_error"] = mean(undone_difference(case, affines))
        values["best_affine_error"] = best_affine_error(truth)
    return values
