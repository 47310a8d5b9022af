"""Opening rasters; every failure of a file becomes a sentence."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import (
    CRSError,
    DriverRegistrationError,
    NotGeoreferencedWarning,
    RasterioError,
    RasterioIOError,
)
from rasterio.io import DatasetReader

from model_core.errors import BadInputError, first_line, shown
from model_core.paths import checked_path, exists, is_folder

RASTER_ERRORS = (
    RasterioError,
    RasterioIOError,
    CPLE_BaseError,
    CRSError,
    DriverRegistrationError,
)
"""What rasterio raises: not all of it has one ancestor, and GDAL's own errors come as they are."""


@contextmanager
def open_raster(path: str) -> Iterator[DatasetReader]:
    """Open a raster for reading; every failure of the file becomes a sentence.

    Raises:
        BadInputError: the file is missing, is not a raster, or breaks off while it is read.
    """
    name = shown(Path(checked_path("The raster", path)).name)
    if "://" not in path and not path.startswith("/vsi") and ":" not in path[2:]:
        if not exists(path):
            raise BadInputError(f"{name} does not exist at {shown(path)}; check the path.")
        if is_folder(path):
            raise BadInputError(
                f"{shown(path)} is a folder, not a raster; choose the file inside it."
            )
    try:
        with warnings.catch_warnings():
            # Unreferenced images are an input like any other.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            dataset = rasterio.open(path)
    except (*RASTER_ERRORS, ValueError) as error:  # ValueError: what looks like a URL and is none
        raise BadInputError(
            f"{name} cannot be opened as a raster ({first_line(error.__cause__ or error)}); "
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
            f"{name} breaks off or is damaged ({first_line(error.__cause__ or error)}); "
            "copy or export it again."
        ) from error
