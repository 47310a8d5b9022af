"""Several rounds of measuring in one tile before the next is read: large scenes pass through the
network once at full resolution, and only as much of them as is needed.

What a round finds is followed within the tile alone; the field of the whole scene is fitted to what
the last round finds in all tiles. Its maps also serve the verification, whose windows are told
where they fit in the moving image, whatever field is found in the end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model_core.feedback import Progress
from model_core.geometry.field import ControlGrid, Field
from model_core.network.matcher_config import StageConfig
from model_core.registration.feature_cache import FeatureCache, drift_of, drifted
from model_core.registration.fit import Targets, fit_flexible
from model_core.registration.measurements import Measurements, measure, measure_both
from model_core.registration.model import RegistrationModel
from model_core.registration.tiles import Tile, TileExtent, TileRun
from model_core.registration.verify import WindowMatches, WindowSearch

CERTAIN = 0.5
"""Certainty from which a measurement tells where its control point lies."""

LEAST_CERTAIN = 0.25
"""Share of certain measurements with which a tile tells enough to be counted."""


@dataclass(frozen=True)
class _Found:
    """What was found in a tile.

    Attributes:
        extent: of the tile.
        targets: where the control points of its window lie in the moving image, by the last round.
        both: what the verification windows found, from both sides.
        field: around which both was measured.
    """

    extent: TileExtent
    targets: Targets
    both: Measurements
    field: Field


class TileRounds:
    """Measures a scene at full resolution, tile by tile."""

    def __init__(
        self,
        cache: FeatureCache,
        model: RegistrationModel,
        field: Field,
        rounds: tuple[StageConfig, ...],
    ) -> None:
        """Prepare; nothing is measured yet.

        Args:
            cache: of the pair.
            model: the network.
            field: good to a few pixels.
            rounds: the stages in which a tile is measured.
        """
        self._model, self._field, self._rounds = model, field, rounds
        self._wide = model.network.config.verification_stage
        self._aspect = cache.pair.reference.grid.pixel_aspect
        self._run = TileRun(cache, model, (*rounds, self._wide), 1)
        self._search = WindowSearch(cache.pair.size, self._wide)
        self._left = spread_out(self._run.centres())
        grid = ControlGrid(*cache.pair.size, rounds[-1].spacing)
        nothing = Targets.around(field, grid, Measurements.none(grid.shape), 1, self._aspect)
        self._targets = replace(nothing, looked_at=np.zeros(grid.shape, bool))

    @property
    def count(self) -> int:
        """Tiles that are left to be measured."""
        return len(self._left)

    def measure(self, enough: int | None, progress: Progress) -> None:
        """Measure the tiles that are left, which are far apart at first.

        Args:
            enough: stop after so many tiles that tell something; None: measure all.
            progress: of this work.

        Raises:
            CancelledError: on request.
        """
        order, done, telling = self._left, 0, 0
        expected = len(order) if enough is None else min(enough, len(order))
        progress.report(0.0)
        for found in self._run.results(self._field, self._measured, order):
            done += 1
            if found is not None:
                telling += self._put(found)
            progress.report(min(1.0, done / max(1, expected)))
            if enough is not None and telling >= enough:
                break
        self._left = order[done:]
        progress.report(1.0)

    def targets(self, known: NDArray[np.bool_]) -> Targets:
        """Return where the control points lie in the moving image.

        Args:
            known: at least (h, w), where both images have data as far as is known without
                measuring.
        """
        found = self._targets
        height, width = found.grid.shape
        elsewhere = known[:height, :width] & ~found.looked_at
        return replace(found, known=found.known | elsewhere)

    def matches(self) -> WindowMatches:
        """Return where the verification windows fit."""
        return self._search.matches()

    def _put(self, found: _Found) -> bool:
        """Keep what was found in a tile, and return whether it tells something."""
        outer, inner = found.extent.control_points(found.targets.grid.spacing)
        self._targets.put(outer, found.targets, inner)
        windows, inner_windows = found.extent.control_points(self._wide.spacing)
        self._search.add(windows, found.both.part(inner_windows), found.field)
        return bool((found.targets.certainty[inner] >= CERTAIN).mean() >= LEAST_CERTAIN)

    def _measured(self, tile: Tile) -> _Found:
        """Measure a tile in several rounds, each around what the one before found."""
        window, moving, field = tile.extent.window, tile.moving, self._field
        targets: Targets | None = None
        for stage in self._rounds:
            if targets is not None:
                field = fit_flexible(targets, field.affine).field
                moving = drifted(tile.moving, drift_of(tile.positions, field, window))
            grid = ControlGrid(*window.shape, stage.spacing, (window.column, window.row))
            measured = measure(self._model, tile.reference, moving, stage)
            targets = Targets.around(field, grid, measured, 1, self._aspect)
        assert targets is not None
        both = measure_both(self._model, tile.reference, moving, self._wide)
        return _Found(tile.extent, targets, both, field)


def spread_out(places: NDArray[np.float64]) -> list[int]:
    """Return the order of places (N, 2) in which each is as far as can be from those before it,
    from the middle on."""
    apart = np.linalg.norm(places - places.mean(axis=0), axis=1)
    order = [int(apart.argmin())]
    apart = np.full(len(places), np.inf)
    while len(order) < len(places):
        apart = np.minimum(apart, np.linalg.norm(places - places[order[-1]], axis=1))
        order.append(int(apart.argmax()))
    return order
