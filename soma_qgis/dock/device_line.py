"""The line that says which device a run will use, and why."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QLabel, QWidget

from soma_qgis.engine.device import known_device
from soma_qgis.engine.diagnostics import Check
from soma_qgis.engine.environment import Status
from soma_qgis.engine.tasks import Task, check_python
from soma_qgis.i18n import tr


class DeviceLine(QLabel):
    """Says what is known, and has it found out in the background where nothing is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setToolTip(tr("As the last check or run found it; the result says what was used."))
        self._python = ""
        self._wanted = ""
        self._tasks: dict[str, Task] = {}

    def refresh(self, status: Status, wanted: str) -> None:
        """Show the device of the Python that a run would take.

        Args:
            status: of the environment.
            wanted: one of ``settings.DEVICES``.
        """
        self._python, self._wanted = status.python or "", wanted
        self.setVisible(status.ready)
        if status.ready and wanted != "cpu" and known_device(self._python) is None:
            self._find_out()
        self._show()

    def _find_out(self) -> None:
        if self._python not in self._tasks:  # once: what is asked twice does not answer better
            task = self._tasks[self._python] = check_python(self._python)
            task.ended.connect(self._show)

    def _show(self) -> None:
        if self._wanted == "cpu":
            self.setText(tr("Runs on the CPU, as chosen."))
            return
        found = known_device(self._python)
        if found is None:
            self.setText(self._unknown())
        elif found.name == "cuda":
            self.setText(tr("Runs on the GPU: {}.").format(found.reason))
        elif self._wanted == "cuda":
            text = tr("⚠ The GPU is chosen and cannot be used: {}; choose automatic or the CPU.")
            self.setText(text.format(found.reason))
        else:
            self.setText(tr("Runs on the CPU: {}.").format(found.reason))

    def _unknown(self) -> str:
        task = self._tasks.get(self._python)
        if task is not None and task.error is not None:
            return tr("The device is not known yet: {}").format(task.error)
        if task is not None and isinstance(task.result, Check):
            return f"⚠ {task.result.sentence}"
        return tr("The device is not known yet; it is being found out.")
