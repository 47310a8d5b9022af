"""The coarse search: the affine between two images of which little is known, good to some pixels.

Both images are downsampled; the reference is rotated and scaled by every hypothesis within the
bounds, and each is correlated with the moving image for every translation. Where there are many
hypotheses, those that look likely in smaller images are tried only. The best few are followed up by
a first measurement at control points, and the best of these is the start.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model_core.errors import BadInputError
from model_core.geometry.affine import (
    affine_field,
    at_stride,
    compose,
    transform_points,
)
from model_core.geometry.field import ControlGrid, Field, affine_of_crop
from model_core.geometry.pixels import cell_to_pixel, pixel_grid
from model_core.geometry.sampling import inside, sample
from model_core.geometry.window import Window, downsampled_size
from model_core.network.affine_flow_matcher import Measurement
from model_core.network.correlation import displacement_vectors
from model_core.network.images import ImageBatch, downsample
from model_core.network.matcher_config import MatcherConfig, StageConfig
from model_core.network.soma import Soma
from model_core.raster.reader import ImagePair
from model_core.raster.view import View
from model_core.registration.bounds import SearchBounds
from model_core.registration.hypotheses import (
    hypothesis_affines,
    hypothesis_list,
    hypothesis_scores,
    near,
)
from model_core.registration.model import RegistrationModel
from model_core.registration.robust_fit import robust_fit
from model_core.registration.tiles import level_factors
from model_core.registration.wide_search import likely_hypotheses

FOLLOWED = 0.7
"""Score, in units of the best one's, from which a hypothesis of the search is followed up."""

SMALLEST_SEARCH = 64
"""Cells of the shorter side below which images are downsampled less for the search."""

SMALLEST_FOLLOW_UP = 192
"""Pixels of the shorter side of the downsampled images in which hypotheses are followed up."""

START_SPACING = 16
"""Downsampled pixels between the control points of the field with which refinement starts."""


@dataclass(frozen=True)
class Candidate:
    """A possible alignment: an affine (1, 2, 3), reference pixel to moving position, and a score.

    The score is the normalised correlation of the aligned feature maps, in [-1, 1].
    """

    affine: Tensor
    score: float


@dataclass(frozen=True)
class Start:
    """What the coarse search found.

    Attributes:
        field: the best alignment, good to some pixels.
        score: its correlation, in [-1, 1].
        rival: the correlation of the best other alignment in units of the best one's.
    """

    field: Field
    score: float
    rival: float


def find_start(
    pair: ImagePair, model: RegistrationModel, bounds: SearchBounds, follow: bool = True
) -> Start:
    """Search the whole, downsampled overlap for the affine.

    Args:
        pair: the two images.
        model: the network.
        bounds: in pixels of the working grid.
        follow: measure the likely candidates at control points and take the best; else the
            candidate that the search alone likes best.

    Raises:
        BadInputError: the images have no valid pixel in common.
    """
    factor = level_factors(*pair.size)[0]
    height, width = downsampled_size(*pair.size, factor)
    # What the shift may bring in from beyond the working grid is looked at too.
    margin = math.ceil(bounds.max_shift / factor) + 1
    window = Window(-margin, -margin, height + 2 * margin, width + 2 * margin, factor)
    reference, moving = pair.reference.read(window), pair.moving.read(window)
    if not (reference.valid & moving.valid).any():
        raise BadInputError(
            "The images have no valid pixel in common: where one has data the other has nodata; "
            "choose images that show the same ground."
        )
    rows, columns = valid_box(reference.valid | moving.valid)
    one, other = (model.batch(_crop(view, rows, columns)) for view in (reference, moving))
    within = SearchBounds(bounds.max_shift / factor, bounds.max_rotation, bounds.max_scale)
    with torch.inference_mode():
        found = candidates(model.network, one, other, within)
        best = follow_up(model.network, one, other, found) if follow else found[0]
    origin = np.array([columns.start - margin, rows.start - margin], dtype=np.float64)
    affine = best.affine[0].float().cpu().numpy().astype(np.float64)
    grid = ControlGrid(*pair.size, factor * START_SPACING)
    rival = found[1].score / max(found[0].score, 1e-6) if len(found) > 1 else 0.0
    return Start(Field(affine_of_crop(affine, origin, factor), grid), best.score, rival)


def valid_box(valid: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the rows and columns between which there are valid pixels."""
    rows, columns = np.flatnonzero(valid.any(axis=1)), np.flatnonzero(valid.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _crop(view: View, rows: slice, columns: slice) -> View:
    return View(
        np.ascontiguousarray(view.image[:, rows, columns]),
        np.ascontiguousarray(view.valid[rows, columns]),
        view.modality,
    )


def candidates(
    network: Soma, reference: ImageBatch, moving: ImageBatch, bounds: SearchBounds
) -> list[Candidate]:
    """Return the most likely affines over the whole of two images, best first."""
    side = min(*reference.image.shape[-2:], *moving.image.shape[-2:])
    factor = min(network.config.search_stride, max(1, side // SMALLEST_SEARCH))
    small = downsample(reference, factor), downsample(moving, factor)
    radius = bounds.max_shift / factor + 1
    every = hypothesis_list(network.config, bounds).to(reference.image)
    tried = likely_hypotheses(network, small, every, radius)
    scores = hypothesis_scores(network.feature_map, 1, small, tried, radius)
    affines = hypothesis_affines(tried, *small[0].image.shape[-2:])
    found = []
    for index, translation, score in best_translations(scores, tried, network.config):
        affine = affines[index : index + 1].clone()
        affine[0, :, 2] += translation
        found.append(Candidate(at_stride(affine, 1 / factor), score))
    return found


def best_translations(
    scores: Tensor, hypotheses: Tensor, config: MatcherConfig
) -> list[tuple[int, Tensor, float]]:
    """Return the best translations over all hypotheses together, best first.

    Args:
        scores: (K, side, side), as ``correlate_translations`` gives them; they are overwritten.
        hypotheses: (K, 2), by which answers are kept apart.
        config: says how many are wanted.

    Returns:
        for each, the index of the hypothesis, the translation (2,) in cells, and the score.
    """
    side = scores.shape[-1]
    vectors = displacement_vectors(side // 2, scores)
    found = []
    for _ in range(config.hypotheses):
        index, place = divmod(int(scores.argmax()), side * side)
        found.append((index, vectors[place], float(scores[index].flatten()[place])))
        same = near(hypotheses, hypotheses[index], 1.5, config)
        row, column = divmod(place, side)
        around = (slice(max(0, row - 4), row + 5), slice(max(0, column - 4), column + 5))
        scores[(same, *around)] = -2.0
    return found


def follow_up(
    network: Soma, reference: ImageBatch, moving: ImageBatch, found: list[Candidate]
) -> Candidate:
    """Return the best of some candidates after the first affine stage.

    Large images are downsampled for it: the stages that follow make up for the precision.
    """
    likely = [found[0], *(one for one in found[1:] if one.score >= FOLLOWED * found[0].score)]
    side = min(*reference.image.shape[-2:], *moving.image.shape[-2:])
    factor = 2 if side >= 2 * SMALLEST_FOLLOW_UP else 1
    if factor > 1:
        reference, moving = downsample(reference, factor), downsample(moving, factor)
    stage = network.config.affine_stages[0]
    features = network.feature_maps(reference).at(stage.stride)
    followed = []
    for one in likely:
        affine = at_stride(one.affine, factor)
        field = affine_field(affine, *reference.image.shape[-2:])
        warped = network.feature_maps(moving.warped(field)).at(stage.stride)
        volume, support = network.matcher.volume(stage, features, warped)
        residual = fit_residual_affine(stage, network.matcher.read(stage, volume, support))
        score = mean_correlation(
            stage, network.matcher.aggregated(stage, volume, support), support, residual
        )
        # The residual is measured in the warped image: it comes first, then the affine so far.
        affine = compose(affine.double(), residual).to(affine.dtype)
        followed.append(Candidate(affine, score))
    best = max(followed, key=lambda one: one.score)
    return Candidate(at_stride(best.affine, 1 / factor), best.score)


def control_points(stage: StageConfig, like: Tensor) -> Tensor:
    """Return the pixel positions (h, w, 2) of a stage's control points, of which a map (..., h, w)
    tells the number."""
    height, width = like.shape[-2:]
    return cell_to_pixel(pixel_grid(height, width, like), stage.spacing)


def fit_residual_affine(stage: StageConfig, measured: Measurement) -> Tensor:
    """Fit an affine to what a stage measured.

    Returns:
        (B, 2, 3) float64, reference pixel to displaced position.
    """
    batch = measured.certainty.shape[0]
    points = control_points(stage, measured.certainty).reshape(1, -1, 2).expand(batch, -1, 2)
    targets = points + measured.displacement.flatten(2).transpose(1, 2)
    weights = measured.certainty.flatten(1) + 1e-9
    return robust_fit("affine", points, targets, weights, max(2.0, 1.25 * stage.stride))[0]


def mean_correlation(stage: StageConfig, volume: Tensor, support: Tensor, affine: Tensor) -> float:
    """Return the mean correlation that windows have where an affine puts them.

    Args:
        stage: whose control points these are.
        volume: (1, N, h, w), aggregated over the stage's window.
        support: (1, h, w).
        affine: (1, 2, 3), of what remains; what it moves beyond the stage's reach correlates with
            nothing.
    """
    side = 2 * stage.radius + 1
    height, width = volume.shape[-2:]
    points = control_points(stage, volume)[None]
    moved = transform_points(affine.to(volume.dtype), points) - points
    places = (moved / stage.stride + stage.radius).reshape(-1, 1, 1, 2)
    maps = volume.permute(0, 2, 3, 1).reshape(-1, 1, side, side)
    values = sample(maps, places) * inside(places, side, side).unsqueeze(1)
    total = (values.view(1, height, width) * support).sum((1, 2))
    return float(total / support.sum((1, 2)).clamp_min(1e-6))
