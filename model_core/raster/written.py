"""Rasters that are written: a file counts only once it can be read back.

GDAL holds what is written back, and says on closing a file where the disk did not take it; rasterio
passes that on to nobody but its log.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rasterio
from rasterio.enums import MaskFlags
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import DatasetReader, DatasetWriter
from rasterio.windows import Window

from model_core.errors import BadInputError, first_line
from model_core.raster.opening import RASTER_ERRORS

_TIFF = ("GTiff", "COG")

_LOG = logging.getLogger("rasterio")


class _Errors(logging.Handler):
    """Keeps what GDAL says of errors in one thread."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.heard: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line of rasterio's log; GDAL's errors come with ``err_no`` and ``msg``."""
        of_gdal = record.levelno >= logging.ERROR or "signalled an error" in str(record.msg)
        if of_gdal and record.thread == self._thread:
            said = record.args[-1] if isinstance(record.args, tuple) and record.args else None
            self.heard.append(str(said or record.getMessage()))


@contextmanager
def errors_of_gdal(name: str) -> Iterator[None]:
    """Raise errors that GDAL only notes while a file is written or closed in this thread.

    Args:
        name: of the file, for the sentence.

    Raises:
        BadInputError: GDAL noted one, and the block ended without an exception.
    """
    errors, level = _Errors(), _LOG.level
    _LOG.addHandler(errors)
    _LOG.setLevel(min(level or logging.INFO, logging.INFO))
    try:
        with rasterio.Env():  # without one GDAL writes to standard error
            yield
    finally:
        _LOG.removeHandler(errors)
        _LOG.setLevel(level)
    if errors.heard:
        raise _not_written(name, errors.heard[0])


@contextmanager
def create_raster(path: Path, **profile: Any) -> Iterator[DatasetWriter]:
    """Open a raster for writing; when the block ends it is closed, and read back.

    Args:
        path: of the file.
        profile: as for ``rasterio.open``.

    Raises:
        BadInputError: the disk did not take all of it.
        RasterioError, RasterioIOError: it cannot be created.
    """
    with errors_of_gdal(path.name), rasterio.open(path, "w", **profile) as dataset:
        yield dataset
    sparse = str(profile.get("SPARSE_OK", profile.get("sparse_ok", "NO"))).upper()
    check_raster(path, sparse in ("YES", "TRUE", "ON", "1"))


def check_raster(path: Path, sparse: bool = False) -> None:
    """Read every block of a raster that was written, of all bands, masks and overviews.

    Args:
        path: of the file.
        sparse: blocks without data may be missing.

    Raises:
        BadInputError: a block is missing or cannot be read.
    """
    try:
        with warnings.catch_warnings(), errors_of_gdal(path.name):
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as dataset:
                levels = [dataset.overviews(1)] if dataset.count else [[]]
                _read_all(dataset, path.name, sparse)
            for level in range(len(levels[0])):
                with rasterio.open(path, overview_level=level) as dataset:
                    _read_all(dataset, path.name, sparse=True)
    except RASTER_ERRORS as error:
        raise _not_written(path.name, first_line(error)) from error


def _read_all(dataset: DatasetReader, name: str, sparse: bool) -> None:
    whole = not sparse and dataset.driver in _TIFF
    for (row, column), window in dataset.block_windows(1):
        for band in dataset.indexes:
            key = f"BLOCK_SIZE_{column}_{row}"
            if whole and dataset.get_tag_item(key, "TIFF", bidx=band) is None:
                raise _not_written(name, f"block {column}, {row} of band {band} is missing")
            dataset.read(band, window=window)
        _read_mask(dataset, window)


def _read_mask(dataset: DatasetReader, window: Window) -> None:
    if MaskFlags.per_dataset in dataset.mask_flag_enums[0]:
        dataset.read_masks(1, window=window)


def _not_written(name: str, why: str) -> BadInputError:
    return BadInputError(
        f"{name} could not be written whole ({why.rstrip('.')}); free space on the disk, or choose "
        "another one."
    )
