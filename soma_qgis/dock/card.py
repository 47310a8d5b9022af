"""The card that shows what came of a run."""

from __future__ import annotations

from qgis.PyQt.QtCore import QEvent, Qt, pyqtSignal
from qgis.PyQt.QtGui import QPalette
from qgis.PyQt.QtWidgets import (
    QFormLayout,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from soma_qgis.algorithms import names
from soma_qgis.dock import colours
from soma_qgis.dock.run_record import RunRecord, explanation, headline, rows
from soma_qgis.i18n import tr

SIGNS = {"registered": "✔", "doubtful": "⚠", "failed": "✖", "cancelled": "■"}

LARGER = 1.15
"""Size of the verdict's letters, relative to the others."""


class ResultCard(QFrame):
    """Verdict, figures and what to do with them."""

    report_wanted = pyqtSignal()
    repeat_wanted = pyqtSignal()
    command_wanted = pyqtSignal()
    save_wanted = pyqtSignal()
    closed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("soma_card")
        self.record: RunRecord | None = None
        self._headline, self._title, self._explanation = QLabel(), QLabel(), QLabel()
        self._prepare_labels()
        self._figures = QFormLayout()
        self._figures.setVerticalSpacing(2)
        self._figures.setHorizontalSpacing(16)
        self._figures.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 8, 8, 8)
        self._column.addLayout(self._head())
        self._column.addWidget(self._title)
        self._column.addLayout(self._figures)
        self._column.addWidget(self._explanation)
        self._column.addLayout(self._make_buttons())

    def _prepare_labels(self) -> None:
        font = self._headline.font()
        font.setBold(True)
        font.setPointSizeF(LARGER * font.pointSizeF())
        self._headline.setFont(font)
        self._title.setWordWrap(True)
        self._explanation.setWordWrap(True)
        for label in (self._headline, self._title, self._explanation):
            label.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse
                | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            label.setTextFormat(Qt.TextFormat.PlainText)

    def _head(self) -> QGridLayout:
        """Lay out the verdict and the button that closes the card."""
        close = QToolButton()
        close.setText("×")
        close.setAutoRaise(True)
        close.setToolTip(tr("Close the card; the run stays in the history"))
        close.setAccessibleName(tr("Close"))
        close.clicked.connect(self.closed)
        head = QGridLayout()
        head.addWidget(self._headline, 0, 0)
        head.addWidget(close, 0, 1)
        head.setColumnStretch(0, 1)
        return head

    def _make_buttons(self) -> QGridLayout:
        self.report = self._button(
            tr("Open report"),
            tr("Figures and images before and after, in the browser"),
            self.report_wanted,
        )
        self.save = self._button(
            tr("Save all…"), tr("Copies the temporary results into a folder"), self.save_wanted
        )
        self.repeat = self._button(
            tr("Repeat"), tr("Fills the panel with the settings of this run"), self.repeat_wanted
        )
        self.command = self._button(
            tr("Copy command"), tr("Copies this run as a qgis_process command"), self.command_wanted
        )
        grid = QGridLayout()
        for number, button in enumerate((self.report, self.save, self.repeat, self.command)):
            grid.addWidget(button, number // 2, number % 2)
        return grid

    def add_below(self, widget: QWidget) -> None:
        """Put further controls below the buttons."""
        self._column.addWidget(widget)

    def show_record(self, record: RunRecord, has_report: bool, can_save: bool) -> None:
        """Show what came of a run."""
        self.record = record
        self._headline.setText(f"{SIGNS[record.verdict]}  {headline(record.verdict)}")
        self._title.setText(record.title)
        text = explanation(record)
        if record.results and record.problem:
            text = f"{text} {record.problem}"
        self._explanation.setText(text)
        self._explanation.setVisible(bool(text))
        while self._figures.rowCount():
            self._figures.removeRow(0)
        for row in rows(record):
            label, value = QLabel(row.label), QLabel(row.value)
            for part in (label, value):
                part.setToolTip(row.meaning)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setWordWrap(True)  # a figure in words must not make the panel wider
            self._figures.addRow(label, value)
        self.report.setEnabled(has_report)
        self.save.setEnabled(can_save)
        for button in (self.report, self.save):
            button.setVisible(bool(record.results))
        self.command.setVisible(bool(record.parameters))
        self._paint()
        self.setVisible(True)

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.record is not None:
            self._paint()

    def report_path(self) -> str:
        """Return where the report of the shown run is; empty: there is none."""
        return str(self.record.results.get(names.REPORT, "")) if self.record else ""

    def _button(self, text: str, tip: str, wanted: pyqtSignal) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.clicked.connect(lambda: wanted.emit())
        return button

    def _paint(self) -> None:
        assert self.record is not None
        parent = self.parentWidget() or self
        window = parent.palette().color(QPalette.ColorRole.Window)
        hue = colours.HUES[self.record.verdict]
        base = (window.red(), window.green(), window.blue())
        background = colours.mix(base, hue, colours.TINT)
        wanted = (
            f"#soma_card {{ background-color: {colours.style(background)}; border: none; "
            f"border-left: 4px solid {colours.style(hue)}; }}"
        )
        if self.styleSheet() != wanted:  # setting it is a change of the palette itself
            self.setStyleSheet(wanted)
            text = colours.style(colours.readable(hue, background))
            self._headline.setStyleSheet(f"color: {text};")
