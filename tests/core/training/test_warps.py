"""The truth of random views: known points, on images whose value says where they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from model_core.evaluation.pairs import DatasetPair
from model_core.geometry.sampling import sample
from model_core.training.config import WarpConfig
from model_core.training.data import StoredImage, StoredPair
from model_core.training.warps import Views, local_views, whole_views

SHIFT = np.array([3.0, -2.0])
"""Of the alignment: the SAR position of an optical pixel is the pixel plus this."""

Array = NDArray[np.float64]


def _pattern(x: Array, y: Array) -> Array:
    return np.asarray(0.5 + 0.22 * np.sin(x / 9) * np.cos(y / 13) + 0.22 * np.sin((x + 2 * y) / 17))


@pytest.fixture(scope="module")
def pair() -> StoredPair:
    """SAR and optical images that show one smooth pattern, the SAR image displaced by SHIFT."""
    y, x = np.mgrid[:256, :256].astype(float)
    optical = np.repeat((255 * _pattern(x, y)).round().astype(np.uint8)[None], 3, 0)
    sar = (255 * _pattern(x - SHIFT[0], y - SHIFT[1])).round().astype(np.uint8)[None]
    alignment = np.eye(3)
    alignment[:2, 2] = SHIFT
    dataset_pair = DatasetPair(
        id="a",
        source="s",
        place="a",
        region="a",
        sar_path=Path(),
        optical_path=Path(),
        alignment=alignment,
    )
    return StoredPair(dataset_pair, StoredImage(sar, None), StoredImage(optical, None), alignment)


def _difference(views: Views) -> Array:
    """Return |moving(position(x)) - reference(x)| at grid points where both are valid."""
    side = views.reference[0].shape[-1]
    axis = np.arange(8.0, side - 8, 5)
    points = np.stack(np.meshgrid(axis, axis), axis=-1)
    targets = views.position(points)
    inside = ((targets >= 1) & (targets <= side - 2)).all(axis=-1)

    def at(image: torch.Tensor, places: Array) -> Array:
        return np.asarray(sample(image, torch.from_numpy(places)[None].float())[0, 0].numpy())

    for view, places in ((views.reference, points), (views.moving, targets)):
        inside &= at(view[1], places) > 0.99
    assert inside.mean() > 0.2
    difference = at(views.moving[0], targets) - at(views.reference[0], points)
    return np.asarray(np.abs(difference)[inside])


@pytest.mark.parametrize("seed", range(6))
def test_local_truth_leads_to_the_same_ground(pair: StoredPair, seed: int) -> None:
    views = local_views(pair, WarpConfig(), 20.0, np.random.default_rng(seed))
    # The pattern changes by about 0.05 a pixel: 0.02 is less than half a pixel anywhere.
    assert _difference(views).max() < 0.02


@pytest.mark.parametrize("seed", range(6))
def test_whole_truth_leads_to_the_same_ground(pair: StoredPair, seed: int) -> None:
    views = whole_views(pair, WarpConfig(), np.random.default_rng(seed))
    assert _difference(views).max() < 0.02


def test_views_are_cut_at_independent_positions_without_black(pair: StoredPair) -> None:
    """Neither a border nor the position of the views tells how they lie on each other."""
    config = WarpConfig(search_side=160)
    shifts, rotations = [], []
    for seed in range(40):
        views = whole_views(pair, config, np.random.default_rng(seed))
        assert bool(views.reference[1].all())
        assert bool(views.moving[1].all())
        assert views.moving[0].min() > 0.02
        centre = np.full(2, (config.search_side - 1) / 2)
        shifts.append(views.position(centre) - centre)
        rotations.append(np.degrees(np.arctan2(views.affine[1, 0], views.affine[0, 0])))
    assert np.abs(shifts).max() > 15  # several cells of the coarse search, 4 px each
    assert np.std(shifts) > 8
    assert np.abs(rotations).max() > 15


def test_local_shift_stays_within_reach(pair: StoredPair) -> None:
    config = WarpConfig(local=0.0, residual_rotation=0.0, residual_scale=1.0)
    for seed in range(20):
        views = local_views(pair, config, 5.0, np.random.default_rng(seed))
        points = np.array([[20.0, 30.0], [100.0, 90.0]])
        moved = views.position(points) - points
        assert np.abs(moved).max() <= 5.0 + 1e-6
        assert np.allclose(moved[0], moved[1])
