"""A column of widgets that scrolls up and down."""

from __future__ import annotations

from qgis.gui import QgsScrollArea
from qgis.PyQt.QtCore import QEvent, Qt
from qgis.PyQt.QtWidgets import QFrame, QWidget


class Column(QgsScrollArea):
    """Is never narrower than what is in it, whatever the font: nothing is cut off at the side.

    QGIS's own kind of area keeps the wheel that scrolls it from changing the settings under it.
    """

    def __init__(self, body: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(body)
        self._follow()

    def event(self, event: QEvent | None) -> bool:
        """Follow what is in it: texts, fonts, parts that are shown."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self._follow()
        return bool(super().event(event))

    def _follow(self) -> None:
        body, bar = self.widget(), self.verticalScrollBar()
        if body is not None and bar is not None:
            self.setMinimumWidth(body.minimumSizeHint().width() + bar.sizeHint().width())
