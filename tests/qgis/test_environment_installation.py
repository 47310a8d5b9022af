"""Making the managed environment, on programs that play pip."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from qgis.PyQt.QtCore import QCoreApplication

from soma_qgis.engine import environment, installation, tasks
from soma_qgis.engine.base_python import base_pythons
from soma_qgis.engine.diagnostics import Check
from soma_qgis.engine.errors import EngineCancelledError, EngineError
from soma_qgis.engine.installation import Installation, log_path, unfinished
from soma_qgis.engine.plan import Plan

from .stage import GOOD, Ear, Stage, wheel


def test_the_environment_takes_its_place_when_it_has_passed_its_test(stage: Stage) -> None:
    ear = Ear()
    assert stage.run(ear) is GOOD
    assert (stage.plan.folder / "bin" / "python").exists()
    assert not unfinished(stage.plan.folder).exists()
    assert stage.installed() == ["packages.txt", "torch-cpu-linux-x86_64-cp311.txt"]
    shares = [share for _, share in ear.heard]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert list(dict.fromkeys(stage for stage, _ in ear.heard)) == [
        "Making the virtual environment",
        "Installing packages",
        "Installing torch",
        "Testing the environment",
    ]


def test_an_environment_of_another_release_is_told(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stage.run()
    assert not installation.outdated(stage.plan.folder)
    (tmp_path / "packages.txt").write_text("timm==2.0\n")
    monkeypatch.setattr(installation, "requirements_folder", lambda: tmp_path)
    assert installation.outdated(stage.plan.folder)


@pytest.mark.parametrize(
    ("system", "tag", "plan", "uv", "wanted"),
    [
        ("win32", "win32-AMD64-cp312", {}, False, ["torch.txt"]),
        ("win32", "win32-AMD64-cp312", {"gpu": True}, False, ["torch.txt"]),
        ("win32", "win32-AMD64-cp312", {"gpu": True}, True, ["torch-unhashed.txt", "torch.txt"]),
        (
            "win32",
            "win32-AMD64-cp312",
            {"gpu": True, "index": "a"},
            True,
            ["torch-unhashed.txt", "torch.txt"],
        ),
        (
            "linux",
            "linux-x86_64-cp311",
            {"index": "a"},
            True,
            ["torch-cpu-linux-x86_64-cp311.txt", "torch.txt"],
        ),
        ("darwin", "darwin-arm64-cp312", {}, True, ["torch.txt"]),
        ("linux", "linux-x86_64-cp313", {}, False, ["torch.txt"]),
        ("linux", "linux-x86_64-cp313", {"index": "a"}, False, ["torch-unhashed.txt", "torch.txt"]),
        ("linux", "linux-x86_64-cp313", {"wheels": "a"}, True, ["torch.txt"]),
        ("linux", "linux-x86_64-cp313", {"gpu": True}, True, ["torch.txt"]),
    ],
)
def test_the_build_of_torch_follows_system_driver_and_tools(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    system: str,
    tag: str,
    plan: dict[str, Any],
    uv: bool,
    wanted: list[str],
) -> None:
    made = Installation(Plan(stage.plan.folder, **plan), Ear())
    made._uv = "uv" if uv else None
    monkeypatch.setattr(installation, "ask", lambda *_: SimpleNamespace(stdout=tag))
    monkeypatch.setattr(sys, "platform", system)
    assert [name for name, _ in made._builds()] == wanted


def test_on_windows_the_python_beside_qgis_is_taken_and_never_qgis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("python.exe", "qgis-bin.exe"):
        (tmp_path / name).touch()
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "base_exec_prefix", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert list(base_pythons()) == [str(tmp_path / "python.exe")]


def test_everything_installed_is_hashed_and_without_dependencies(stage: Stage) -> None:
    stage.run()
    lines = stage.calls.read_text(encoding="utf-8").splitlines()
    for line in (line for line in lines if "pip install" in line):
        assert "--require-hashes --no-deps" in line


def test_with_a_driver_torch_comes_as_the_index_has_it(stage: Stage) -> None:
    stage.run(gpu=True)
    assert stage.installed() == ["packages.txt", "torch.txt"]


def test_where_the_index_has_no_cpu_build_the_default_one_is_taken_and_said(stage: Stage) -> None:
    stage.installs(
        'case "$*" in *torch-cpu*) echo "ERROR: No matching distribution found for torch"; exit 1;;'
        " esac"
    )
    ear = Ear()
    stage.run(ear)
    assert stage.installed()[-2:] == ["torch-cpu-linux-x86_64-cp311.txt", "torch.txt"]
    assert "torch-cpu-linux-x86_64-cp311.txt: not in the index; torch.txt instead" in ear.lines


def runs(pid: str) -> bool:
    """Return whether a process runs; one that has ended may wait for the system to collect it."""
    try:
        return bool(Path("/proc", pid, "cmdline").read_bytes())
    except OSError:
        return False


def test_cancelling_ends_pip_and_the_next_attempt_goes_on_there(stage: Stage) -> None:
    child_file = stage.folder / "child"
    stage.installs(f'case "$*" in *torch-cpu*) sleep 60 & echo $! > "{child_file}"; wait;; esac')
    started = time.monotonic()
    with pytest.raises(EngineCancelledError, match="kept for the next attempt"):
        stage.run(Ear(cancel_when=child_file))
    assert time.monotonic() - started < 10
    child = child_file.read_text().strip()
    deadline = time.monotonic() + 5
    while runs(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not runs(child)
    assert not stage.plan.folder.exists()

    stage.calls.unlink()
    stage.reinstalls("exit 0")
    stage.run()
    assert stage.installed() == ["torch-cpu-linux-x86_64-cp311.txt"]
    assert stage.plan.folder.exists()


def test_an_old_environment_stays_until_the_new_one_works(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.run()
    (stage.plan.folder / "old").touch()
    bad = Check(False, "It does not run.")
    monkeypatch.setattr(installation, "check", lambda python, cancelled: bad)
    with pytest.raises(EngineError, match=r"Testing the environment: It does not run\."):
        stage.run()
    assert (stage.plan.folder / "old").exists()
    monkeypatch.setattr(installation, "check", lambda python, cancelled: GOOD)
    stage.calls.unlink()
    stage.run()
    assert not (stage.plan.folder / "old").exists()
    assert stage.installed()[0] == "packages.txt"  # not what failed its test again


@pytest.mark.parametrize(
    ("said", "why", "todo"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full", "free some space"),
        ("ProxyError('Cannot connect to proxy.')", "proxy", "Options > Network"),
        ("SSLError(SSLCertVerificationError(1, '...", "certificate", "'cert'"),
        ("Temporary failure in name resolution", "cannot be reached", "folder of wheels"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "not the one", "check index or folder"),
        ("error: No solution found when resolving", "no build for this", "add it there"),
        ("OSError: [Errno 13] Permission denied: x", "cannot be written", "virus scanner"),
        ("something new happened.", "something new happened", "copy the diagnostics"),
    ],
)
def test_a_failure_says_which_step_why_and_what_to_do(
    stage: Stage, said: str, why: str, todo: str
) -> None:
    stage.installs(f'echo first; echo "{said}"; exit 1')
    with pytest.raises(EngineError) as caught:
        stage.run()
    sentence = str(caught.value)
    assert sentence.startswith("Installing packages: ")
    assert sentence.count(".") - sentence.count("..") <= 1
    assert why in sentence
    assert todo in sentence
    assert "first" in caught.value.details
    assert "first" in log_path(stage.plan.folder).read_text(encoding="utf-8")


def test_a_full_disk_is_seen_before_anything_is_done(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(free=1.5e9)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(EngineError, match=r"1\.5 GB are free .* needs 3 GB; free some space"):
        stage.run()
    with pytest.raises(EngineError, match="needs 12 GB"):
        stage.run(gpu=True)
    assert not stage.calls.exists()


def test_without_a_python_the_sentence_names_what_to_install(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "base_pythons", lambda: iter(["/nowhere/python"]))
    with pytest.raises(EngineError, match=r"no Python 3\.10 to 3\.14.*python3-venv.*uv"):
        stage.run()


def test_real_venv_and_pip_install_from_a_folder_and_refuse_another_wheel(
    qgis_app: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hashlib import sha256

    made = {name: wheel(tmp_path / "wheels", name) for name in ("first", "second")}
    lists = tmp_path / "lists"
    lists.mkdir()
    for file, name in (("packages.txt", "first"), ("torch.txt", "second")):
        digest = sha256(made[name].read_bytes()).hexdigest()
        (lists / file).write_text(f"{name}==1.0 --hash=sha256:{digest}\n")
    monkeypatch.setattr(installation, "requirements_folder", lambda: lists)
    monkeypatch.setattr(installation, "find_uv", lambda: None)
    monkeypatch.setattr(installation, "check", lambda python, cancelled: GOOD)
    plan = Plan(tmp_path / "environment", wheels=str(tmp_path / "wheels"))
    made["second"].write_bytes(made["second"].read_bytes() + b"tampered")
    with pytest.raises(EngineError, match="Installing torch: a package is not the one"):
        Installation(plan, Ear()).run()
    made["second"].unlink()
    wheel(tmp_path / "wheels", "second")
    digest = sha256(made["second"].read_bytes()).hexdigest()
    (lists / "torch.txt").write_text(f"second==1.0 --hash=sha256:{digest}\n")
    assert Installation(plan, Ear()).run() is GOOD
    code = "import first, second, sys; print(first.ANSWER, sys.prefix)"
    python = str(environment.python_in(plan.folder))
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["42", str(plan.folder)]


def wait_for(task: tasks.Task) -> None:
    """Let QGIS work until a task has ended; one cancelled early has ended at once."""
    deadline = time.monotonic() + 60
    while task in tasks._kept:
        assert time.monotonic() < deadline
        QCoreApplication.processEvents()
        time.sleep(0.01)


def test_the_task_makes_it_in_the_background_and_lets_nothing_escape(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Plan, "of", lambda settings: stage.plan)
    task = tasks.create_environment()
    assert tasks.create_environment() is task
    wait_for(task)
    assert (task.result, task.error) == (GOOD, None)
    assert tasks.creation() is None
    monkeypatch.setattr(Installation, "run", lambda self: 1 / 0)
    task = tasks.create_environment()
    wait_for(task)
    assert "failed unexpectedly (division by zero)" in str(task.error)
    assert task.error is not None
    assert "ZeroDivisionError" in task.error.details


def test_removal_takes_the_begun_one_as_well(stage: Stage) -> None:
    stage.run()
    unfinished(stage.plan.folder).mkdir()
    installation.remove(stage.plan.folder)
    assert not stage.plan.folder.exists()
    assert not unfinished(stage.plan.folder).exists()
