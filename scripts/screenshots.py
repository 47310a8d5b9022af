"""Takes the pictures of the user guide from a QGIS with a window, driven by mouse and keys.

The built zip is installed with the plugin manager into a fresh profile, the environment is made by
its button (once; kept in ``build/screenshots`` for the next time), and a pair is registered. The
pictures in ``docs/guide/images`` show a pair that the project renders itself; with ``--scene`` a
real one is taken from SOMA_DATA (else ``../shared/data``), and its pictures go to
``build/screenshots``, for their licences may not allow to hand them on.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from desktop import Desktop, DesktopError, Rect, missing_tools, shrink
from guide_scene import BASEMAP, basemap, real_scene, rendered_scene
from plugin_files import PLUGIN, ROOT
from qgis_window import QgisWindow

SIZE = (1280, 800)
KEPT = ROOT / "build" / "screenshots"
PICTURES = ROOT / "docs" / "guide" / "images"
LARGEST = 200_000
"""Bytes of a picture."""

PLACE = (0.66, 0.47)
"""Where the map is looked at closely, as shares of its width and height: a town, a lake, roads."""

ZOOM = 2
"""Notches of the wheel from the whole map to there."""

RUN_PATIENCE = 300.0
CREATE_PATIENCE = 1800.0


class Guide:
    """The pictures in the order in which a person sees them."""

    def __init__(self, desktop: Desktop, qgis: QgisWindow, pictures: Path, optical: str) -> None:
        """``pictures``: where they go. ``optical``: the name of the optical layer."""
        self._desktop = desktop
        self._qgis = qgis
        self._pictures = pictures
        self._optical = optical

    def take(self) -> int:
        """Take all pictures; return the clicks from the installed zip to a result."""
        self.install()
        self.environment()
        clicks = self.first_run()
        self.compare()
        self.doubtful()
        self.options()
        self.toolbox()
        self.report()
        self.basemap()
        return clicks

    def install(self) -> None:
        """Install the zip with the plugin manager."""
        qgis, zipped = self._qgis, self._qgis.home / f"{PLUGIN}.zip"
        shutil.copy(ROOT / "dist" / zipped.name, zipped)
        before = self._desktop.clicks
        qgis.click("menu", text="Plugins")
        qgis.click("menu", text="Manage and Install Plugins…")
        qgis.click("item", text="Install from ZIP")
        qgis.click("widget", kind="QgsFileWidget")
        self._desktop.type(str(zipped))
        time.sleep(0.5)
        x, y, width, _ = self._window("Plugins")
        self._picture("install_from_zip", (x, y, width, 260))
        qgis.click("widget", kind="QPushButton", text="Install Plugin")
        qgis.click("widget", kind="QPushButton", text="Yes")
        qgis.find("widget", kind="QToolButton", name="soma_register")
        qgis.click("widget", kind="QPushButton", text="Close")
        _say(f"installed from the zip with {self._desktop.clicks - before} clicks")

    def environment(self) -> None:
        """Make the environment with the panel's button, or put the one of an earlier time there."""
        qgis = self._qgis
        qgis.click("widget", kind="QToolButton", name="soma_register")
        qgis.find("widget", kind="QPushButton", text="Create environment")
        qgis.settle()
        self._picture("environment", self._upper_panel())
        made, kept = qgis.profile / PLUGIN / "environment", kept_environment()
        if kept.is_dir():
            made.parent.mkdir(exist_ok=True)
            made.symlink_to(kept)
        else:
            started = time.monotonic()
            qgis.click("widget", kind="QPushButton", text="Create environment")
            qgis.until(lambda: (made / "done").exists(), "the environment is made", CREATE_PATIENCE)
            _say(f"environment made in {time.monotonic() - started:.0f} s")
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(made, kept)
            made.symlink_to(kept)
        qgis.click("widget", kind="QToolButton", name="soma_register")

    def first_run(self) -> int:
        """Open the panel, run, cancel, run again; return the clicks that a result takes."""
        qgis, desktop = self._qgis, self._desktop
        before = desktop.clicks
        qgis.click("widget", kind="QToolButton", name="soma_register")
        qgis.until(lambda: qgis.sees("Overlap:"), "the overlap")
        opened = desktop.clicks - before
        qgis.settle()
        self._picture("panel")
        self._run()
        qgis.until(lambda: qgis.sees("left"), "the time left", RUN_PATIENCE)
        self._picture("running", self._upper_panel())
        qgis.click("widget", kind="QPushButton", text="Cancel")
        qgis.until(lambda: qgis.sees("Cancelled"), "the card of a cancelled run")
        self._away()
        self._picture("cancelled", self._panel())
        before = desktop.clicks
        self._run()
        self._finish()
        ran = desktop.clicks - before
        self._bare_map()
        self._away()
        self._picture("result")
        self._picture("card", self._rect("QFrame", "soma_card"))
        return opened + ran

    def compare(self) -> None:
        """Drag the curtain, and lay squares over the reference before and after."""
        qgis, desktop = self._qgis, self._desktop
        self._zoom(ZOOM)
        qgis.click("widget", kind="QPushButton", text="Swipe")
        self._against("Reference and after")
        x, y, width, height = qgis.ask("canvas")["rect"]
        middle = y + height // 2
        desktop.drag((x + width // 2, middle), (x + width * 2 // 3, middle))
        self._away()
        self._picture("swipe")
        qgis.click("widget", kind="QPushButton", text="Squares")
        for name, words in (("before", "Reference and before"), ("after", "Reference and after")):
            self._against(words)
            self._away()
            self._picture(f"squares_{name}", self._rect("QgsMapCanvas"))
        qgis.click("widget", kind="QPushButton", text="Squares")
        self._zoom(-ZOOM)

    def doubtful(self) -> None:
        """Expect too small a shift, which makes the result doubtful."""
        qgis, desktop = self._qgis, self._desktop
        desktop.wheel(self._panel(), -30)
        self._fold("Advanced settings")
        self._away()
        self._picture("advanced", self._panel())
        self._fold("Advanced settings")
        desktop.wheel(self._panel(), 30)
        desktop.click(qgis.find("widget", kind="QgsDoubleSpinBox", text="50.0 px"), 2)
        desktop.press("ctrl+a")
        desktop.type("3\t")
        self._run()
        self._finish()
        self._bare_map()
        desktop.wheel(self._panel(), 30)
        self._away()
        self._picture("doubtful", self._rect("QFrame", "soma_card"))

    def options(self) -> None:
        """Show the page among QGIS's options."""
        qgis = self._qgis
        qgis.click("menu", text="Settings")
        qgis.click("menu", text="Options…")
        x, y, _, height = self._window("Options")
        time.sleep(1)
        self._desktop.wheel((x, y, 120, height), 40)
        qgis.click("item", text="SOMA")
        time.sleep(2)
        self._picture("options", self._window("Options"))
        self._desktop.press("Escape")
        time.sleep(0.5)

    def toolbox(self) -> None:
        """Show the algorithm's dialog, and its batch."""
        qgis, desktop = self._qgis, self._desktop
        desktop.press("ctrl+k")
        desktop.type("a register sar")
        time.sleep(2)
        desktop.press("Down")
        desktop.press("Return")
        title = "Register SAR and Optical Images"
        qgis.until(lambda: self._titled(title), "the dialog of the algorithm")
        time.sleep(1)
        self._picture("toolbox", self._window(title))
        qgis.click("widget", kind="QPushButton", text="Run as Batch Process…")
        qgis.until(lambda: self._titled("Batch"), "the batch dialog")
        time.sleep(1)
        self._picture("batch", self._window("Batch"))
        desktop.press("Escape")
        time.sleep(0.5)

    def report(self) -> None:
        """Show the report of the first run, where a browser can take its picture."""
        browser = shutil.which("chromium") or shutil.which("google-chrome")
        if browser is None:
            _say("report.png is left out: there is no chromium")
            return
        reports = [*self._qgis.temporary.rglob("*.html")]
        first = min(reports, key=lambda path: path.stat().st_mtime)
        path = self._pictures / "report.png"
        subprocess.run(
            [browser, "--headless", "--no-sandbox", "--hide-scrollbars", "--window-size=1000,1300",
             f"--screenshot={path}", first.as_uri()],
            env=self._qgis.environment(), check=True, capture_output=True,
        )  # fmt: skip
        shrink(path, LARGEST)
        _say(f"{path.name}, {path.stat().st_size:,} bytes")

    def basemap(self) -> None:
        """Register to the basemap, which is exported first."""
        qgis, desktop = self._qgis, self._desktop
        desktop.wheel(self._panel(), -60)
        qgis.click("widget", kind="QComboBox", text=self._optical)
        qgis.click("item", text=BASEMAP)
        qgis.until(lambda: qgis.sees("exported first"), "how the basemap is exported")
        desktop.click(qgis.find("widget", kind="QgsDoubleSpinBox", text="3.0 px"), 2)
        desktop.press("ctrl+a")
        desktop.type("50\t")
        self._away()
        self._picture("basemap", self._upper_panel())
        self._run()
        self._finish()
        self._bare_map()
        desktop.wheel(self._panel(), 60)
        self._away()
        self._picture("basemap_card", self._rect("QFrame", "soma_card"))

    def _fold(self, title: str) -> None:
        """Open or close a group by its arrow."""
        x, y, _, _ = self._qgis.find("widget", kind="QgsCollapsibleGroupBox", text=title)
        self._desktop.click((x, y, 24, 16))
        time.sleep(1)

    def _run(self) -> None:
        self._qgis.click("widget", kind="QPushButton", text="Run")

    def _finish(self) -> None:
        """Wait until the run has ended, whatever its verdict is."""
        self._qgis.until(
            lambda: not self._qgis.ask("widget", kind="QPushButton", text="Cancel"),
            "the end of the run",
            RUN_PATIENCE,
        )

    def _against(self, words: str) -> None:
        """Choose what is compared with what, and wait for the map."""
        qgis = self._qgis
        for shown in ("Before and after", "Reference and before", "Reference and after"):
            if qgis.ask("widget", kind="QComboBox", text=shown):
                qgis.click("widget", kind="QComboBox", text=shown)
                break
        qgis.click("item", text=words)
        time.sleep(2)

    def _zoom(self, notches: int) -> None:
        """Zoom the map with the wheel: in, or out where negative."""
        x, y, width, height = self._qgis.ask("canvas")["rect"]
        place = x + round(PLACE[0] * width), y + round(PLACE[1] * height)
        self._desktop.wheel((*place, 0, 0), -notches)
        self._bare_map()

    def _bare_map(self) -> None:
        """Wait until the map is drawn, and QGIS's messages above it are gone."""
        self._qgis.until(
            lambda: not self._qgis.ask("widget", kind="QgsMessageBarItem"), "the messages go"
        )
        self._qgis.settle()

    def _away(self) -> None:
        """Take the mouse to where it shows no tooltip."""
        x, y, width, height = self._qgis.ask("canvas")["rect"]
        self._desktop.move(x + width - 8, y + height - 8)
        time.sleep(1)

    def _panel(self) -> Rect:
        return self._rect("QDockWidget", "soma_dock")

    def _upper_panel(self) -> Rect:
        x, y, width, _ = self._panel()
        return x, y, width, 450

    def _rect(self, kind: str, name: str = "") -> Rect:
        return self._qgis.find("widget", kind=kind, name=name)

    def _titled(self, title: str) -> Rect | None:
        for window in self._qgis.ask("windows"):
            if title in window["title"]:
                x, y, width, height = window["rect"]
                return x, y, width, height
        return None

    def _window(self, title: str) -> Rect:
        return self._qgis.until(lambda: self._titled(title), f"a window {title}")

    def _picture(self, name: str, part: Rect | None = None) -> None:
        path = self._pictures / f"{name}.png"
        self._desktop.picture(path, part, LARGEST)
        _say(f"{path.name}, {path.stat().st_size:,} bytes")
        errors = self._qgis.ask("errors")
        if errors:
            raise DesktopError("\n".join(errors))


def kept_environment() -> Path:
    """Return where the environment of this release is kept for the next time."""
    lists = (ROOT / "resources" / "requirements" / "packages.txt").read_bytes()
    return KEPT / "environments" / sha256(lists).hexdigest()[:12]


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _guide(
    desktop: Desktop, qgis: QgisWindow, pictures: Path, data: Path, scene: str | None
) -> int:
    sar, optical = real_scene(scene, data) if scene else rendered_scene(data)
    with basemap(optical, data / "tiles") as layer:
        qgis.start([layer, sar, optical])
        qgis.settle()
        return Guide(desktop, qgis, pictures, optical.stem).take()


def main() -> int:
    """Take the pictures and say how many clicks a result took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scene", help="a real pair, such as volkov_tile_059")
    scene: str | None = parser.parse_args().scene
    missing = missing_tools()
    if missing:
        sys.stderr.write(f"Missing; on Debian: sudo apt install {' '.join(missing)}\n")
        return 1
    pictures = KEPT / scene if scene else PICTURES
    pictures.mkdir(parents=True, exist_ok=True)
    # Not in /tmp, where QGIS marks layers as temporary.
    with TemporaryDirectory(prefix="soma-", dir="/var/tmp") as name, Desktop(*SIZE) as desktop:
        qgis = QgisWindow(desktop, Path(name))
        data = qgis.home / "data"
        data.mkdir(parents=True)
        try:
            clicks = _guide(desktop, qgis, pictures, data, scene)
        except (DesktopError, FileNotFoundError) as error:
            KEPT.mkdir(parents=True, exist_ok=True)
            desktop.picture(KEPT / "failed.png")
            sys.stderr.write(f"{error}\nWhat was seen then: {KEPT / 'failed.png'}\n")
            return 1
    _say(f"Clicks from the installed zip to the result: {clicks}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
