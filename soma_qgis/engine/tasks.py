"""Work in the background of QGIS that takes seconds to minutes, on the environment."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from qgis.core import QgsApplication, QgsTask
from qgis.PyQt.QtCore import pyqtSignal

from soma_qgis.engine.device import remembered
from soma_qgis.engine.diagnostics import Check, check
from soma_qgis.engine.environment import python_in
from soma_qgis.engine.errors import EngineCancelledError, EngineError
from soma_qgis.engine.installation import Installation, remove
from soma_qgis.engine.plan import Plan
from soma_qgis.i18n import tr
from soma_qgis.settings import Settings

_kept: set[Task] = set()
"""Tasks that run: one without a reference is collected while it runs."""


class Task(QgsTask):
    """Runs a function; nothing that it raises escapes.

    Attributes:
        result: what the function returned, after ``ended``.
        error: why it did not, or None.
        creates: it makes the managed environment.
    """

    said = pyqtSignal(str)
    """The stage, whenever it changes."""

    ended = pyqtSignal()
    """In the main thread, after success, failure and cancellation alike."""

    def __init__(self, title: str, work: Callable[[Ear], Any], creates: bool = False) -> None:
        super().__init__(title, QgsTask.Flag.CanCancel)
        self.creates = creates
        self.result: Any = None
        self.error: EngineError | None = None
        self.stage = ""
        self._work = work

    def run(self) -> bool:
        """Do the work, in a thread of QGIS's."""
        try:
            self.result = self._work(Ear(self))
        except EngineError as error:
            self.error = error
        except Exception as error:  # whatever it is, QGIS must not end with it
            text = tr("{} failed unexpectedly ({}); copy the diagnostics and report it.")
            text = text.format(self.description(), error)
            self.error = EngineError(text, "unexpected", traceback.format_exc())
        return self.error is None

    def finished(self, result: bool) -> None:
        """Tell who waits."""
        if not result and self.error is None:  # cancelled before it ran
            self.error = EngineCancelledError(tr("Cancelled."))
        _kept.discard(self)
        self.ended.emit()


class Ear:
    """Hears of the work and tells its task: the ``Listener`` of what a task runs."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def progress(self, stage: str, fraction: float) -> None:
        """Show the stage and the share done, in [0, 1]."""
        self._task.setProgress(100 * fraction)
        if stage != self._task.stage:
            self._task.stage = stage
            self._task.said.emit(stage)

    def log(self, message: str) -> None:
        """Take a line; who does the work keeps its log."""

    def cancelled(self) -> bool:
        """Return whether the person has cancelled."""
        return bool(self._task.isCanceled())


def creation() -> Task | None:
    """Return the task that makes the managed environment now, if one does."""
    return next((task for task in _kept if task.creates), None)


def create_environment(settings: Settings | None = None) -> Task:
    """Start to make the managed environment, or return the task that already does."""
    running = creation()
    if running is not None:
        return running
    plan = Plan.of(settings or Settings.load())

    def work(ear: Ear) -> Check:
        return remembered(str(python_in(plan.folder)), Installation(plan, ear).run())

    return _start(Task(tr("Making SOMA's environment"), work, creates=True))


def check_python(python: str) -> Task:
    """Start to check a Python; its ``result`` is a ``Check``."""

    def work(ear: Ear) -> Check:
        return remembered(python, check(python, ear.cancelled))

    return _start(Task(tr("Checking a Python"), work))


def remove_environment() -> Task:
    """Start to delete the managed environment."""
    return _start(Task(tr("Deleting SOMA's environment"), lambda ear: remove()))


def cancel_all() -> None:
    """End what runs: the plugin goes away."""
    for task in list(_kept):
        task.cancel()


def _start(task: Task) -> Task:
    _kept.add(task)
    QgsApplication.taskManager().addTask(task)
    return task
