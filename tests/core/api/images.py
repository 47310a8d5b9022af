"""Rasters in memory, for tests."""

from __future__ import annotations

from pathlib import Path

import rasterio

import model_core as soma


def as_masked(path: Path) -> soma.Raster:
    """Return a raster in memory, its pixels without data masked."""
    with rasterio.open(path) as dataset:
        return soma.Raster(dataset.read(masked=True), dataset.transform, dataset.crs)
