"""Keeping results that QGIS would delete when it closes."""

from __future__ import annotations

import shutil
from pathlib import Path

from qgis.core import QgsApplication, QgsProject, QgsTask
from qgis.PyQt.QtCore import QObject, pyqtSignal

from soma_qgis.definitions import products
from soma_qgis.dock.run_settings import output_files
from soma_qgis.dock.runs import Run
from soma_qgis.i18n import tr


def temporary_files(run: Run) -> dict[str, str]:
    """Return the results of a run that QGIS deletes when it closes, by the ids of the outputs."""
    if run.record is None or run.settings.folder:
        return {}
    results = run.record.results
    paths = {product.parameter: str(results.get(product.parameter, "")) for product in products()}
    return {name: path for name, path in paths.items() if Path(path).is_file()}


class Saving(QObject):
    """Copies temporary results into a folder, in the background; one run at a time."""

    ended = pyqtSignal(bool, str)
    """Whether it went well, and a sentence that says so."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._task: QgsTask | None = None

    @property
    def busy(self) -> bool:
        """Whether results are being copied."""
        return self._task is not None

    def save(self, run: Run, folder: str) -> None:
        """Copy the temporary results of a run, and let the layers show the copies."""
        files = temporary_files(run)
        targets = output_files(folder, run.moved_name, files)

        def copy(task: QgsTask) -> None:
            for name, source in files.items():
                shutil.copyfile(source, targets[name])

        def copied(error: Exception | None, _result: object = None) -> None:
            self._task = None
            if error is not None:
                self.ended.emit(False, tr("The results could not be saved: {}").format(error))
                return
            for name, layer in run.layers.items():
                if name in files and layer.id() in QgsProject.instance().mapLayers():
                    source = layer.source().replace(files[name], targets[name])
                    layer.setDataSource(source, layer.name(), layer.providerType())
            self.ended.emit(True, tr("The results are in {}.").format(folder))

        self._task = QgsTask.fromFunction(tr("Saving results of SOMA"), copy, on_finished=copied)
        QgsApplication.taskManager().addTask(self._task)
