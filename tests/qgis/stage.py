"""Programs that play pip, uv and Python, for tests of the installation."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from soma_qgis.engine import installation
from soma_qgis.engine.diagnostics import Check
from soma_qgis.engine.installation import Installation, unfinished
from soma_qgis.engine.plan import Plan

GOOD = Check(True, "It works.", {"device": "cpu", "device_reason": "stub"})

PYTHON = """#!/bin/sh
# A Python: asked for its fitness and its tag, makes a copy of itself as venv, and plays pip.
echo "$0 $*" >> "{calls}"
case "$*" in
    *"-m venv"*)
        for last; do :; done
        mkdir -p "$last/bin" && cp "$0" "$last/bin/python" ;;
    *"pip config list"*) cat "{folder}/pip.conf" 2>/dev/null ;;
    *"pip install"*) {install} ;;
    *platform.machine*) echo linux-x86_64-cp311 ;;
esac
"""


class Ear:
    """Hears, and may cancel at a line or when a file is there."""

    def __init__(self, cancel_at: str = "", cancel_when: Path | None = None) -> None:
        self.heard: list[tuple[str, float]] = []
        self.lines: list[str] = []
        self.cancel_at = cancel_at
        self.cancel_when = cancel_when

    def progress(self, stage: str, fraction: float) -> None:
        self.heard.append((stage, fraction))

    def log(self, message: str) -> None:
        self.lines.append(message)

    def cancelled(self) -> bool:
        if self.cancel_when is not None and self.cancel_when.exists():
            return True
        return bool(self.cancel_at) and any(self.cancel_at in line for line in self.lines)


class Stage:
    """A computer with one Python, and uv where it is wanted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls = folder / "calls"
        self.plan = Plan(folder / "profile" / "environment")
        self.python = folder / "base"
        self.installs("exit 0")

    def installs(self, how: str) -> None:
        """Say what ``pip install`` does."""
        values = {"calls": self.calls, "folder": self.folder, "install": how}
        self.python.write_text(PYTHON.format(**values), encoding="utf-8")
        self.python.chmod(0o755)

    def reinstalls(self, how: str) -> None:
        """The same in the environment that was begun."""
        self.installs(how)
        made = unfinished(self.plan.folder) / "bin" / "python"
        made.write_bytes(self.python.read_bytes())

    def installed(self) -> list[str]:
        """Return the lists that were installed, in order."""
        lines = self.calls.read_text(encoding="utf-8").splitlines()
        return [Path(line.split()[-1]).name for line in lines if "pip install" in line]

    def run(self, ear: Ear | None = None, **plan: Any) -> Any:
        self.plan = Plan(**{**vars(self.plan), **plan})
        return Installation(self.plan, ear or Ear()).run()


def make_uv(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Path:
    uv = stage.folder / "uv"
    uv.write_text(
        f'#!/bin/sh\necho "uv $*" >> "{stage.calls}"\n'
        'if [ "$1" = venv ]; then for last; do :; done; mkdir -p "$last/bin"; '
        f'cp "{stage.python}" "$last/bin/python"; fi\n',
        encoding="utf-8",
    )
    uv.chmod(0o755)
    monkeypatch.setattr(installation, "find_uv", lambda: str(uv))
    return uv


def wheel(folder: Path, name: str) -> Path:
    """Write a wheel of an empty package."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", "ANSWER = 42\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return path
