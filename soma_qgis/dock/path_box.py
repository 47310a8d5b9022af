"""A list of layers with a button that takes a file instead."""

from __future__ import annotations

from functools import reduce
from operator import or_
from pathlib import Path

from qgis.core import QgsMapLayerProxyModel, QgsProject
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtCore import QSignalBlocker, pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QToolButton, QWidget

from soma_qgis.definitions import Setting
from soma_qgis.i18n import tr

FILTERS = {
    "raster": QgsMapLayerProxyModel.Filter.RasterLayer,
    "polygons": QgsMapLayerProxyModel.Filter.PolygonLayer,
    "lines": QgsMapLayerProxyModel.Filter.LineLayer,
    "points": QgsMapLayerProxyModel.Filter.PointLayer,
}
"""The layers that a setting's ``accepts`` names."""

NARROW = 10
"""Characters that the list needs at least."""


class PathBox(QWidget):
    """Shows a layer or a file, or that neither is chosen."""

    changed = pyqtSignal()

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self._setting = setting
        self.combo = QgsMapLayerComboBox()
        self.combo.setFilters(
            reduce(or_, [FILTERS[kind] for kind in setting.accepts if kind in FILTERS])
        )
        self.combo.setAllowEmptyLayer(True, setting.unset)
        adjust = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.combo.setSizeAdjustPolicy(adjust)
        self.combo.setMinimumContentsLength(NARROW)
        self.combo.setToolTip(setting.help)
        self.combo.setCurrentIndex(0)
        button = QToolButton()
        button.setText("…")
        button.setToolTip(tr("Choose a file"))
        button.setAccessibleName(tr("Choose a file"))
        button.clicked.connect(self._ask)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.combo)
        row.addWidget(button)
        self.setFocusProxy(self.combo)
        self.combo.currentIndexChanged.connect(lambda _: self.changed.emit())

    def source(self) -> str:
        """Return the id of a layer, or the path of a file; empty: neither."""
        layer = self.combo.currentLayer()
        if layer is not None:
            return str(layer.id())
        return self.combo.currentText() if self.combo.currentIndex() > 0 else ""

    def choose(self, source: str) -> None:
        """Show a layer or a file; what is neither any more is not chosen."""
        layer = QgsProject.instance().mapLayer(source)
        with QSignalBlocker(self.combo):
            if layer is not None:
                self.combo.setLayer(layer)
            elif source and Path(source).exists():
                self.combo.setAdditionalItems([source])
                self.combo.setCurrentIndex(self.combo.count() - 1)
            else:
                self.combo.setCurrentIndex(0)
        self.changed.emit()

    def _ask(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, self._setting.title, "", self._setting.filter or tr("All files (*)")
        )
        if path:
            self.choose(path)
