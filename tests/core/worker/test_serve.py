"""``python -m model_core serve`` as a process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from model_core.commands.serve import POLITENESS
from model_core.worker.protocol import decode, encode
from model_core.worker.server import EXIT_ORPHANED

ROOT = Path(__file__).resolve().parents[3]


SERVE = ("-m", "model_core", "serve")


def talk(*messages: bytes, command: Sequence[str] = SERVE) -> tuple[list[dict[str, Any]], str]:
    """Send messages to a fresh worker that then ends; return what it said, and on stderr."""
    done = subprocess.run(
        [sys.executable, *command],
        input=b"".join(messages),
        capture_output=True,
        cwd=ROOT,
        timeout=60,
        check=True,
    )
    return [decode(line) for line in done.stdout.splitlines()], done.stderr.decode()


@contextmanager
def worker(command: Sequence[str] = SERVE) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker whose input stays open within the block, and wait for its end."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, *command], stdin=pipe, stdout=pipe, cwd=ROOT, bufsize=0
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)


def ask(process: subprocess.Popen[bytes], message: bytes, until: str) -> dict[str, Any]:
    """Send a message and return the first answer of a type."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(message)
    while (said := decode(process.stdout.readline()))["type"] != until:
        pass
    return said


def job(name: str, **arguments: Any) -> bytes:
    return encode("job", id="1", job=name, arguments=arguments)


def test_it_ends_when_its_input_ends() -> None:
    messages, _ = talk()
    assert [message["type"] for message in messages] == ["ready"]


def test_it_starts_without_loading_torch() -> None:
    code = (
        "import sys, model_core.__main__ as m; m.main(['serve']); "
        "sys.stderr.write('torch' if 'torch' in sys.modules else 'light')"
    )
    assert talk(encode("shutdown"), command=("-c", code))[1] == "light"


NOISY = """
import os, sys
from model_core.worker import jobs
def noisy(arguments, feedback):
    print("from Python")
    os.write(1, b"from C\\n")
    return {"read": sys.stdin.read()}
jobs.JOBS["noisy"] = noisy
from model_core.__main__ import main
main(["serve"])
"""


def test_what_libraries_print_never_reaches_the_protocol() -> None:
    with worker(("-c", NOISY)) as process:
        assert ask(process, job("noisy"), "result")["result"] == {"read": ""}


@pytest.mark.slow
def test_bad_input_of_a_real_job_comes_back_as_a_sentence(tmp_path: Path) -> None:
    request = {"sar": str(tmp_path / "none.tif"), "optical": str(tmp_path / "neither.tif")}
    with worker() as process:
        error = ask(process, job("register", **request), "error")
    assert process.returncode == 0
    assert (error["kind"], error["exit_code"]) == ("bad_input", 2)
    assert "none.tif does not exist" in error["sentence"]


@pytest.mark.slow
def test_info_says_what_a_registration_would_run_on() -> None:
    with worker() as process:
        info = ask(process, job("info", device="cpu"), "result")["result"]
    assert info["device"] == "cpu"
    assert info["device_reason"]
    assert {"soma", "torch", "timm", "rasterio", "gdal"} <= set(info["versions"])


DEAF = """
import time
from model_core.raster.output import atomic_write
from model_core.worker import jobs, server
from model_core.worker.stdio import claim_stdio
def deaf(arguments, feedback):
    with atomic_write(arguments["output"]) as path:
        path.write_text("half")
        feedback.log("started")
        time.sleep(60)
jobs.JOBS["deaf"] = deaf
server.Server(*claim_stdio(), orphan_grace=0.5).serve()
"""


def test_an_orphan_that_does_not_stop_is_ended_and_leaves_no_half_file(tmp_path: Path) -> None:
    with worker(("-c", DEAF)) as process:
        ask(process, job("deaf", output=str(tmp_path / "out.tif")), "log")
        assert len(list(tmp_path.iterdir())) == 1
        closed = time.monotonic()
    assert process.returncode == EXIT_ORPHANED
    assert list(tmp_path.iterdir()) == []
    assert time.monotonic() - closed < 10


@pytest.mark.skipif(not hasattr(os, "nice"), reason="the system has no niceness")
def test_the_worker_lets_others_go_first() -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    with worker() as process:
        ask(process, job("ping"), "result")
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == min(19, own + POLITENESS)
