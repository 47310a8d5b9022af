"""The list of earlier runs."""

from __future__ import annotations

from collections.abc import Iterable

from qgis.gui import QgsCollapsibleGroupBox
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from soma_qgis.dock.card import SIGNS
from soma_qgis.dock.run_record import RunRecord, headline
from soma_qgis.i18n import tr

HEIGHT = 140


class HistoryList(QgsCollapsibleGroupBox):
    """Folded away until a person wants to see an earlier run."""

    chosen = pyqtSignal(object)
    """A :class:`RunRecord`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Earlier runs"), parent)
        self.setObjectName("soma_history")
        self.setCollapsed(True)
        self.list = QListWidget()
        self.list.setMaximumHeight(HEIGHT)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setToolTip(tr("Shows the card of an earlier run, from which to repeat it"))
        self.list.itemActivated.connect(self._on_item)
        self.list.itemClicked.connect(self._on_item)
        inside = QVBoxLayout(self)
        inside.addWidget(self.list)

    def fill(self, records: Iterable[RunRecord]) -> None:
        """Show these runs."""
        self.list.clear()
        for record in records:
            when = record.started.replace("T", " ")[:16]
            item = QListWidgetItem(f"{SIGNS[record.verdict]} {when}  {record.title}")
            item.setToolTip(f"{headline(record.verdict)}: {record.title}")
            item.setData(Qt.ItemDataRole.UserRole, record)
            self.list.addItem(item)

    def _on_item(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))
