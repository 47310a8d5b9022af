"""Refinement, coarse to fine: measure what a field leaves, fit, and measure again.

Memory is bounded by the tile and the control grid, whatever the scene's size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from model_core.feedback import Progress
from model_core.geometry.field import ControlGrid, Field
from model_core.network.matcher_config import MatcherConfig, StageConfig
from model_core.registration.feature_cache import FeatureCache
from model_core.registration.fit import Fit, Targets, fit_affine, fit_affine_and_residual
from model_core.registration.measurements import Measurements, measure
from model_core.registration.model import RegistrationModel
from model_core.registration.tiles import TileRun, level_factors

LARGEST_RESIDUAL = 2.0
"""Pixels by which one control point may differ from its neighbours before it counts a quarter."""


@dataclass(frozen=True)
class Step:
    """One step of a refinement: a stage of the matcher on images downsampled by a factor."""

    factor: int
    stage: StageConfig


FitFunction = Callable[[Targets, Field, bool], Fit]
"""Fits a field to targets: (targets, the field so far, whether this is the last step)."""


@dataclass(frozen=True)
class Refinement:
    """How a field is refined: the steps, coarse to fine, and how each step's field is fitted."""

    steps: tuple[Step, ...]
    fit: FitFunction


def refinement(size: tuple[int, int], config: MatcherConfig, local: bool) -> Refinement:
    """Return the refinement of a registration.

    Args:
        size: height and width of the working grid.
        config: of the network.
        local: the field is an affine and a smooth residual; else an affine alone.
    """
    last = config.flow_stages if local else config.affine_stages[2:]
    steps = [Step(factor, config.affine_stages[1]) for factor in level_factors(*size)]
    steps += [Step(1, stage) for stage in last]
    return Refinement(tuple(steps), _affine_and_residual if local else _affine)


def _affine(targets: Targets, _so_far: Field, _final: bool) -> Fit:
    return fit_affine(targets)


def _affine_and_residual(targets: Targets, _so_far: Field, final: bool) -> Fit:
    return fit_affine_and_residual(targets, final)


def refine(
    cache: FeatureCache,
    model: RegistrationModel,
    start: Field,
    how: Refinement,
    progress: Progress,
) -> Fit:
    """Refine a field step by step.

    At each step every tile of the moving image is sampled where the field so far says, and what
    remains is measured; all tiles together then give one field.

    Args:
        cache: of the pair.
        model: the network.
        start: good to some pixels.
        how: the steps and the fit.
        progress: of the whole refinement.

    Raises:
        CancelledError: on request.
    """
    costs = [1 / step.factor**2 for step in how.steps]
    field, fit = start, None
    for index, step in enumerate(how.steps):
        part = progress.part(sum(costs[:index]) / sum(costs), costs[index] / sum(costs))
        targets = _measured(cache, model, field, step, part)
        fit = how.fit(targets, field, index == len(how.steps) - 1)
        field = fit.field
    assert fit is not None
    return fit


def _measured(
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
    )
