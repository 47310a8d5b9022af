"""Edges of footprints are straight at any angle; shores are not."""

from __future__ import annotations

import numpy as np
import pytest

from model_core.raster.morphology import dilated, flat_ground, opened, straight_share
from tests.core.raster.ground import beyond_a_footprint, relief

SIDE = 256
NOTHING = np.zeros((SIDE, SIDE), bool)


@pytest.mark.parametrize("degrees", [0, 3, 12, 30, 45])
def test_edges_of_a_footprint_are_straight(degrees: float) -> None:
    assert straight_share(beyond_a_footprint(SIDE, degrees), NOTHING, 12) > 0.75


@pytest.mark.parametrize("seed", range(4))
def test_shores_are_not_straight(seed: int) -> None:
    assert straight_share(relief(SIDE, seed) < 0.45, NOTHING, 12) < 0.4


def test_an_edge_with_what_is_outside_does_not_count() -> None:
    lake = relief(SIDE, 1) < 0.45
    assert straight_share(lake, ~lake, 12) == 1


def test_opening_keeps_what_is_solid_and_strips_along_the_border() -> None:
    mask = np.zeros((40, 40), bool)
    mask[10:20, 10:20] = True
    mask[30, 5:35] = True
    mask[:, 39] = True
    kept = opened(mask)
    assert kept[10:20, 10:20].all()
    assert not kept[30].any() or not kept[30, 5:35].any()
    assert kept[:, 39].all()
    assert dilated(mask, 1)[29, 20]


def test_flat_ground_is_of_one_value_in_all_bands() -> None:
    values = np.random.default_rng(0).random((2, 30, 30)).astype(np.float32)
    values[:, 5:15, 5:15] = 0.5
    values[0, 20:29, 20:29] = 0.5
    expected = np.zeros((30, 30), bool)
    expected[7:13, 7:13] = True
    assert np.array_equal(flat_ground(values), expected)
