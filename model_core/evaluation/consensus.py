"""The alignment of pairs of which only the georeferencing is known, as two methods agree on it.

Real scenes are not aligned: shipped pairs are off by 1 to 6 px. Where two kinds of structure
matching, on whole patches that nobody warped, find the same affine, their mean stands in for the
truth. It favours these two methods, so tables say of which sources the truth is of this kind, and
equivariance, which needs no truth, counts beside it.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from model_core.evaluation.methods import build_peer
from model_core.evaluation.metrics import distances, rmse
from model_core.evaluation.pairs import LoadedPair
from model_core.evaluation.protocols import apply_homography, view_pixels

LARGEST_SHIFT = 16.0
"""Pixels that the georeferencing may be off."""

LARGEST_DIFFERENCE = 1.0
"""Pixels of RMSE within which two affines are one answer."""

METHODS = ("cfog", "mind")


def align(loaded: LoadedPair, threads: int) -> LoadedPair | None:
    """Return the pair with the alignment both methods find; None where they do not agree."""
    results = [
        build_peer(name, threads)(loaded.sar, loaded.optical, LARGEST_SHIFT, 0.0, 1.0)
        for name in METHODS
    ]
    affines = [result.affine for result in results if result.affine is not None]
    if len(affines) < len(METHODS):
        return None
    pixels = view_pixels(loaded.side)[::8, ::8].reshape(-1, 2)
    one, other = (apply_homography(affine, pixels) for affine in affines)
    if rmse(distances(one, other)) > LARGEST_DIFFERENCE:
        return None
    matrix = np.vstack([np.mean(affines, axis=0), [0.0, 0.0, 1.0]])
    return dataclasses.replace(loaded, pair=dataclasses.replace(loaded.pair, alignment=matrix))
