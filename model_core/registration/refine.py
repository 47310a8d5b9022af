"""Refinement, coarse to fine: measure what a field leaves, fit, and measure again.

Memory is bounded by the tile and the control grid, whatever the scene's size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from model_core.feedback import Progress
from model_core.geometry.field import ControlGrid, Field
from model_core.network.matcher_config import MatcherConfig, StageConfig
from model_core.registration.answer import Answer, answer
from model_core.registration.feature_cache import FeatureCache
from model_core.registration.fit import Targets, fit_flexible, fit_linear
from model_core.registration.measurements import Measurements, measure
from model_core.registration.model import RegistrationModel
from model_core.registration.tiles import TileRun, level_factors
from model_core.registration.transformation import FLOW, LinearKind, Transformation

LARGEST_RESIDUAL = 2.0
"""Pixels by which one control point may differ from its neighbours before it counts a quarter."""


@dataclass(frozen=True)
class Step:
    """One step of a refinement: a stage of the matcher on images downsampled by a factor."""

    factor: int
    stage: StageConfig


@dataclass(frozen=True)
class Refinement:
    """How a field is refined.

    Attributes:
        steps: coarse to fine.
        wanted: the transformation that is asked for.
        keeps_affine: that of the start is not fitted again between the steps (for ablations).
    """

    steps: tuple[Step, ...]
    wanted: Transformation
    keeps_affine: bool = False

    def between(self, targets: Targets, so_far: Field) -> Field:
        """Return the field around which to measure next."""
        if self.wanted in ("auto", FLOW):
            affine = so_far.affine if self.keeps_affine else targets.robust("affine")[0]
            return fit_flexible(targets, affine).field
        return fit_linear(targets, cast("LinearKind", self.wanted)).field


def refinement(size: tuple[int, int], config: MatcherConfig, wanted: Transformation) -> Refinement:
    """Return the refinement of a registration.

    Args:
        size: height and width of the working grid.
        config: of the network.
        wanted: the transformation that is asked for.
    """
    smooth = wanted in ("auto", FLOW)
    last = config.flow_stages if smooth else config.affine_stages[2:]
    steps = [Step(factor, config.affine_stages[1]) for factor in level_factors(*size)]
    steps += [Step(1, stage) for stage in last]
    return Refinement(tuple(steps), wanted)


def refine(
    cache: FeatureCache,
    model: RegistrationModel,
    start: Field,
    how: Refinement,
    progress: Progress,
) -> Answer:
    """Refine a field step by step.

    At each step every tile of the moving image is sampled where the field so far says, and what
    remains is measured; all tiles together then give one field. Where one step is made twice, the
    first may have told enough.

    Args:
        cache: of the pair.
        model: the network.
        start: good to some pixels.
        how: the steps, and what is asked for.
        progress: of the whole refinement.

    Raises:
        CancelledError: on request.
    """
    costs = [1 / step.factor**2 for step in how.steps]
    field, last = start, how.steps[-1]
    for index, step in enumerate(how.steps):
        part = progress.part(sum(costs[:index]) / sum(costs), costs[index] / sum(costs))
        targets = measure_step(cache, model, field, step, part)
        if step == last:
            found = answer(targets, how.wanted, index == len(how.steps) - 1)
            if found is not None:
                progress.report(1.0)
                return found
        field = how.between(targets, field)
    raise ValueError("a refinement needs at least one step")


def measure_step(
    cache: FeatureCache, model: RegistrationModel, field: Field, step: Step, progress: Progress
) -> Targets:
    """Measure one level, and return where its control points lie in the moving image."""
    grid = ControlGrid(*cache.pair.size, step.stage.spacing * step.factor)
    points = grid.positions()
    positions = np.zeros((*grid.shape, 2))
    found = Measurements.none(grid.shape)
    tiles = TileRun(cache, model, step.stage, step.factor)
    for some, measured in tiles.measured(
        field, lambda one, other: measure(model, one, other, step.stage), progress
    ):
        displacement = measured.displacement.transpose(1, 2, 0).astype(np.float64) * step.factor
        # Measured at reference pixels of the warped image: first the displacement, then the field.
        positions[some] = field.at(points[some] + displacement)
        found.put(some, measured)
    return Targets(
        grid=grid,
        positions=positions,
        certainty=found.certainty,
        curvature=found.curvature,
        known=found.support > 0,
        factor=step.factor,
        tolerance=LARGEST_RESIDUAL * step.factor,
        aspect=cache.pair.reference.grid.pixel_aspect,
    )
