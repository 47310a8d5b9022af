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
        self._factor = factor
        self._spacing = max(stage.spacing for stage in stages)
        self._margin = max(model.network.matcher.margin(s) * s.spacing for s in stages)

    def tiles(self, field: Field, progress: Progress) -> Iterator[Tile]:
        """Yield the tiles that have data in both images.

        Args:
            field: where reference pixels lie in the moving image, as far as is known.
            progress: of this run.
        """
        height, width = downsampled_size(*self._cache.pair.size, self._factor)
        inner = tile_windows(height, width, self._spacing)
        windows = [
            with_margin(tile, self._margin, height, width, self._spacing)._replace(
                factor=self._factor
            )
            for tile in inner
        ]
        described = (
            self._alone(windows[0], field) if len(windows) == 1 else self._each(windows, field)
        )
        progress.report(0.0)
        for index, (tile, window, found) in enumerate(zip(inner, windows, described, strict=True)):
            if found is not None:
                yield Tile(tile, window, *found)
            progress.report((index + 1) / len(inner))

    def measured(
        self, field: Field, measure: MeasureTile, stage: StageConfig, progress: Progress
    ) -> Iterator[tuple[Slices, Measurements]]:
        """Yield, for each tile, its control points and what a stage measured there.

        Args:
            field: see :meth:`tiles`.
            measure: measures a tile: the reference, and the moving image warped.
            stage: whose control points they are.
            progress: of this run.
        """
        for tile in self.tiles(field, progress):
            outer, inner = tile.control_points(stage.spacing)
            yield outer, measure(tile.reference, tile.moving, stage).part(inner)

    def _alone(self, window: Window, field: Field) -> Iterator[Described | None]:
        """Yield the only tile of a level, of which the cache may know already."""
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
