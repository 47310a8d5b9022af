"""Refines labels: the residual alignment of training pairs, as a network sees it.

Pairs of public data sets are aligned to a pixel or several. A network measures the residual shift
and rotation over a whole pair, so that the noise of its windows averages out; where its verdict is
*registered*, this replaces the alignment that the pair came with.
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
from model_core.evaluation.deformation import apply_homography
from model_core.evaluation.metrics import distances
from model_core.evaluation.pairs import DatasetPair, LoadedPair, load_pair
from model_core.feedback import Feedback
from model_core.geometry.pixels import image_centre
from model_core.raster.output import atomic_write
from model_core.registration.bounds import SearchBounds
from model_core.registration.model import RegistrationModel
from model_core.workflows.match import match_pair

FARTHEST = 4.0
"""Pixels by which a refined alignment may move any corner; one that moves more is rejected."""

BOUNDS = SearchBounds(max_shift=8.0, max_rotation=1.0, max_scale=1.0)
"""Of the search: wider than :data:`FARTHEST`, so that a wrong answer can be seen to be one."""

COLUMNS = ("id", "source", "place", "region", "sar_path", "optical_path", "H_opt2sar")
"""Of the manifest; see ``evaluation.manifest.read_manifest``."""


@dataclass(frozen=True)
class RefinedLabels:
    """How many pairs have a refined alignment, and how far it moved them.

    Attributes:
        pairs: how many there are.
        moved: (N,), pixels at the centre of each pair that has a refined alignment.
    """

    pairs: int
    moved: NDArray[np.float64]


def refine_alignment(pair: LoadedPair, model: RegistrationModel) -> NDArray[np.float64] | None:
    """Return the alignment (3, 3), optical to SAR pixel, that a network sees; None: it is not sure.

    Args:
        pair: whose alignment is known to some pixels.
    """
    found = match_pair(model, pair.sar, pair.optical, BOUNDS, "rigid")
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
    """Return by how many pixels an alignment differs from the pair's own at points (N, 2)."""
    old = np.eye(3) if pair.pair.alignment is None else pair.pair.alignment
    return distances(apply_homography(matrix, points), apply_homography(old, points))


def write_refined_labels(
    pairs: Sequence[DatasetPair], model: RegistrationModel, out: Path, feedback: Feedback
) -> RefinedLabels:
    """Write a manifest of pairs with their refined alignments, or their own where there is none.

    Args:
        pairs: of whole images; those cut into patches cannot stand in a manifest row by row.

    Raises:
        BadInputError: an image cannot be read, or there is no pair.
        CancelledError: on request.
    """
    if not pairs:
        raise BadInputError("There is no pair to refine; check the data of the settings.")
    moved = []
    with atomic_write(out) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for index, pair in enumerate(pairs):
            feedback.raise_if_cancelled()
            feedback.progress("refine-labels", index, len(pairs), index / len(pairs))
            loaded = load_pair(pair)
            matrix, better = pair.alignment, refine_alignment(loaded, model)
            if better is not None:
                centre = np.array([image_centre(*loaded.optical.valid.shape)])
                moved.append(float(_moved(loaded, better, centre)[0]))
                matrix = better
            paths = [os.path.relpath(p, out.parent) for p in (pair.sar_path, pair.optical_path)]
            numbers = "" if matrix is None else " ".join(f"{x:.6g}" for x in matrix.ravel())
            table.writerow([pair.id, pair.source, pair.place, pair.region, *paths, numbers])
    return RefinedLabels(len(pairs), np.asarray(moved))
