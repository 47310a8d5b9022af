"""The alignment of pairs of which only the georeferencing is known, as two methods agree on it.

Real scenes are not aligned: shipped pairs are off by 1 to 6 px, and where the SAR image is not
terrain corrected no affine brings them together. Two baseline methods, on whole patches
that nobody warped, must find the same affine; around it templates are matched with both, and where
both find a template in the same place, and its neighbours lie likewise, it is a tie point. The tie
points stand in for the truth. This favours these two methods, so tables say of which sources the
truth is made in this way, and equivariance, which needs no truth, counts beside it.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from numpy.typing import NDArray

from model_core.evaluation.baselines.grey import grey
from model_core.evaluation.baselines.structure_channels import CHANNELS
from model_core.evaluation.baselines.template_matching import PASSES, Pass, match_around, warp
from model_core.evaluation.deformation import apply_homography, invert_affine
from model_core.evaluation.manifest import fit_affine
from model_core.evaluation.methods import build_baseline
from model_core.evaluation.metrics import distances, rmse
from model_core.evaluation.pairs import LoadedPair
from model_core.geometry.pixels import window_pixels
from model_core.registration.bounds import SearchBounds

BOUNDS = SearchBounds(max_shift=16.0, max_rotation=0.0, max_scale=1.0)
"""As far as the georeferencing may be off."""

LARGEST_DIFFERENCE = 1.0
"""Pixels: two affines agree within this RMSE, and so do the two matches of a template."""

METHODS = ("cfog", "mind")

TIE_PASS = Pass(PASSES[-1].half, PASSES[-1].share, 12, PASSES[-1].tolerance)
"""Templates as in the methods' last pass; searched as far as relief may displace them."""

NEIGHBOURS = 8
"""Tie points from whose median one may differ by :data:`LARGEST_DEVIATION`."""

LARGEST_DEVIATION = 2.0
"""Pixels; neighbouring templates overlap, so more is a wrong match that both methods make."""

LEAST_POINTS = 30
"""Tie points with which a patch is of use."""


def align(loaded: LoadedPair, threads: int) -> LoadedPair | None:
    """Return the pair with the tie points both methods find; None where they do not agree."""
    results = [
        build_baseline(name, threads)(loaded.sar, loaded.optical, BOUNDS) for name in METHODS
    ]
    affines = [result.affine for result in results if result.affine is not None]
    if len(affines) < len(METHODS):
        return None
    pixels = window_pixels(0, 0, loaded.side, loaded.side)[::8, ::8].reshape(-1, 2)
    one, other = (apply_homography(affine, pixels) for affine in affines)
    if rmse(distances(one, other)) > LARGEST_DIFFERENCE:
        return None
    points = tie_points(loaded, np.mean(affines, axis=0))
    if len(points) < LEAST_POINTS:
        return None
    pair = dataclasses.replace(loaded.pair, alignment=fit_affine(points), points=points)
    return dataclasses.replace(loaded, pair=pair)


@torch.inference_mode()
def tie_points(loaded: LoadedPair, affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the places (N, 4) as (x, y) optical and (x, y) SAR pixel that both methods find.

    Args:
        affine: (2, 3), optical pixel to SAR pixel, good to some pixels.
    """
    sar, optical = (torch.from_numpy(grey(v))[None, None] for v in (loaded.sar, loaded.optical))
    valid = [
        torch.from_numpy(view.valid.astype(np.float32))[None, None]
        for view in (loaded.sar, loaded.optical)
    ]
    start, size = torch.from_numpy(affine)[None], loaded.sar.valid.shape
    warped, mask = warp(optical, start, *size)
    mask = mask * valid[0] * (warp(valid[1], start, *size)[0] > 0.999)
    features = {CHANNELS[name]: CHANNELS[name](sar) for name in METHODS}
    centres, found = match_around(warped, mask, features, TIE_PASS)
    one, other = (displacement.numpy() for displacement in found)
    agree = distances(one, other) < LARGEST_DIFFERENCE
    places, moved = centres.numpy()[agree], ((one + other) / 2)[agree]
    kept = _like_neighbours(places, moved)
    places, moved = places[kept], moved[kept]
    return np.column_stack([apply_homography(invert_affine(affine), places), places + moved])


def _like_neighbours(places: NDArray[np.float64], moved: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which displacements (N, 2) at places (N, 2) are like those of the nearest others."""
    if len(places) <= NEIGHBOURS:
        return np.zeros(len(places), dtype=bool)
    apart = np.linalg.norm(places[:, None] - places, axis=-1)
    nearest = np.argsort(apart, axis=1)[:, 1 : NEIGHBOURS + 1]
    return np.asarray(distances(moved, np.median(moved[nearest], axis=1)) < LARGEST_DEVIATION)
