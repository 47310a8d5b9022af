"""A QGIS with a window of its own, in a fresh profile, driven by mouse and keys."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from desktop import Desktop, DesktopError, Rect
from plugin_files import ROOT

OBSERVER = ROOT / "scripts" / "qgis_observer.py"
PATIENCE = 60.0
POLL = 0.2
SETTLE = 0.6
"""Seconds in which a window that has changed is drawn."""

Answer = TypeVar("Answer")

SETTINGS = """[General]
locale/overrideFlag=true
locale/userLocale=en

[app]
plugin_installer/checkOnStart=false
"""
"""A fresh profile but for what asks the network."""


class QgisWindow:
    """The one QGIS on a desktop."""

    def __init__(self, desktop: Desktop, folder: Path) -> None:
        """``folder``: holds the home and the profile; better short, it is seen in tooltips."""
        self._desktop = desktop
        self.home = folder / "home"
        self._profiles = folder / "profiles"
        self.temporary = folder / "temporary"
        self._address = folder / "observer"
        self.profile = self._profiles / "profiles" / "default"
        self._process: subprocess.Popen[bytes] | None = None

    def environment(self) -> dict[str, str]:
        """Return the environment of QGIS: nothing of the person's, or of the project's Python."""
        runtime = self.home / "run"
        self.temporary.mkdir(exist_ok=True)
        runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
        given = {
            name: value
            for name, value in self._desktop.environment().items()
            if not name.startswith(("SOMA_", "PYTHON", "VIRTUAL_ENV"))
        }
        return given | {
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(runtime),
            "TMPDIR": str(self.temporary),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "SOMA_OBSERVER": str(self._address),
        }

    def start(self, layers: Sequence[Path]) -> None:
        """Start QGIS with layers, and wait for its window."""
        settings = self.profile / "QGIS" / "QGIS3.ini"
        if not settings.exists():
            settings.parent.mkdir(parents=True)
            settings.write_text(SETTINGS, encoding="utf-8")
        command = ["qgis", "--nologo", "--noversioncheck", "--lang", "en",
                   "--profiles-path", str(self._profiles), "--code", str(OBSERVER)]  # fmt: skip
        self._process = self._desktop.start([*command, *map(str, layers)], self.environment())
        self.until(self._answers, "QGIS opens its window", 2 * PATIENCE)

    def ask(self, question: str, **values: Any) -> Any:
        """Return what the observer sees."""
        if self._process is not None and self._process.poll() is not None:
            raise DesktopError(f"QGIS has ended with code {self._process.returncode}.")
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(str(self._address))
            connection.sendall((json.dumps({"ask": question, **values}) + "\n").encode())
            with connection.makefile() as answer:
                return json.loads(answer.readline())

    def until(
        self, look: Callable[[], Answer | None], what: str, patience: float = PATIENCE
    ) -> Answer:
        """Return the first answer that is true.

        Raises:
            DesktopError: there was none in time.
        """
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            answer = look()
            if answer:
                return answer
            time.sleep(POLL)
        raise DesktopError(f"Not seen within {patience:.0f} s: {what}.")

    def find(self, question: str, **values: Any) -> Rect:
        """Wait until something is seen and can be used, and return where it is."""
        return self.until(lambda: self._usable(question, values), f"{question} {values}")

    def click(self, question: str, **values: Any) -> None:
        """Click something as soon as it is seen."""
        self._desktop.click(self.find(question, **values))
        time.sleep(SETTLE)

    def sees(self, text: str, kind: str = "QLabel") -> bool:
        """Return whether a text is on the screen, as part of a label."""
        return any(text in found for found in self.ask("texts", kind=kind))

    def settle(self) -> None:
        """Wait until the map is drawn."""
        time.sleep(SETTLE)
        self.until(lambda: not self.ask("canvas")["drawing"], "the map is drawn")
        time.sleep(SETTLE)

    def _usable(self, question: str, values: dict[str, Any]) -> Rect | None:
        found = self.ask(question, **values)
        if found is None or not found["enabled"]:
            return None
        x, y, width, height = found["rect"]
        return x, y, width, height

    def _answers(self) -> bool:
        try:
            return bool(self.ask("canvas"))
        except (OSError, ValueError):
            return False
