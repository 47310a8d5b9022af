"""The panel's column scrolls to what is shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QLabel, QVBoxLayout, QWidget

from soma_qgis.dock.column import SETTLE_MS, Column

VIEW = 200


@pytest.fixture
def parts(qgis_app: Any) -> Iterator[tuple[Column, QLabel, QLabel]]:
    """A column as tall as VIEW, a line in it, and below, still hidden, a card."""
    body = QWidget()
    layout = QVBoxLayout(body)
    line, card = QLabel("line"), QLabel("card")
    card.setFixedHeight(VIEW // 2)
    card.hide()
    layout.addWidget(line)
    layout.addWidget(card)
    column = Column(body)
    column.resize(VIEW, VIEW)
    column.show()
    QTest.qWait(50)
    yield column, line, card
    column.deleteLater()


def is_whole_in_view(column: Column, part: QLabel) -> bool:
    top = part.mapTo(column.viewport(), part.rect().topLeft()).y()
    return top >= 0 and top + part.height() <= column.viewport().height()


def test_a_part_stays_in_view_while_what_is_above_it_grows(
    parts: tuple[Column, QLabel, QLabel],
) -> None:
    column, line, card = parts
    card.show()
    column.show_whole(card)
    QTest.qWait(10)
    line.setFixedHeight(2 * VIEW)
    QTest.qWait(50)
    assert is_whole_in_view(column, card)


def test_later_the_column_stays_where_a_person_scrolls_it(
    parts: tuple[Column, QLabel, QLabel],
) -> None:
    column, line, card = parts
    card.show()
    column.show_whole(card)
    QTest.qWait(SETTLE_MS + 50)
    line.setFixedHeight(2 * VIEW)
    QTest.qWait(50)
    assert column.verticalScrollBar().value() == 0
