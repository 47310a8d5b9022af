"""Opening rasters; every failure of a file becomes a sentence."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError, RasterioIOError
from rasterio.io import DatasetReader

from model_core.errors import BadInputError

RASTER_ERRORS = (RasterioError, RasterioIOError)
"""What rasterio raises; the second is an OSError and does not derive from the first."""


@contextmanager
def open_raster(path: str) -> Iterator[DatasetReader]:
    """Open a raster for reading; every failure of the file becomes a sentence.

    Raises:
        BadInputError: the file is missing, is not a raster, or breaks off while it is read.
    """
    name = Path(path).name
    if "://" not in path and not path.startswith("/vsi") and ":" not in path[2:]:
        if not Path(path).exists():
            raise BadInputError(f"{name} does not exist at {path}; check the path.")
        if Path(path).is_dir():
            raise BadInputError(f"{path} is a folder, not a raster; choose the file inside it.")
    try:
        with warnings.catch_warnings():
            # Unreferenced images are an input like any other.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            dataset = rasterio.open(path)
    except RASTER_ERRORS as error:
        raise BadInputError(
            f"{name} cannot be opened as a raster ({_first_line(error)}); "
            "check that the file is complete and in a format GDAL reads."
        ) from error
    with dataset, reading(name):
        yield dataset


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn rasterio's failure to read a file that did open into a sentence.

    Raises:
        BadInputError: the file breaks off or is damaged.
    """
    try:
        yield
    except RASTER_ERRORS as error:
        raise BadInputError(
            f"{name} breaks off or is damaged ({_first_line(error)}); copy or export it again."
        ) from error


def _first_line(error: Exception) -> str:
    return str(error.__cause__ or error).splitlines()[0].rstrip(".")
