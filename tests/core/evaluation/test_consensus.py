"""Tie points that two methods find: they follow what is there, and there are none where not."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import torch

from model_core.evaluation.consensus import LEAST_POINTS, align
from model_core.evaluation.deformation import LocalDeformation, apply_homography
from model_core.evaluation.manifest import read_manifest
from model_core.evaluation.metrics import distances
from model_core.evaluation.pairs import LoadedPair, load_pair
from model_core.geometry.pixels import window_pixels
from model_core.geometry.sampling import sample
from model_core.raster.view import View
from tests.core.evaluation.synthetic import loaded_pair, texture, view


def shifted(loaded: LoadedPair, field: LocalDeformation) -> LoadedPair:
    """Return a pair whose SAR image is displaced by a field: at p it shows what was at p + f(p)."""
    pixels = window_pixels(0, 0, loaded.side, loaded.side)
    where = torch.from_numpy(pixels + field(pixels))[None]
    image = sample(torch.from_numpy(loaded.sar.image)[None], where)[0].numpy()
    return dataclasses.replace(loaded, sar=View(image, loaded.sar.valid, "sar"))


def unaligned(loaded: LoadedPair) -> LoadedPair:
    """Return a pair as one of which only the georeferencing is known."""
    return dataclasses.replace(loaded, pair=dataclasses.replace(loaded.pair, alignment=None))


def test_tie_points_follow_relief_that_no_affine_has() -> None:
    """A smooth field of 3 px: found to a fraction of a pixel where the best affine is off by 1."""
    flat = loaded_pair(side=512)
    field = LocalDeformation.draw(np.random.default_rng(1), 512, 3.0)
    found = align(unaligned(shifted(flat, field)), 1)
    assert found is not None
    points, alignment = found.pair.points, found.pair.alignment
    assert points is not None
    assert alignment is not None
    assert len(points) >= LEAST_POINTS
    optical, sar = points[:, :2], points[:, 2:]
    assert np.median(distances(optical, sar + field(sar))) < 0.2
    assert np.median(distances(apply_homography(alignment, optical), sar)) > 0.5


def test_places_without_data_give_no_tie_points() -> None:
    """No template lies where one of the images has no data, though both see its border."""
    loaded = unaligned(loaded_pair(side=512))
    valid = np.ones((512, 512), dtype=bool)
    valid[:, 300:] = False
    holes = [
        View(np.where(valid, one.image, 0).astype(np.float32), valid, one.modality)
        for one in (loaded.sar, loaded.optical)
    ]
    found = align(dataclasses.replace(loaded, sar=holes[0], optical=holes[1]), 1)
    assert found is not None
    assert found.pair.points is not None
    assert found.pair.points[:, 0].max() < 300


def test_images_of_different_places_have_no_alignment() -> None:
    """Two methods find two answers, and none is given."""
    pixels = window_pixels(0, 0, 512, 512)
    loaded = unaligned(loaded_pair(side=512, seed=3))
    other = dataclasses.replace(loaded, sar=view(texture(pixels, 4), "sar"))
    assert align(other, 1) is None


def test_tie_points_of_a_real_scene_move_with_it(scenes: Path) -> None:
    """Sentinel-1 and -2 over Spain: displaced by a known field, the tie points are too."""
    pair = next(p for p in read_manifest(scenes / "manifest.csv") if "spain" in p.id)
    loaded = load_pair(pair)
    field = LocalDeformation.draw(np.random.default_rng(2), loaded.side, 3.0)
    before, after = align(loaded, 1), align(shifted(loaded, field), 1)
    assert before is not None
    assert after is not None
    assert before.pair.points is not None
    assert after.pair.points is not None
    apart = np.linalg.norm(
        before.pair.points[:, None, :2] - after.pair.points[None, :, :2], axis=-1
    )
    nearest = apart.argmin(axis=1)
    close = apart.min(axis=1) < 8
    assert close.sum() >= LEAST_POINTS / 2
    one, other = before.pair.points[close], after.pair.points[nearest[close]]
    undone = other[:, 2:] + field(other[:, 2:])
    errors = distances(undone - other[:, :2], one[:, 2:] - one[:, :2])
    assert np.median(errors) < 0.5
