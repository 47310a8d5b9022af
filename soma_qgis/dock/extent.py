"""Choosing the extent to register: the overlap, what the map shows, a layer's, a drawn one."""

from __future__ import annotations

import re

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsMapLayer,
    QgsProject,
    QgsRectangle,
    QgsReferencedRectangle,
    QgsWkbTypes,
)
from qgis.gui import QgsMapCanvas, QgsMapTool, QgsMapToolExtent, QgsRubberBand
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QWidget

from soma_qgis.i18n import tr

OVERLAP, MAP_VIEW, DRAWN, GIVEN = "overlap", "map", "drawn", "given"
LINE = QColor(43, 140, 190)


class ExtentChooser(QWidget):
    """A choice of extents; those of the project's layers are among them."""

    changed = pyqtSignal()

    def __init__(self, canvas: QgsMapCanvas, tip: str, parent: QWidget | None = None) -> None:
        """``tip``: of the list, which says what the extent is for."""
        super().__init__(parent)
        self._canvas = canvas
        self._drawn: QgsReferencedRectangle | None = None
        self._given: QgsReferencedRectangle | None = None
        self._band = QgsRubberBand(canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
        self._band.setStrokeColor(LINE)
        self._band.setFillColor(QColor(LINE.red(), LINE.green(), LINE.blue(), 30))
        self._band.setWidth(2)
        self._tool = QgsMapToolExtent(canvas)
        self._tool.extentChanged.connect(self._on_drawn)
        self._tool.deactivated.connect(self._on_tool_gone)
        self._previous_tool: QgsMapTool | None = None

        self.combo = QComboBox()
        self.combo.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.combo.setMinimumContentsLength(12)
        self.combo.setToolTip(tip)
        self._draw = QPushButton(tr("Draw"))
        self._draw.setCheckable(True)
        self._draw.setToolTip(tr("Drag a rectangle in the map; Esc in the map gives up."))
        self._draw.clicked.connect(self._toggle_tool)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.combo, 1)
        row.addWidget(self._draw)
        self.setFocusProxy(self.combo)
        self.fill()
        self.combo.currentIndexChanged.connect(self._on_choice)
        canvas.extentsChanged.connect(self._on_map_moved)
        self._on_choice()

    def fill(self) -> None:
        """List the extents there are to choose from, and keep the one that is chosen."""
        chosen = self.combo.currentData() or OVERLAP
        self.combo.blockSignals(True)
        self.combo.clear()
        self.combo.addItem(tr("Whole overlap"), OVERLAP)
        self.combo.addItem(tr("What the map shows"), MAP_VIEW)
        self.combo.addItem(tr("A rectangle drawn in the map"), DRAWN)
        if self._given is not None:
            self.combo.addItem(tr("The extent of the earlier run"), GIVEN)
        for layer in QgsProject.instance().mapLayers().values():
            if layer.isSpatial() and layer.crs().isValid():
                self.combo.addItem(tr("Extent of {}").format(layer.name()), layer.id())
        self.combo.setCurrentIndex(max(0, self.combo.findData(chosen)))
        self.combo.blockSignals(False)
        if self.combo.currentData() != chosen:
            self._on_choice()

    def extent(self) -> QgsReferencedRectangle | None:
        """Return the extent, or None for the whole overlap."""
        chosen = self.combo.currentData()
        if chosen == MAP_VIEW:
            crs = self._canvas.mapSettings().destinationCrs()
            return QgsReferencedRectangle(self._canvas.extent(), crs)
        if chosen == DRAWN:
            return self._drawn
        if chosen == GIVEN:
            return self._given
        layer = QgsProject.instance().mapLayer(chosen)
        if isinstance(layer, QgsMapLayer):
            return QgsReferencedRectangle(layer.extent(), layer.crs())
        return None

    def problem(self) -> str:
        """Return what is missing, in a sentence, or nothing."""
        if self.combo.currentData() == DRAWN and self._drawn is None:
            return tr("Draw the extent in the map first, or choose the whole overlap.")
        return ""

    def give(self, extent: QgsReferencedRectangle | None) -> None:
        """Choose the extent of an earlier run."""
        self._given = extent
        self.fill()
        self.combo.setCurrentIndex(self.combo.findData(OVERLAP if extent is None else GIVEN))
        self.changed.emit()

    def close_tools(self) -> None:
        """Take everything out of the map."""
        if self._canvas.mapTool() is self._tool:
            self._canvas.unsetMapTool(self._tool)
        self._canvas.extentsChanged.disconnect(self._on_map_moved)
        self._canvas.scene().removeItem(self._band)

    def _on_choice(self) -> None:
        drawing = self.combo.currentData() == DRAWN
        self._draw.setVisible(drawing)
        self._band.setVisible(drawing and self._drawn is not None)
        if drawing and self._drawn is None:
            self._draw.setChecked(True)
            self._toggle_tool(True)
        elif not drawing and self._canvas.mapTool() is self._tool:
            self._toggle_tool(False)
        self.changed.emit()

    def _toggle_tool(self, on: bool) -> None:
        if on:
            self._previous_tool = self._canvas.mapTool()
            self._canvas.setMapTool(self._tool)
        else:
            self._canvas.unsetMapTool(self._tool)
            if self._previous_tool is not None:
                self._canvas.setMapTool(self._previous_tool)

    def _on_tool_gone(self) -> None:
        self._draw.setChecked(False)

    def _on_drawn(self, box: QgsRectangle) -> None:
        if box.isEmpty():
            return
        self._drawn = QgsReferencedRectangle(box, self._canvas.mapSettings().destinationCrs())
        self._band.setToGeometry(QgsGeometry.fromRect(box))
        self._band.setVisible(True)
        self._toggle_tool(False)
        self.changed.emit()

    def _on_map_moved(self) -> None:
        if self.combo.currentData() == MAP_VIEW:
            self.changed.emit()


def as_parameter(extent: QgsReferencedRectangle | None) -> str:
    """Return an extent as Processing has it, "xmin,xmax,ymin,ymax [CRS]"; empty: none."""
    if extent is None:
        return ""
    numbers = (extent.xMinimum(), extent.xMaximum(), extent.yMinimum(), extent.yMaximum())
    text = ",".join(f"{number:.10g}" for number in numbers)
    crs = extent.crs()
    if not crs.isValid():
        return text
    return f"{text} [{crs.authid() or 'WKT:' + crs.toWkt()}]"


def from_parameter(text: str) -> QgsReferencedRectangle | None:
    """Return the extent that :func:`as_parameter` has written."""
    found = re.fullmatch(r"([^,]+),([^,]+),([^,]+),([^,\[]+)(?:\[(.*)\])?", text, re.DOTALL)
    if found is None:
        return None
    left, right, bottom, top = (float(number) for number in found.groups()[:4])
    crs = QgsCoordinateReferenceSystem(found.group(5) or "")
    return QgsReferencedRectangle(QgsRectangle(left, bottom, right, top), crs)
