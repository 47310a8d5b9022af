"""Verification: a wide, independent search over the registered pair, from both sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_core.feedback import Progress
from model_core.geometry.field import ControlGrid, Field
from model_core.registration.feature_cache import FeatureCache
from model_core.registration.measurements import measure_both
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


def verify(
    cache: FeatureCache, model: RegistrationModel, field: Field, progress: Progress
) -> VerificationWindows:
    """Search widely around the finished field, tile by tile, in both directions.

    Raises:
        CancelledError: on request.
    """
    stage = model.network.config.verification_stage
    grid = ControlGrid(*cache.pair.size, stage.spacing)
    centres = grid.positions()
    points, residual, consistent, certainty = [], [], [], []
    tiles = TileRun(cache, model, stage, 1)
    for some, measured in tiles.measured(
        field, lambda one, other: measure_both(model, one, other, stage), progress
    ):
        usable = measured.support > THRESHOLDS.least_support
        points.append(centres[some][usable])
        residual.append(measured.displacement.transpose(1, 2, 0)[usable])
        consistent.append(measured.consistent[usable])
        certainty.append(measured.certainty[usable])
    if not points:
        none = np.zeros((0, 2))
        return VerificationWindows(none, none, np.zeros(0, bool), np.zeros(0), 0.0)
    count = sum(len(some) for some in points)
    # A Gaussian window of sigma s is as wide as a box of 2 s sqrt(pi).
    independent = count * stage.spacing**2 / (4 * np.pi * stage.window**2)
    return VerificationWindows(
        np.concatenate(points),
        np.concatenate(residual).astype(np.float64),
        np.concatenate(consistent),
        np.concatenate(certainty).astype(np.float64),
        float(independent),
    )
