"""What QGIS loads and unloads."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction

from soma_qgis.algorithms.provider import SomaProvider
from soma_qgis.dock.panel import SomaDock
from soma_qgis.engine.engine import shared_engine
from soma_qgis.engine.tasks import cancel_all
from soma_qgis.i18n import tr, unload_translation
from soma_qgis.locations import icon_path
from soma_qgis.options.page import OptionsFactory

MENU = "SOMA"


class SomaPlugin:
    """Registers the provider, and the panel with its action where there is a window."""

    def __init__(self, iface: QgisInterface | None) -> None:
        self._iface = iface
        self._provider: SomaProvider | None = None
        self._options: OptionsFactory | None = None
        self._action: QAction | None = None
        self._dock: SomaDock | None = None

    def initProcessing(self) -> None:
        """Register the provider; all that ``qgis_process`` needs."""
        self._provider = SomaProvider()
        QgsApplication.processingRegistry().addProvider(self._provider)

    def initGui(self) -> None:
        """Register the provider and the action that shows the panel."""
        self.initProcessing()
        if self._iface is None:
            return
        self._options = OptionsFactory()
        self._iface.registerOptionsWidgetFactory(self._options)
        self._action = QAction(
            QIcon(icon_path("soma.svg")),
            tr("Register SAR and optical images"),
            self._iface.mainWindow(),
        )
        self._action.setObjectName("soma_register")
        self._action.setToolTip(tr("Open the SOMA panel: register SAR and optical images"))
        self._action.setCheckable(True)
        self._action.triggered.connect(self._show_dock)
        self._iface.addPluginToRasterMenu(MENU, self._action)
        self._iface.addToolBarIcon(self._action)

    def unload(self) -> None:
        """Take back everything, and end the worker."""
        if self._action is not None and self._iface is not None:
            if self._dock is not None:
                self._dock.close_all()
                self._iface.removeDockWidget(self._dock)
                self._dock.deleteLater()
                self._dock = None
            self._iface.removePluginRasterMenu(MENU, self._action)
            self._iface.removeToolBarIcon(self._action)
            self._action.deleteLater()
            self._action = None
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None
        if self._options is not None and self._iface is not None:
            self._iface.unregisterOptionsWidgetFactory(self._options)
            self._options = None
        cancel_all()
        unload_translation()
        shared_engine().shut_down()

    def _show_dock(self, shown: bool) -> None:
        """Show or hide the panel, which is made when it is first asked for."""
        assert self._iface is not None
        assert self._action is not None
        if self._dock is None:
            self._dock = SomaDock(self._iface, self._iface.mainWindow())
            self._dock.closed.connect(lambda: self._action and self._action.setChecked(False))
            self._iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self._dock)
        self._dock.setUserVisible(shown)
