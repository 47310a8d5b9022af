"""Labels made better: the residual alignment of training pairs, as a network sees it.

Pairs of public data sets are aligned to a pixel or several. A network measures what remains over a
whole pair, so that the noise of its windows averages out; where its own check agrees, this replaces
the alignment that the pair came with.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model_core.errors import BadInputError
from model_core.evaluation.pairs import DatasetPair, LoadedPair, load_pair
from model_core.evaluation.protocols import apply_homography
from model_core.feedback import Feedback
from model_core.raster.output import atomic_write
from model_core.registration.model import RegistrationModel
from model_core.registration.verdict import Limits
from model_core.workflows.match import match_pair

FARTHEST = 4.0
"""Pixels by which a new alignment may move any corner; one that moves more is not believed."""

SEARCHED = 8.0
"""Pixels as far as which is searched, so that a wrong answer can be seen to be one."""

COLUMNS = ("id", "source", "place", "region", "sar_path", "optical_path", "H_opt2sar")
"""Of the manifest; see ``evaluation.pairs.read_manifest``."""


@dataclass(frozen=True)
class Realigned:
    """How many pairs there are, how many have a new alignment, and how far it moved them.

    moved: (N,), pixels at the centre of each pair that has a new one.
    """

    pairs: int
    moved: NDArray[np.float64]


def realigned(pair: LoadedPair, matcher: RegistrationModel) -> NDArray[np.float64] | None:
    """Return the alignment (3, 3), optical to SAR pixel, that a network sees; None: it is not sure.

    Args:
        pair: whose alignment is known to some pixels.
    """
    found = match_pair(matcher, pair.sar, pair.optical, Limits(SEARCHED, 1.0, 1.0), local=False)
    if found.verdict != "registered":
        return None
    matrix = np.vstack([found.affine, [0.0, 0.0, 1.0]])
    return matrix if _moved(pair, matrix, _corners(pair)).max() <= FARTHEST else None


def _corners(pair: LoadedPair) -> NDArray[np.float64]:
    height, width = pair.optical.valid.shape
    return np.array([[0, 0], [width, 0], [0, height], [width, height]]) - 0.5


def _moved(
    pair: LoadedPair, matrix: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return by how many pixels a new alignment differs from the pair's own at points (N, 2)."""
    old = np.eye(3) if pair.pair.alignment is None else pair.pair.alignment
    apart = apply_homography(matrix, points) - apply_homography(old, points)
    return np.asarray(np.linalg.norm(apart, axis=1))


def write_realigned(
    pairs: Sequence[DatasetPair], matcher: RegistrationModel, out: Path, feedback: Feedback
) -> Realigned:
    """Write a manifest of pairs with their new alignments, or their own where there is none.

    Args:
        pairs: of whole images; those cut into patches cannot stand in a manifest row by row.

    Raises:
        BadInputError: an image cannot be read, or there is no pair.
        CancelledError: on request.
    """
    if not pairs:
        raise BadInputError("There is no pair to align; check the data of the settings.")
    moved = []
    with atomic_write(out) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for index, pair in enumerate(pairs):
            feedback.raise_if_cancelled()
            feedback.progress("realign", index, len(pairs), index / len(pairs))
            loaded = load_pair(pair)
            matrix, better = pair.alignment, realigned(loaded, matcher)
            if better is not None:
                centre = _corners(loaded).mean(axis=0, keepdims=True)
                moved.append(float(_moved(loaded, better, centre)[0]))
                matrix = better
            paths = [os.path.relpath(p, out.parent) for p in (pair.sar_path, pair.optical_path)]
            numbers = "" if matrix is None else " ".join(f"{x:.6g}" for x in matrix.ravel())
            table.writerow([pair.id, pair.source, pair.place, pair.region, *paths, numbers])
    return Realigned(len(pairs), np.asarray(moved))
