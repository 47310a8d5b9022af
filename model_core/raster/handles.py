"""A raster that several threads read: each by a handle of its own, opened once."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from types import TracebackType

from rasterio.io import DatasetReader

from model_core.raster.opening import open_raster


class HandlePerThread:
    """Gives each thread its own handle of a raster; all are closed at the end.

    A handle is for one thread at a time, and opening one for each window would decode again what
    two windows share: a strip, or a tile of a JPEG 2000.
    """

    def __init__(self, path: str) -> None:
        """``path``: of the raster."""
        self._path = path
        self._own = threading.local()
        self._all = ExitStack()
        self._lock = threading.Lock()

    def __call__(self) -> DatasetReader:
        """Return the calling thread's handle.

        Raises:
            BadInputError: the raster cannot be opened.
        """
        if not hasattr(self._own, "handle"):
            with self._lock:
                self._own.handle = self._all.enter_context(open_raster(self._path))
        handle: DatasetReader = self._own.handle
        return handle

    def __enter__(self) -> HandlePerThread:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._all.close()
