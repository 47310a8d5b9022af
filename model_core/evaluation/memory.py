"""Peak memory of a piece of work in this process, where the system tells."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STATUS = Path("/proc/self/status")
_RESET = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"


class Peak:
    """``megabytes``: peak resident memory above what was resident before; None: unknown."""

    megabytes: float | None = None


def _kilobytes(name: str) -> int:
    for line in _STATUS.read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise OSError(f"no {name} in {_STATUS}")


def _return_free_memory() -> None:
    """Give back what the allocator keeps, so that earlier work does not hide what follows."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc only
    if trim is not None:
        trim(0)


@contextmanager
def peak_memory() -> Iterator[Peak]:
    """Measure the block's peak resident memory. Linux only; elsewhere the peak stays None.

    Caches that a library keeps from one call to the next count as resident before.
    """
    peak = Peak()
    before: int | None = None
    try:
        _return_free_memory()
        _RESET.write_text(_RESET_PEAK, encoding="ascii")
        before = _kilobytes("VmRSS")
    except OSError:
        # Not Linux, or a container that forbids it: the table says that it was not measured.
        before = None
    yield peak
    if before is not None:
        peak.megabytes = max(0, _kilobytes("VmHWM") - before) / 1024
