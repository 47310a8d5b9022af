"""Two images compared in the map itself, over it: the project is not touched."""

from __future__ import annotations

from qgis.core import QgsMapLayer, QgsMapRendererParallelJob, QgsMapSettings, QgsProject
from qgis.gui import QgsMapCanvas, QgsMapCanvasItem
from qgis.PyQt.QtCore import QEvent, QObject, QRect, QRectF, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QColor, QCursor, QImage, QPainter, QPen
from qgis.PyQt.QtWidgets import QStyleOptionGraphicsItem, QWidget

from soma_qgis.dock.pattern import Mode, parts

BLINK = 700
"""Milliseconds for which each image is seen."""

SETTLE = 120
"""Milliseconds after the map has moved until the images are drawn again."""

REACH = 10
"""Pixels to both sides of the curtain within which the mouse takes hold of it."""

ABOVE_ALL = 1000.0


class CurtainItem(QgsMapCanvasItem):
    """Draws two rendered images of the map, each in its parts."""

    def __init__(self, canvas: QgsMapCanvas, titles: tuple[str, str]) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._titles = titles
        self.images: tuple[QImage, QImage] | None = None
        self.mode: Mode = "swipe"
        self.share = 0.5
        self.first = True
        self.setZValue(ABOVE_ALL)

    def boundingRect(self) -> QRectF:
        """Cover the whole map."""
        return QRectF(0, 0, self._canvas.width(), self._canvas.height())

    def paint(
        self,
        painter: QPainter | None,
        option: QStyleOptionGraphicsItem | None = None,
        widget: QWidget | None = None,
    ) -> None:
        """Draw the second image, and the first one in its parts over it."""
        if painter is None or self.images is None:
            return
        area = self.boundingRect()
        before, after = self.images
        painter.drawImage(area, after, QRectF(after.rect()))
        ratio = before.width() / max(1.0, area.width())
        for x, y, width, height in self._parts():
            source = QRectF(x * ratio, y * ratio, width * ratio, height * ratio)
            painter.drawImage(QRectF(x, y, width, height), before, source)
        if self.mode == "swipe":
            self._draw_curtain(painter)
        self._draw_titles(painter)

    def curtain(self) -> int:
        """Return where the curtain hangs, in pixels from the left."""
        return round(self.share * self.boundingRect().width())

    def _parts(self) -> list[tuple[int, int, int, int]]:
        area = self.boundingRect().toRect()
        return parts(self.mode, area.width(), area.height(), self.share, self.first)

    def _draw_curtain(self, painter: QPainter) -> None:
        place, height = self.curtain(), round(self.boundingRect().height())
        for colour, width in ((QColor(0, 0, 0, 160), 4), (QColor(255, 255, 255), 2)):
            painter.setPen(QPen(colour, width))
            painter.drawLine(place, 0, place, height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(0, 0, 0, 160), 1))
        painter.setBrush(QColor(255, 255, 255))
        middle = height // 2
        painter.drawRoundedRect(QRect(place - 8, middle - 16, 16, 32), 6, 6)
        for offset in (-2, 2):
            painter.drawLine(place + offset, middle - 7, place + offset, middle + 7)

    def _draw_titles(self, painter: QPainter) -> None:
        first, second = self._titles
        if self.mode == "checkerboard":
            self._draw_title(painter, f"{first} / {second}", left=True)
            return
        if self.mode == "swipe" or self.first:
            self._draw_title(painter, first, left=True)
        if self.mode == "swipe" or not self.first:
            self._draw_title(painter, second, left=self.mode == "blink")

    def _draw_title(self, painter: QPainter, text: str, left: bool) -> None:
        area = self.boundingRect().toRect()
        box = painter.fontMetrics().boundingRect(text).adjusted(-8, -4, 8, 4)
        x = 12 if left else area.width() - box.width() - 12
        box.moveTopLeft(area.topLeft())
        box.translate(x, area.height() - box.height() - 12)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 170))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(255, 255, 255))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


class Comparison(QObject):
    """A comparison that is going on; :meth:`close` takes all of it out of the map."""

    moved = pyqtSignal(float)
    """The curtain was dragged: its place in [0, 1]."""

    gone = pyqtSignal()
    """One of the layers was removed, so the comparison has closed itself."""

    def __init__(
        self,
        canvas: QgsMapCanvas,
        first: list[QgsMapLayer],
        second: list[QgsMapLayer],
        titles: tuple[str, str],
    ) -> None:
        """Compare two stacks of layers, the upper ones first, with the titles shown on them."""
        super().__init__()
        self._canvas = canvas
        self.stacks = (first, second)
        self._ids = {layer.id() for layer in first + second}
        self._jobs: list[QgsMapRendererParallelJob] = []
        self._dragging = False
        self._cursor: QCursor | None = None
        self._open = True
        self.item = CurtainItem(canvas, titles)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE)
        self._settle.timeout.connect(self._render)
        self._blink = QTimer(self)
        self._blink.setInterval(BLINK)
        self._blink.timeout.connect(self._turn)
        canvas.extentsChanged.connect(self._on_map_changed)
        canvas.rotationChanged.connect(self._on_map_changed)
        canvas.destinationCrsChanged.connect(self._on_map_changed)
        QgsProject.instance().layersWillBeRemoved.connect(self._on_layers_removed)
        canvas.viewport().installEventFilter(self)
        canvas.viewport().setMouseTracking(True)
        self._render()

    @property
    def ready(self) -> bool:
        """Whether both images are drawn."""
        return self.item.images is not None

    def show(self, mode: Mode, share: float) -> None:
        """Change how the two share the map."""
        self.item.mode, self.item.share, self.item.first = mode, share, True
        if mode == "blink":
            self._blink.start()
        else:
            self._blink.stop()
        self._give_cursor_back()
        self.item.update()

    def close(self) -> None:
        """Take everything out of the map."""
        if not self._open:
            return
        self._open = False
        self._blink.stop()
        self._settle.stop()
        self._stop_jobs()
        self._canvas.extentsChanged.disconnect(self._on_map_changed)
        self._canvas.rotationChanged.disconnect(self._on_map_changed)
        self._canvas.destinationCrsChanged.disconnect(self._on_map_changed)
        QgsProject.instance().layersWillBeRemoved.disconnect(self._on_layers_removed)
        self._canvas.viewport().removeEventFilter(self)
        self._give_cursor_back()
        self._canvas.scene().removeItem(self.item)

    def eventFilter(self, _watched: QObject | None, event: QEvent | None) -> bool:
        """Drag the curtain; all else goes to the map."""
        if event is None or not self._open:
            return False
        event_type = event.type()
        if event_type == QEvent.Type.Resize:
            self._on_map_changed()
            return False
        if self.item.mode != "swipe" or not self.ready:
            return False
        if event_type == QEvent.Type.MouseButtonPress:
            self._dragging = event.button() == Qt.MouseButton.LeftButton and self._at_curtain(
                event.pos().x()
            )
            return self._dragging
        if event_type == QEvent.Type.MouseMove:
            if self._dragging:
                self._drag(event.pos().x())
                return True
            if not self._at_curtain(event.pos().x()):
                self._give_cursor_back()
            elif self._cursor is None:
                self._cursor = QCursor(self._canvas.viewport().cursor())
                self._canvas.viewport().setCursor(Qt.CursorShape.SplitHCursor)
            return False
        if event_type == QEvent.Type.MouseButtonRelease and self._dragging:
            self._dragging = False
            return True
        return False

    def _give_cursor_back(self) -> None:
        """Show the map tool's cursor again, which a map tool does not tell."""
        if self._cursor is not None:
            self._canvas.viewport().setCursor(self._cursor)
            self._cursor = None

    def _at_curtain(self, x: int) -> bool:
        return abs(x - self.item.curtain()) <= REACH

    def _drag(self, x: int) -> None:
        self.item.share = min(1.0, max(0.0, x / max(1, self._canvas.viewport().width())))
        self.item.update()
        self.moved.emit(self.item.share)

    def _turn(self) -> None:
        self.item.first = not self.item.first
        self.item.update()

    def _on_map_changed(self) -> None:
        self.item.images = None  # the map itself is seen until the images are there again
        self.item.update()
        self._stop_jobs()
        self._settle.start()

    def _render(self) -> None:
        self._stop_jobs()
        for stack in self.stacks:
            settings = QgsMapSettings(self._canvas.mapSettings())
            settings.setLayers(stack)
            settings.setBackgroundColor(self._canvas.canvasColor())
            job = QgsMapRendererParallelJob(settings)
            job.finished.connect(self._on_rendered)
            self._jobs.append(job)
        for job in self._jobs:
            job.start()

    def _on_rendered(self) -> None:
        if len(self._jobs) == 2 and not any(job.isActive() for job in self._jobs):
            first, second = (job.renderedImage() for job in self._jobs)
            self.item.images = first, second
            self.item.prepareGeometryChange()
            self.item.update()

    def _stop_jobs(self) -> None:
        jobs, self._jobs = self._jobs, []
        for job in jobs:
            job.finished.disconnect(self._on_rendered)
            if job.isActive():
                job.cancelWithoutBlocking()
                _ending.append(job)
        _ending[:] = [job for job in _ending if job.isActive()]

    def _on_layers_removed(self, ids: list[str]) -> None:
        if self._ids & set(ids):
            self.close()
            self.gone.emit()


_ending: list[QgsMapRendererParallelJob] = []
"""Cancelled jobs, kept until their threads have ended."""
