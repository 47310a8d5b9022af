"""Which Python runs the worker."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qgis.core import QgsApplication

from soma_qgis.engine.child import ask, last_words
from soma_qgis.engine.errors import EngineError
from soma_qgis.i18n import tr
from soma_qgis.locations import core_folder
from soma_qgis.settings import PYTHON_VARIABLE, Settings

NEEDED = ("torch", "timm", "rasterio", "safetensors")
OLDEST = {"python": (3, 10), "torch": (2, 1), "timm": (1, 0, 31), "rasterio": (1, 3)}
_probed: dict[tuple[str, int], str] = {}


@dataclass(frozen=True)
class Status:
    """Whether a run can start, as far as a look at the disk tells.

    Attributes:
        ready: a Python is there that holds what the core needs, or that the person chose.
        sentence: which one, or what to do.
        python: its path, None where there is none.
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
