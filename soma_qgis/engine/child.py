"""Child processes: the variables they get, their start, their end and their last words."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from soma_qgis.engine.errors import EngineCancelledError
from soma_qgis.i18n import tr
from soma_qgis.locations import core_folder

PROBE_TIMEOUT = 120.0
"""Seconds; the first import of torch from a slow disk takes long."""

POLL = 0.1
"""Seconds between two looks at whether the person has cancelled."""

_OF_QGIS = re.compile(
    r"PYTHON(HOME|PATH|STARTUP|EXECUTABLE)|__PYVENV_LAUNCHER__|GDAL_(DATA|DRIVER_PATH)|"
    r"PROJ_(DATA|LIB)|QT_.*",
    re.IGNORECASE,
)
"""Variables by which QGIS tells its own Python, GDAL, PROJ and Qt where they are."""


def child_environment(parent: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a child process, with nothing in it of QGIS's own libraries."""
    kept = {
        name: value
        for name, value in (os.environ if parent is None else parent).items()
        if not _OF_QGIS.fullmatch(name)
    }
    kept["PYTHONUTF8"] = "1"
    return kept


def hidden_window() -> dict[str, Any]:
    """Return the arguments of ``Popen`` that keep a console window from flashing on Windows.

    Elsewhere the child leads a session of its own, so that it can be ended with its children and
    Ctrl+C in a terminal reaches QGIS alone, which then ends the child in an orderly way.
    """
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def ask(
    command: list[str],
    cancelled: Callable[[], bool],
    folder: Path | None = None,
    variables: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program without input to its end; a failure to start or to end has code -1.

    Args:
        command: of the program.
        cancelled: asked first, and every ``POLL`` seconds.
        folder: None: the core's.
        variables: its environment, None: :func:`child_environment`.
        timeout: seconds; None: ``PROBE_TIMEOUT``.

    Raises:
        EngineCancelledError: ``cancelled`` returned True; the program is gone.
    """
    if cancelled():
        raise EngineCancelledError(tr("Cancelled."))
    try:
        process = subprocess.Popen(
            command,
            cwd=folder or core_folder(),
            env=child_environment() if variables is None else variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            **hidden_window(),
        )
    except OSError as error:
        return subprocess.CompletedProcess(command, -1, "", str(error))
    return _wait(process, command, cancelled, PROBE_TIMEOUT if timeout is None else timeout)


def _wait(
    process: subprocess.Popen[str],
    command: list[str],
    cancelled: Callable[[], bool],
    patience: float,
) -> subprocess.CompletedProcess[str]:
    """Return what a program said, once it has ended or had to be ended; see :func:`ask`."""
    deadline = time.monotonic() + patience
    while True:
        try:
            said = process.communicate(timeout=POLL)
            return subprocess.CompletedProcess(command, process.returncode, *said)
        except subprocess.TimeoutExpired:
            late = time.monotonic() > deadline
            if not late and not cancelled():
                continue
        kill_tree(process)
        process.communicate()
        if not late:
            raise EngineCancelledError(tr("Cancelled."))
        sentence = tr("it did not answer within {:.0f} s").format(patience)
        return subprocess.CompletedProcess(command, -1, "", sentence)


def kill_tree(process: subprocess.Popen[Any]) -> None:
    """End a process started with :func:`hidden_window`, and its children, now."""
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def last_words(done: subprocess.CompletedProcess[str]) -> str:
    """Return the last line that a program wrote to standard error."""
    lines = done.stderr.strip().splitlines()
    return lines[-1] if lines else tr("it ended with code {}").format(done.returncode)
