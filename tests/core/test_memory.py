"""A limit of memory is one sentence, and never a hang."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from model_core.errors import BadInputError, OutOfMemoryError, user_error
from model_core.memory import LEAST, LEAST_AT_START, check_memory

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(sys.platform != "linux", reason="limits are looked at on Linux only")
@pytest.mark.parametrize("megabytes", [150, 900, 1700])
def test_within_a_limit_that_is_too_low_a_command_says_so(megabytes: int, tmp_path: Path) -> None:
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv.pop(1)),) * 2);"
        "import model_core.__main__ as m; sys.exit(m.program())"
    )
    images = ["--sar", "a.tif", "--optical", "b.tif", "--out", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-c", code, str(megabytes * 10**6), "register", *images],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "A limit (ulimit -v) leaves this process" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_left_is_compared_with_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_core.memory.memory_left", lambda: None)
    check_memory()
    monkeypatch.setattr("model_core.memory.memory_left", lambda: LEAST)
    check_memory()
    with pytest.raises(BadInputError, match="805 MB of memory, but at least 1749 MB are needed"):
        check_memory(LEAST_AT_START)


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(12, "Cannot allocate memory"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried ..."),
        RuntimeError("can't start new thread"),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        ImportError("libtorch_cpu.so: failed to map segment from shared object"),
        caused(BadInputError("a.tif breaks off or is damaged."), MemoryError()),
        caused(BadInputError("a.tif is damaged."), RuntimeError("CPLE_OutOfMemory: out of memory")),
    ],
    ids=repr,
)
def test_whatever_a_library_makes_of_it_is_one_sentence(error: Exception) -> None:
    known = user_error(error)
    assert isinstance(known, OutOfMemoryError)
    assert known.exit_code == 2
    assert str(known).startswith("The memory ran out; ")


def test_other_errors_are_what_they_are() -> None:
    refused = BadInputError("The option out of memory is unknown; choose another.")
    assert user_error(refused) is refused
    assert user_error(caused(refused, KeyError("a"))) is refused
    assert user_error(KeyError("a")) is None
