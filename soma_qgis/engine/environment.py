"""Which Python runs the worker, and the environment it gets."""

from __future__ import annotations

import os
import shutil
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
PROBE_TIMEOUT = 120.0
"""Seconds; the first import of torch from a slow disk takes long."""

POLL = 0.1
"""Seconds between two looks at whether the person has cancelled."""

_OF_QGIS = frozenset(
    {
        "PYTHONHOME",
        "PYTHONPATH",
        "PYTHONSTARTUP",
        "PYTHONEXECUTABLE",
        "__PYVENV_LAUNCHER__",
        "GDAL_DATA",
        "GDAL_DRIVER_PATH",
        "PROJ_DATA",
        "PROJ_LIB",
    }
)
"""Variables by which QGIS tells its own Python, GDAL and PROJ where they are."""

_probed: dict[tuple[str, int], str] = {}


def child_environment(parent: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a child process, with nothing in it of QGIS's own libraries."""
    kept = {
        name: value
        for name, value in (os.environ if parent is None else parent).items()
        if name.upper() not in _OF_QGIS and not name.upper().startswith("QT_")
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
    wanted = Settings.load().python
    if wanted:
        found = shutil.which(wanted)
        if found is None:
            return Status(False, _no_such_program(wanted), None)
        return Status(True, tr("The chosen Python: {}").format(found), found)
    managed = managed_python()
    if managed.exists():
        return Status(True, tr("The environment made by SOMA"), str(managed))
    for candidate in _candidates():
        if _looks_fit(candidate):
            return Status(
                True, tr("A Python found on this computer: {}").format(candidate), candidate
            )
    return Status(False, tr("SOMA needs its environment first: create it with one click."), None)


def find_python(cancelled: Callable[[], bool]) -> str:
    """Return the Python that runs the worker; asking one may take long and can be cancelled.

    In this order: what the person set (``SOMA_PYTHON`` or the setting), the managed environment in
    the QGIS profile, the project's own ``.venv``, the system's Python. The last two must be able to
    import what the core needs; QGIS's own executable is never taken for a Python.

    Raises:
        EngineCancelledError: ``cancelled`` returned True while a Python was asked.
        EngineError: there is none; the sentence says what to do.
    """
    wanted = Settings.load().python
    if wanted:
        found = shutil.which(wanted)
        if found is None:
            raise EngineError(_no_such_program(wanted), "no_python")
        return found
    managed = managed_python()
    if managed.exists():
        return str(managed)
    tried = []
    for candidate in _candidates():
        missing = why_unfit(candidate, cancelled)
        if not missing:
            return candidate
        tried.append(f"{candidate}: {missing}")
    raise EngineError(
        tr(
            "No Python with torch, timm, rasterio and safetensors was found; install these in a "
            "Python, name it in the variable {} (Settings > Options > System > Environment), "
            "and start QGIS again."
        ).format(PYTHON_VARIABLE),
        "no_python",
        "\n".join(tried),
    )


def why_unfit(python: str, cancelled: Callable[[], bool]) -> str:
    """Return why a Python cannot run the core, or an empty text where it can; asked once a file."""
    key = _key(python)
    if key not in _probed:
        _probed[key] = _probe(python, cancelled)
    return _probed[key]


def _key(python: str) -> tuple[str, int]:
    return python, Path(python).stat().st_mtime_ns


def _probe(python: str, cancelled: Callable[[], bool]) -> str:
    try:
        process = subprocess.Popen(
            [python, "-c", f"import {', '.join(NEEDED)}"],
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            **hidden_window(),
        )
    except OSError as error:
        return str(error)
    deadline = time.monotonic() + PROBE_TIMEOUT
    while True:
        try:
            _, said = process.communicate(timeout=POLL)
            break
        except subprocess.TimeoutExpired:
            late = time.monotonic() > deadline
            if not late and not cancelled():
                continue
            process.kill()
            process.communicate()
            if late:
                return tr("it did not answer within {:.0f} s").format(PROBE_TIMEOUT)
            raise EngineCancelledError(tr("Cancelled before it started.")) from None
    if process.returncode == 0:
        return ""
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else tr("it ended with code {}").format(process.returncode)


def _no_such_program(wanted: str) -> str:
    return tr("There is no program {}; correct the Python in {} or in the settings.").format(
        wanted, PYTHON_VARIABLE
    )


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
