"""Versions of what decides a result, for summaries and reports."""

from __future__ import annotations

import platform
from importlib.metadata import version

import rasterio

from model_core.version import __version__


def versions() -> dict[str, str]:
    """Return the versions of the core and of the libraries under it."""
    libraries = {name: version(name) for name in ("torch", "timm", "numpy", "rasterio")}
    return {
        "soma": __version__,
        "python": platform.python_version(),
        **libraries,
        "gdal": rasterio.__gdal_version__,
    }
