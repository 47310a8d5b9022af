"""Runs of ``soma:register`` in the background, one after the other."""

from __future__ import annotations

import datetime
import time
from collections import deque
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsMapLayer,
    QgsProcessing,
    QgsProcessingAlgRunnerTask,
    QgsProcessingFeedback,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingUtils,
    QgsProject,
    QgsRasterLayer,
    QgsReferencedRectangle,
)
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from soma_qgis.algorithms import names
from soma_qgis.algorithms.parameters import SELECTED
from soma_qgis.definitions import products
from soma_qgis.definitions import settings as all_settings
from soma_qgis.dock.progress import TimeLeft
from soma_qgis.dock.run_record import RunRecord
from soma_qgis.dock.run_settings import ALGORITHM, RunSettings, output_files
from soma_qgis.i18n import tr
from soma_qgis.layers.source import LayerError, raster_source

_running: list[Run] = []
"""Started runs: their tasks use what they hold until they end, also when the panel is gone."""


class RunFeedback(QgsProcessingFeedback):
    """Passes on the stage, and keeps errors: Processing tells a task's end without its reason."""

    stage_changed = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__(False)
        self.errors: list[str] = []

    def setProgressText(self, text: str) -> None:
        """Hear of a new stage, in the task's thread."""
        self.stage_changed.emit(text)

    def reportError(self, error: str, fatalError: bool = False) -> None:
        """Keep an error, in the task's thread."""
        self.errors.append(str(error))
        super().reportError(error, fatalError)


class Run(QObject):
    """One run: waiting, running or ended."""

    changed = pyqtSignal()
    ended = pyqtSignal()

    def __init__(
        self,
        settings: RunSettings,
        sar: QgsRasterLayer,
        optical: QgsRasterLayer,
        overlap: QgsReferencedRectangle | None = None,
    ) -> None:
        """Take what is needed of the layers now: they may be gone when the run's turn comes."""
        super().__init__()
        from processing.tools.dataobjects import createContext

        self.settings = settings
        self.overlap = overlap
        self._names = (sar.name(), optical.name())
        self.moved_name = self._names[0] if settings.sar_moves else self._names[1]
        self.stage = tr("Waiting for the run before it")
        self.share = 0.0
        self.seconds_left: float | None = None
        self.layers: dict[str, QgsMapLayer] = {}
        self.record: RunRecord | None = None
        self._left = TimeLeft()
        self._started = 0.0
        self._start_time = ""
        self._added = False
        self._cancelled = False
        self._results: dict[str, Any] = {}
        self._feedback = RunFeedback()
        self._feedback.stage_changed.connect(self._on_stage)
        self._feedback.progressChanged.connect(self._on_progress)
        self._context = createContext(self._feedback)
        files = _files(settings, self.moved_name)
        self._parameters = settings.parameters(_destinations(files))
        self._command = settings.parameters(files)
        for name, layer in ((names.SAR, sar), (names.OPTICAL, optical)):
            self._command[name] = _source(layer)
        for setting in all_settings():
            chosen = str(settings.values[setting.name]) if setting.type == "path" else ""
            layer = QgsProject.instance().mapLayer(chosen.removesuffix(SELECTED))
            if layer is not None:
                self._command[setting.parameter] = _source(layer)
        self._algorithm = QgsApplication.processingRegistry().createAlgorithmById(ALGORITHM)
        self._task: QgsProcessingAlgRunnerTask | None = QgsProcessingAlgRunnerTask(
            self._algorithm, self._parameters, self._context, self._feedback
        )
        self._task.executed.connect(self._on_executed)

    def start(self) -> None:
        """Hand the run to QGIS's task manager."""
        if self._task is None or self._added:
            return
        self._started = time.monotonic()
        self._start_time = datetime.datetime.now().isoformat(timespec="seconds")
        self.stage = tr("Starting")
        self.changed.emit()
        if self._task.isCanceled():  # the algorithm has refused the parameters
            self._on_executed(False, {})
            return
        self._added = True
        _running.append(self)
        QgsApplication.taskManager().addTask(self._task)

    def cancel(self) -> None:
        """Stop the run; :attr:`ended` follows."""
        if self._task is None:
            return
        # Not asked of the feedback later: Processing cancels that as well where it refuses a run.
        self._cancelled = True
        self._feedback.cancel()
        if self._added:
            self.stage = tr("Cancelling")
            self.changed.emit()
            self._task.cancel()
        else:
            self._on_executed(False, {})

    def _on_stage(self, stage: str) -> None:
        if not self._cancelled and self._task is not None:
            self.stage = stage
            self.changed.emit()

    def _on_progress(self, percent: float) -> None:
        if self._task is None:
            return
        self.share = percent / 100
        self.seconds_left = self._left.seconds(time.monotonic() - self._started, self.share)
        self.changed.emit()

    def _on_executed(self, good: bool, results: dict[str, Any]) -> None:
        if self._task is None:
            return
        self._task = None
        if good:
            self.stage, self.share, self.seconds_left = tr("Loading the results"), 1.0, None
            self.changed.emit()
            self._results = dict(results)
            QTimer.singleShot(0, self._load_results)
            return
        # QGIS itself cancels tasks, too, when it is closed.
        self._cancelled = self._cancelled or (self._added and self._feedback.isCanceled())
        problem = ""
        if not self._cancelled:
            problem = (
                self._feedback.errors[0]
                if self._feedback.errors
                else tr(
                    "The run ended without a reason; see View > Panels > Log Messages, Processing."
                )
            )
        self._end({}, problem)

    def _load_results(self) -> None:
        """Put the layers into the project, and end in a step of its own, so that QGIS can answer
        in between."""
        try:
            problem = self._load()
        except Exception as error:  # of Processing: without this the queue would never go on
            problem = tr("The results could not be loaded: {}").format(error)
        for name in _layer_outputs():
            if self._results.get(name):
                source = self._results[name]
                layer = QgsProcessingUtils.mapLayerFromString(source, self._context, False)
                if layer is not None:
                    self.layers[name] = layer
        QTimer.singleShot(0, lambda: self._end(self._results, problem))

    def _load(self) -> str:
        """Put the layers into the project as Processing does; return what went wrong, if any."""
        from processing.gui.Postprocessing import handleAlgorithmResults

        known = len(self._feedback.errors)
        loaded = handleAlgorithmResults(
            self._algorithm, self._context, self._feedback, parameters=self._parameters
        )
        return "" if loaded else " ".join(self._feedback.errors[known:])

    def _end(self, results: dict[str, Any], problem: str) -> None:
        if self in _running:
            _running.remove(self)
        self.record = RunRecord(
            self.settings,
            *self._names,
            parameters=self._command,
            started=self._start_time,
            results=results,
            problem=problem,
            cancelled=self._cancelled and not results,
        )
        self.ended.emit()


class RunQueue(QObject):
    """Starts runs one after the other, and keeps them until they have ended."""

    changed = pyqtSignal()
    ended = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs: deque[Run] = deque()

    @property
    def current(self) -> Run | None:
        """The run whose turn it is."""
        return self._runs[0] if self._runs else None

    @property
    def waiting(self) -> int:
        """How many runs wait for their turn."""
        return max(0, len(self._runs) - 1)

    def add(self, run: Run) -> None:
        """Run it when its turn has come."""
        self._runs.append(run)
        run.changed.connect(self.changed)
        run.ended.connect(self._on_ended)
        self.changed.emit()
        if len(self._runs) == 1:
            run.start()

    def cancel_current(self) -> None:
        """Stop the run whose turn it is; the next one starts."""
        if self._runs:
            self._runs[0].cancel()

    def cancel_all(self) -> None:
        """Stop all, waiting ones first, so that none of them starts."""
        for run in reversed(list(self._runs)):
            run.cancel()

    def _on_ended(self) -> None:
        for run in [run for run in self._runs if run.record is not None]:
            was_first = run is self._runs[0]
            self._runs.remove(run)
            self.ended.emit(run)
            if was_first and self._runs and self._runs[0].record is None:
                self._runs[0].start()
        self.changed.emit()


def _source(layer: QgsMapLayer) -> str:
    """Return what names the layer's data outside of this project."""
    try:
        return raster_source(layer) if isinstance(layer, QgsRasterLayer) else str(layer.source())
    except LayerError:
        return str(layer.source())


def _layer_outputs() -> set[str]:
    """Return the outputs that become layers."""
    return {product.parameter for product in products() if product.is_layer}


def _files(settings: RunSettings, title: str) -> dict[str, str]:
    """Return where each output goes; ``title``: of the layer that is moved."""
    if settings.folder:
        return output_files(settings.folder, title, settings.products)
    required = [product.parameter for product in products() if product.required]
    return dict.fromkeys((*required, *settings.products), QgsProcessing.TEMPORARY_OUTPUT)


def _destinations(files: dict[str, str]) -> dict[str, Any]:
    """Return the outputs as Processing has them: layers go into the project."""
    project, layers = QgsProject.instance(), _layer_outputs()
    return {
        name: QgsProcessingOutputLayerDefinition(value, project) if name in layers else value
        for name, value in files.items()
    }
