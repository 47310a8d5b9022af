"""Programs with which an environment can be made: Pythons and uv."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path


def find_uv() -> str | None:
    """Return uv, which a desktop's short PATH may not name."""
    places = (Path.home() / ".local" / "bin", Path.home() / ".cargo" / "bin")
    return shutil.which("uv") or shutil.which("uv", path=os.pathsep.join(map(str, places)))


def base_pythons() -> Iterator[str]:
    """Yield Pythons to make an environment with, QGIS's first; never QGIS's own executable."""
    prefix = Path(sys.base_exec_prefix)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    windows = ("python.exe", "python3.exe")
    names = windows if sys.platform == "win32" else (f"bin/python{version}", "bin/python3")
    yield from (str(prefix / name) for name in names if (prefix / name).is_file())
    yield from filter(None, map(shutil.which, ("python3", "python")))
