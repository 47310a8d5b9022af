"""Which Python runs the worker, and the environment it gets."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication

from soma_qgis.engine.errors import EngineCancelledError, EngineError
from soma_qgis.i18n import tr
from soma_qgis.locations import core_folder
from soma_qgis.settings import PYTHON_VARIABLE, Settings

NEEDED = ("torch", "timm", "rasterio", "safetensors")
OLDEST = {"python": (3, 10), "torch": (2, 1), "timm": (1, 0, 31), "rasterio": (1, 3)}
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

_probed: dict[tuple[str, int], str] = {}


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


@dataclass(frozen=True)
class Status:
    """Whether a run can start, as far as a look at the disk tells.

    Attributes:
        ready: a Python is there that holds what the core needs, or that the person chose.
        sentence: which one, or what to do. python: its path, None where there is none.
    """

    ready: bool
    sentence: str
    python: str | None


def managed_folder() -> Path:
    """Return the folder of the managed environment, in the QGIS profile."""
    return Path(QgsApplication.qgisSettingsDirPath()) / "soma_qgis" / "environment"


def managed_python() -> Path:
    """Return where the Python of the managed environment is, if that environment was made."""
    return python_in(managed_folder())


def status() -> Status:
    """Return which Python a run would take, without starting any: may be asked at any time."""
    settled = _settled()
    if settled is not None:
        return settled
    for candidate in filter(_looks_fit, _candidates()):
        text = tr("A Python found on this computer: {}").format(candidate)
        return Status(True, text, candidate)
    return Status(False, tr("SOMA needs its environment first: create it with one click."), None)


def _settled() -> Status | None:
    """Return what goes before all that is merely found: the person's choice, and our own."""
    wanted = Settings.load().python
    if wanted:
        found = shutil.which(wanted)
        if found is not None:
            return Status(True, tr("The chosen Python: {}").format(found), found)
        text = tr("There is no program {}; correct the Python in {} or in the settings.")
        return Status(False, text.format(wanted, PYTHON_VARIABLE), None)
    managed = managed_python()
    if managed.exists():
        return Status(True, tr("The environment made by SOMA"), str(managed))
    return None


def find_python(cancelled: Callable[[], bool]) -> str:
    """Return the Python that runs the worker; asking one may take long and can be cancelled.

    In this order: what the person set (``SOMA_PYTHON`` or the setting), the managed environment in
    the QGIS profile, the project's own ``.venv``, the system's Python. The last two must be able to
    import what the core needs; QGIS's own executable is never taken for a Python.

    Raises:
        EngineCancelledError: ``cancelled`` returned True while a Python was asked.
        EngineError: there is none; the sentence says what to do.
    """
    settled = _settled()
    if settled is not None:
        if settled.python is None:
            raise EngineError(settled.sentence, "no_python")
        return settled.python
    tried = []
    for candidate in _candidates():
        missing = why_unfit(candidate, cancelled)
        if not missing:
            return candidate
        tried.append(f"{candidate}: {missing}")
    raise EngineError(
        tr(
            "SOMA has no Python with torch, timm, rasterio and safetensors yet; create its "
            "environment in Settings > Options > SOMA, or name a Python there or in {}."
        ).format(PYTHON_VARIABLE),
        "no_python",
        "\n".join(tried),
    )


def why_unfit(python: str, cancelled: Callable[[], bool], again: bool = False) -> str:
    """Return why a Python cannot run the core, or an empty text where it can.

    A Python is asked once, unless ``again`` is wanted.
    """
    key = _key(python)
    if again or key not in _probed:
        _probed[key] = _probe(python, cancelled)
    return _probed[key]


def _key(python: str) -> tuple[str, int]:
    return python, Path(python).stat().st_mtime_ns


def _probe(python: str, cancelled: Callable[[], bool]) -> str:
    too_old = tr("it is older than Python {}").format(".".join(map(str, OLDEST["python"])))
    code = f"import sys\nif sys.version_info < {OLDEST['python']}: sys.exit({too_old!r})\n"
    done = ask([python, "-c", f"{code}import {', '.join(NEEDED)}"], cancelled)
    return "" if done.returncode == 0 else last_words(done)


def ask(
    command: list[str],
    cancelled: Callable[[], bool],
    folder: Path | None = None,
    variables: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program without input to its end; a failure to start or to end has code -1.

    Args:
        command: of the program. cancelled: asked every ``POLL`` seconds.
        folder: None: the core's. variables: its environment, None: :func:`child_environment`.
        timeout: seconds; None: ``PROBE_TIMEOUT``.

    Raises:
        EngineCancelledError: ``cancelled`` returned True; the program is gone.
    """
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
    patience = PROBE_TIMEOUT if timeout is None else timeout
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


def _looks_fit(python: str) -> bool:
    """Return whether a Python could run the core: what it answered, else what lies on its path."""
    answered = _probed.get(_key(python))
    if answered is not None:
        return not answered
    roots = {Path(python).parent.parent, Path(python).resolve().parent.parent}
    places = ("lib/python3*/*-packages", "local/lib/python3*/*-packages", "Lib/site-packages")
    folders = [folder for root in roots for place in places for folder in root.glob(place)]
    return all(any((folder / name).is_dir() for folder in folders) for name in NEEDED)


def _candidates() -> list[str]:
    own = python_in(core_folder() / ".venv")
    found = [str(own)] if own.exists() else []
    for name in ("python3", "python"):
        program = shutil.which(name)
        if program and program not in found:
            found.append(program)
    return found


def python_in(environment: Path) -> Path:
    """Return where a virtual environment has its Python."""
    if sys.platform == "win32":
        return environment / "Scripts" / "python.exe"
    return environment / "bin" / "python"
