"""The comparison in the map: what is seen where, and that it leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from qgis.core import QgsApplication, QgsProject, QgsRasterLayer
from qgis.gui import QgsMapToolPan
from qgis.PyQt.QtCore import QEvent, QPoint, QPointF, Qt
from qgis.PyQt.QtGui import QColor, QImage, QMouseEvent, QPainter

from soma_qgis.dock.compare import Comparison
from soma_qgis.dock.compare_bar import CompareBar
from soma_qgis.dock.pattern import parts, square

from ..conftest import write_raster
from .conftest import wait


@pytest.fixture
def layers(qgis_new_project: None, tmp_path: Path) -> Iterator[list[QgsRasterLayer]]:
    found = [
        QgsRasterLayer(write_raster(tmp_path / f"{n}.tif", bands, 32630), n)
        for n, bands in (("before", 1), ("reference", 3), ("after", 2))
    ]
    QgsProject.instance().addMapLayers(found)
    yield found
    QgsProject.instance().removeAllMapLayers()


@pytest.fixture
def canvas(qgis_canvas: Any, layers: list[QgsRasterLayer]) -> Any:
    qgis_canvas.resize(400, 300)
    qgis_canvas.setDestinationCrs(layers[0].crs())
    qgis_canvas.setExtent(layers[0].extent())
    return qgis_canvas


def test_parts_of_the_first_image() -> None:
    assert parts("swipe", 200, 100, 0.25) == [(0, 0, 50, 100)]
    assert parts("blink", 200, 100, 0.5, True) == [(0, 0, 200, 100)]
    assert parts("blink", 200, 100, 0.5, False) == []


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_squares_cover_half_and_touch_only_at_corners(share: float) -> None:
    size = square(share)
    squares = parts("checkerboard", 4 * size, 2 * size, share)
    assert sum(w * h for _, _, w, h in squares) == 4 * size * size
    assert all((x // size + y // size) % 2 == 0 for x, y, _, _ in squares)
    uneven = parts("checkerboard", 3 * size + 5, size + 7, share)
    assert all(x + w <= 3 * size + 5 and y + h <= size + 7 for x, y, w, h in uneven)


def painted(comparison: Comparison) -> QImage:
    area = comparison.item.boundingRect().toRect()
    image = QImage(area.size(), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    comparison.item.paint(painter)
    painter.end()
    return image


def test_each_side_of_the_curtain_shows_its_image(canvas: Any, layers: list[Any]) -> None:
    comparison = Comparison(canvas, layers[:1], layers[1:2], ("a", "b"))
    wait(lambda: comparison.ready)
    red, blue = (QImage(canvas.size(), QImage.Format.Format_RGB32) for _ in range(2))
    red.fill(QColor("red"))
    blue.fill(QColor("blue"))
    comparison.item.images = red, blue
    comparison.show("swipe", 0.25)
    seen, middle = painted(comparison), canvas.height() // 4
    assert seen.pixelColor(20, middle) == QColor("red")
    assert seen.pixelColor(canvas.width() - 20, middle) == QColor("blue")
    comparison.show("swipe", 0.99)
    assert painted(comparison).pixelColor(canvas.width() - 40, middle) == QColor("red")
    comparison.show("blink", 0.5)
    assert painted(comparison).pixelColor(canvas.width() - 20, middle) == QColor("red")
    comparison.close()


def mouse(canvas: Any, kind: QEvent.Type, x: int) -> bool:
    button = Qt.MouseButton.LeftButton
    point = QPointF(QPoint(x, 50))
    event = QMouseEvent(kind, point, button, button, Qt.KeyboardModifier.NoModifier)
    return bool(QgsApplication.sendEvent(canvas.viewport(), event))


def test_the_curtain_is_dragged_with_the_mouse(canvas: Any, layers: list[Any]) -> None:
    comparison = Comparison(canvas, layers[:1], layers[1:2], ("a", "b"))
    places: list[float] = []
    comparison.moved.connect(places.append)
    wait(lambda: comparison.ready)
    comparison.show("swipe", 0.5)
    width = canvas.viewport().width()
    mouse(canvas, QEvent.Type.MouseButtonPress, 5)  # far from the curtain: the map's
    mouse(canvas, QEvent.Type.MouseMove, 15)
    mouse(canvas, QEvent.Type.MouseButtonRelease, 15)
    assert places == []
    mouse(canvas, QEvent.Type.MouseButtonPress, comparison.item.curtain() + 3)
    mouse(canvas, QEvent.Type.MouseMove, width // 4)
    mouse(canvas, QEvent.Type.MouseButtonRelease, width // 4)
    assert places[-1] == pytest.approx(0.25, abs=0.01)
    comparison.close()


def test_the_cursor_of_the_map_tool_comes_back(canvas: Any, layers: list[Any]) -> None:
    tool = QgsMapToolPan(canvas)
    canvas.setMapTool(tool)
    own = canvas.viewport().cursor().shape()
    comparison = Comparison(canvas, layers[:1], layers[1:2], ("a", "b"))
    wait(lambda: comparison.ready)
    comparison.show("swipe", 0.5)
    mouse(canvas, QEvent.Type.MouseMove, comparison.item.curtain())
    assert canvas.viewport().cursor().shape() == Qt.CursorShape.SplitHCursor
    mouse(canvas, QEvent.Type.MouseMove, 5)
    assert canvas.viewport().cursor().shape() == own
    mouse(canvas, QEvent.Type.MouseMove, comparison.item.curtain())
    comparison.close()
    assert canvas.viewport().cursor().shape() == own
    canvas.unsetMapTool(tool)


def test_it_is_drawn_again_where_the_map_moves(canvas: Any, layers: list[Any]) -> None:
    comparison = Comparison(canvas, layers[:1], layers[1:2], ("a", "b"))
    wait(lambda: comparison.ready)
    canvas.zoomByFactor(2)
    assert not comparison.ready
    wait(lambda: comparison.ready)
    comparison.close()


def test_it_leaves_nothing_behind(canvas: Any, layers: list[Any]) -> None:
    project = QgsProject.instance()
    items, known = len(canvas.scene().items()), set(project.mapLayers())
    bar = CompareBar(canvas)
    bar.offer(tuple(layers))
    for mode in bar.buttons:
        bar.buttons[mode].click()
        assert [m for m, button in bar.buttons.items() if button.isChecked()] == [mode]
        assert len(canvas.scene().items()) == items + 1
    bar.against.setCurrentIndex(1)
    assert len(canvas.scene().items()) == items + 1
    bar.buttons["blink"].click()
    assert bar.comparison is None
    assert len(canvas.scene().items()) == items
    assert set(project.mapLayers()) == known


def test_each_choice_shows_the_images_that_it_names(canvas: Any, layers: list[Any]) -> None:
    bar = CompareBar(canvas)
    bar.offer(tuple(layers))
    bar.buttons["swipe"].click()
    shown = {}
    for index in range(bar.against.count()):
        bar.against.setCurrentIndex(index)
        assert bar.comparison is not None
        tops = [stack[0].name() for stack in bar.comparison.stacks]
        shown[bar.against.itemText(index)] = tops
    assert shown == {
        "Before and after": ["before", "after"],
        "Reference and before": ["reference", "before"],
        "Reference and after": ["reference", "after"],
    }
    bar.stop()


def test_it_ends_when_a_layer_goes(canvas: Any, layers: list[Any]) -> None:
    items = len(canvas.scene().items())
    bar = CompareBar(canvas)
    bar.offer(tuple(layers))
    bar.buttons["swipe"].click()
    QgsProject.instance().removeMapLayer(layers[2].id())
    assert bar.comparison is None
    assert len(canvas.scene().items()) == items
    assert not any(button.isChecked() for button in bar.buttons.values())
