"""Making the environment from the panel, where a run cannot start without it."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from soma_qgis.engine.environment import Status
from soma_qgis.engine.tasks import Task, create_environment, creation
from soma_qgis.i18n import tr


class EnvironmentBar(QWidget):
    """One click makes the environment; the rest is among the options."""

    changed = pyqtSignal()
    """The environment was made, or could not be."""

    options_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._task: Task | None = None
        self.line = QLabel()
        self.line.setWordWrap(True)
        self.line.setTextFormat(Qt.TextFormat.PlainText)
        self.create = QPushButton(tr("Create environment"))
        self.create.setToolTip(
            tr("Downloads what registration needs into the QGIS profile; runs in the background")
        )
        self.create.clicked.connect(self._on_create)
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.setToolTip(tr("Stops; the next attempt goes on from there"))
        self.cancel.clicked.connect(self._on_cancel)
        self.options = QPushButton(tr("Options…"))
        self.options.setToolTip(tr("Choose a Python of your own, an offline folder or a proxy"))
        self.options.clicked.connect(self.options_wanted)
        row = QHBoxLayout()
        row.addWidget(self.create, 1)
        row.addWidget(self.cancel, 1)
        row.addWidget(self.options)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.line)
        column.addLayout(row)
        self.line.setVisible(False)

    def refresh(self, status: Status) -> None:
        """Show what there is to do, or nothing where a run can start."""
        task = creation()
        if task is not None and task is not self._task:
            self._follow(task)
        making = self._task is not None
        self.create.setVisible(not making)
        self.cancel.setVisible(making)
        self.setVisible(making or not status.ready)

    def _on_create(self) -> None:
        self._follow(create_environment())
        self.changed.emit()

    def _on_cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _follow(self, task: Task) -> None:
        self._task = task
        task.said.connect(self._show)
        task.progressChanged.connect(self._show)
        task.ended.connect(self._on_ended)
        self._show()

    def _show(self) -> None:
        if self._task is None:
            return
        stage = self._task.stage or tr("Preparing the environment")
        self.line.setText(f"{stage} · {self._task.progress():.0f} %")
        self.line.setVisible(True)

    def _on_ended(self) -> None:
        error = self._task.error if self._task is not None else None
        self._task = None
        self.line.setText(str(error) if error is not None else "")
        self.line.setVisible(error is not None)
        self.changed.emit()
