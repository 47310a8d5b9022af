"""A column of widgets that scrolls up and down."""

from __future__ import annotations

from qgis.PyQt.QtCore import QEvent, Qt
from qgis.PyQt.QtWidgets import QFrame, QScrollArea, QWidget


class Column(QScrollArea):
    """Is never narrower than what is in it, whatever the font: nothing is cut off at the side."""

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
