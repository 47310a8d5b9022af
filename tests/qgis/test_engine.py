"""The engine on a stub worker: results, warm reuse, cancellation, crashes."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from model_core.raster.unfinished import MOVES
from model_core.raster.unfinished import UNFINISHED as CORE_UNFINISHED
from model_core.worker.protocol import PROTOCOL as CORE_PROTOCOL
from soma_qgis.engine import engine as engine_module
from soma_qgis.engine.clean_up import COMPLETE, UNFINISHED, remove_unfinished
from soma_qgis.engine.engine import Engine
from soma_qgis.engine.errors import EngineCancelledError, EngineError
from soma_qgis.engine.process import Launch
from soma_qgis.engine.protocol import PROTOCOL

from .conftest import stub_launch


class Ear:
    """A listener that notes everything, and may cancel once the job has started."""

    def __init__(self, cancel: bool = False) -> None:
        self.heard: list[tuple[str, object]] = []
        self.cancelled_at = 0.0
        self._cancel = cancel

    def progress(self, stage: str, fraction: float) -> None:
        self.heard.append((stage, fraction))

    def log(self, message: str) -> None:
        self.heard.append(("log", message))
        if self._cancel and message == "started":
            self.cancelled_at = time.monotonic()

    def cancelled(self) -> bool:
        return self.cancelled_at > 0


def gone(pid: int) -> bool:
    """Return whether a process is no more."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def wait_for(condition: Any, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_a_job_gives_progress_log_and_result(stub_engine: Engine) -> None:
    ear = Ear()
    result = stub_engine.run("echo", {"path": "é.tif"}, ear)
    assert result["arguments"] == {"path": "é.tif"}
    assert ear.heard == [("start", 0.0), ("read", 0.5), ("log", "hello")]


def test_the_worker_stays_warm_between_jobs(stub_engine: Engine) -> None:
    first = stub_engine.run("echo", {}, Ear())["pid"]
    assert stub_engine.run("echo", {}, Ear())["pid"] == first
    assert stub_engine.worker_pid() == first


def test_the_idle_worker_is_ended_after_a_while(qgis_app: Any) -> None:
    engine = Engine(stub_launch, lambda: 0.2)
    pid = engine.run("echo", {}, Ear())["pid"]
    assert wait_for(lambda: gone(pid))
    assert engine.run("echo", {}, Ear())["pid"] != pid
    engine.close()


def test_another_python_means_another_worker(qgis_app: Any, tmp_path: Path) -> None:
    launches = [stub_launch(), Launch(stub_launch().command, tmp_path)]
    engine = Engine(lambda cancelled: launches[0], lambda: 60.0)
    first = engine.run("echo", {}, Ear())["pid"]
    launches.pop(0)
    assert engine.run("echo", {}, Ear())["pid"] != first
    assert gone(first)
    engine.close()


def test_close_ends_the_worker(stub_engine: Engine) -> None:
    pid = stub_engine.run("echo", {}, Ear())["pid"]
    stub_engine.close()
    assert gone(pid)
    assert stub_engine.worker_pid() is None


@pytest.mark.parametrize("job", ["polite", "deaf"])
def test_cancel_leaves_no_process_and_no_file_within_two_seconds(
    stub_engine: Engine, tmp_path: Path, job: str
) -> None:
    pid = stub_engine.run("echo", {}, Ear())["pid"]
    output = str(tmp_path / "out [1].tif")
    ear = Ear(cancel=True)
    with pytest.raises(EngineCancelledError):
        stub_engine.run(job, {"output": output}, ear, [output])
    assert time.monotonic() - ear.cancelled_at < 2
    assert gone(pid)
    assert list(tmp_path.iterdir()) == []
    assert stub_engine.run("echo", {}, Ear())["pid"] != pid


def test_a_crash_is_one_sentence_with_the_last_words_and_the_next_run_works(
    stub_engine: Engine, tmp_path: Path
) -> None:
    output = str(tmp_path / "out.tif")
    with pytest.raises(EngineError, match=r"exit code 7.*bad alloc: out of memory") as caught:
        stub_engine.run("crash", {"output": output}, Ear(), [output])
    assert caught.value.kind == "crash"
    assert "some warning" in caught.value.details
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    assert stub_engine.run("echo", {}, Ear())["pid"]


def test_a_worker_killed_from_outside_is_reported_and_the_next_run_works(
    stub_engine: Engine, tmp_path: Path
) -> None:
    pid = stub_engine.run("echo", {}, Ear())["pid"]
    output = str(tmp_path / "out.tif")
    killer = threading.Timer(0.5, os.kill, (pid, signal.SIGKILL))
    killer.start()
    with pytest.raises(EngineError, match="killed by signal 9"):
        stub_engine.run("deaf", {"output": output}, Ear(), [output])
    assert list(tmp_path.iterdir()) == []
    assert stub_engine.run("echo", {}, Ear())["pid"] != pid


def test_a_worker_that_died_while_idle_is_replaced(stub_engine: Engine) -> None:
    pid = stub_engine.run("echo", {}, Ear())["pid"]
    os.kill(pid, signal.SIGKILL)
    assert wait_for(lambda: stub_engine.worker_pid() is None)
    assert stub_engine.run("echo", {}, Ear())["pid"] != pid


def test_an_error_keeps_sentence_kind_and_details_and_the_worker(stub_engine: Engine) -> None:
    pid = stub_engine.run("echo", {}, Ear())["pid"]
    with pytest.raises(EngineError, match=r"^That cannot be\.$") as caught:
        stub_engine.run("refuse", {}, Ear())
    assert (caught.value.kind, caught.value.details) == ("bad_input", "where it happened")
    assert stub_engine.run("echo", {}, Ear())["pid"] == pid


def test_two_runs_at_once_wait_for_each_other(stub_engine: Engine, tmp_path: Path) -> None:
    output = str(tmp_path / "out.tif")
    started = threading.Event()

    class First(Ear):
        stop = False

        def log(self, message: str) -> None:
            started.set()

        def cancelled(self) -> bool:
            return self.stop

    first, second = First(), Ear()

    def run_first() -> None:
        with pytest.raises(EngineCancelledError):
            stub_engine.run("polite", {"output": output}, first, [output])

    thread = threading.Thread(target=run_first)
    thread.start()
    assert started.wait(5)
    threading.Timer(0.5, setattr, (first, "stop", True)).start()
    assert stub_engine.run("echo", {}, second)["pid"]
    thread.join(5)
    assert any("Waiting" in str(text) for _, text in second.heard)


def test_a_run_that_waits_can_be_cancelled(stub_engine: Engine) -> None:
    class Impatient(Ear):
        def cancelled(self) -> bool:
            return True

    stub_engine._turn.acquire()
    try:
        with pytest.raises(EngineCancelledError):
            stub_engine.run("echo", {}, Impatient())
    finally:
        stub_engine._turn.release()


def test_a_program_that_cannot_be_started_is_a_sentence(qgis_app: Any, tmp_path: Path) -> None:
    engine = Engine(lambda cancelled: Launch((str(tmp_path / "nothing"),)))
    with pytest.raises(EngineError, match="cannot be started"):
        engine.run("echo", {}, Ear())


def test_a_program_that_is_no_worker_is_reported_with_its_words(qgis_app: Any) -> None:
    command = (sys.executable, "-c", "raise SystemExit('No module named model_core')")
    engine = Engine(lambda cancelled: Launch(command))
    with pytest.raises(EngineError, match="No module named model_core"):
        engine.run("echo", {}, Ear())


def test_a_silent_program_is_given_up(qgis_app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "START_TIMEOUT", 0.5)
    monkeypatch.setenv("SOMA_STUB", "mute")
    engine = Engine(stub_launch)
    with pytest.raises(EngineError, match="did not answer"):
        engine.run("echo", {}, Ear())
    assert engine.worker_pid() is None


def test_a_core_of_another_release_is_refused(
    qgis_app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOMA_STUB_PROTOCOL", "99")
    engine = Engine(stub_launch)
    with pytest.raises(EngineError, match="protocol 99"):
        engine.run("echo", {}, Ear())
    assert engine.worker_pid() is None


def test_the_worker_ends_when_its_parent_is_killed(qgis_app: Any, tmp_path: Path) -> None:
    import subprocess

    code = (
        "import sys, time; from soma_qgis.engine.process import *; "
        "w = WorkerProcess(Launch((sys.executable, sys.argv[1]))); "
        "w.receive(10); print(w.pid, flush=True); time.sleep(60)"
    )
    stub = stub_launch().command[1]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", code, stub], stdout=subprocess.PIPE, cwd=root
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert not gone(pid)
        parent.kill()
    assert wait_for(lambda: gone(pid))


def test_only_what_this_worker_was_writing_is_removed(tmp_path: Path) -> None:
    output = tmp_path / "[1]" / "a[1].tif"
    folders = [output.parent / f"{UNFINISHED}{name}" for name in ("7-01", "77-01", "7-02", "8-7-1")]
    for folder in folders:
        (folder / "new").mkdir(parents=True)
        (folder / "new" / output.name).touch()
    (folders[2] / COMPLETE).touch()  # the next run puts these files in their places
    output.touch()
    assert remove_unfinished([str(output), str(tmp_path / "gone" / "b.tif")], 7) == []
    assert sorted(output.parent.iterdir()) == sorted([*folders[1:], output])


def test_both_sides_agree_on_what_they_cannot_share() -> None:
    assert PROTOCOL == CORE_PROTOCOL
    assert UNFINISHED == CORE_UNFINISHED
    assert COMPLETE == MOVES
