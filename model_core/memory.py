"""Whether this process may take the memory that the smallest registration needs.

Where memory runs out to the last byte, Python itself and other libraries end or hang instead of
saying so. A limit that is too low for anything is therefore refused before.
"""

from __future__ import annotations

import sys
from pathlib import Path

from model_core.errors import BadInputError

LEAST = 768 * 2**20
"""Bytes beside what is loaded, for a few threads and small images."""

LEAST_AT_START = LEAST + 900 * 2**20
"""Bytes before torch is loaded, which maps that much."""


def check_memory(least: int = LEAST) -> None:
    """Refuse to work within a limit (``ulimit -v``) that leaves too little.

    Raises:
        BadInputError: fewer bytes than ``least`` are left.
    """
    left = memory_left()
    if left is not None and left < least:
        raise BadInputError(
            f"A limit (ulimit -v) leaves this process {max(0, left) / 1e6:.0f} MB of memory, but "
            f"at least {least / 1e6:.0f} MB are needed; raise the limit, or do without it."
        )


def memory_left() -> int | None:
    """Return the bytes that a limit leaves to this process; None: none is set, or none is known."""
    if sys.platform != "linux":
        return None
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return None
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return limit - pages * resource.getpagesize()
