"""The pairs of a run: which there are, how often each is drawn, and their images in memory."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model_core.errors import BadInputError
from model_core.evaluation.pairs import DatasetPair, load_pair, stable_hash
from model_core.raster.view import View
from model_core.training.config import DataConfig
from model_core.training.folders import read_source

SMALLEST_SIDE = 128
"""Pixels: images with a shorter side are of no use to training."""


@dataclass(frozen=True)
class StoredImage:
    """An image in 8 bit, as one of thousands is kept in memory.

    Attributes:
        image: uint8 (C, H, W), 255 times the view's.
        valid: bool (H, W); None: all pixels are.
    """

    image: NDArray[np.uint8]
    valid: NDArray[np.bool_] | None

    @staticmethod
    def of(view: View) -> StoredImage:
        """Keep a view."""
        image = np.round(view.image * 255).astype(np.uint8)
        return StoredImage(image, None if view.valid.all() else view.valid)

    def tensors(self) -> tuple[Tensor, Tensor]:
        """Return image (1, C, H, W) in [0, 1] and valid pixels (1, 1, H, W), float32."""
        image = torch.from_numpy(self.image)[None].float() / 255
        if self.valid is None:
            return image, torch.ones_like(image[:, :1])
        return image, torch.from_numpy(self.valid)[None, None].float()


@dataclass(frozen=True)
class StoredPair:
    """Both images of a pair, and the homography (3, 3) from optical to SAR pixel."""

    pair: DatasetPair
    sar: StoredImage
    optical: StoredImage
    alignment: NDArray[np.float64]


class PairSet:
    """Pairs with their weights; images are read when first drawn, and kept."""

    def __init__(self, pairs: list[DatasetPair], weights: list[float]) -> None:
        self.pairs = pairs
        self._bounds = np.cumsum(weights)
        self._stored: dict[int, StoredPair] = {}
        self._lock = threading.Lock()

    def draw(self, rng: np.random.Generator) -> int:
        """Return the index of a pair, drawn by weight."""
        place = rng.uniform() * self._bounds[-1]
        return min(int(np.searchsorted(self._bounds, place, "right")), len(self.pairs) - 1)

    def unrelated(self, index: int, rng: np.random.Generator) -> int:
        """Return the index of a pair that shows other ground than that of ``index``.

        Raises:
            BadInputError: there is none to be found.
        """
        for _ in range(1000):
            other = self.draw(rng)
            if not self.pairs[other].may_touch(self.pairs[index]):
                return other
        raise BadInputError(
            "No two of the training pairs surely show different places; "
            "add data, or name regions in the manifest."
        )

    def get(self, index: int) -> StoredPair:
        """Return a pair with its images.

        Raises:
            BadInputError: an image cannot be read, or is too small.
        """
        with self._lock:
            stored = self._stored.get(index)
            if stored is None:
                loaded = load_pair(self.pairs[index])
                if loaded.side < SMALLEST_SIDE:
                    raise BadInputError(
                        f"{loaded.pair.id} has a side of {loaded.side} px, but training needs "
                        f"{SMALLEST_SIDE}; leave it out."
                    )
                alignment = loaded.pair.alignment
                stored = StoredPair(
                    loaded.pair,
                    StoredImage.of(loaded.sar),
                    StoredImage.of(loaded.optical),
                    np.eye(3) if alignment is None else alignment,
                )
                self._stored[index] = stored
        return stored


def read_pairs(
    sources: tuple[DataConfig, ...], holdout: float, seed: int
) -> tuple[PairSet, list[DatasetPair]]:
    """Return the pairs to train on, and those of other places for validation.

    Pairs larger than a patch have been cut into patches; each patch counts by its own area.

    Raises:
        BadInputError: a source cannot be read, or nothing is left to train on.
    """
    pairs, weights, held = [], [], []
    for source in sources:
        for pair in read_source(source):
            if stable_hash(f"{seed}:holdout:{pair.region}") % 10_000 < holdout * 10_000:
                held.append(pair)
                continue
            after = source.weight_after if pair.id.endswith("_after") else 1.0
            weight = source.weight * after * (4.0 if pair.window else 1.0)
            if weight > 0:
                pairs.append(pair)
                weights.append(weight)
    if not pairs:
        raise BadInputError("No pair is left to train on; lower holdout, or add data.")
    return PairSet(pairs, weights), held
