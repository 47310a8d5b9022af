"""Coregix: pairwise raster coregistration for geospatial imagery: translation, then rigid, by
mutual information of edge images."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio
from coregix import align_image_pair
from numpy.typing import NDArray
from rasterio.transform import Affine

from model_core.evaluation.baselines.grey import grey
from model_core.evaluation.methods import Method, MethodResult
from model_core.evaluation.metrics import best_affine
from model_core.geometry.pixels import window_pixels
from model_core.raster.view import View
from model_core.registration.bounds import SearchBounds

PLACE = Affine(10.0, 0.0, 500000.0, 0.0, -10.0, 5000000.0)
CRS = "EPSG:32630"
"""Coregix wants placed images: both are given the same upper left corner."""

NODATA = -1.0
LEAST_POINTS = 100


class Coregix:
    """Translation and rotation from the identity."""

    name = "coregix"

    def __call__(self, sar: View, optical: View, bounds: SearchBounds) -> MethodResult:
        """See :class:`model_core.evaluation.methods.Method`.

        Coregix gives the moved image, not the transformation: two bands that hold each SAR pixel's
        own position are moved along, and tell where a pixel came from.
        """
        started = time.perf_counter()
        positions = np.moveaxis(window_pixels(0, 0, *sar.valid.shape), -1, 0)
        with tempfile.TemporaryDirectory() as folder:
            fixed, moving, moved = (Path(folder) / f"{n}.tif" for n in ("fixed", "moving", "moved"))
            _write(fixed, grey(optical)[None], optical)
            _write(moving, np.stack([grey(sar), *positions]), sar)
            try:
                align_image_pair(str(moving), str(fixed), str(moved), temp_dir=folder)
            except (RuntimeError, ValueError):
                # What it raises where elastix fails or no pixels overlap: no answer.
                return MethodResult(None, seconds=time.perf_counter() - started)
            with rasterio.open(moved) as file:
                found = file.read((2, 3)).astype(np.float64)
        seconds = time.perf_counter() - started
        # Beyond the optical image the SAR image is left as it was.
        height, width = (
            min(a, b) for a, b in zip(sar.valid.shape, optical.valid.shape, strict=True)
        )
        found = np.moveaxis(found[:, :height, :width], 0, -1)
        known = (found != NODATA).all(axis=-1)
        if known.sum() < LEAST_POINTS:
            return MethodResult(None, seconds=seconds)
        affine = best_affine(window_pixels(0, 0, height, width)[known], found[known])
        return MethodResult(affine, seconds=seconds)


def _write(path: Path, bands: NDArray[np.float64] | NDArray[np.float32], view: View) -> None:
    data = np.where(view.valid, bands, NODATA).astype(np.float32)
    count, height, width = data.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=count, dtype="float32",
        crs=CRS, transform=PLACE, nodata=NODATA,
    ) as file:  # fmt: skip
        file.write(data)


def build(name: str, threads: int) -> Method:
    """Return the method; elastix takes the number of threads from the environment."""
    return Coregix()
