"""Runs in QGIS (``qgis --code``) and tells another process what is seen where on the screen.

It looks and never touches: what is to happen is done with mouse and keys. A question is a line of
JSON on the local socket that SOMA_OBSERVER names, the answer another one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import QModelIndex, QObject, QPoint, QRect
from qgis.PyQt.QtNetwork import QLocalServer
from qgis.PyQt.QtWidgets import QAbstractItemView, QApplication, QMenu, QMenuBar, QWidget
from qgis.utils import iface


def widget(kind: str, text: str = "", name: str = "") -> dict[str, Any] | None:
    """Return the first widget of a Qt class that is seen, with a text or an object name."""
    for found in _widgets():
        if not found.inherits(kind) or (name and _name(found) != name):
            continue
        if text and text not in _texts(found):
            continue
        seen = _seen(found)
        if not seen.isEmpty():
            return {"rect": _on_screen(found, seen), "enabled": found.isEnabled()}
    return None


def menu(text: str) -> dict[str, Any] | None:
    """Return an entry of an open menu or of the menu bar."""
    for found in _widgets():
        if not isinstance(found, (QMenu, QMenuBar)):
            continue
        for action in found.actions():
            if _plain(action.text()) == text:
                rect = _on_screen(found, found.actionGeometry(action))
                return {"rect": rect, "enabled": action.isEnabled()}
    return None


def item(text: str) -> dict[str, Any] | None:
    """Return an entry of a list, table or tree."""
    for found in _widgets():
        if isinstance(found, QAbstractItemView):
            for index in _indexes(found, found.rootIndex()):
                rect = found.visualRect(index)
                seen = found.viewport().rect().contains(rect.center())
                if seen and str(index.data()).strip() == text and not rect.isEmpty():
                    return {"rect": _on_screen(found.viewport(), rect), "enabled": True}
    return None


def texts(kind: str = "QLabel") -> list[str]:
    """Return the texts of all widgets of a Qt class that are seen."""
    return [
        text
        for found in _widgets()
        if found.inherits(kind) and not _seen(found).isEmpty()
        for text in _texts(found)[:1]
        if text
    ]


def windows() -> list[dict[str, Any]]:
    """Return the windows, with what stands in their title bars."""
    return [
        {"title": window.windowTitle(), "rect": _on_screen(window, window.rect())}
        for window in QApplication.topLevelWidgets()
        if window.isVisible() and window.windowTitle()
    ]


def canvas() -> dict[str, Any]:
    """Return where the map is, whether it is drawn, and how many layers there are."""
    found = iface.mapCanvas()
    return {
        "rect": _on_screen(found, found.rect()),
        "drawing": found.isDrawing(),
        "layers": len(QgsProject.instance().mapLayers()),
        "profile": QgsApplication.qgisSettingsDirPath(),
    }


def errors() -> list[str]:
    """Return the errors of Python code that QGIS has logged."""
    return observer.errors


QUESTIONS: dict[str, Callable[..., Any]] = {
    "widget": widget,
    "menu": menu,
    "item": item,
    "texts": texts,
    "windows": windows,
    "canvas": canvas,
    "errors": errors,
}


def _widgets() -> Iterator[Any]:
    """Yield what is visible, the window that was opened last first."""
    windows = [found for found in QApplication.topLevelWidgets() if found.isVisible()]
    active = QApplication.activeModalWidget() or QApplication.activeWindow()
    windows.sort(key=lambda found: (found is not active, not isinstance(found, QMenu)))
    for window in windows:
        yield window
        yield from (found for found in window.findChildren(QWidget) if found.isVisible())


def _texts(found: Any) -> list[str]:
    words = [
        getattr(found, name)()
        for name in ("text", "title", "windowTitle", "currentText", "placeholderText", "toolTip")
        if callable(getattr(found, name, None))
    ]
    return [_plain(str(word)) for word in words]


def _name(found: Any) -> str:
    action = found.defaultAction() if callable(getattr(found, "defaultAction", None)) else None
    return str((action or found).objectName())


def _plain(text: str) -> str:
    return text.replace("&", "").partition("\t")[0].strip()


def _seen(found: Any) -> QRect:
    """Return the part of a widget that its parents, such as scroll areas, let be seen."""
    rect, widget = found.rect(), found
    while not widget.isWindow():
        parent = widget.parentWidget()
        rect = rect.intersected(QRect(found.mapFrom(parent, QPoint(0, 0)), parent.size()))
        widget = parent
    return rect


def _on_screen(found: Any, rect: QRect) -> list[int]:
    corner = found.mapToGlobal(QPoint(rect.x(), rect.y()))
    return [corner.x(), corner.y(), rect.width(), rect.height()]


def _indexes(view: Any, parent: QModelIndex) -> Iterator[QModelIndex]:
    model = view.model()
    for row in range(model.rowCount(parent) if model is not None else 0):
        index = model.index(row, 0, parent)
        yield index
        yield from _indexes(view, index)


class Observer(QObject):
    """Answers questions, one a connection."""

    def __init__(self, address: str) -> None:
        super().__init__(iface.mainWindow())
        self.errors: list[str] = []
        QgsApplication.messageLog().messageReceived.connect(self._on_message)
        self._server = QLocalServer(self)
        self._server.newConnection.connect(self._on_connection)
        if not self._server.listen(address):
            raise OSError(self._server.errorString())

    def _on_message(self, text: Any, tag: str = "", level: Any = None) -> None:
        if tag == "Python error":
            self.errors.append(str(text))

    def _on_connection(self) -> None:
        connection = self._server.nextPendingConnection()
        connection.readyRead.connect(lambda: self._answer(connection))
        connection.disconnected.connect(connection.deleteLater)

    def _answer(self, connection: Any) -> None:
        if not connection.canReadLine():
            return
        question = json.loads(bytes(connection.readLine()).decode("utf-8"))
        answer = QUESTIONS[question.pop("ask")](**question)
        connection.write((json.dumps(answer) + "\n").encode("utf-8"))
        connection.flush()
        connection.disconnectFromServer()


observer = Observer(os.environ["SOMA_OBSERVER"])
