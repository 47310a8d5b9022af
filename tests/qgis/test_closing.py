"""The end of QGIS in the middle of a run: no process and no half-written file is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from soma_qgis.locations import core_folder

from .conftest import STUB

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked up in /proc"),
]

Host = subprocess.Popen[str]
HOST = Path(__file__).with_name("host.py")
LEAVES_HALF = ("deaf", sys.executable, str(STUB))
"""The stub that writes half a file and hears nothing."""


@pytest.fixture
def images(scenes: Path) -> list[str]:
    return [str(scenes / f"sen1floods11_spain_{name}.tif") for name in ("s1_vv_vh_db", "s2_13band")]


@contextmanager
def started(images: list[str], folder: Path, how: str, *worker: str) -> Iterator[Host]:
    """Run the host; ``worker``: what the stub does and its command, nothing for the core."""
    folder.mkdir()
    profile = folder.with_name("profile")
    variables = {
        **os.environ,
        "PYTHONPATH": str(core_folder()),
        "QT_QPA_PLATFORM": "offscreen",
        "QGIS_CUSTOM_CONFIG_PATH": str(profile),
        "SOMA_PYTHON": sys.executable,
        "SOMA_STUB": worker[0] if worker else "",
    }
    host = subprocess.Popen(
        [sys.executable, str(HOST), *images, str(folder), how, *worker[1:]],
        cwd=core_folder(),
        env=variables,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield host
    finally:
        host.kill()
        host.communicate()


def worker_of(host: Host) -> int:
    """Wait until the run is on its way."""
    assert host.stdout is not None
    return int(next(line for line in host.stdout if line.strip().isdigit()))


def is_gone(process: int, seconds: float) -> bool:
    """Return whether a process ends in time; one that nobody has asked for its code has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if not Path(f"/proc/{process}/cmdline").read_bytes():
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("worker", [(), LEAVES_HALF], ids=["core", "deaf"])
def test_closing_leaves_no_process_and_no_half_file(
    images: list[str], tmp_path: Path, worker: tuple[str, ...]
) -> None:
    folder = tmp_path / "results"
    with started(images, folder, "close", *worker) as host:
        process = worker_of(host)
        closed = time.monotonic()
        assert host.wait(30) == 0
        assert time.monotonic() - closed < 10
        assert is_gone(process, 0.5)
    assert list(folder.iterdir()) == []


def test_the_worker_of_a_killed_qgis_ends_and_cleans_up(images: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "results"
    with started(images, folder, "stay") as host:
        process = worker_of(host)
        assert not is_gone(process, 0.1)
        host.send_signal(signal.SIGKILL)
        assert is_gone(process, 10)
    assert list(folder.iterdir()) == []
