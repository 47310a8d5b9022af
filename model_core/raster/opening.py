"""Opening rasters; every failure of a file becomes a sentence."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

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
from model_core.paths import checked_path, exists
from model_core.raster.archives import gdal_path
from model_core.raster.containers import image_inside
from model_core.raster.naming import raster_name

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

    Args:
        path: anything GDAL opens, and what holds one image: an archive, a file with several images
            of which only one is none of places, a product of Sentinel-1 or -2 as it is delivered.

    Raises:
        BadInputError: the file is missing, is not a raster, holds several, or breaks off while it
            is read.
    """
    name = raster_name(checked_path("The raster", path))
    if (
        "://" not in path
        and not path.startswith("/vsi")
        and ":" not in path[2:]
        and not exists(path)
    ):
        raise BadInputError(f"{name} does not exist at {shown(path)}; check the path.")
    dataset = _opened(gdal_path(path), name)
    try:
        inside = image_inside(dataset, name, lambda one: _opened(one, name))
        if inside is not None:
            dataset.close()
            dataset = _opened(inside, name)
        with reading(name):
            yield dataset
    finally:
        dataset.close()


def _opened(path: str, name: str) -> DatasetReader:
    try:
        with warnings.catch_warnings():
            # Unreferenced images are an input like any other.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            return rasterio.open(path)
    except (*RASTER_ERRORS, ValueError) as error:  # ValueError: what looks like a URL and is none
        raise BadInputError(
            f"{name} cannot be opened as a raster ({first_line(error.__cause__ or error)}); "
            "check that the file is complete and in a format GDAL reads."
        ) from error


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
