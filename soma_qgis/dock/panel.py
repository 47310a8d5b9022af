"""The dock: two layers, Run, and what came of it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsMapLayer,
    QgsProcessing,
    QgsProject,
    QgsRasterLayer,
    QgsTask,
)
from qgis.gui import QgisInterface, QgsCollapsibleGroupBox, QgsDockWidget
from qgis.PyQt.QtCore import Qt, QTimer, QUrl
from qgis.PyQt.QtGui import QDesktopServices, QGuiApplication, QIcon
from qgis.PyQt.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from soma_qgis.algorithms import register as names
from soma_qgis.algorithms.base import AUTOMATIC
from soma_qgis.dock.area import from_parameter
from soma_qgis.dock.card import SIGNS, ResultCard
from soma_qgis.dock.check import Findings, check_pair
from soma_qgis.dock.choice import command, output_files
from soma_qgis.dock.column import Column
from soma_qgis.dock.compare_bar import CompareBar
from soma_qgis.dock.device_line import DeviceLine
from soma_qgis.dock.environment_bar import EnvironmentBar
from soma_qgis.dock.form import SettingsForm
from soma_qgis.dock.history import add_to_history, history_path, load_history
from soma_qgis.dock.outcome import Outcome, headline
from soma_qgis.dock.progress import progress_line
from soma_qgis.dock.runs import Run, RunQueue
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

OWN_PROPERTY = "soma/result"
"""Property by which SOMA's own layers are known."""


class SomaDock(QgsDockWidget):
    """The panel. Its parts decide nothing: see ``check``, ``choice``, ``outcome`` and ``runs``."""

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
        self._saving: QgsTask | None = None
        self.queue = RunQueue(self)
        self.queue.changed.connect(self._show_progress)
        self.queue.ended.connect(self._on_ended)

        self.form = SettingsForm(iface.mapCanvas())
        self.status = QLabel()
        self.status.setWordWrap(True)
        self.status.setTextFormat(Qt.TextFormat.PlainText)
        self.environment = EnvironmentBar()
        self.environment.options_wanted.connect(self._open_options)
        self.environment.changed.connect(self.check)
        self.device = DeviceLine()
        self.run_button = QPushButton(tr("R&un"))
        self.run_button.setEnabled(False)
        self.run_button.setToolTip(tr("Registers in the background; QGIS stays usable"))
        self.run_button.clicked.connect(self.start_run)
        self.cancel_button = QPushButton(tr("Cancel"))
        self.cancel_button.setToolTip(tr("Stops the present run; nothing half written is left"))
        self.cancel_button.clicked.connect(self.queue.cancel_current)
        self.stage = QLabel()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setMaximumHeight(8)
        self.card = ResultCard()
        self.card.setVisible(False)
        self.compare = CompareBar(iface.mapCanvas())
        self.compare.offer(None)
        self.card.add_below(self.compare)
        self._history = QListWidget()
        self._lay_out()
        self._connect_card()

        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE)
        self._settle.timeout.connect(self.check)
        self.form.changed.connect(self._settle.start)
        self.form.layers_chosen.connect(self._on_layers_chosen)
        project = QgsProject.instance()
        project.layersAdded.connect(self._on_layers_changed)
        project.layersRemoved.connect(self._on_layers_changed)
        project.cleared.connect(self._on_project_cleared)
        self.visibilityChanged.connect(self._on_visibility)
        self._fill_history(load_history(history_path()))
        self._show_progress()
        self.guess()

    def close_all(self) -> None:
        """Stop runs, and take everything of the panel out of QGIS."""
        self.queue.ended.disconnect(self._on_ended)
        self.queue.cancel_all()
        self._settle.stop()
        self.compare.stop()
        self.form.area.close_tools()
        project = QgsProject.instance()
        project.layersAdded.disconnect(self._on_layers_changed)
        project.layersRemoved.disconnect(self._on_layers_changed)
        project.cleared.disconnect(self._on_project_cleared)

    def guess(self) -> None:
        """Choose the likely layers of the project."""
        root = QgsProject.instance().layerTreeRoot()
        layers = [layer for layer in root.layerOrder() if isinstance(layer, QgsRasterLayer)]
        facts = [layer_facts(layer, bool(layer.customProperty(OWN_PROPERTY))) for layer in layers]
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
        choice = self.form.choice()
        pair = self.form.optical_layer(), self.form.sar_layer()
        reference, moving = pair if choice.moving == "sar" else pair[::-1]
        self._findings = check_pair(reference, moving, self.form.area.area())
        ready = status()
        problem = (
            self._findings.problem
            or self.form.area.problem()
            or _folder_problem(choice.folder)
            or ("" if ready.ready else ready.sentence)
        )
        self.environment.refresh(ready)
        self.device.refresh(ready, choice.device)
        self.run_button.setEnabled(not problem)
        self.status.setText(f"⚠ {problem}" if problem else _overlap_text(self._findings))

    def start_run(self) -> None:
        """Register what is chosen, now or after the runs that wait."""
        self._settle.stop()
        self.check()
        sar, optical = self.form.sar_layer(), self.form.optical_layer()
        if not self.run_button.isEnabled() or sar is None or optical is None:
            return
        self._person_chose = True  # results that are loaded must not change what is chosen
        self.queue.add(Run(self.form.choice(), sar, optical, self._findings.overlap))

    def show_outcome(self, outcome: Outcome, run: Run | None = None) -> None:
        """Show a card; ``run``: where it has just ended, so that its layers are known."""
        self._shown_run = run
        report = str(outcome.results.get(names.REPORT, ""))
        can_save = run is not None and bool(self._temporary_files(run))
        self.card.show_outcome(outcome, bool(report) and Path(report).exists(), can_save)
        self.compare.offer(_compared(outcome))
        # Once the layout knows how tall the card is.
        QTimer.singleShot(0, lambda: self._scroll.ensureWidgetVisible(self.card))

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.run_button, 1)
        buttons.addWidget(self.cancel_button)
        earlier = QgsCollapsibleGroupBox(tr("Earlier runs"))
        earlier.setObjectName("soma_history")
        earlier.setCollapsed(True)
        inside = QVBoxLayout(earlier)
        inside.addWidget(self._history)
        self._history.setMaximumHeight(140)
        self._history.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._history.setToolTip(tr("Shows the card of an earlier run, from which to repeat it"))
        self._history.itemActivated.connect(self._show_earlier)
        self._history.itemClicked.connect(self._show_earlier)
        body = QWidget()
        column = QVBoxLayout(body)
        for widget in (self.form, self.status, self.device, self.environment):
            column.addWidget(widget)
        column.addLayout(buttons)
        for widget in (self.stage, self.bar, self.card, earlier):
            column.addWidget(widget)
        column.addStretch(1)
        self._scroll = Column(body)
        self.setWidget(self._scroll)

    def _connect_card(self) -> None:
        self.card.report_wanted.connect(self._open_report)
        self.card.repeat_wanted.connect(self._repeat)
        self.card.command_wanted.connect(self._copy_command)
        self.card.save_wanted.connect(self._save_all)
        self.card.closed.connect(self._close_card)

    def _show_progress(self) -> None:
        run = self.queue.current
        for widget in (self.stage, self.bar, self.cancel_button):
            widget.setVisible(run is not None)
        self.run_button.setText(tr("R&un") if run is None else tr("R&un after this one"))
        if run is None:
            return
        text = progress_line(run.stage, run.share, run.seconds_left)
        if self.queue.waiting:
            text += " · " + tr("{} waiting").format(self.queue.waiting)
        self.stage.setText(text)
        self.bar.setValue(round(100 * run.share))

    def _on_ended(self, run: Run) -> None:
        assert run.outcome is not None
        for layer in run.layers.values():
            layer.setCustomProperty(OWN_PROPERTY, True)
        self._hide(run.layers.get(names.DISPLACEMENT_RASTER))
        if run.layers and run.overlap is not None:
            canvas = self._iface.mapCanvas()
            canvas.setReferencedExtent(run.overlap)
            canvas.zoomByFactor(ALMOST_ALL)
        self._remember_device(run.outcome)
        self.show_outcome(run.outcome, run)
        if not self.isUserVisible():
            self._tell(f"{headline(run.outcome.verdict)}: {run.outcome.title}")
        try:
            self._fill_history(add_to_history(history_path(), run.outcome))
        except OSError as error:
            self._tell(tr("The run could not be kept in the history: {}").format(error))
        self._settle.start()

    def _remember_device(self, outcome: Outcome) -> None:
        """Keep what the core chose; what it was told to take says nothing of that."""
        python, results = status().python, outcome.results
        if python is not None and results and outcome.choice.device == AUTOMATIC:
            found = FoundDevice(results[names.DEVICE_USED], results[names.DEVICE_REASON])
            remember_device(python, found)

    def _hide(self, layer: QgsMapLayer | None) -> None:
        """Switch a layer off: its colours would frame the registered image where that has none."""
        node = QgsProject.instance().layerTreeRoot().findLayer(layer.id()) if layer else None
        if node is not None:
            node.setItemVisibilityChecked(False)

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
        self.form.area.fill()
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

    def _fill_history(self, outcomes: list[Outcome]) -> None:
        self._history.clear()
        for outcome in outcomes:
            when = outcome.started.replace("T", " ")[:16]
            item = QListWidgetItem(f"{SIGNS[outcome.verdict]} {when}  {outcome.title}")
            item.setToolTip(f"{headline(outcome.verdict)}: {outcome.title}")
            item.setData(Qt.ItemDataRole.UserRole, outcome)
            self._history.addItem(item)

    def _show_earlier(self, item: QListWidgetItem) -> None:
        self.show_outcome(item.data(Qt.ItemDataRole.UserRole))

    def _open_options(self) -> None:
        self._iface.showOptionsDialog(self._iface.mainWindow(), PAGE)
        self.check()

    def _open_report(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self.card.report_path()))

    def _copy_command(self) -> None:
        if self.card.outcome is None:
            return
        parameters = dict(self.card.outcome.parameters)
        folder = str(Path.home())
        if parameters.get(names.OUTPUT) == QgsProcessing.TEMPORARY_OUTPUT:
            choice = self.card.outcome.choice
            title = self.card.outcome.title.split(" → ")[0]
            parameters.update(output_files(folder, title, choice.products))
        QGuiApplication.clipboard().setText(command(parameters))
        self._tell(tr("The command is in the clipboard."))

    def _repeat(self) -> None:
        outcome = self.card.outcome
        if outcome is None:
            return
        sar = _find(outcome.choice.sar, str(outcome.parameters.get(names.SAR)))
        optical = _find(outcome.choice.optical, str(outcome.parameters.get(names.OPTICAL)))
        if sar is None or optical is None:
            lost = outcome.sar_name if sar is None else outcome.optical_name
            text = tr("{} is no longer in the project; choose the layer yourself.")
            self._tell(text.format(lost))
        self._person_chose = True
        self.form.set_layers(sar, optical)
        self.form.set_choice(outcome.choice)
        self.form.area.give(from_parameter(outcome.choice.extent))
        self._scroll.ensureVisible(0, 0)

    def _temporary_files(self, run: Run) -> dict[str, str]:
        """Return the results that QGIS deletes when it closes."""
        results = run.outcome.results if run.outcome is not None else {}
        if run.choice.folder:
            return {}
        wanted = (names.OUTPUT, *run.choice.products)
        return {name: results[name] for name in wanted if Path(results.get(name, "")).is_file()}

    def _save_all(self) -> None:
        run = self._shown_run
        if run is None or run.outcome is None or self._saving is not None:
            return
        folder = QFileDialog.getExistingDirectory(self, tr("Save all results in"))
        if folder:
            self.save_results(run, folder)

    def save_results(self, run: Run, folder: str) -> None:
        """Copy temporary results into a folder, and let the layers show the copies."""
        files = self._temporary_files(run)
        products = tuple(name for name in files if name != names.OUTPUT)
        title = run.names[0] if run.choice.moving == "sar" else run.names[1]
        targets = output_files(folder, title, products)

        def copy(task: QgsTask) -> None:
            for name, source in files.items():
                shutil.copyfile(source, targets[name])

        def copied(error: Exception | None, _result: object = None) -> None:
            self._saving = None
            if error is not None:
                self._tell(tr("The results could not be saved: {}").format(error))
                return
            for name, layer in run.layers.items():
                if name in files and layer.id() in QgsProject.instance().mapLayers():
                    source = layer.source().replace(files[name], targets[name])
                    layer.setDataSource(source, layer.name(), layer.providerType())
            self.card.save.setEnabled(False)
            self._tell(tr("The results are in {}.").format(folder))

        self._saving = QgsTask.fromFunction(tr("Saving results of SOMA"), copy, on_finished=copied)
        QgsApplication.taskManager().addTask(self._saving)


def _find(layer_id: str, source: str) -> QgsRasterLayer | None:
    """Return a layer by its id, or the one that shows the same file."""
    project = QgsProject.instance()
    layer = project.mapLayer(layer_id)
    candidates = [layer, *project.mapLayers().values()]
    for candidate in candidates:
        if isinstance(candidate, QgsRasterLayer) and (
            candidate.id() == layer_id or candidate.source() == source
        ):
            return candidate
    return None


def _compared(
    outcome: Outcome,
) -> tuple[QgsRasterLayer, QgsRasterLayer, QgsRasterLayer] | None:
    """Return the layers before, reference and after of a run; None where one is gone."""
    pair = (
        _find(outcome.choice.sar, str(outcome.parameters.get(names.SAR))),
        _find(outcome.choice.optical, str(outcome.parameters.get(names.OPTICAL))),
    )
    before, reference = pair if outcome.choice.moving == "sar" else pair[::-1]
    after = _find("", str(outcome.results.get(names.OUTPUT)))
    if before is None or reference is None or after is None:
        return None
    return before, reference, after


def _folder_problem(folder: str) -> str:
    if folder and not Path(folder).is_dir():
        return tr("There is no folder {}; choose another one for the results.").format(folder)
    return ""


def _overlap_text(findings: Findings) -> str:
    width, height = findings.pixels
    size = tr("{} × {} px of the reference").format(width, height)
    if findings.km2 is None:
        return tr("Without georeferencing, the images are registered in pixels: {}.").format(size)
    digits = 0 if findings.km2 >= 100 else 1 if findings.km2 >= 10 else 2
    text = tr("Overlap: {} km² · {}").format(f"{findings.km2:,.{digits}f}", size)
    return f"{text}. {findings.note}" if findings.note else text
