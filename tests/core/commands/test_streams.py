"""Standard input and output that are closed, full, or of a small alphabet; numbers below zero."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest

from model_core.__main__ import build_parser
from model_core.commands.streams import with_negative_numbers
from tests.conftest import ROOT

SAYING = """
import sys
from model_core.commands import streams
from model_core.errors import SomaError
streams.prepare_streams()
try:
    streams.say("影" * 100_000)
except SomaError as error:
    sys.exit(str(error))
"""


def shell(line: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program that says something, ``$@`` in a line of the shell."""
    command = ["bash", "-c", line, "bash", sys.executable, "-c", SAYING]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | variables
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (["-1e5", "-2.5E-3", "-1e+20", "-.5e1"], [-1e5, -0.0025, -1e20, -5.0]),
        (["-100", "-3.5", "0", "1e5"], [-100.0, -3.5, 0.0, 1e5]),
    ],
)
def test_negative_numbers_are_no_options(given: list[str], read: list[float]) -> None:
    paths = ["--sar", "a.tif", "--optical", "b.tif", "--out", "out"]
    arguments = with_negative_numbers(["register", *paths, "--extent", *given])
    assert build_parser().parse_args(arguments).extent == read


def test_what_is_no_number_stays() -> None:
    arguments = ["--extent", "-e5", "-", "--", "-1e5.tif", "--max-shift=-1e5"]
    assert with_negative_numbers(arguments) == arguments


def test_a_full_standard_output_is_a_sentence() -> None:
    done = shell('"$@" > /dev/full')
    assert done.returncode == 1
    assert done.stderr.startswith("What the command has to say cannot be written (")
    assert done.stderr.count("\n") == 1


def test_a_reader_that_has_gone_is_no_error() -> None:
    done = shell('"$@" | true; exit ${PIPESTATUS[0]}')
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("line", ['"$@" >&-', '"$@" <&- >&- 2>&-'])
def test_closed_streams_are_left_alone(line: str) -> None:
    done = shell(line)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_the_terminal_cannot_show() -> None:
    done = shell('"$@"', PYTHONIOENCODING="ascii")
    assert done.stdout.startswith(r"\u5f71\u5f71")


def test_a_worker_that_cannot_answer_ends() -> None:
    with Path("/dev/full").open("w") as full:
        worker = subprocess.Popen(
            [sys.executable, "-m", "model_core", "serve"],
            cwd=ROOT,
            stdin=PIPE,
            stdout=full,
            stderr=PIPE,
        )
        assert worker.wait(30) == 0  # while its input is still open
        assert worker.stderr is not None
        assert b"Traceback" not in worker.stderr.read()
        worker.communicate()
