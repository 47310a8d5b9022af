"""Pairs of images of a known function, so that every pixel of a view tells where it comes from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model_core.evaluation.deformation import apply_homography
from model_core.evaluation.pairs import DatasetPair, LoadedPair
from model_core.geometry.pixels import window_pixels
from model_core.raster.view import Modality, View

SIDE = 256


def texture(points: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Return a smooth random texture in [0, 1] at points (..., 2) as (x, y)."""
    rng = np.random.default_rng(seed)
    waves = rng.normal(size=(60, 2)) * 0.25
    phases = rng.uniform(0, 2 * np.pi, 60)
    total = np.cos(points @ waves.T + phases).sum(axis=-1)
    return np.asarray(np.clip(0.5 + total / 24, 0, 1))


def view(values: NDArray[np.float64], modality: Modality) -> View:
    """Return values (H, W) as a view that is valid everywhere."""
    bands = 1 if modality == "sar" else 3
    image = np.repeat(values[None].astype(np.float32), bands, axis=0)
    return View(image, np.ones(values.shape, dtype=bool), modality)


def loaded_pair(
    name: str = "place",
    seed: int = 0,
    alignment: NDArray[np.float64] | None = None,
    points: NDArray[np.float64] | None = None,
    side: int = SIDE,
) -> LoadedPair:
    """Return a pair of one texture; SAR pixel ``alignment(p)`` shows what optical pixel p shows."""
    matrix = np.eye(3) if alignment is None else alignment
    pixels = window_pixels(0, 0, side, side)
    sar = texture(apply_homography(np.linalg.inv(matrix), pixels), seed)
    pair = DatasetPair(
        id=name,
        source="synthetic",
        place=name,
        region=name,
        sar_path=Path(),
        optical_path=Path(),
        alignment=matrix,
        points=points,
        side=side,
    )
    return LoadedPair(pair, view(sar, "sar"), view(texture(pixels, seed), "optical"))
