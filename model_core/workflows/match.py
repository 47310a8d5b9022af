"""Two plain images in memory or in files: their affine and field, in pixels; nothing is written."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rasterio.transform import Affine

from model_core.feedback import Feedback
from model_core.geometry.grid import Grid
from model_core.geometry.pixels import window_pixels
from model_core.geometry.sampling import resize_displacement
from model_core.raster.reader import ImagePair, SceneReader, ViewReader
from model_core.raster.scene import open_scene
from model_core.raster.view import Modality, View
from model_core.registration.engine import match
from model_core.registration.model import RegistrationModel
from model_core.registration.verdict import Limits, Verdict


@dataclass(frozen=True)
class PairMatch:
    """The alignment of two plain images.

    Attributes:
        affine: (2, 3), optical pixel (x, y) to SAR pixel, pixel centres at integers.
        field: (H, W, 2) float32, the SAR position of each optical pixel, NaN where the optical
            image has no data or the position leaves the SAR image.
        certainty_map: (H, W) in [0, 1].
        certainty: its mean over the known pixels.
        inlier_ratio: share of check windows that agree.
        verdict, reasons: whether the result can be relied on, and why.
        seconds: of the matching alone.
    """

    affine: NDArray[np.float64]
    field: NDArray[np.float32]
    certainty_map: NDArray[np.float32]
    certainty: float
    inlier_ratio: float
    verdict: Verdict
    reasons: tuple[str, ...]
    seconds: float


def plain_view(path: str | Path, modality: Modality) -> View:
    """Read a whole image as the network wants it, its georeferencing left aside.

    Raises:
        BadInputError: what ``open_scene`` and ``estimate_radiometry`` raise.
    """
    scene = open_scene(path, modality)
    reader = SceneReader(scene, scene.grid)
    return reader.read(0, 0, scene.grid.height, scene.grid.width)


def match_pair(
    model: RegistrationModel, sar: View, optical: View, bounds: Limits, local: bool = True
) -> PairMatch:
    """Match two images that are in memory; the way is that of whole scenes.

    Args:
        model: that finds the alignment.
        sar, optical: the images; the optical one is the reference.
        bounds: largest shift of the image centre, rotation and scale.
        local: affine and flow, not the affine alone.

    Raises:
        BadInputError: no valid pixel in common.
    """
    started = time.perf_counter()
    height, width = optical.valid.shape
    plane = Grid(None, Affine.identity(), width, height)
    pair = ImagePair(ViewReader(optical, plane), ViewReader(sar, plane))
    found = match(pair, model, bounds, local, Feedback(), _no_stages)
    seconds = time.perf_counter() - started
    pixels = window_pixels(0, 0, height, width)
    positions = found.fit.field.at(pixels)
    there = ViewReader(sar, plane).read(0, 0, height, width, positions=positions).valid
    known = there & optical.valid
    nodes = torch.from_numpy(found.certainty)[None, None]
    step = found.fit.field.lattice.step
    certainty = resize_displacement(nodes, height, width, step)[0, 0].numpy()
    return PairMatch(
        affine=found.fit.field.affine,
        field=np.where(known[..., None], positions, np.nan).astype(np.float32),
        certainty_map=np.where(known, certainty, 0).astype(np.float32),
        certainty=float(certainty[known].mean()) if known.any() else 0.0,
        inlier_ratio=found.inlier_ratio,
        verdict=found.verdict,
        reasons=found.reasons,
        seconds=seconds,
    )


def _no_stages(name: str) -> Callable[[float], None]:
    """Return a function that takes note of no progress."""
    return lambda share: None
