"""A program of its own with the panel in it, closed in the middle of a run as QGIS closes.

Arguments: SAR image, optical image, folder of the results, "close" or "stay", and the command of the
worker where it is not the core. Prints the worker's process identifier once the run is on its way.
"""

import sys
from pathlib import Path
from unittest.mock import MagicMock

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), "/usr/share/qgis/python/plugins"]

from qgis.core import QgsApplication, QgsProject, QgsRasterLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QTimer

SAR, OPTICAL, FOLDER, HOW, *WORKER = sys.argv[1:]

application = QgsApplication([], True)
application.initQgis()

from processing.core.Processing import Processing

from soma_qgis.dock.panel import SomaDock
from soma_qgis.engine import engine
from soma_qgis.engine.process import Launch
from soma_qgis.plugin import SomaPlugin

if WORKER:
    engine.shared_engine()._find_launch = lambda cancelled: Launch(tuple(WORKER))
Processing.initialize()
canvas, iface = QgsMapCanvas(), MagicMock()
iface.mainWindow.return_value = None
iface.mapCanvas.return_value = canvas
plugin = SomaPlugin(iface)
plugin.initGui()
layers = [QgsRasterLayer(OPTICAL, "s2"), QgsRasterLayer(SAR, "s1")]
QgsProject.instance().addMapLayers(layers)
plugin._show_dock(True)
dock = plugin._dock
assert isinstance(dock, SomaDock)
dock.form.folder.setFilePath(FOLDER)


def under_way() -> bool:
    run = dock.queue.current
    return run is not None and (run.share > 0.16 or any(Path(FOLDER).iterdir()))


def look() -> None:
    if not under_way():
        return
    timer.stop()
    print(engine.shared_engine().worker_pid(), flush=True)
    if HOW == "close":
        application.quit()


timer = QTimer()
timer.timeout.connect(look)
timer.start(2)
dock.start_run()
assert dock.queue.current is not None, dock.status.text()
application.exec()
plugin.unload()
application.exitQgis()
