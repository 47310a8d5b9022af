"""What the panel says of the environment and the device, before and after a run."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from qgis.core import QgsRasterLayer

from soma_qgis.dock import environment_bar, panel
from soma_qgis.dock.panel import SomaDock
from soma_qgis.engine import tasks
from soma_qgis.engine.device import FoundDevice, remember_device
from soma_qgis.engine.diagnostics import Check
from soma_qgis.engine.environment import Status
from soma_qgis.engine.errors import EngineError

from .conftest import run, wait


def test_without_an_environment_it_offers_to_make_one(
    dock: SomaDock, layers: list[QgsRasterLayer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel, "status", lambda: Status(False, "Make it first.", None))
    dock.check()
    assert "Make it first." in dock.status.text()
    assert not dock.run_bar.run.isEnabled()
    assert not dock.environment.isHidden()
    # One click makes it; the work itself is that of the engine's own tests.
    task = tasks._start(tasks.Task("test", lambda ear: ear.progress("Downloading", 0.5), True))
    monkeypatch.setattr(environment_bar, "create_environment", lambda: task)
    dock.environment.create.click()
    assert dock.environment.create.isHidden()
    monkeypatch.setattr(panel, "status", lambda: Status(True, "", "python"))
    wait(lambda: dock.run_bar.run.isEnabled())
    assert dock.environment.isHidden()


def test_an_environment_that_cannot_be_made_is_explained(
    dock: SomaDock, layers: list[QgsRasterLayer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel, "status", lambda: Status(False, "Make it first.", None))

    def fail(ear: tasks.Ear) -> None:
        raise EngineError("The disk is full; free 3 GB.", "environment")

    def create() -> tasks.Task:
        return tasks._start(tasks.Task("test", fail, True))

    monkeypatch.setattr(environment_bar, "create_environment", create)
    dock.check()
    dock.environment.create.click()
    wait(lambda: "The disk is full" in dock.environment.line.text())
    assert not dock.environment.create.isHidden()


def test_the_device_and_the_reason_are_said_before_a_run(
    dock: SomaDock, layers: list[QgsRasterLayer]
) -> None:
    def choose(device: str) -> str:
        dock.form.fields["device"].set_value(device)
        dock.check()
        return str(dock.device.text())

    assert choose("auto") == "Runs on the CPU: the reason."
    assert choose("cpu") == "Runs on the CPU, as chosen."
    assert "cannot be used: the reason" in choose("cuda")
    remember_device("python", FoundDevice("cuda", "a GPU passed"))
    assert choose("cuda") == "Runs on the GPU: a GPU passed."
    # A run tells what the core took.
    choose("auto")
    run(dock)
    assert choose("auto") == "Runs on the CPU: stub."


def test_an_unknown_device_is_found_out_in_the_background(
    dock: SomaDock, layers: list[QgsRasterLayer], monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = {"device": "cpu", "device_reason": "no GPU was found"}
    answers = {"python3": Check(True, "", facts), "python9": Check(False, "Cannot run SOMA.")}
    asked = []
    read = threading.Event()

    def answer(python: str, cancelled: Callable[[], bool]) -> Check:
        asked.append(python)
        read.wait(10)  # not before the text without an answer was read
        return answers[python]

    monkeypatch.setattr(tasks, "check", answer)
    monkeypatch.setattr(panel, "status", lambda: Status(True, "", "python3"))
    dock.check()
    assert dock.device.text() == "The device is not known yet; it is being found out."
    read.set()
    wait(lambda: dock.device.text() == "Runs on the CPU: no GPU was found.")
    monkeypatch.setattr(panel, "status", lambda: Status(True, "", "python9"))
    dock.check()
    wait(lambda: dock.device.text() == "⚠ Cannot run SOMA.")
    dock.check()
    assert asked == ["python3", "python9"]
