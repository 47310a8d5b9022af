"""Python and environment, device and worker: what a person sets once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

from qgis.gui import QgsFileWidget, QgsOptionsPageWidget, QgsOptionsWidgetFactory
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QGuiApplication, QIcon
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QWidget,
)

from soma_qgis.engine import tasks
from soma_qgis.engine.diagnostics import Check, report
from soma_qgis.engine.environment import managed_folder, managed_python, status
from soma_qgis.engine.installation import log_path, outdated, unfinished
from soma_qgis.i18n import tr
from soma_qgis.locations import icon_path
from soma_qgis.options import PAGE
from soma_qgis.settings import DEVICES, PYTHON_VARIABLE, Settings


class OptionsFactory(QgsOptionsWidgetFactory):
    """Makes the page whenever QGIS opens its options."""

    def __init__(self) -> None:
        super().__init__()
        self.setTitle("SOMA")
        self.setIcon(QIcon(icon_path("soma.svg")))

    def createWidget(self, parent: QWidget | None = None) -> OptionsPage:
        """Return a new page."""
        return OptionsPage(parent)


class OptionsPage(QgsOptionsPageWidget):
    """The page. Work that takes time runs in tasks, which outlive the page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(PAGE)
        self._check: Check | None = None
        self._task: tasks.Task | None = None
        stored = Settings.stored()

        self._make_python(stored)
        self._make_work()
        self._make_sources(stored)
        self._make_worker(stored)
        self._lay_out()
        self.own.toggled.connect(self._show)
        self.python.fileChanged.connect(self._show)
        running = tasks.creation()
        if running is not None:
            self._follow(running)
        self._show()

    def _make_python(self, stored: Settings) -> None:
        """Make what chooses the Python of the worker, and says which one it is."""
        self.found = QRadioButton(tr("SOMA's own environment, or a Python that fits"))
        self.found.setToolTip(
            tr("The environment that one click makes, else a Python found on this computer.")
        )
        self.own = QRadioButton(tr("This Python:"))
        self.own.setToolTip(tr("A Python that you have set up yourself; Check tries it."))
        self.python = QgsFileWidget()
        self.python.setFilePath(stored.python)
        self.python.setToolTip(
            tr("A Python 3.10 or later with torch, timm, rasterio, safetensors.")
        )
        (self.own if stored.python else self.found).setChecked(True)
        self.state = _text()

    def _make_work(self) -> None:
        """Make what starts and stops work on the environment, and says how far it has come."""
        self.create = _button(tr("Create environment"), self._create)
        self.create.setToolTip(
            tr("Downloads what registration needs into the QGIS profile; runs in the background")
        )
        self.remove = _button(tr("Remove environment…"), self._remove)
        self.remove.setToolTip(tr("Deletes the environment that SOMA made, and nothing else"))
        self.check = _button(tr("Check"), self._check_python)
        self.check.setToolTip(tr("Tries the Python: packages, versions and the device"))
        self.diagnostics = _button(tr("Copy diagnostics"), self._copy)
        self.diagnostics.setToolTip(
            tr("Versions, settings and the log of the last attempt; your home folder reads as ~.")
        )
        self.stop = _button(tr("Cancel"), self._cancel)
        self.stop.setToolTip(tr("Stops; the next attempt goes on from there"))
        self.bar = QProgressBar()
        self.message = _text()

    def _make_sources(self, stored: Settings) -> None:
        """Make what says where packages come from."""
        tip = tr("Install from the wheels in this folder, without a network.")
        self.wheels = _path(stored.wheels, tip, QgsFileWidget.StorageMode.GetDirectory)
        self.index = QLineEdit(stored.index)
        self.index.setToolTip(
            tr("One more package index, such as one with the CPU or CUDA builds of torch.")
        )

    def _make_worker(self, stored: Settings) -> None:
        """Make what says how the worker runs."""
        self.device = QComboBox()
        for value, text in zip(DEVICES, (tr("GPU where it works, else CPU"), "CPU", "GPU (CUDA)")):
            self.device.addItem(text, value)
        self.device.setToolTip(tr("What the panel and the toolbox choose at first."))
        self.device.setCurrentIndex(DEVICES.index(stored.device))
        self.keep_warm = QDoubleSpinBox()
        self.keep_warm.setRange(0, 240)
        self.keep_warm.setDecimals(1)
        self.keep_warm.setSuffix(tr(" min"))
        self.keep_warm.setValue(stored.keep_warm / 60)
        self.keep_warm.setToolTip(
            tr("How long the worker waits for the next run, which then starts at once; 0: never.")
        )

    def apply(self) -> None:
        """Store what the page shows."""
        self._values().save()

    def _values(self) -> Settings:
        return Settings(
            self.python.filePath().strip() if self.own.isChecked() else "",
            self.keep_warm.value() * 60,
            self.device.currentData(),
            self.wheels.filePath().strip(),
            self.index.text().strip(),
        )

    def _lay_out(self) -> None:
        form = QFormLayout(self)
        form.addRow(tr("Python of the worker"), self.found)
        form.addRow("", _row(self.own, self.python))
        form.addRow("", self.state)
        form.addRow("", _row(self.create, self.remove, self.check, self.diagnostics))
        form.addRow("", _row(self.bar, self.stop))
        form.addRow("", self.message)
        form.addRow(tr("Folder of wheels (offline)"), self.wheels)
        form.addRow(tr("Additional package index"), self.index)
        form.addRow(tr("Device"), self.device)
        form.addRow(tr("Keep the worker for"), self.keep_warm)

    def _show(self) -> None:
        """Show what is there, and which buttons make sense."""
        busy = self._task is not None
        made, begun = managed_python().exists(), unfinished(managed_folder()).exists()
        again = tr("Continue creating") if begun else tr("Create again")
        self.create.setText(again if made or begun else tr("Create environment"))
        self.create.setEnabled(not busy)
        self.remove.setEnabled(not busy and (made or begun))
        self.check.setEnabled(not busy and bool(self._chosen()))
        self.bar.setVisible(busy)
        self.stop.setVisible(busy)
        self.python.setEnabled(self.own.isChecked())
        text = tr("Now in use: {}").format(status().sentence)
        if os.environ.get(PYTHON_VARIABLE):
            text += " " + tr("The variable {} goes before this page.").format(PYTHON_VARIABLE)
        elif made and outdated(managed_folder()):
            text += " " + tr("Another release made it; create it again to update it.")
        self.state.setText(text)

    def _chosen(self) -> str:
        own = self.python.filePath().strip()
        return (shutil.which(own) or own) if self.own.isChecked() else status().python or ""

    def _follow(self, task: tasks.Task) -> None:
        self._task = task
        self.bar.setValue(int(task.progress()))
        self.message.setText(task.stage)
        task.said.connect(self.message.setText)
        task.progressChanged.connect(self._advance)
        task.ended.connect(self._ended)
        self._show()

    def _advance(self, percent: float) -> None:
        self.bar.setValue(int(percent))

    def _ended(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            result = task.result
            self._check = result if isinstance(result, Check) else None
            done = self._check.sentence if self._check else tr("The environment was deleted.")
            self.message.setText(str(task.error) if task.error else done)
        self._show()

    def _create(self) -> None:
        self._follow(tasks.create_environment(self._values()))

    def _remove(self) -> None:
        question = tr("Delete the environment that SOMA made, in {}?").format(managed_folder())
        yes = QMessageBox.StandardButton.Yes
        if QMessageBox.question(self, "SOMA", question) == yes:
            self._follow(tasks.remove_environment())

    def _check_python(self) -> None:
        self._follow(tasks.check_python(self._chosen()))

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _copy(self) -> None:
        log = log_path(managed_folder())
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        QGuiApplication.clipboard().setText(report(self._check, text))


def _button(text: str, clicked: Callable[[], None]) -> QPushButton:
    button = QPushButton(text)
    button.clicked.connect(clicked)
    return button


def _path(path: str, tip: str, mode: QgsFileWidget.StorageMode) -> QgsFileWidget:
    widget = QgsFileWidget()
    widget.setStorageMode(mode)
    widget.setFilePath(path)
    widget.setToolTip(tip)
    return widget


def _text() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    return row
