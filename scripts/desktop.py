"""A desktop of its own, without a screen: X server, window manager, mouse, keys and pictures."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

TOOLS = {
    "Xvfb": "xvfb",
    "openbox": "openbox",
    "xdotool": "xdotool",
    "import": "imagemagick",
    "convert": "imagemagick",
}
"""Programs, and Debian's packages that have them."""

PATIENCE = 10.0
COLOURS = (160, 96, 64, 48, 32)
"""Of a picture. Without dithering few colours keep windows legible, and files small."""

MOVE_STEPS = 12
"""Positions between two places when the mouse drags, as a hand passes them."""

RULES = """<?xml version="1.0"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <theme><name>Clearlooks</name></theme>
  <applications>
    <application type="normal"><decor>no</decor><maximized>yes</maximized></application>
  </applications>
</openbox_config>
"""
"""For the window manager: programs fill the screen, dialogs have a frame."""

Rect = tuple[int, int, int, int]
"""Left, top, width, height on the screen."""


class DesktopError(Exception):
    """Something on the desktop did not come; the message says what."""


def missing_tools() -> list[str]:
    """Return Debian's packages of the programs that are not there."""
    return sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})


class Desktop:
    """An X server with one window manager, of which nothing is left after ``with``."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.clicks = 0
        self._processes: list[subprocess.Popen[bytes]] = []
        self._stack = ExitStack()
        self._display = ""

    def __enter__(self) -> Desktop:
        read, write = os.pipe()
        self._start(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{self.width}x{self.height}x24",
             "-dpi", "96", "-nolisten", "tcp"],
            pass_fds=(write,),
        )  # fmt: skip
        os.close(write)
        with os.fdopen(read) as answer:
            self._display = f":{answer.readline().strip()}"
        rules = Path(self._stack.enter_context(TemporaryDirectory()), "rc.xml")
        rules.write_text(RULES, encoding="utf-8")
        self._start(["openbox", "--sm-disable", "--config-file", str(rules)])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
        self._stack.close()

    def environment(self) -> dict[str, str]:
        """Return the variables with which a program opens its windows here."""
        kept = {name: value for name, value in os.environ.items() if name != "WAYLAND_DISPLAY"}
        return kept | {"DISPLAY": self._display, "QT_QPA_PLATFORM": "xcb"}

    def start(self, command: Sequence[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start a program that ends with the desktop."""
        return self._start(command, environment=environment)

    def move(self, x: int, y: int) -> None:
        """Move the mouse."""
        self._tool("mousemove", "--sync", str(x), str(y))

    def click(self, rect: Rect, times: int = 1) -> None:
        """Click into the middle of a rectangle; each press counts."""
        self.move(rect[0] + rect[2] // 2, rect[1] + rect[3] // 2)
        self._tool("click", "--repeat", str(times), "--delay", "80", "1")
        self.clicks += times

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Press, move, let go."""
        self.move(*start)
        self._tool("mousedown", "1")
        for step in range(1, MOVE_STEPS + 1):
            self.move(*(a + (b - a) * step // MOVE_STEPS for a, b in zip(start, end, strict=True)))
            time.sleep(0.03)
        self._tool("mouseup", "1")

    def wheel(self, rect: Rect, notches: int) -> None:
        """Turn the wheel over a rectangle: down, or up where negative."""
        self.move(rect[0] + rect[2] // 2, rect[1] + rect[3] // 2)
        self._tool("click", "--repeat", str(abs(notches)), "5" if notches > 0 else "4")

    def type(self, text: str) -> None:
        """Type a text."""
        self._tool("type", "--delay", "15", text)

    def press(self, key: str) -> None:
        """Press a key, by its name in X, as "Return" or "ctrl+a"."""
        self._tool("key", key)

    def picture(self, path: Path, part: Rect | None = None, largest: int | None = None) -> None:
        """Take a picture of the screen or a part of it, with as many colours as its size allows.

        Raises:
            DesktopError: even with few colours it has more than ``largest`` bytes.
        """
        x, y, width, height = part or (0, 0, self.width, self.height)
        run(
            ["import", "-silent", "-window", "root", "-crop", f"{width}x{height}+{x}+{y}",
             "+repage", str(path)],
            self.environment(),
        )  # fmt: skip
        shrink(path, largest)

    def _tool(self, *arguments: str) -> None:
        run(["xdotool", *arguments], self.environment())

    def _start(
        self,
        command: Sequence[str],
        environment: dict[str, str] | None = None,
        pass_fds: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            list(command),
            env=environment or self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=pass_fds,
        )
        self._processes.append(process)
        return process


def run(command: Sequence[str], environment: dict[str, str]) -> None:
    """Run a program to its end.

    Raises:
        DesktopError: it failed; with what it said.
    """
    done = subprocess.run(
        list(command), env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DesktopError(f"{command[0]} failed: {done.stderr.strip() or done.returncode}")


def shrink(path: Path, largest: int | None = None) -> None:
    """Rewrite a picture with as many colours as its size allows.

    Raises:
        DesktopError: even with few colours it has more than ``largest`` bytes.
    """
    full = path.read_bytes()
    for colours in COLOURS:
        path.write_bytes(full)
        run(
            ["convert", str(path), "-strip", "-dither", "None", "-colors", str(colours),
             "-define", "png:compression-level=9", f"PNG8:{path}"],
            dict(os.environ),
        )  # fmt: skip
        size = path.stat().st_size
        if largest is None or size <= largest:
            return
    raise DesktopError(f"{path.name} has {size:,} bytes, more than {largest:,}.")
