"""A column of widgets that scrolls up and down."""

from __future__ import annotations

from qgis.gui import QgsScrollArea
from qgis.PyQt.QtCore import QEvent, Qt, QTimer
from qgis.PyQt.QtWidgets import QFrame, QWidget

# Longer than a layout takes to settle, shorter than a person takes to scroll.
SETTLE_MS = 300


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
        self._shown = body
        self._settling = QTimer(self, singleShot=True, interval=SETTLE_MS)
        bar = self.verticalScrollBar()
        assert bar is not None
        bar.rangeChanged.connect(self._bring_into_view)
        self._follow()

    def show_whole(self, part: QWidget) -> None:
        """Scroll until ``part`` is seen, also while it or what is above it still grows.

        A part that has just been shown gets its height in several steps of the layout.
        """
        self._shown = part
        self._settling.start()
        self._bring_into_view()

    def event(self, event: QEvent | None) -> bool:
        """Follow what is in it: texts, fonts, parts that are shown."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self._follow()
        return bool(super().event(event))

    def _follow(self) -> None:
        body, bar = self.widget(), self.verticalScrollBar()
        if body is not None and bar is not None:
            self.setMinimumWidth(body.minimumSizeHint().width() + bar.sizeHint().width())

    def _bring_into_view(self) -> None:
        if self._settling.isActive():
            self.ensureWidgetVisible(self._shown)
