"""A list of layers with a button that takes a file instead."""

from __future__ import annotations

from functools import reduce
from operator import or_
from pathlib import Path

from qgis.core import QgsMapLayer, QgsMapLayerProxyModel, QgsProject, QgsVectorLayer
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtCore import QSignalBlocker, pyqtSignal
from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QFileDialog, QGridLayout, QToolButton, QWidget

from soma_qgis.algorithms.parameters import SELECTED
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
        self.selected = QCheckBox(tr("Selected features only"))
        self._layer: QgsMapLayer | None = None
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(0, 1)
        grid.addWidget(self.combo, 0, 0)
        grid.addWidget(button, 0, 1)
        grid.addWidget(self.selected, 1, 0, 1, 2)
        self.setFocusProxy(self.combo)
        self.combo.currentIndexChanged.connect(self._on_choice)
        self.selected.toggled.connect(lambda _: self.changed.emit())
        self._on_choice()

    def source(self) -> str:
        """Return the id of a layer, or the path of a file; empty: neither."""
        layer = self.combo.currentLayer()
        if layer is not None:
            return str(layer.id()) + SELECTED * self.selected.isChecked()
        return self.combo.currentText() if self.combo.currentIndex() > 0 else ""

    def choose(self, source: str) -> None:
        """Show a layer or a file; what is neither any more is not chosen."""
        layer = QgsProject.instance().mapLayer(source.removesuffix(SELECTED))
        with QSignalBlocker(self.combo):
            if layer is not None:
                self.combo.setLayer(layer)
            elif source and Path(source).exists():
                self.combo.setAdditionalItems([source])
                self.combo.setCurrentIndex(self.combo.count() - 1)
            else:
                self.combo.setCurrentIndex(0)
        self._on_choice()
        self.selected.setChecked(layer is not None and source.endswith(SELECTED))

    def _on_choice(self) -> None:
        """Offer the selected features of a layer that has some."""
        if isinstance(self._layer, QgsVectorLayer):
            self._layer.selectionChanged.disconnect(self._on_selection)
            self._layer.willBeDeleted.disconnect(self._on_deletion)
        self._layer = self.combo.currentLayer()
        if isinstance(self._layer, QgsVectorLayer):
            self._layer.selectionChanged.connect(self._on_selection)
            self._layer.willBeDeleted.connect(self._on_deletion)
        self.selected.setChecked(False)
        self._on_selection()
        self.changed.emit()

    def _on_selection(self) -> None:
        some = isinstance(self._layer, QgsVectorLayer) and self._layer.selectedFeatureCount() > 0
        self.selected.setVisible(some or self.selected.isChecked())

    def _on_deletion(self) -> None:
        self._layer = None

    def _ask(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, self._setting.title, "", self._setting.filter or tr("All files (*)")
        )
        if path:
            self.choose(path)
