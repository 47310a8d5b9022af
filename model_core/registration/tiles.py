"""Resolution levels and tiles: how a scene of any size passes through the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from model_core.feedback import Progress
from model_core.geometry.field import Field
from model_core.geometry.window import Window, downsampled_size
from model_core.network.feature_maps import FeatureMaps
from model_core.network.matcher_config import StageConfig
from model_core.raster.ahead import ahead, at_one_time
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

MeasureTile = Callable[[FeatureMaps, FeatureMaps, StageConfig], Measurements]

Views = tuple[NDArray[np.float64], View, View]
"""Where the pixels of a tile were sampled in the moving image, its reference, its moving image."""

Result = TypeVar("Result")


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


@dataclass(frozen=True)
class TileExtent:
    """Where a tile lies in its level.

    Attributes:
        inner: without margin.
        window: with its margin.
    """

    inner: Window
    window: Window

    def control_points(self, spacing: int) -> tuple[Slices, Slices]:
        """Return the rows and columns of its control points among those of the level, and among
        those of its window."""
        origin = self.window.row, self.window.column
        return (
            control_points_of(self.inner, spacing),
            control_points_of(self.inner, spacing, origin),
        )


@dataclass(frozen=True)
class Tile:
    """A part of a level, described.

    Attributes:
        extent: where it lies.
        positions: (height, width, 2), where the window's pixels were sampled in the moving image,
            in pixels of the working grid.
        reference: feature maps of the reference in the window.
        moving: of the moving image, warped.
    """

    extent: TileExtent
    positions: NDArray[np.float64]
    reference: FeatureMaps
    moving: FeatureMaps


class TileRun:
    """Goes through the tiles of a level, the moving image warped by a field."""

    def __init__(
        self,
        cache: FeatureCache,
        model: RegistrationModel,
        stages: Sequence[StageConfig],
        factor: int,
    ) -> None:
        """Prepare a run over one level.

        Args:
            cache: reads the pair and computes feature maps.
            model: the network.
            stages: for which feature maps and margin are.
            factor: the level's downsampling factor.
        """
        self._cache = cache
        self._stride = min(stage.stride for stage in stages)
        spacing = max(stage.spacing for stage in stages)
        margin = max(model.network.matcher.margin(s) * s.spacing for s in stages)
        size = downsampled_size(*cache.pair.size, factor)
        self._extents = [
            TileExtent(tile, with_margin(tile, margin, *size, spacing)._replace(factor=factor))
            for tile in tile_windows(*size, spacing)
        ]

    def centres(self) -> NDArray[np.float64]:
        """Return the centres (N, 2) of the tiles, in pixels of the level."""
        inner = [extent.inner for extent in self._extents]
        return np.array([(one.column + one.width / 2, one.row + one.height / 2) for one in inner])

    def results(
        self, field: Field, work: Callable[[Tile], Result], order: Sequence[int] | None = None
    ) -> Iterator[Result | None]:
        """Yield what is made of each tile; None for one without data in both images.

        On a CPU several tiles are worked on at one time; elsewhere the next ones are read ahead.

        Args:
            field: where reference pixels lie in the moving image, as far as is known.
            work: makes something of a tile; safe to be called from several threads at once.
            order: which tiles, by their numbers; None: all.
        """
        numbers = range(len(self._extents)) if order is None else order
        read = partial(self._read, field)

        def whole(number: int) -> Result | None:
            views = read(number)
            return None if views is None else work(self._described(number, views))

        if self._cache.model.device.type == "cpu":
            yield from at_one_time(whole, numbers)
            return
        for number, views in zip(numbers, ahead(read, numbers), strict=True):
            yield None if views is None else work(self._described(number, views))

    def measured(
        self, field: Field, measure: MeasureTile, stage: StageConfig, progress: Progress
    ) -> Iterator[tuple[Slices, Measurements]]:
        """Yield, for each tile with data in both images, its control points and what a stage
        measured there.

        Args:
            field: see :meth:`results`.
            measure: measures a tile: the reference, and the moving image warped.
            stage: whose control points they are.
            progress: of this run.
        """

        def at(
            extent: TileExtent, reference: FeatureMaps, moving: FeatureMaps
        ) -> tuple[Slices, Measurements]:
            outer, inner = extent.control_points(stage.spacing)
            return outer, measure(reference, moving, stage).part(inner)

        progress.report(0.0)
        if len(self._extents) == 1:  # of the only tile the cache may know the maps already
            maps = self._cache.feature_maps(self._extents[0].window, field, self._stride)
            if maps is not None:
                yield at(self._extents[0], *maps)
            progress.report(1.0)
            return
        found = self.results(field, lambda tile: at(tile.extent, tile.reference, tile.moving))
        for index, one in enumerate(found):
            if one is not None:
                yield one
            progress.report((index + 1) / len(self._extents))

    def _read(self, field: Field, number: int) -> Views | None:
        """Read a tile; None where the images have no data in common."""
        pair, window = self._cache.pair, self._extents[number].window
        reference = pair.reference.read(window)
        if not reference.valid.any():
            return None
        positions = field.window(window)
        moving = pair.moving.read(window, positions)
        return (positions, reference, moving) if (reference.valid & moving.valid).any() else None

    def _described(self, number: int, views: Views) -> Tile:
        positions, reference, moving = views
        maps = self._cache.model.feature_maps(reference), self._cache.model.feature_maps(moving)
        return Tile(self._extents[number], positions, *maps)
