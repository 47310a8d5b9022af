"""The button that starts a run, and how far the present one has come."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from soma_qgis.dock.progress import progress_line
from soma_qgis.dock.runs import RunQueue
from soma_qgis.i18n import tr


class RunBar(QWidget):
    """Run and Cancel, the stage and the share done."""

    def __init__(self, queue: RunQueue, parent: QWidget | None = None) -> None:
        """Follow a queue, and cancel its present run when a person wants that."""
        super().__init__(parent)
        self._queue = queue
        self.run = QPushButton(tr("R&un"))
        self.run.setEnabled(False)
        self.run.setToolTip(tr("Registers in the background; QGIS stays usable"))
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.setToolTip(tr("Stops the present run; nothing half written is left"))
        self.cancel.clicked.connect(queue.cancel_current)
        self._stage = QLabel()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setMaximumHeight(8)
        buttons = QHBoxLayout()
        buttons.addWidget(self.run, 1)
        buttons.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(buttons)
        column.addWidget(self._stage)
        column.addWidget(self._bar)
        queue.changed.connect(self.show_progress)
        self.show_progress()

    def show_progress(self) -> None:
        """Show how far the present run has come, if there is one."""
        run = self._queue.current
        for widget in (self._stage, self._bar, self.cancel):
            widget.setVisible(run is not None)
        self.run.setText(tr("R&un") if run is None else tr("R&un after this one"))
        if run is None:
            return
        text = progress_line(run.stage, run.share, run.seconds_left)
        if self._queue.waiting:
            text += " · " + tr("{} waiting").format(self._queue.waiting)
        self._stage.setText(text)
        self._bar.setValue(round(100 * run.share))
