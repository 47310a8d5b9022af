"""Handles of a raster that several threads read, and the memory that GDAL may keep of it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType

import rasterio
from rasterio.io import DatasetReader

from model_core.raster.naming import raster_name
from model_core.raster.opening import open_raster, reading
from model_core.raster.pixel_types import size_of

LEAST_CACHE, LARGEST_CACHE = 2**27, 2**29
"""Bytes. By itself GDAL keeps a twentieth of the machine's memory."""

ROWS = 520
"""Of a window and around it, in pixels."""


class Handles:
    """Opens a raster for windows; between ``with`` and its end, handles stay open.

    A handle is for one thread at a time. One opened anew for each window would decode again what
    two windows share: a strip, or a tile of a JPEG 2000.
    """

    def __init__(self, path: str) -> None:
        """``path``: of the raster."""
        self.path = path
        self._lock = threading.Lock()
        self._kept: ExitStack | None = None
        self._free: list[DatasetReader] = []

    @contextmanager
    def open(self) -> Iterator[DatasetReader]:
        """Give a handle that nobody else uses.

        Raises:
            BadInputError: the raster cannot be opened, or breaks off while it is read.
        """
        if self._kept is None:
            with open_raster(self.path) as handle:
                yield handle
            return
        with self._lock:
            free = self._free.pop() if self._free else None
            handle = free or self._kept.enter_context(open_raster(self.path))
        try:
            with reading(raster_name(self.path)):
                yield handle
        finally:
            with self._lock:
                self._free.append(handle)

    def __enter__(self) -> Handles:
        self._kept = ExitStack()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        kept, self._kept = self._kept, None
        self._free.clear()
        if kept is not None:
            kept.close()


@contextmanager
def bounded_cache(*rasters: str) -> Iterator[None]:
    """Let GDAL keep no more of files than windows along a row of some rasters share.

    Nothing is changed where the variable ``GDAL_CACHEMAX`` is set.
    """
    if "GDAL_CACHEMAX" in os.environ:
        yield
        return
    needed = sum(_row_of_blocks(path) for path in rasters)
    with rasterio.Env(GDAL_CACHEMAX=min(max(needed, LEAST_CACHE), LARGEST_CACHE)):
        yield


def _row_of_blocks(path: str) -> int:
    """Return the bytes of a band in the blocks that windows along a row touch."""
    with open_raster(path) as dataset:
        height, _ = dataset.block_shapes[0]
        rows = (ROWS // height + 2) * height if height < dataset.height else dataset.height
        return int(min(rows, dataset.height) * dataset.width * size_of(dataset.dtypes[0]))
