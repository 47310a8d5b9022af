"""A program of its own with the panel in it, closed in the middle of a run as QGIS closes.

Arguments: SAR image, optical image, folder of the results, "close" or "stay", and the worker's
command where it is not the core. Prints the worker's process identifier once the run is on its way.
"""

import sys
from pathlib import Path
from unittest.mock import MagicMock

from qgis.core import QgsApplication, QgsProject, QgsRasterLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QTimer

from soma_qgis.dock.panel import SomaDock
from soma_qgis.engine.engine import shared_engine
from soma_qgis.engine.process import Launch
from soma_qgis.plugin import SomaPlugin


def main(sar: str, optical: str, folder: str, how: str, *worker: str) -> None:
    """Start the run, close or stay, and end as QGIS does."""
    application = QgsApplication([], True)
    application.initQgis()
    sys.path.append(f"{QgsApplication.pkgDataPath()}/python/plugins")
    from processing.core.Processing import Processing

    Processing.initialize()
    if worker:
        shared_engine()._find_launch = lambda cancelled: Launch(worker)
    canvas, iface = QgsMapCanvas(), MagicMock()
    iface.mainWindow.return_value = None
    iface.mapCanvas.return_value = canvas
    plugin = SomaPlugin(iface)
    plugin.initGui()
    layers = [QgsRasterLayer(optical, "s2"), QgsRasterLayer(sar, "s1")]
    QgsProject.instance().addMapLayers(layers)
    plugin._show_dock(True)
    dock = plugin._dock
    assert isinstance(dock, SomaDock)
    dock.form.folder.setFilePath(folder)

    def look() -> None:
        run = dock.queue.current
        if run is None or (run.share <= 0.16 and not any(Path(folder).iterdir())):
            return
        timer.stop()
        print(shared_engine().worker_pid(), flush=True)
        if how == "close":
            application.quit()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(2)
    dock.start_run()
    assert dock.queue.current is not None, dock.status.text()
    application.exec()
    plugin.unload()
    application.exitQgis()


main(*sys.argv[1:])
