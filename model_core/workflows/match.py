"""Two plain images in memory or in files: their affine and field, in pixels; nothing is written."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rasterio.transform import Affine

from model_core.feedback import Feedback
from model_core.geometry.field import AffineMatrix
from model_core.geometry.grid import Grid
from model_core.geometry.sampling import resize_displacement
from model_core.geometry.window import Window
from model_core.raster.reader import ImagePair, SceneReader, ViewReader
from model_core.raster.scene import open_scene
from model_core.raster.view import Modality, View
from model_core.registration.bounds import SearchBounds
from model_core.registration.engine import Alignment, align
from model_core.registration.model import RegistrationModel
from model_core.registration.transformation import Kind, Transformation
from model_core.registration.verdict import Verdict


@dataclass(frozen=True)
class PairMatch:
    """The alignment of two plain images.

    Attributes:
        affine: (2, 3), optical pixel (x, y) to SAR pixel, pixel centres at integers.
        field: (H, W, 2) float32, the SAR position of each optical pixel, NaN where the optical
            image has no data or the position leaves the SAR image.
        certainty_map: (H, W) in [0, 1], the probability that a position is right to within a pixel.
        certainty: its mean over the known pixels.
        inlier_ratio: share of verification windows that are inliers.
        kind: of the transformation.
        verdict: whether the result can be relied on.
        probability: that the alignment is right.
        reasons: sentences that say why.
        seconds: of the matching alone.
    """

    affine: AffineMatrix
    field: NDArray[np.float32]
    certainty_map: NDArray[np.float32]
    certainty: float
    inlier_ratio: float
    kind: Kind
    verdict: Verdict
    probability: float
    reasons: tuple[str, ...]
    seconds: float


def plain_view(path: str | Path, modality: Modality, feedback: Feedback | None = None) -> View:
    """Read a whole image as the network wants it, its georeferencing left aside.

    Args:
        path: of the image.
        modality: "sar" or "optical".
        feedback: is told what was taken as fill; None: nobody.

    Raises:
        BadInputError: what ``open_scene`` and ``estimate_radiometry`` raise.
    """
    scene = open_scene(path, modality)
    plane = Grid(None, Affine.identity(), scene.grid.width, scene.grid.height)
    scene = dataclasses.replace(scene, grid=plane)
    reader = SceneReader(scene, scene.grid)
    if reader.fill and feedback is not None:
        feedback.log(reader.fill.sentence(scene.name))
    return reader.read(Window(0, 0, scene.grid.height, scene.grid.width))


def plain_pair(sar: View, optical: View) -> ImagePair:
    """Return two images in memory as a pair on one pixel plane; the optical one stays."""
    height, width = optical.valid.shape
    plane = Grid(None, Affine.identity(), width, height)
    return ImagePair(ViewReader(optical, plane), ViewReader(sar, plane))


def match_pair(
    model: RegistrationModel,
    sar: View,
    optical: View,
    bounds: SearchBounds,
    wanted: Transformation = "auto",
) -> PairMatch:
    """Match two images that are in memory; the way is that of whole scenes.

    Args:
        model: that finds the alignment.
        sar: the SAR image.
        optical: the optical image; it is the reference.
        bounds: largest shift of the image centre, rotation and scale.
        wanted: the kind of transformation; "auto": the simplest that explains the images.

    Raises:
        BadInputError: no valid pixel in common.
    """
    started = time.perf_counter()
    pair = plain_pair(sar, optical)
    found = align(pair, model, bounds, wanted, Feedback())
    return to_pair_match(found, pair, optical, time.perf_counter() - started)


def to_pair_match(found: Alignment, pair: ImagePair, optical: View, seconds: float) -> PairMatch:
    """Return an alignment of plain images with its field at every pixel of the reference."""
    whole = Window(0, 0, *pair.size)
    positions = found.field.window(whole)
    known = pair.moving.read(whole, positions).valid & optical.valid
    points = torch.from_numpy(found.certainty)[None, None]
    height, width = pair.size
    certainty = resize_displacement(points, height, width, found.field.grid.spacing)[0, 0].numpy()
    return PairMatch(
        affine=found.field.affine,
        field=np.where(known[..., None], positions, np.nan).astype(np.float32),
        certainty_map=np.where(known, certainty, 0).astype(np.float32),
        certainty=float(certainty[known].mean()) if known.any() else 0.0,
        inlier_ratio=found.inlier_ratio,
        kind=found.kind,
        verdict=found.verdict,
        probability=found.judgement.probability,
        reasons=found.reasons,
        seconds=seconds,
    )
