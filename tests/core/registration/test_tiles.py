"""Resolution levels and tiles."""

from __future__ import annotations

import numpy as np
import pytest

from model_core.geometry.window import Window
from model_core.registration.tiles import (
    COARSE_SIDE,
    LEVEL_STEP,
    TILE,
    control_points_of,
    level_factors,
    tile_windows,
    with_margin,
)


@pytest.mark.parametrize("side", [64, 1024, 1025, 3072, 10_980, 100_000])
def test_levels_go_from_a_small_image_to_full_resolution(side: int) -> None:
    factors = level_factors(side // 2, side)
    assert factors[-1] == 1
    assert side / factors[0] <= COARSE_SIDE
    steps = [coarse / fine for coarse, fine in zip(factors, factors[1:], strict=False)]
    assert all(1 < step <= LEVEL_STEP for step in steps)


@pytest.mark.parametrize("spacing", [8, 16])
@pytest.mark.parametrize(("height", "width"), [(100, 64), (1300, 2000), (640, 1281)])
def test_tiles_and_their_control_points_partition_the_grid(
    height: int, width: int, spacing: int
) -> None:
    pixels = np.zeros((height, width), int)
    points = np.zeros((-(-height // spacing), -(-width // spacing)), int)
    for tile in tile_windows(height, width, spacing):
        assert tile.height <= TILE
        assert tile.width <= TILE
        assert tile.row + tile.height <= height
        assert tile.column + tile.width <= width
        pixels[tile.row : tile.row + tile.height, tile.column : tile.column + tile.width] += 1
        points[control_points_of(tile, spacing)] += 1
    assert (pixels == 1).all()
    assert (points == 1).all()


def test_control_points_are_counted_from_an_origin() -> None:
    tile = Window(row=640, column=1280, height=90, width=640)
    assert control_points_of(tile, 16) == (slice(40, 46), slice(80, 120))
    assert control_points_of(tile, 16, origin=(608, 1248)) == (slice(2, 8), slice(2, 42))


def test_a_margin_ends_with_the_grid_and_between_cells() -> None:
    middle = with_margin(Window(640, 1280, 640, 640), 48, height=3000, width=4000, spacing=16)
    assert middle == Window(592, 1232, 736, 736)
    corner = with_margin(Window(0, 0, 640, 640), 48, height=3000, width=4000, spacing=16)
    assert corner == Window(0, 0, 688, 688)
    last = with_margin(Window(640, 640, 70, 75), 48, height=710, width=715, spacing=16)
    assert last == Window(592, 592, 720 - 592, 720 - 592)
