"""Pairs of SAR and optical images of one place, whose alignment may be known."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model_core.geometry.grid import Grid
from model_core.geometry.window import Window
from model_core.raster.reader import SceneReader
from model_core.raster.scene import Scene, open_scene
from model_core.raster.view import View


@dataclass(frozen=True)
class DatasetPair:
    """A SAR and an optical image of one place.

    Attributes:
        id: unique over all manifests of a run.
        source: the data set it comes from.
        place: one patch of ground; images of one place, at whatever time, are not independent.
        region: ground within which places may touch or overlap; images of different regions show
            different places for certain.
        sar_path: of the SAR image.
        optical_path: of the optical image.
        alignment: (3, 3) homography, optical pixel to SAR pixel; None: only the georeferencing is
            known, to a few pixels.
        points: (N, 4) check points as (x, y) optical and (x, y) SAR pixel, where the alignment is
            fitted to these and errors are taken at them; else None.
        common_grid: the SAR image is read on the optical image's grid (both are georeferenced).
        window: (row, column, height, width) of both images that is used; None: all.
        side: the shortest side of what is used of the optical image, in pixels.
        ground: (west, south, east, north) of the whole optical image in degrees, where known.
        sensor: that took the SAR image, where known.
        cover: what the ground is covered with, where known: city, water, ...
        gsd: metres per pixel of the optical image, where known.
    """

    id: str
    source: str
    place: str
    region: str
    sar_path: Path
    optical_path: Path
    alignment: NDArray[np.float64] | None
    points: NDArray[np.float64] | None = None
    common_grid: bool = False
    window: tuple[int, int, int, int] | None = None
    side: int = 0
    ground: tuple[float, float, float, float] | None = None
    sensor: str | None = None
    cover: str | None = None
    gsd: float | None = None

    def may_touch(self, other: DatasetPair) -> bool:
        """Whether the pairs may show common ground: one region, or overlapping bounds."""
        if self.region == other.region:
            return True
        if self.ground is None or other.ground is None:
            return False
        west, south, east, north = self.ground
        other_west, other_south, other_east, other_north = other.ground
        apart = other_west > east or other_east < west or other_south > north or other_north < south
        return not apart


@dataclass(frozen=True)
class LoadedPair:
    """A pair with its images in memory, whole or its window; pixels refer to these images."""

    pair: DatasetPair
    sar: View
    optical: View

    @cached_property
    def side(self) -> int:
        """The shortest side of the two images, in pixels."""
        return min(*self.sar.valid.shape, *self.optical.valid.shape)


def load_pair(pair: DatasetPair) -> LoadedPair:
    """Read both images as the registration does: radiometry of the whole image, then the window.

    Raises:
        BadInputError: an image cannot be read, or is constant.
    """
    sar, optical = open_scene(pair.sar_path, "sar"), open_scene(pair.optical_path, "optical")
    return LoadedPair(
        pair,
        _read(sar, optical.grid if pair.common_grid else sar.grid, pair.window),
        _read(optical, optical.grid, pair.window),
    )


def _read(scene: Scene, grid: Grid, window: tuple[int, int, int, int] | None) -> View:
    row, column, height, width = window or (0, 0, grid.height, grid.width)
    return SceneReader(scene, grid).read(Window(row, column, height, width))


def limit_per_source(
    pairs: Sequence[DatasetPair], limit: int | None, seed: int
) -> list[DatasetPair]:
    """Return at most ``limit`` pairs of each source, from as many places as possible.

    The choice depends on the identifiers and the seed only, so a larger limit keeps the pairs of a
    smaller one. None: all.
    """
    ordered = sorted(pairs, key=lambda pair: stable_hash(f"{seed}:{pair.id}"))
    times_seen: dict[str, int] = {}
    ranks = []
    for pair in ordered:
        ranks.append(times_seen.get(pair.place, 0))
        times_seen[pair.place] = ranks[-1] + 1
    by_rank = [pair for _, pair in sorted(zip(ranks, ordered, strict=True), key=lambda x: x[0])]
    taken: dict[str, int] = {}
    chosen = []
    for pair in by_rank:
        if limit is None or taken.get(pair.source, 0) < limit:
            taken[pair.source] = taken.get(pair.source, 0) + 1
            chosen.append(pair)
    return sorted(chosen, key=lambda pair: (pair.source, pair.id))


def stable_hash(text: str) -> int:
    """Return a 64-bit number that is the same in every process and on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
