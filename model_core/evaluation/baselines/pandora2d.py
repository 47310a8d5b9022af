"""Pandora2D (CNES): dense matching in two directions, here by mutual information of windows."""

from __future__ import annotations

import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import rasterio
import torch
from numpy.typing import NDArray
from pandora2d import run
from pandora2d.check_configuration import check_conf
from pandora2d.img_tools import create_datasets_from_inputs
from pandora2d.state_machine import Pandora2DMachine
from rasterio.errors import NotGeoreferencedWarning

from model_core.evaluation.baselines.grey import same_size
from model_core.evaluation.methods import Method, MethodResult
from model_core.raster.view import View
from model_core.registration.bounds import SearchBounds
from model_core.registration.robust_fit import robust_fit, squared_residuals

WINDOW = 65
STEP = 8
"""Pixels between the points that are matched."""

LARGEST_REACH = 64
"""Pixels of displacement that are searched at most: the cost grows with its square."""

SIGMA = 1.5
TOLERANCE = 3.0
"""Pixels: scale of the robust fit, and distance from it within which a point counts."""

LEAST_POINTS = 6


class Pandora2D:
    """Displacements of windows, with the affine through most of them."""

    name = "pandora2d"

    def __call__(self, sar: View, optical: View, bounds: SearchBounds) -> MethodResult:
        """See :class:`model_core.evaluation.methods.Method`.

        Certainty is the share of points that agree with the affine.
        """
        started = time.perf_counter()
        reach = min(int(np.ceil(bounds.max_shift)), LARGEST_REACH)
        points, targets = _matches(*same_size(optical, sar), reach)
        if len(points) < LEAST_POINTS:
            return MethodResult(None, seconds=time.perf_counter() - started)
        one, other = torch.from_numpy(points)[None], torch.from_numpy(targets)[None]
        affine, _ = robust_fit("affine", one, other, torch.ones(one.shape[:2]).double(), SIGMA)
        inliers = squared_residuals(affine, one, other)[0] < TOLERANCE**2
        return MethodResult(
            affine[0].numpy(),
            certainty=float(inliers.double().mean()),
            seconds=time.perf_counter() - started,
        )


def _matches(
    reference: NDArray[np.float32], moving: NDArray[np.float32], reach: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return matched positions (N, 2) as (x, y) in the reference and in the moving image."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{name}.tif" for name in ("left", "right")]
        for path, image in zip(paths, (reference, moving), strict=True):
            _write(path, image)
        configuration = _configuration(paths, folder, reach)
        machine = Pandora2DMachine()
        check_conf(configuration, machine)
        images = create_datasets_from_inputs(input_config=configuration["input"])
        found, _ = run(machine, images.left, images.right, configuration)
    x, y = np.meshgrid(found.col.values, found.row.values)
    points = np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float64)
    moved = np.stack([found["col_map"].values, found["row_map"].values], axis=-1).reshape(-1, 2)
    known = np.isfinite(moved).all(axis=1)
    return points[known], points[known] + moved[known]


def _configuration(paths: list[Path], folder: str, reach: int) -> dict[str, dict[str, object]]:
    left, right = ({"img": str(path), "nodata": -9999} for path in paths)
    searched = {"init": 0, "range": reach}
    return {
        "input": {
            "left": left,
            "right": right,
            "col_disparity": dict(searched),
            "row_disparity": dict(searched),
        },
        "pipeline": {
            "matching_cost": {
                "matching_cost_method": "mutual_information",
                "window_size": WINDOW,
                "step": [STEP, STEP],
            },
            "disparity": {"disparity_method": "wta", "invalid_disparity": "NaN"},
        },
        "output": {"path": folder},
    }


def _write(path: Path, image: NDArray[np.float32]) -> None:
    height, width = image.shape
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path, "w", driver="GTiff", width=width, height=height, count=1, dtype="float32"
        ) as file:
            file.write(image, 1)


def build(name: str, threads: int) -> Method:
    """Return the method; it takes the number of threads from the environment."""
    return Pandora2D()
