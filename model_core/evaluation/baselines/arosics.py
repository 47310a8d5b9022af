"""AROSICS: Scheffler et al., "AROSICS: An Automated and Robust Open-Source Image Co-Registration
Software for Multi-Sensor Satellite Data", Remote Sensing 2017: local phase correlation."""

from __future__ import annotations

import contextlib
import io
import time

import numpy as np
from arosics import COREG_LOCAL
from geoarray import GeoArray
from numpy.typing import NDArray
from rasterio.crs import CRS

from model_core.evaluation.baselines.grey import grey
from model_core.evaluation.methods import Method, MethodResult
from model_core.evaluation.metrics import best_affine
from model_core.raster.view import View
from model_core.registration.bounds import SearchBounds

EPSG = 32630
PIXEL_SIZE = 10.0
WINDOW = 64
GRID = 16
"""Pixels between the windows."""

LEAST_POINTS = 4


class Arosics:
    """Tie points that AROSICS trusts, with the affine through them."""

    name = "arosics"

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def __call__(self, sar: View, optical: View, bounds: SearchBounds) -> MethodResult:
        """See :class:`model_core.evaluation.methods.Method`.

        AROSICS wants placed images: both are given the same upper left corner.
        """
        started = time.perf_counter()
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # it prints, quiet or not
                local = COREG_LOCAL(
                    _placed(optical),
                    _placed(sar),
                    grid_res=GRID,
                    window_size=(WINDOW, WINDOW),
                    max_shift=round(bounds.max_shift),
                    nodata=(-1, -1),
                    align_grids=False,
                    match_gsd=False,
                    CPUs=self.threads,
                    progress=False,
                    q=True,
                )
                points = local.CoRegPoints_table
        except (RuntimeError, ValueError):
            # What AROSICS raises where it finds no window to match: no answer.
            return MethodResult(None, seconds=time.perf_counter() - started)
        seconds = time.perf_counter() - started
        trusted = points[(points["ABS_SHIFT"] > -9999) & (points["OUTLIER"] == False)]  # noqa: E712
        if len(trusted) < LEAST_POINTS:
            return MethodResult(None, seconds=seconds)
        positions = trusted[["X_IM", "Y_IM"]].to_numpy(dtype=np.float64)
        shifts = trusted[["X_SHIFT_PX", "Y_SHIFT_PX"]].to_numpy(dtype=np.float64)
        # AROSICS gives the correction of the target; the SAR position is that much before.
        return MethodResult(best_affine(positions, positions - shifts), seconds=seconds)


def _placed(view: View) -> GeoArray:
    image: NDArray[np.float32] = grey(view)
    transform = (500000.0, PIXEL_SIZE, 0.0, 5000000.0, 0.0, -PIXEL_SIZE)
    return GeoArray(image, transform, CRS.from_epsg(EPSG).to_wkt(), nodata=-1)


def build(name: str, threads: int) -> Method:
    """Return the method, limited to a number of worker processes."""
    return Arosics(threads)
