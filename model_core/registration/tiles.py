"""Resolution levels and tiles: how a scene of any size passes through the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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

MeasureTile = Callable[[FeatureMaps, FeatureMaps, StageConfig], Measurements]

Described = tuple[NDArray[np.float64], FeatureMaps, FeatureMaps]
"""See :class:`Tile`."""


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
class Tile:
    """A part of a level, described.

    Attributes:
        inner: without margin.
        window: with its margin.
        positions: (height, width, 2), where the window's pixels were sampled in the moving image,
            in pixels of the working grid.
        reference: feature maps of the reference in the window.
        moving: of the moving image, warped.
    """

    inner: Window
    window: Window
    positions: NDArray[np.float64]
    reference: FeatureMaps
    moving: FeatureMaps

    def control_points(self, spacing: int) -> tuple[Slices, Slices]:
        """Return the rows and columns of its control points among those of the level, and among
        those of its window."""
        origin = self.window.row, self.window.column
        return (
            control_points_of(self.inner, spacing),
            control_points_of(self.inner, spacing, origin),
        )


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
        self._inner = tile_windows(*size, spacing)
        self._windows = [
            with_margin(tile, margin, *size, spacing)._replace(factor=factor)
            for tile in self._inner
        ]

    def centres(self) -> NDArray[np.float64]:
        """Return the centres (N, 2) of the tiles, in pixels of the level."""
        return np.array(
            [(t.column + t.width / 2, t.row + t.height / 2) for t in self._inner], dtype=np.float64
        )

    def tiles(self, field: Field, order: Sequence[int] | None = None) -> Iterator[Tile | None]:
        """Yield the tiles; None for one without data in both images.

        Args:
            field: where reference pixels lie in the moving image, as far as is known.
            order: which tiles, by their numbers; None: all.
        """
        numbers = range(len(self._inner)) if order is None else order
        if len(self._inner) == 1:
            described = self._alone(field)
        else:
            described = self._each([self._windows[i] for i in numbers], field)
        for number, found in zip(numbers, described, strict=True):
            inner, window = self._inner[number], self._windows[number]
            yield None if found is None else Tile(inner, window, *found)

    def measured(
        self, field: Field, measure: MeasureTile, stage: StageConfig, progress: Progress
    ) -> Iterator[tuple[Slices, Measurements]]:
        """Yield, for each tile with data in both images, its control points and what a stage
        measured there.

        Args:
            field: see :meth:`tiles`.
            measure: measures a tile: the reference, and the moving image warped.
            stage: whose control points they are.
            progress: of this run.
        """
        progress.report(0.0)
        for index, tile in enumerate(self.tiles(field)):
            if tile is not None:
                outer, inner = tile.control_points(stage.spacing)
                yield outer, measure(tile.reference, tile.moving, stage).part(inner)
            progress.report((index + 1) / len(self._inner))

    def _alone(self, field: Field) -> Iterator[Described | None]:
        """Yield the only tile of a level, of which the cache may know already."""
        window = self._windows[0]
        maps = self._cache.feature_maps(window, field, self._stride)
        yield None if maps is None else (field.window(window), *maps)

    def _each(self, windows: list[Window], field: Field) -> Iterator[Described | None]:
        """Yield every tile; None where the images have no data in common."""
        pair, model = self._cache.pair, self._cache.model

        def read(window: Window) -> tuple[NDArray[np.float64], View, View] | None:
            reference = pair.reference.read(window)
            if not reference.valid.any():
                return None
            positions = field.window(window)
            moving = pair.moving.read(window, positions)
            both = (reference.valid & moving.valid).any()
            return (positions, reference, moving) if both else None

        for found in ahead(read, windows):
            if found is None:
                yield None
            else:
                positions, reference, moving = found
                yield positions, model.feature_maps(reference), model.feature_maps(moving)
