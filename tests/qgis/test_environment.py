"""Which Python runs the worker, and what it inherits."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from soma_qgis.engine import child, environment
from soma_qgis.engine.child import child_environment
from soma_qgis.engine.engine import Engine
from soma_qgis.engine.environment import find_python, status, why_unfit
from soma_qgis.engine.errors import EngineCancelledError, EngineError
from soma_qgis.settings import KEEP_WARM, Settings

from .test_engine import Ear

OF_QGIS = {
    "PYTHONHOME": "/qgis/python",
    "PYTHONPATH": "/qgis/site-packages",
    "GDAL_DATA": "/qgis/gdal",
    "GDAL_DRIVER_PATH": "/qgis/gdalplugins",
    "PROJ_DATA": "/qgis/proj",
    "PROJ_LIB": "/qgis/proj",
    "QT_PLUGIN_PATH": "/qgis/qt",
    "QT_QPA_PLATFORM": "offscreen",
}


@pytest.fixture(autouse=True)
def nothing_set(qgis_app: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SOMA_PYTHON", raising=False)
    monkeypatch.setattr(environment, "_probed", {})
    monkeypatch.setattr(environment, "managed_python", lambda: tmp_path / "managed" / "python")


def never() -> bool:
    return False


def fake_python(folder: Path, body: str) -> Path:
    """Write a program that behaves as a Python of some kind."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "python3"
    program.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    program.chmod(0o755)
    return program


def test_nothing_of_qgis_reaches_the_child() -> None:
    kept = child_environment({**OF_QGIS, "HOME": "/home/a", "LANG": "de_DE"})
    assert kept == {"HOME": "/home/a", "LANG": "de_DE", "PYTHONUTF8": "1"}


def test_the_running_worker_has_the_scrubbed_environment(
    stub_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in OF_QGIS.items():
        if name != "PYTHONHOME":  # the tests' own child processes need theirs
            monkeypatch.setenv(name, value)
    inherited = stub_engine.run("echo", {}, Ear())["environment"]
    assert set(OF_QGIS).isdisjoint(inherited)
    assert inherited["PATH"] == os.environ["PATH"]


def test_the_variable_goes_before_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMA_PYTHON", sys.executable)
    assert find_python(never) == sys.executable


def test_a_wrong_variable_is_a_sentence_and_not_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMA_PYTHON", "/nowhere/python")
    with pytest.raises(EngineError, match=r"/nowhere/python.*SOMA_PYTHON"):
        find_python(never)


def test_the_managed_environment_goes_before_the_systems_python(tmp_path: Path) -> None:
    managed = fake_python(tmp_path / "managed", "exit 0")
    managed.rename(managed.with_name("python"))
    assert find_python(never) == str(tmp_path / "managed" / "python")


def test_a_python_is_taken_only_where_it_imports_what_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = fake_python(tmp_path / "bad", "echo \"No module named 'torch'\" >&2; exit 1")
    good = fake_python(tmp_path / "good", "exit 0")
    monkeypatch.setattr(environment, "_candidates", lambda: [str(bad), str(good)])
    assert find_python(never) == str(good)


def test_without_any_python_the_sentence_says_what_to_do_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = fake_python(tmp_path / "bad", "echo \"No module named 'torch'\" >&2; exit 1")
    monkeypatch.setattr(environment, "_candidates", lambda: [str(bad)])
    with pytest.raises(EngineError, match="create its environment") as caught:
        find_python(never)
    assert "SOMA_PYTHON" in str(caught.value)
    assert caught.value.details == f"{bad}: No module named 'torch'"


def test_a_python_is_asked_once(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    python = str(fake_python(tmp_path / "some", f"echo x >> {asked}; exit 0"))
    assert [why_unfit(python, never), why_unfit(python, never)] == ["", ""]
    assert asked.read_text(encoding="utf-8").split() == ["x"]


def test_asking_a_slow_python_can_be_cancelled(tmp_path: Path) -> None:
    python = str(fake_python(tmp_path / "slow", "exec sleep 30"))
    started = time.monotonic()
    with pytest.raises(EngineCancelledError):
        why_unfit(python, lambda: time.monotonic() - started > 0.3)
    assert time.monotonic() - started < 2


def test_a_python_that_never_answers_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "PROBE_TIMEOUT", 0.3)
    python = str(fake_python(tmp_path / "slow", "exec sleep 30"))
    assert "did not answer" in why_unfit(python, never)


def test_status_names_the_managed_environment_without_starting_it(tmp_path: Path) -> None:
    managed = fake_python(tmp_path / "managed", f"touch {tmp_path}/started")
    managed.rename(managed.with_name("python"))
    found = status()
    assert found.ready
    assert found.python == str(tmp_path / "managed" / "python")
    assert not (tmp_path / "started").exists()


def test_status_says_what_to_do_where_no_python_holds_what_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = fake_python(tmp_path / "bare" / "bin", "exit 0")
    monkeypatch.setattr(environment, "_candidates", lambda: [str(bare)])
    assert (status().ready, status().python) == (False, None)
    assert "create it" in status().sentence
    for name in environment.NEEDED:
        (tmp_path / "bare" / "lib" / "python3.11" / "site-packages" / name).mkdir(parents=True)
    assert (status().ready, status().python) == (True, str(bare))


def test_status_believes_what_a_python_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = str(fake_python(tmp_path / "some" / "bin", "exit 0"))
    monkeypatch.setattr(environment, "_candidates", lambda: [python])
    assert not status().ready
    why_unfit(python, never)
    assert status().ready


def test_status_of_a_wrong_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMA_PYTHON", "/nowhere/python")
    assert not status().ready
    assert "/nowhere/python" in status().sentence


def test_settings_survive_and_the_environment_overrides_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = Settings.load()
    try:
        Settings("/opt/python", 30.0).save()
        assert Settings.load() == Settings("/opt/python", 30.0)
        monkeypatch.setenv("SOMA_PYTHON", "/other/python")
        monkeypatch.setenv("SOMA_KEEP_WARM", "5")
        assert Settings.load() == Settings("/other/python", 5.0)
        monkeypatch.setenv("SOMA_KEEP_WARM", "long")
        assert Settings.load().keep_warm == KEEP_WARM
    finally:
        before.save()
