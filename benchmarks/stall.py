"""How long QGIS's window stands still during a registration: ``python benchmarks/stall.py``.

Starts a real QGIS with the profile that ``make setup`` makes, opens the panel, chooses the two
layers by the panel's own guess, and presses Run. A timer in the event loop of QGIS's main thread
ticks every 5 ms; the time between two ticks is a stall. Of every stall it takes down the wall time,
the processor time that the main thread spent in it (the rest it waited, for a lock or for another
program), and the Python code that was running after ``LOOK`` seconds of it.

Without a display it starts one of its own (Xvfb).
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from soma_qgis.dock.panel import SomaDock

ROOT = Path(__file__).resolve().parent.parent
PAIR = "volkov_tile_035"
CODE = """import sys
sys.path.insert(0, {folder!r})
import stall
stall.start({task})
"""
"""Run by QGIS."""

TICK = 5
"""Milliseconds."""

LOOK = 0.05
"""Seconds after which a stall is looked at."""

IDLE = 4.0
"""Seconds before and after a run; before, nothing of SOMA goes on."""

LIMIT = 600.0
"""Seconds that a run may take."""

PHASES = ("idle", "start", "running", "loading", "after")


@dataclass
class Stall:
    """The time between two ticks, in milliseconds, and what went on in it."""

    phase: str
    wall: float
    processor: float
    code: str = ""


class Watch:
    """Ticks in the event loop and keeps the time between ticks."""

    def __init__(self, phase: Callable[[], str]) -> None:
        from qgis.PyQt.QtCore import Qt, QTimer

        self.stalls: list[Stall] = []
        self._phase = phase
        self._seen = tempfile.TemporaryFile("w+")  # noqa: SIM115  (faulthandler keeps it)
        self._wall, self._processor = time.perf_counter(), time.thread_time()
        self._before = "idle"
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(TICK)

    def stop(self) -> None:
        """Tick no more."""
        self._timer.stop()
        faulthandler.cancel_dump_traceback_later()

    def _tick(self) -> None:
        wall, processor = time.perf_counter(), time.thread_time()
        # The slot that starts a run is part of the start, and the one that ends it of loading.
        phase = self._phase() if self._before == "idle" else self._before
        stall = Stall(phase, 1000 * (wall - self._wall), 1000 * (processor - self._processor))
        faulthandler.cancel_dump_traceback_later()
        if self._seen.tell():
            self._seen.seek(0)
            stall.code = _main_thread(self._seen.read())
            self._seen.seek(0)
            self._seen.truncate()
        self.stalls.append(stall)
        self._before = self._phase()
        faulthandler.dump_traceback_later(LOOK, file=self._seen)
        self._wall, self._processor = time.perf_counter(), time.thread_time()


def start(task: dict[str, Any]) -> None:
    """Measure once QGIS itself is at rest, and close it; called within QGIS."""
    from qgis.core import QgsProject
    from qgis.PyQt.QtCore import QTimer
    from qgis.utils import iface

    def begin() -> None:
        try:
            text = json.dumps(measure(task))
            Path(task["found"]).write_text(text, encoding="utf-8")
        except Exception:
            traceback.print_exc()
        QgsProject.instance().clear()  # or closing would ask whether to save it
        iface.mainWindow().close()

    QTimer.singleShot(1000, begin)


def measure(task: dict[str, Any]) -> dict[str, Any]:
    """Return what came of the runs, and the stalls."""
    from qgis.core import QgsProject, QgsRasterLayer
    from qgis.PyQt.QtWidgets import QAction
    from qgis.utils import iface, plugins

    iface.mainWindow().findChild(QAction, "soma_register").trigger()
    dock: SomaDock = plugins["soma_qgis"]._dock
    layers = [QgsRasterLayer(path, Path(path).stem) for path in (task["optical"], task["sar"])]
    QgsProject.instance().addMapLayers(layers)
    iface.mapCanvas().setExtent(layers[0].extent())
    _wait(dock.run_bar.run.isEnabled, 30)
    reached = ["idle"]
    dock.queue.changed.connect(lambda: reached.append(_phase_of(dock, reached[-1])))
    watch = Watch(lambda: reached[-1])
    outcomes = []
    for _ in range(task["runs"]):
        reached.append("idle")
        _wait(None, IDLE)
        dock.run_bar.run.click()
        _wait(lambda: dock.queue.current is None, LIMIT)
        _wait(None, IDLE)
        assert dock.card.record is not None
        results, problem = dock.card.record.results, dock.card.record.problem
        outcomes.append(problem or f"{results['VERDICT']} in {results['SECONDS']:.1f} s")
    watch.stop()
    return {"outcomes": outcomes, "stalls": [asdict(stall) for stall in watch.stalls]}


def _main_thread(said: str) -> str:
    """Return the lines on the main thread, which come last, without those of this program."""
    lines = said.strip().split("\n\n")[-1].splitlines()[1:]
    return "\n".join(line for line in lines if Path(__file__).name not in line)


def _phase_of(dock: SomaDock, before: str) -> str:
    run = dock.queue.current
    if run is None:
        return "after"
    if run.share == 1.0:
        return "loading"
    return "running" if run.share > 0 or before == "running" else "start"


def _wait(until: Callable[[], bool] | None, seconds: float) -> None:
    """Let the event loop run; without a condition for the whole time."""
    from qgis.PyQt.QtCore import QEventLoop, QTimer

    loop, end = QEventLoop(), time.monotonic() + seconds

    def look() -> None:
        if until is not None and until():
            loop.quit()
        elif time.monotonic() > end:
            loop.exit(until is not None)

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(100)
    if loop.exec():
        raise TimeoutError(f"nothing came within {seconds:.0f} s")


def main() -> int:
    """Start QGIS, and say what was seen in it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    scenes = Path(os.environ.get("SOMA_DATA", ROOT.parent / "shared" / "data")) / "scenes"
    parser.add_argument("--sar", default=str(scenes / f"{PAIR}_s1vh.tif"))
    parser.add_argument("--optical", default=str(scenes / f"{PAIR}_s2rgb.tif"))
    parser.add_argument("--runs", type=int, default=2, help="one after the other")
    parser.add_argument("--json", help="file for all stalls")
    options = parser.parse_args()
    for path in (options.sar, options.optical):
        if not Path(path).exists():
            parser.error(f"{path} is not there; name a pair by --sar and --optical")
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder, "found.json")
        task = {**vars(options), "found": str(found)}
        code = Path(folder, "code.py")
        code.write_text(CODE.format(folder=str(ROOT / "benchmarks"), task=task), encoding="utf-8")
        done = subprocess.run(_qgis(code), env=_environment(Path(folder)), check=False)
        if not found.exists():
            sys.stderr.write(f"QGIS ended with code {done.returncode} and measured nothing.\n")
            return 1
        text = found.read_text(encoding="utf-8")
    if options.json:
        Path(options.json).write_text(text, encoding="utf-8")
    _report(json.loads(text))
    return 0


def _qgis(code: Path) -> list[str]:
    profile = str(ROOT / "build" / "profile")
    command = ["qgis", "--nologo", "--noversioncheck", "--profiles-path", profile]
    command += ["--code", str(code)]
    if os.environ.get("DISPLAY") or shutil.which("xvfb-run") is None:
        return command
    return ["xvfb-run", "--auto-servernum", "--server-args=-screen 0 1600x1000x24", *command]


def _environment(folder: Path) -> dict[str, str]:
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    return {
        "SOMA_PYTHON": str(ROOT / ".venv" / "bin" / "python"),
        **os.environ,
        "XDG_RUNTIME_DIR": str(runtime),
        "GDAL_PAM_ENABLED": "NO",  # nothing is written beside the data
    }


def _report(found: dict[str, Any]) -> None:
    stalls = [Stall(**each) for each in found["stalls"]]
    lines = [f"Runs: {'; '.join(found['outcomes'])}. Load of the machine: {os.getloadavg()[0]:.1f}"]
    lines.append(
        f"{'phase':<9}{'ticks':>7}{'largest (ms)':>14}{'its CPU (ms)':>14}{'largest CPU (ms)':>18}"
        f"{'over 50':>9}{'over 100':>10}"
    )
    for phase in PHASES:
        here = [stall for stall in stalls if stall.phase == phase]
        if not here:
            continue
        worst = max(here, key=lambda stall: stall.wall)
        busiest = max(stall.processor for stall in here)
        over = [sum(stall.wall > limit for stall in here) for limit in (50, 100)]
        lines.append(
            f"{phase:<9}{len(here):>7}{worst.wall:>14.0f}{worst.processor:>14.0f}{busiest:>18.0f}"
            f"{over[0]:>9}{over[1]:>10}"
        )
    for stall in sorted(stalls, key=lambda stall: -stall.wall)[:8]:
        lines.append(f"\n{stall.phase}: {stall.wall:.0f} ms, of which CPU {stall.processor:.0f} ms")
        if stall.wall > 1000 * LOOK:
            lines.append(stall.code or "  (no Python: QGIS itself, or another program)")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
