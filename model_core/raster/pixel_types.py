"""Types of pixels: GDAL's, by their names in rasterio, and NumPy's that hold their values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import rasterio.dtypes
from numpy.typing import NDArray
from rasterio.io import DatasetReader

# Before 1.3.6 rasterio took GDAL's two types of 64 bits for each other.
_EXCHANGED = rasterio.dtypes.dtype_fwd.get(12) == "int64"
_HELD_BY = {"complex_int16": "complex64"} | (
    {"int64": "uint64", "uint64": "int64"} if _EXCHANGED else {}
)


def numpy_type(name: str) -> np.dtype[Any]:
    """Return the type of an array that holds pixels of a type, by its name in rasterio."""
    return np.dtype(_HELD_BY.get(name, name))


def common_type(names: Sequence[str]) -> str:
    """Return the name of the smallest type that holds the values of all these types."""
    if len(set(names)) == 1:
        return names[0]
    return name_of(np.result_type(*(numpy_type(name) for name in names)))


def name_of(dtype: np.dtype[Any]) -> str:
    """Return the name in rasterio of the type of pixels that arrays of a type hold."""
    return _HELD_BY.get(str(dtype), str(dtype))  # exchanging the types of 64 bits again


def size_of(name: str) -> int:
    """Return the bytes of a pixel of a type in a file."""
    return 4 if name == "complex_int16" else numpy_type(name).itemsize


def read_bands(dataset: DatasetReader, bands: Sequence[int], **how: Any) -> NDArray[Any]:
    """Read bands (C, H, W) in the type that holds all of them.

    Args:
        dataset: the raster.
        bands: 1-based, at least one.
        how: ``window``, ``out_shape`` (C, H, W) and ``resampling``, as rasterio takes them.
    """
    names = [dataset.dtypes[band - 1] for band in bands]
    if len(set(names)) == 1:
        return _as_held(dataset.read(list(bands), **how), names[0])
    shape = how.pop("out_shape", None)
    each = {} if shape is None else {"out_shape": (1, *shape[1:])}
    parts = [read_bands(dataset, [band], **how, **each)[0] for band in bands]
    return np.asarray(np.stack(parts), numpy_type(common_type(names)))


def _as_held(values: NDArray[Any], name: str) -> NDArray[Any]:
    held = numpy_type(name)
    return np.asarray(values if values.dtype == held else values.view(held))


def as_written(values: NDArray[Any], name: str) -> NDArray[Any]:
    """Return pixels in the form in which rasterio writes them to a file of a type."""
    return np.asarray(values.view(name) if _EXCHANGED and name in ("int64", "uint64") else values)
