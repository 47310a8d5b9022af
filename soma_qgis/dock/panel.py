"""The dock: two layers, Run, and what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import Qgis, QgsProcessing, QgsProject, QgsRasterLayer
from qgis.gui import QgisInterface, QgsDockWidget
from qgis.PyQt.QtCore import Qt, QTimer, QUrl
from qgis.PyQt.QtGui import QDesktopServices, QGuiApplication, QIcon
from qgis.PyQt.QtWidgets import QFileDialog, QLabel, QVBoxLayout, QWidget

from soma_qgis.algorithms import names
from soma_qgis.dock.card import ResultCard
from soma_qgis.dock.check import Findings, check_pair, folder_problem, overlap_text
from soma_qgis.dock.column import Column
from soma_qgis.dock.compare_bar import CompareBar
from soma_qgis.dock.device_line import DeviceLine
from soma_qgis.dock.environment_bar import EnvironmentBar
from soma_qgis.dock.form import SettingsForm
from soma_qgis.dock.history import add_to_history, history_path, load_history
from soma_qgis.dock.history_list import HistoryList
from soma_qgis.dock.project_layers import (
    compared_layers,
    hide,
    image_layers,
    is_own,
    mark_as_own,
)
from soma_qgis.dock.run_bar import RunBar
from soma_qgis.dock.run_record import RunRecord, headline
from soma_qgis.dock.run_settings import command, output_files
from soma_qgis.dock.runs import Run, RunQueue
from soma_qgis.dock.saving import Saving, temporary_files
from soma_qgis.engine.device import FoundDevice, remember_device
from soma_qgis.engine.environment import status
from soma_qgis.i18n import tr
from soma_qgis.layers.guess import guess_pair, layer_facts
from soma_qgis.locations import icon_path
from soma_qgis.options import PAGE

SETTLE = 150
"""Milliseconds after a change until the pair is looked at again."""

ALMOST_ALL = 1.08
"""How much more than the overlap is shown after a run."""


class SomaDock(QgsDockWidget):
    """The panel. Its parts decide nothing: see ``check``, ``run_settings`` and ``runs``."""

    def __init__(self, iface: QgisInterface, parent: QWidget | None = None) -> None:
        super().__init__(tr("SOMA: register SAR and optical"), parent)
        self.setObjectName("soma_dock")
        self.setWindowIcon(QIcon(icon_path("soma.svg")))
        self.setAllowedAreas(
            Qt.DockWidgetArea.LeftDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea
        )
        self._iface = iface
        self._findings = Findings()
        self._person_chose = False
        self._guess_wanted = False
        self._shown_run: Run | None = None
        self.queue = RunQueue(self)
        self.saving = Saving(self)
        self._make_parts()
        self._lay_out()
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE)
        self._settle.timeout.connect(self.check)
        self._connect()
        self.history.fill(load_history(history_path()))
        self.guess()

    def close_all(self) -> None:
        """Stop runs, and take everything of the panel out of QGIS."""
        self.queue.ended.disconnect(self._on_ended)
        self.queue.cancel_all()
        self._settle.stop()
        self.compare.stop()
        self.form.extent.close_tools()
        project = QgsProject.instance()
        project.layersAdded.disconnect(self._on_layers_changed)
        project.layersRemoved.disconnect(self._on_layers_changed)
        project.cleared.disconnect(self._on_project_cleared)

    def guess(self) -> None:
        """Choose the likely layers of the project."""
        root = QgsProject.instance().layerTreeRoot()
        layers = [layer for layer in root.layerOrder() if isinstance(layer, QgsRasterLayer)]
        facts = [layer_facts(layer, is_own(layer)) for layer in layers]
        found = {layer.id(): layer for layer in layers}
        sar, optical = guess_pair(facts)
        self.form.set_layers(found.get(sar or ""), found.get(optical or ""))

    def check(self) -> None:
        """Say what would stop a run, or how much there is to register."""
        if self._guess_wanted:
            self._guess_wanted = False
            incomplete = self.form.sar_layer() is None or self.form.optical_layer() is None
            if not self._person_chose or (incomplete and self.queue.current is None):
                self.guess()
        settings = self.form.run_settings()
        pair = self.form.optical_layer(), self.form.sar_layer()
        reference, moving = pair if settings.sar_moves else pair[::-1]
        started = self.form.fields["tie_points"].value() is not None
        self._findings = check_pair(reference, moving, self.form.extent.extent(), started)
        ready = status()
        problem = (
            self._findings.problem
            or self.form.extent.problem()
            or folder_problem(settings.folder)
            or ("" if ready.ready else ready.sentence)
        )
        self.environment.refresh(ready)
        self.device.refresh(ready, settings.values["device"])
        self.run_bar.run.setEnabled(not problem)
        self.status.setText(f"⚠ {problem}" if problem else overlap_text(self._findings))

    def start_run(self) -> None:
        """Register what is chosen, now or after the runs that wait."""
        self._settle.stop()
        self.check()
        sar, optical = self.form.sar_layer(), self.form.optical_layer()
        if not self.run_bar.run.isEnabled() or sar is None or optical is None:
            return
        self._person_chose = True  # results that are loaded must not change what is chosen
        self.queue.add(Run(self.form.run_settings(), sar, optical, self._findings.overlap))

    def show_record(self, record: RunRecord, run: Run | None = None) -> None:
        """Show a card; ``run``: where it has just ended, so that its layers are known."""
        self._shown_run = run
        report = str(record.results.get(names.REPORT, ""))
        can_save = run is not None and bool(temporary_files(run))
        self.card.show_record(record, bool(report) and Path(report).exists(), can_save)
        self.compare.offer(compared_layers(record))
        self._scroll.show_whole(self.card)

    def _make_parts(self) -> None:
        canvas = self._iface.mapCanvas()
        self.form = SettingsForm(canvas)
        self.status = QLabel()
        self.status.setWordWrap(True)
        self.status.setTextFormat(Qt.TextFormat.PlainText)
        self.device = DeviceLine()
        self.environment = EnvironmentBar()
        self.run_bar = RunBar(self.queue)
        self.card = ResultCard()
        self.card.setVisible(False)
        self.compare = CompareBar(canvas)
        self.compare.offer(None)
        self.card.add_below(self.compare)
        self.history = HistoryList()

    def _lay_out(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        for widget in (
            self.form,
            self.status,
            self.device,
            self.environment,
            self.run_bar,
            self.card,
            self.history,
        ):
            column.addWidget(widget)
        column.addStretch(1)
        self._scroll = Column(body)
        self.setWidget(self._scroll)

    def _connect(self) -> None:
        self.form.changed.connect(self._settle.start)
        self.form.layers_chosen.connect(self._on_layers_chosen)
        self.environment.options_wanted.connect(self._open_options)
        self.environment.changed.connect(self.check)
        self.run_bar.run.clicked.connect(self.start_run)
        self.queue.ended.connect(self._on_ended)
        self.saving.ended.connect(self._on_saved)
        self.card.report_wanted.connect(self._open_report)
        self.card.repeat_wanted.connect(self._repeat)
        self.card.command_wanted.connect(self._copy_command)
        self.card.save_wanted.connect(self._save_all)
        self.card.closed.connect(self._close_card)
        self.history.chosen.connect(self.show_record)
        self.visibilityChanged.connect(self._on_visibility)
        project = QgsProject.instance()
        project.layersAdded.connect(self._on_layers_changed)
        project.layersRemoved.connect(self._on_layers_changed)
        project.cleared.connect(self._on_project_cleared)

    def _on_ended(self, run: Run) -> None:
        assert run.record is not None
        for layer in run.layers.values():
            mark_as_own(layer)
        # Its colours would frame the registered image where that has none.
        hide(run.layers.get(names.DISPLACEMENT_RASTER))
        if run.layers and run.overlap is not None:
            canvas = self._iface.mapCanvas()
            canvas.setReferencedExtent(run.overlap)
            canvas.zoomByFactor(ALMOST_ALL)
        self._remember_device(run.record)
        self.show_record(run.record, run)
        if not self.isUserVisible():
            self._tell(f"{headline(run.record.verdict)}: {run.record.title}")
        try:
            self.history.fill(add_to_history(history_path(), run.record))
        except OSError as error:
            self._tell(tr("The run could not be kept in the history: {}").format(error))
        self._settle.start()

    def _remember_device(self, record: RunRecord) -> None:
        """Keep what the core chose; what it was told to take says nothing of that."""
        python, results = status().python, record.results
        if python is not None and results and record.settings.values["device"] == "auto":
            found = FoundDevice(results[names.DEVICE_USED], results[names.DEVICE_REASON])
            remember_device(python, found)

    def _tell(self, text: str) -> None:
        self._iface.messageBar().pushMessage("SOMA", text, Qgis.MessageLevel.Info)

    def _on_visibility(self, visible: bool) -> None:
        if visible:
            self._settle.start()
        else:
            self.compare.stop()

    def _on_layers_chosen(self) -> None:
        self._person_chose = True

    def _on_layers_changed(self, _layers: Any) -> None:
        self.form.extent.fill()
        # The layer tree, whose order decides among equals, hears of the layers after this.
        self._guess_wanted = True
        self._settle.start()

    def _on_project_cleared(self) -> None:
        self._person_chose = False
        self._close_card()

    def _close_card(self) -> None:
        self._shown_run = None
        self.compare.offer(None)
        self.card.hide()

    def _open_options(self) -> None:
        self._iface.showOptionsDialog(self._iface.mainWindow(), PAGE)
        self.check()

    def _open_report(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self.card.report_path()))

    def _copy_command(self) -> None:
        record = self.card.record
        if record is None:
            return
        parameters = dict(record.parameters)
        if parameters.get(names.OUTPUT) == QgsProcessing.TEMPORARY_OUTPUT:
            files = output_files(str(Path.home()), record.moved_name, record.settings.products)
            parameters.update(files)
        QGuiApplication.clipboard().setText(command(parameters))
        self._tell(tr("The command is in the clipboard."))

    def _repeat(self) -> None:
        record = self.card.record
        if record is None:
            return
        sar, optical = image_layers(record)
        if sar is None or optical is None:
            lost = record.sar_name if sar is None else record.optical_name
            text = tr("{} is no longer in the project; choose the layer yourself.")
            self._tell(text.format(lost))
        self._person_chose = True
        self.form.set_layers(sar, optical)
        self.form.set_run_settings(record.settings)
        self._scroll.ensureVisible(0, 0)

    def _save_all(self) -> None:
        run = self._shown_run
        if run is None or self.saving.busy:
            return
        folder = QFileDialog.getExistingDirectory(self, tr("Save all results in"))
        if folder:
            self.saving.save(run, folder)

    def _on_saved(self, good: bool, sentence: str) -> None:
        if good:
            self.card.save.setEnabled(False)
        self._tell(sentence)
