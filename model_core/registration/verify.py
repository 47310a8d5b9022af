"""Verification: a wide, independent search over the registered pair, from both sides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from model_core.feedback import Progress
from model_core.geometry.field import ControlGrid, Field
from model_core.network.matcher_config import StageConfig
from model_core.registration.feature_cache import FeatureCache
from model_core.registration.measurements import Measurements, Slices, measure_both
from model_core.registration.model import RegistrationModel
from model_core.registration.tiles import TileRun
from model_core.registration.verdict_config import THRESHOLDS


@dataclass(frozen=True)
class VerificationWindows:
    """What a wide, independent search finds after the registration.

    Attributes:
        points: (N, 2), the windows' centres in reference pixels.
        residual: (N, 2), displacement in pixels that the window's own best match still asks for.
        consistent: (N,) bool, both search directions name the same place.
        certainty: (N,) in [0, 1], of the window's own best match: where neither image shows
            anything, as over water, it is low.
        independent: how many windows as wide as these would fit without overlap.
    """

    points: NDArray[np.float64]
    residual: NDArray[np.float64]
    consistent: NDArray[np.bool_]
    certainty: NDArray[np.float64]
    independent: float

    @property
    def telling(self) -> NDArray[np.bool_]:
        """(N,) bool, which windows show enough in both images to speak for or against."""
        return self.certainty > THRESHOLDS.least_certainty

    def inliers(self, tolerance: float) -> NDArray[np.bool_]:
        """Return which windows find their match, from both sides, within ``tolerance`` pixels of
        where the field says."""
        near = np.linalg.norm(self.residual, axis=1) <= tolerance
        return np.asarray(self.consistent & near)


@dataclass(frozen=True)
class WindowMatches:
    """Where windows fit best in the moving image, by a wide search around some field.

    Attributes:
        points: (N, 2), the windows' centres in reference pixels.
        positions: (N, 2), where they fit in the moving image.
        consistent: see ``VerificationWindows``.
        certainty: see ``VerificationWindows``.
        independent: see ``VerificationWindows``.
    """

    points: NDArray[np.float64]
    positions: NDArray[np.float64]
    consistent: NDArray[np.bool_]
    certainty: NDArray[np.float64]
    independent: float

    def beside(self, field: Field) -> VerificationWindows:
        """Return what the windows ask for beside a field."""
        left = (self.positions - field.at(self.points)) @ np.linalg.inv(field.affine[:, :2]).T
        return VerificationWindows(
            self.points, left, self.consistent, self.certainty, self.independent
        )


class WindowSearch:
    """Gathers, tile by tile, where windows fit best."""

    def __init__(self, size: tuple[int, int], stage: StageConfig) -> None:
        """Prepare for a working grid of ``size`` and the stage that searches."""
        self.stage = stage
        self._centres = ControlGrid(*size, stage.spacing).positions()
        self._found: list[tuple[NDArray[np.float64], ...]] = []

    def add(self, some: Slices, measured: Measurements, field: Field) -> None:
        """Add what was measured from both sides, at some control points, around a field."""
        usable = measured.support > THRESHOLDS.least_support
        points = self._centres[some][usable]
        displacement = measured.displacement.transpose(1, 2, 0)[usable].astype(np.float64)
        certainty = measured.certainty[usable].astype(np.float64)
        consistent = measured.consistent[usable].astype(np.float64)
        self._found.append((points, field.at(points + displacement), consistent, certainty))

    def matches(self) -> WindowMatches:
        """Return all of them."""
        none = np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros(0)
        columns = zip(none, *self._found, strict=True)
        points, positions, consistent, certainty = (np.concatenate(column) for column in columns)
        # A Gaussian window of sigma s is as wide as a box of 2 s sqrt(pi).
        wide = 4 * np.pi * self.stage.window**2
        independent = float(len(points) * self.stage.spacing**2 / wide)
        return WindowMatches(points, positions, consistent > 0, certainty, independent)


def verify(
    cache: FeatureCache, model: RegistrationModel, field: Field, progress: Progress
) -> VerificationWindows:
    """Search widely around the finished field, tile by tile, in both directions.

    Raises:
        CancelledError: on request.
    """
    stage = model.network.config.verification_stage
    search = WindowSearch(cache.pair.size, stage)
    run = TileRun(cache, model, [stage], 1)
    for some, measured in run.measured(field, partial(measure_both, model), stage, progress):
        search.add(some, measured, field)
    return search.matches().beside(field)
