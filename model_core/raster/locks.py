"""Locks between processes. The system takes them back when a process ends, however it ends."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

PATIENCE = 20.0
"""Seconds to wait for another run that is putting its files in place: it takes milliseconds."""

POLL = 0.02

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def _open_turn(folder: Path) -> int:
        """Folders have no locks here, but files that only one may have open, and that then go."""
        name = folder / ".soma-unfinished-turn"
        return os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_TEMPORARY)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _open_turn(folder: Path) -> int:
        handle = os.open(folder, os.O_RDONLY)
        try:
            _lock(handle)
        except OSError:
            os.close(handle)
            raise
        return handle


HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK, errno.EEXIST)
"""What the systems say where another one holds a lock."""


class HeldError(OSError):
    """Another process, or another thread of this one, holds the lock."""


def take(path: Path, create: bool) -> int | None:
    """Open a file and lock it until its handle is closed.

    Args:
        path: of the file.
        create: make the file where it is missing.

    Returns:
        The handle; None where this disk knows no locks.

    Raises:
        HeldError: somebody else holds it.
        OSError: the file cannot be opened.
    """
    handle = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o666)
    try:
        _lock(handle)
    except OSError as error:
        os.close(handle)
        if error.errno in HELD:
            raise HeldError(error.errno, error.strerror, str(path)) from error
        return None
    return handle


@contextlib.contextmanager
def turn(folders: Iterable[Path]) -> Iterator[None]:
    """Wait until no other run is putting files in place in these folders, and keep others waiting.

    Where a disk knows no locks, nobody waits.

    Raises:
        HeldError: another one did not end within :data:`PATIENCE`.
    """
    with contextlib.ExitStack() as held:
        for folder in sorted(folders):  # all take them in one order, so that none waits for ever
            handle = _wait_for_turn(folder)
            if handle is not None:
                held.callback(os.close, handle)
        yield


def _wait_for_turn(folder: Path) -> int | None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return _open_turn(folder)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EEXIST):
                return None
            if time.monotonic() > deadline:
                said = "another run is putting its files in place"
                raise HeldError(errno.EBUSY, said, str(folder)) from error
        time.sleep(POLL)
