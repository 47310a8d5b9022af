"""What the program does when it is asked to end: it leaves nothing half-written, and says so.

The process ends within the signal's handler. An exception instead could be raised, and be lost, in
the middle of a library's import or of a clean-up.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Ctrl+C; the end of a session or a batch job; a terminal that closes, here and on Windows."""

EXIT_STOPPED = 128
"""To which the signal's number is added, as shells do."""


PATIENCE = 2.0
"""Seconds in which a computation in C comes back to Python, which only then calls the handler."""

_owner = os.getpid()
_stopping = threading.Lock()


def stop_on_signals() -> None:
    """End this process when it is asked to, from now on.

    What is ignored stays so: the caller, such as ``nohup``, has chosen it.
    """
    for number in _numbers():
        if signal.getsignal(number) not in (None, signal.SIG_IGN):
            signal.signal(number, _stop)
    if sys.platform != "win32":  # where only sockets can be told of signals
        read, write = os.pipe()
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        threading.Thread(target=_watch, args=(read,), name="soma-signals", daemon=True).start()


def ignore_signals() -> None:
    """Let the process end by itself: all is done."""
    for number in _numbers():
        signal.signal(number, signal.SIG_IGN)


def _numbers() -> list[int]:
    return [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]


def _watch(read: int) -> None:
    """End the process where the main thread does not do so in time."""
    while True:
        [number] = os.read(read, 1)
        if number in _numbers() and signal.getsignal(number) is not signal.SIG_IGN:
            time.sleep(PATIENCE)
            _end(number)


def _stop(number: int, _: FrameType | None) -> None:
    # A child of this process, such as one that loads data, has nothing to clear away.
    if os.getpid() == _owner:
        ignore_signals()
        _end(number)
    os._exit(EXIT_STOPPED + number)


def _end(number: int) -> None:
    with _stopping:  # whoever comes second does not come back
        _clear_away()
        os._exit(EXIT_STOPPED + number)


def _clear_away() -> None:
    with contextlib.suppress(Exception):  # half a line may be on its way: it has to stay half
        sys.stdout.flush()
    said = "Stopped; nothing was written."
    output: Any = sys.modules.get("model_core.raster.output")
    folders: Any = sys.modules.get("model_core.raster.output_folder")
    # What is not loaded, or not yet wholly, has written nothing; and to import anything while
    # another import is interrupted can end the process.
    if hasattr(output, "written_files"):
        output.clean_up()
        if written := output.written_files():
            said = f"Stopped; {written[-1].name} and what was written before it are complete."
    if hasattr(folders, "remove_empty_folders"):
        folders.remove_empty_folders()
    start = "\r\x1b[K" if os.isatty(2) else ""
    with contextlib.suppress(OSError):  # the terminal is gone
        os.write(2, f"{start}{said}\n".encode())
