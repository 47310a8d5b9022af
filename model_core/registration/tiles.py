"""Resolution levels and tiles: how a scene of any size passes through the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from model_core.feedback import Progress
from model_core.geometry.field import Field
from model_core.geometry.window import Window, downsampled_size
from model_core.network.feature_maps import FeatureMaps
from model_core.network.matcher_config import StageConfig
from model_core.raster.ahead import ahead
from model_core.raster.view import View
from model_core.registration.feature_cache import FeatureCache
from model_core.registration.measurements import Measurements, Slices
from model_core.registration.model import RegistrationModel

COARSE_SIDE = 1024
"""Pixels of the longer side of the downsampled overlap in which the global search is made."""

TILE = 640
"""Pixels of a tile's side, without its margin."""

LEVEL_STEP = 4
"""Largest ratio of resolution between two levels."""

MeasureTile = Callable[[FeatureMaps, FeatureMaps], Measurements]


def level_factors(height: int, width: int) -> list[int]:
    """Return the downsampling factors of the resolution levels, coarse to fine, ending in 1."""
    coarsest = max(1, -(-max(height, width) // COARSE_SIDE))
    found = [coarsest]
    while found[-1] > 1:
        found.append(max(1, -(-found[-1] // LEVEL_STEP)) if found[-1] > LEVEL_STEP else 1)
    return found


def tile_windows(height: int, width: int, spacing: int) -> list[Window]:
    """Return windows, without margin, that partition a grid; their borders lie between cells of
    ``spacing`` pixels."""
    side = TILE // spacing * spacing
    return [
        Window(row, column, min(side, height - row), min(side, width - column))
        for row in range(0, height, side)
        for column in range(0, width, side)
    ]


def control_points_of(tile: Window, spacing: int, origin: tuple[int, int] = (0, 0)) -> Slices:
    """Return the rows and columns of the control points in a tile.

    Args:
        tile: without margin.
        spacing: of the control points, in pixels.
        origin: row and column of the pixel from which control points are counted.
    """
    top, left = (tile.row - origin[0]) // spacing, (tile.column - origin[1]) // spacing
    return (
        slice(top, top + -(-tile.height // spacing)),
        slice(left, left + -(-tile.width // spacing)),
    )


def with_margin(tile: Window, margin: int, height: int, width: int, spacing: int) -> Window:
    """Return a tile with its margin, no further than the grid.

    It starts and ends between cells of ``spacing`` pixels; beyond the grid at most one of the
    images has data.
    """
    top, left = max(0, tile.row - margin), max(0, tile.column - margin)
    bottom, right = (
        min(-(-size // spacing) * spacing, -(-end // spacing) * spacing + margin)
        for size, end in ((height, tile.row + tile.height), (width, tile.column + tile.width))
    )
    return Window(top, left, bottom - top, right - left)


class TileRun:
    """Goes through the tiles of a level, the moving image warped by a field."""

    def __init__(
        self, cache: FeatureCache, model: RegistrationModel, stage: StageConfig, factor: int
    ) -> None:
        """Prepare a run over one level.

        Args:
            cache: reads the pair and computes feature maps.
            model: the network.
            stage: for which feature maps and margin are.
            factor: the level's downsampling factor.
        """
        self._cache = cache
        self._stage = stage
        self._factor = factor
        self._margin = model.network.matcher.margin(stage) * stage.spacing

    def measured(
        self, field: Field, measure: MeasureTile, progress: Progress
    ) -> Iterator[tuple[Slices, Measurements]]:
        """Yield, for each tile, its control points and what was measured there.

        Tiles without data in both images are left out.

        Args:
            field: where reference pixels lie in the moving image, as far as is known.
            measure: measures a tile: the reference, and the moving image warped.
            progress: of this run.
        """
        spacing = self._stage.spacing
        height, width = downsampled_size(*self._cache.pair.size, self._factor)
        tiles = tile_windows(height, width, spacing)
        windows = [with_margin(tile, self._margin, height, width, spacing) for tile in tiles]
        maps_of = self._feature_maps([w._replace(factor=self._factor) for w in windows], field)
        progress.report(0.0)
        for index, (tile, window, maps) in enumerate(zip(tiles, windows, maps_of, strict=True)):
            if maps is not None:
                inner = control_points_of(tile, spacing, (window.row, window.column))
                yield control_points_of(tile, spacing), measure(*maps).part(inner)
            progress.report((index + 1) / len(tiles))

    def _feature_maps(
        self, windows: list[Window], field: Field
    ) -> Iterator[tuple[FeatureMaps, FeatureMaps] | None]:
        """Yield the feature maps of windows; None where the images have no data in common."""
        if len(windows) == 1:
            yield self._cache.feature_maps(windows[0], field, self._stage.stride)
            return
        pair, model = self._cache.pair, self._cache.model

        def read(window: Window) -> tuple[View, View] | None:
            reference = pair.reference.read(window)
            if not reference.valid.any():
                return None
            moving = pair.moving.read(window, field.window(window))
            return (reference, moving) if (reference.valid & moving.valid).any() else None

        for views in ahead(read, windows):
            yield (
                None
                if views is None
                else (model.feature_maps(views[0]), model.feature_maps(views[1]))
            )
