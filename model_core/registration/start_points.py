"""The start of the search from points that a person has found in both images, good to some pixels.

The points only start the search: the refinement measures everything anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice

import numpy as np
import torch
from numpy.typing import NDArray

from model_core.errors import BadInputError
from model_core.feedback import Feedback
from model_core.geometry.affine import compose
from model_core.geometry.field import AffineMatrix, Field, transform
from model_core.raster.reader import ImagePair, MovedReader
from model_core.registration.bounds import SearchBounds
from model_core.registration.engine import Alignment, align
from model_core.registration.gathered import root_mean_square
from model_core.registration.model import RegistrationModel
from model_core.registration.transformation import (
    KINDS,
    LINEAR,
    Kind,
    LinearKind,
    Transformation,
    weighted_fit,
)

ROUGH = 10.0
"""Pixels (RMS) up to which a kind of transformation explains points: the search does the rest."""

APART = 20.0
"""Pixels from which a point does not agree with the others."""

WIDE = 0.2
"""Ratio of the points' extent across to that along from which they tell shear."""

ENOUGH_FOR_SHEAR = 4
"""Points from which one of them can be wrong without shearing the whole image."""

MOST_SCALE = 1.25
"""Factor of scale that georeferencing can be wrong by."""

TRIED = 2000
"""Pairs of points of which a start is made at most."""


@dataclass(frozen=True)
class PointStart:
    """A start made from points.

    Attributes:
        affine: (2, 3), reference pixel to position in the moving image.
        kind: of the affine.
        residual: (N,), in pixels, of each point.
        agrees: (N,) bool, which of them it rests on.
    """

    affine: AffineMatrix
    kind: LinearKind
    residual: NDArray[np.float64]
    agrees: NDArray[np.bool_]


def start_from_points(
    reference: NDArray[np.float64],
    moving: NDArray[np.float64],
    labels: Sequence[str],
    wanted: Transformation,
    aspect: float = 1.0,
    placed: bool = True,
) -> PointStart:
    """Return the simplest transformation that explains most of the points.

    Args:
        reference: (N, 2), at least two, in pixels.
        moving: (N, 2), where they lie in the moving image, in the same pixels.
        labels: how the points are called.
        wanted: the kind of transformation that is asked for; the start is of no freer one.
        aspect: height of a pixel on the ground in units of its width.
        placed: the images are georeferenced, so that their scale is known.

    Raises:
        BadInputError: the points contradict each other.
    """
    most = LINEAR.index(wanted) if wanted in LINEAR else len(LINEAR) - 1
    kinds = LINEAR[: most + 1]
    residual = _most_agreed(kinds, reference, moving, aspect)
    agrees = residual < APART
    if not agrees.any():
        raise _contradiction(labels, residual)
    kind, affine = _simplest(kinds, reference[agrees], moving[agrees], aspect)
    residual = _residual(affine, reference, moving)
    if (residual[agrees] >= APART).any():
        raise _contradiction(labels, residual)
    scale = float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))
    factor = max(scale, 1 / scale)
    if placed and factor > MOST_SCALE:
        raise BadInputError(
            f"By the tie points the images' scales differ by a factor of {factor:.2f}, and by "
            "their georeferencing not; correct the points or the georeferencing."
        )
    return PointStart(affine, kind, residual, agrees)


def _most_agreed(
    kinds: Sequence[LinearKind],
    reference: NDArray[np.float64],
    moving: NDArray[np.float64],
    aspect: float,
) -> NDArray[np.float64]:
    """Return the residuals (N,) of what most points agree with, the simplest where several do;
    infinite where no transformation has more points than it needs by itself."""
    count = len(reference)
    most, found = 0, np.full(count, np.inf)
    for kind in kinds:
        if kind == "affine" and not _tell_shear(reference):
            break
        some, needed = _choices(kind, count)
        tried = [_fitted(kind, reference[each], moving[each], aspect) for each in some]
        residuals = [_residual(affine, reference, moving) for affine in tried]
        best = max(residuals, key=lambda r: ((r < APART).sum(), -np.minimum(r, APART).sum()))
        agreed = int((best < APART).sum())
        if agreed >= needed and agreed > most:
            most, found = agreed, best
    return found


def _choices(kind: LinearKind, count: int) -> tuple[list[list[int]], int]:
    """Return of which of some points a kind is fitted, and how many must agree: most, and more
    than are needed to fit it."""
    every = list(range(count))
    most = count // 2 + 1
    if kind == "shift":
        return [[index] for index in every], most
    if kind == "affine":
        return [every, *(every[:i] + every[i + 1 :] for i in every)][:TRIED], max(4, count - 1)
    # In an order that begins all over the images, where there are too many.
    order = np.random.default_rng(0).permutation(count).tolist()
    pairs = [list(pair) for pair in islice(combinations(order, 2), TRIED)]
    return pairs, 2 if count == 2 else max(3, most)


def _simplest(
    kinds: Sequence[LinearKind],
    reference: NDArray[np.float64],
    moving: NDArray[np.float64],
    aspect: float,
) -> tuple[LinearKind, AffineMatrix]:
    """Return the simplest kind that explains points, or the freest that they can tell."""
    found: tuple[LinearKind, AffineMatrix] = "shift", _fitted("shift", reference, moving, aspect)
    for kind in kinds:
        if kind == "affine" and not _tell_shear(reference):
            break
        found = kind, _fitted(kind, reference, moving, aspect)
        rms = root_mean_square(_residual(found[1], reference, moving)[:, None])
        if rms is not None and rms <= ROUGH:
            break
    return found


def _tell_shear(points: NDArray[np.float64]) -> bool:
    if len(points) < ENOUGH_FOR_SHEAR:
        return False
    along, across = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return bool(across >= WIDE * along)


def _fitted(
    kind: LinearKind, reference: NDArray[np.float64], moving: NDArray[np.float64], aspect: float
) -> AffineMatrix:
    one, other = (torch.from_numpy(points)[None] for points in (reference, moving))
    weights = torch.ones(one.shape[:2], dtype=torch.float64)
    return np.asarray(weighted_fit(kind, one, other, weights, aspect)[0].numpy())


def _residual(
    affine: AffineMatrix, reference: NDArray[np.float64], moving: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(transform(affine, reference) - moving, axis=-1))


def _contradiction(labels: Sequence[str], residual: NDArray[np.float64]) -> BadInputError:
    worst = int(residual.argmax())
    off = f" (point {labels[worst]} is {residual[worst]:.0f} px off)"
    return BadInputError(
        "The tie points contradict each other: no shift, rotation and scale brings most of them "
        f"together{off if np.isfinite(residual[worst]) else ''}; correct or remove the wrong ones."
    )


def align_beside(
    start: PointStart | None,
    pair: ImagePair,
    model: RegistrationModel,
    bounds: SearchBounds,
    wanted: Transformation,
    feedback: Feedback,
) -> Alignment:
    """Align two images with the search around a start; see :func:`engine.align`.

    Args:
        start: in pixels of the working grid; None: the search is around the georeferencing.
        pair: the two images as they came.
        model: the network.
        bounds: how far apart the images can be beside the start.
        wanted: the kind of transformation.
        feedback: hears of the stages.

    Raises:
        BadInputError: no valid pixel in common, or a file breaks off.
        CancelledError: on request.
    """
    if start is None:
        return align(pair, model, bounds, wanted, feedback)
    moved = ImagePair(pair.reference, MovedReader(pair.moving, start.affine))
    return _as_it_came(align(moved, model, bounds, wanted, feedback), start)


def _as_it_came(found: Alignment, start: PointStart) -> Alignment:
    """Return an alignment with the moving image as it came.

    Args:
        found: an alignment with the moving image as a start has it.
        start: in pixels of the working grid.
    """
    fit = found.fit
    field = _after(fit.field, start.affine)
    freest: Kind = max(found.kind, start.kind, key=KINDS.index)
    choice = found.answer.choice if freest == found.kind else None
    answer = replace(found.answer, fit=replace(fit, field=field), kind=freest, choice=choice)
    points = found.windows.points
    moved = field.at(points) - points
    return replace(
        found,
        answer=answer,
        moved=moved,
        rmse_before=root_mean_square((moved + found.windows.residual)[found.inliers]),
    )


def _after(field: Field, start: AffineMatrix) -> Field:
    """Return a field that is followed by an affine."""
    outer, inner = (torch.from_numpy(one)[None] for one in (start, field.affine))
    affine = compose(outer, inner)[0].numpy()
    residual = field.residual_displacement
    if residual is not None:
        residual = np.einsum("ij,jyx->iyx", start[:, :2], residual).astype(np.float32)
    return Field(affine, field.grid, residual)
