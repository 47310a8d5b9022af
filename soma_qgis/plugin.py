"""What QGIS loads and unloads."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.gui import QgisInterface
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction

from soma_qgis.algorithms.provider import SomaProvider
from soma_qgis.engine.engine import shared_engine
from soma_qgis.engine.tasks import cancel_all
from soma_qgis.i18n import tr, unload_translation
from soma_qgis.locations import icon_path
from soma_qgis.options.page import OptionsFactory

MENU = "SOMA"


class SomaPlugin:
    """Registers the provider, and a menu entry where there is a window."""

    def __init__(self, iface: QgisInterface | None) -> None:
        self._iface = iface
        self._provider: SomaProvider | None = None
        self._options: OptionsFactory | None = None
        self._action: QAction | None = None

    def initProcessing(self) -> None:
        """Register the provider; all that ``qgis_process`` needs."""
        self._provider = SomaProvider()
        QgsApplication.processingRegistry().addProvider(self._provider)

    def initGui(self) -> None:
        """Register the provider and the menu entry."""
        self.initProcessing()
        if self._iface is None:
            return
        self._options = OptionsFactory()
        self._iface.registerOptionsWidgetFactory(self._options)
        self._action = QAction(
            QIcon(icon_path("soma.svg")),
            tr("Register SAR and optical images…"),
            self._iface.mainWindow(),
        )
        self._action.setObjectName("soma_register")
        self._action.triggered.connect(self._open_register)
        self._iface.addPluginToRasterMenu(MENU, self._action)

    def unload(self) -> None:
        """Take back everything, and end the worker."""
        if self._action is not None and self._iface is not None:
            self._iface.removePluginRasterMenu(MENU, self._action)
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
        shared_engine().close()

    def _open_register(self) -> None:
        # Only here, because Processing itself may be switched off.
        import processing

        processing.execAlgorithmDialog("soma:register", {})
