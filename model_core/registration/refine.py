"""Refinement, coarse to fine: measure what a field leaves, fit, and measure again.

Memory is bounded by the tile and the control grid, whatever the scene's size.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import cast

from model_core.feedback import Progress
from model_core.geometry.field import ControlGrid, Field
from model_core.network.matcher_config import MatcherConfig, StageConfig
from model_core.registration.answer import Answer, answer
from model_core.registration.feature_cache import FeatureCache
from model_core.registration.fit import Targets, fit_flexible, fit_linear
from model_core.registration.measurements import Measurements, measure
from model_core.registration.model import RegistrationModel
from model_core.registration.tile_rounds import TileRounds
from model_core.registration.tiles import TileRun, level_factors
from model_core.registration.transformation import FLOW, LinearKind, Transformation
from model_core.registration.verify import WindowMatches

HALF = 2
"""Downsampling factor of the last step before a large scene is measured at full resolution, which
happens in one go: then little is left to be found."""

ENOUGH_TILES = 16
"""Tiles at full resolution from which a transformation of the whole image is known."""


@dataclass(frozen=True)
class Step:
    """One step of a refinement: a stage of the matcher on images downsampled by a factor."""

    factor: int
    stage: StageConfig


@dataclass(frozen=True)
class Refinement:
    """How a field is refined.

    Attributes:
        steps: coarse to fine, each over the whole scene.
        wanted: the transformation that is asked for.
        keeps_affine: that of the start is not fitted again between the steps (for ablations).
        rounds: stages in which a scene of several tiles is then measured at full resolution, all of
            them in one tile before the next is read.
    """

    steps: tuple[Step, ...]
    wanted: Transformation
    keeps_affine: bool = False
    rounds: tuple[StageConfig, ...] = ()

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
    factors = level_factors(*size)
    if factors == [1]:
        steps = [Step(1, stage) for stage in (config.affine_stages[1], *last)]
        return Refinement(tuple(steps), wanted)
    coarse = [factor for factor in factors if factor > HALF] or [HALF]
    steps = [Step(factor, config.affine_stages[1]) for factor in coarse]
    steps.append(Step(HALF, last[-1]))
    return Refinement(tuple(steps), wanted, rounds=last)


@dataclass(frozen=True)
class Refined:
    """What a refinement finds.

    Attributes:
        answer: the field.
        matches: of the verification windows, where they were looked for on the way; else None.
    """

    answer: Answer
    matches: WindowMatches | None


def refine(
    cache: FeatureCache,
    model: RegistrationModel,
    start: Field,
    how: Refinement,
    progress: Progress,
) -> Refined:
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
    costs = [1 / step.factor**2 for step in how.steps] + [1.0 + len(how.rounds)] * bool(how.rounds)
    parts = [
        progress.part(sum(costs[:index]) / sum(costs), cost / sum(costs))
        for index, cost in enumerate(costs)
    ]
    field, last = start, None if how.rounds else how.steps[-1]
    for index, (step, part) in enumerate(zip(how.steps, parts, strict=False)):
        targets = measure_step(cache, model, field, step, part)
        if step == last:
            found = answer(targets, how.wanted, index == len(how.steps) - 1)
            if found is not None:
                progress.report(1.0)
                return Refined(found, None)
        field = how.between(targets, field)
    rounds = TileRounds(cache, model, field, how.rounds)
    return _after_rounds(rounds, targets, how.wanted, parts[-1])


def _after_rounds(
    rounds: TileRounds, coarse: Targets, wanted: Transformation, progress: Progress
) -> Refined:
    """Measure as much of a large scene at full resolution as is needed.

    A transformation of the whole image is known well enough from some places. Where it is to be
    chosen, both the step before, which saw all of the scene, and these places must speak for one.

    Args:
        rounds: measure the scene.
        coarse: what the step before found.
        wanted: what is asked for.
        progress: of this work.
    """
    whole = wanted != FLOW and (wanted != "auto" or answer(coarse, wanted, last=False) is not None)
    first = ENOUGH_TILES / rounds.count if whole and rounds.count > ENOUGH_TILES else 1.0
    rounds.measure(ENOUGH_TILES if whole else None, progress.part(0.0, first))
    known = coarse.known.repeat(HALF, axis=0).repeat(HALF, axis=1)
    targets = rounds.targets(known)
    found = answer(targets, wanted, last=wanted != "auto" or rounds.count == 0)
    if found is None:
        rounds.measure(None, progress.part(first, 1 - first))
        found = answer(rounds.targets(known), wanted, last=True)
        assert found is not None
    progress.report(1.0)
    return Refined(found, rounds.matches())


def measure_step(
    cache: FeatureCache, model: RegistrationModel, field: Field, step: Step, progress: Progress
) -> Targets:
    """Measure one level, and return where its control points lie in the moving image."""
    stage = step.stage
    grid = ControlGrid(*cache.pair.size, stage.spacing * step.factor)
    found = Measurements.none(grid.shape)
    run = TileRun(cache, model, [stage], step.factor)
    for some, measured in run.measured(field, partial(measure, model), stage, progress):
        found.put(some, measured)
    aspect = cache.pair.reference.grid.pixel_aspect
    return Targets.around(field, grid, found, step.factor, aspect)
