"""Whatever asks a command to end, and whenever: nothing half-written, and one sentence."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such signals here")

WRITING = """
import hashlib, sys, time
from pathlib import Path
import model_core.__main__ as program
from model_core.raster.output_folder import output_folder
from model_core.raster.output import atomic_write

def work():
    folder, how = Path(sys.argv[1]), sys.argv[2]
    if how == "something before":
        with atomic_write(folder.with_name("first.txt")) as path:
            path.write_text("whole")
    with output_folder(folder), atomic_write(folder / "a.txt") as path:
        path.write_text("half")
        print("writing", flush=True)
        if how == "deaf":  # a computation in C that does not come back to Python
            hashlib.pbkdf2_hmac('sha256', b'a', b'b', 10**8)
        time.sleep(30)

program.main = work
sys.exit(program.program())
"""


def start(*command: str) -> subprocess.Popen[str]:
    # A shell may have started the tests with Ctrl+C ignored, which children inherit.
    code = "import os, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    code += "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    return subprocess.Popen(
        [sys.executable, "-c", code, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def stopped(number: int, folder: Path, how: str = "") -> tuple[int, str]:
    """Stop a command that is writing; return its exit code and what it said."""
    with start("-c", WRITING, str(folder), how) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        process.send_signal(number)
        said = process.communicate(timeout=20)[1]
    return process.returncode, said


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_stopped_command_leaves_nothing_and_says_so(tmp_path: Path, name: str, code: int) -> None:
    said = stopped(getattr(signal, name), tmp_path / "a" / "b")
    assert said == (code, "Stopped; nothing was written.\n")
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_before_is_named_and_stays(tmp_path: Path) -> None:
    code, said = stopped(signal.SIGTERM, tmp_path / "out", "something before")
    assert (code, said) == (
        143,
        "Stopped; first.txt and what was written before it are complete.\n",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["first.txt"]


def test_a_computation_that_hears_nothing_is_ended_too(tmp_path: Path) -> None:
    began = time.monotonic()
    assert stopped(signal.SIGTERM, tmp_path / "out", "deaf")[0] == 143
    assert time.monotonic() - began < 10
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seconds", [0.1, 0.4, 0.9])
def test_ctrl_c_while_libraries_are_loaded_is_one_sentence(tmp_path: Path, seconds: float) -> None:
    code = "import model_core.__main__ as m, sys; print(flush=True); sys.exit(m.program())"
    images = ["--sar", "none.tif", "--optical", "none.tif", "--out", str(tmp_path / "out")]
    with start("-c", code, "register", *images) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=20)[1]
    if process.returncode == 2:
        pytest.skip("this machine loads them faster")
    assert (process.returncode, said) == (130, "Stopped; nothing was written.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seconds", [0.2, 0.6])
def test_a_worker_is_stopped_in_order(seconds: float) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "model_core", "serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        process.stdin.write(b'{"protocol": 1, "type": "job", "id": "1", "job": "info"}\n')
        process.stdin.flush()
        time.sleep(seconds)  # torch is being loaded
        process.terminate()
        said = process.stderr.read() if process.stderr else b""
        assert process.wait(20) == 143
    assert said == b"Stopped; nothing was written.\n"


def test_what_is_ignored_stays_ignored() -> None:
    code = (
        "import signal, sys, model_core.__main__ as m\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "m.main = lambda: signal.raise_signal(signal.SIGHUP) or 7\n"
        "sys.exit(m.program())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True)
    assert (done.returncode, done.stderr) == (7, b"")
