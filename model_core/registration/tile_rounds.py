"""Several rounds of measuring in one tile before the next is read: large scenes pass through the
network once at full resolution.

What a round finds is followed within the tile alone; the field of the whole scene is fitted to what
the last round finds in all tiles. Its maps also serve the verification, whose windows are told
where they fit in the moving image, whatever field is found in the end.
"""

from __future__ import annotations

from dataclasses import dataclass

from model_core.feedback import Progress
from model_core.geometry.field import ControlGrid, Field
from model_core.network.feature_maps import FeatureMaps
from model_core.network.matcher_config import StageConfig
from model_core.registration.feature_cache import FeatureCache, drift_of, drifted
from model_core.registration.fit import Targets, fit_flexible
from model_core.registration.measurements import Measurements, measure, measure_both
from model_core.registration.model import RegistrationModel
from model_core.registration.tiles import Tile, TileRun
from model_core.registration.verify import WindowMatches, WindowSearch


@dataclass(frozen=True)
class _Followed:
    """What the rounds found in a tile.

    Attributes:
        measured: in the last round, at the window's control points.
        field: around which that was.
        moving: feature maps of the moving image along that field.
    """

    measured: Measurements
    field: Field
    moving: FeatureMaps


def measure_tiles(
    cache: FeatureCache,
    model: RegistrationModel,
    field: Field,
    rounds: tuple[StageConfig, ...],
    progress: Progress,
) -> tuple[Targets, WindowMatches]:
    """Measure a scene at full resolution, tile by tile.

    Args:
        cache: of the pair.
        model: the network.
        field: good to a few pixels.
        rounds: the stages in which a tile is measured, of one spacing.
        progress: of this work.

    Returns:
        where the control points lie in the moving image, and where the verification windows fit.

    Raises:
        CancelledError: on request.
    """
    wide, spacing = model.network.config.verification_stage, rounds[-1].spacing
    grid = ControlGrid(*cache.pair.size, spacing)
    aspect = cache.pair.reference.grid.pixel_aspect
    targets = Targets.around(field, grid, Measurements.none(grid.shape), 1, aspect)
    search = WindowSearch(cache.pair.size, wide)
    for tile in TileRun(cache, model, (*rounds, wide), 1).tiles(field, progress):
        followed = _follow(tile, model, field, rounds, aspect)
        outer, inner = tile.control_points(spacing)
        part = ControlGrid(*tile.window.shape, spacing, (tile.window.column, tile.window.row))
        found = Targets.around(followed.field, part, followed.measured, 1, aspect)
        targets.put(outer, found, inner)
        both = measure_both(model, tile.reference, followed.moving, wide)
        outer, inner = tile.control_points(wide.spacing)
        search.add(outer, both.part(inner), followed.field)
    return targets, search.matches()


def _follow(
    tile: Tile,
    model: RegistrationModel,
    field: Field,
    rounds: tuple[StageConfig, ...],
    aspect: float,
) -> _Followed:
    """Measure a tile in several rounds, each around what the one before found."""
    window, moving = tile.window, tile.moving
    measured = measure(model, tile.reference, moving, rounds[0])
    for before, stage in zip(rounds, rounds[1:], strict=False):
        grid = ControlGrid(*window.shape, before.spacing, (window.column, window.row))
        targets = Targets.around(field, grid, measured, 1, aspect)
        field = fit_flexible(targets, field.affine).field
        moving = drifted(tile.moving, drift_of(tile.positions, field, window))
        measured = measure(model, tile.reference, moving, stage)
    return _Followed(measured, field, moving)
