"""The controls of the comparison in the map."""

from __future__ import annotations

from qgis.core import QgsMapLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QSignalBlocker, Qt
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QWidget,
)

from soma_qgis.dock.compare import Comparison
from soma_qgis.dock.pattern import Mode
from soma_qgis.i18n import tr

STEPS = 1000


class CompareBar(QWidget):
    """Starts and ends comparisons of a result with what was before, and with the reference."""

    def __init__(self, canvas: QgsMapCanvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._layers: tuple[QgsMapLayer, QgsMapLayer, QgsMapLayer] | None = None
        self.comparison: Comparison | None = None
        self.buttons: dict[Mode, QPushButton] = {}
        texts: dict[Mode, tuple[str, str]] = {
            "swipe": (tr("Swipe"), tr("A curtain in the map, dragged with the mouse")),
            "checkerboard": (tr("Squares"), tr("A checkerboard of both images in the map")),
            "blink": (tr("Blink"), tr("Both images in turns")),
        }
        row = QHBoxLayout()
        row.setSpacing(4)
        for mode, (text, tip) in texts.items():
            button = QPushButton(text)
            button.setCheckable(True)
            button.setToolTip(tip)
            button.toggled.connect(lambda on, mode=mode: self._toggle(mode, on))
            row.addWidget(button)
            self.buttons[mode] = button
        self.against = QComboBox()
        self.against.addItem(tr("Before and after"), ("before", "after"))
        self.against.addItem(tr("Reference and before"), ("reference", "before"))
        self.against.addItem(tr("Reference and after"), ("reference", "after"))
        self.against.setToolTip(
            tr(
                "Before and after: how far it moved. The reference and one of them: how well it "
                "fitted, and fits now."
            )
        )
        self.against.currentIndexChanged.connect(self._restart)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setValue(STEPS // 2)
        self.slider.setToolTip(tr("Place of the curtain, or size of the squares"))
        self.slider.setAccessibleName(self.slider.toolTip())
        self.slider.valueChanged.connect(self._show)
        label = QLabel(tr("Compare"))
        label.setBuddy(self.against)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 4, 0, 0)
        grid.addWidget(label, 0, 0)
        grid.addWidget(self.against, 0, 1)
        grid.addLayout(row, 1, 0, 1, 2)
        grid.addWidget(self.slider, 2, 0, 1, 2)
        grid.setColumnStretch(1, 1)
        self.slider.setVisible(False)

    def offer(self, layers: tuple[QgsMapLayer, QgsMapLayer, QgsMapLayer] | None) -> None:
        """Offer to compare (before, reference, after), or nothing."""
        self.stop()
        self._layers = layers
        self.setVisible(layers is not None)

    def stop(self) -> None:
        """End the comparison."""
        for button in self.buttons.values():
            with QSignalBlocker(button):
                button.setChecked(False)
        self.slider.setVisible(False)
        if self.comparison is not None:
            self.comparison.close()
            self.comparison = None

    def _toggle(self, mode: Mode, on: bool) -> None:
        if not on:
            self.stop()
            return
        for other, button in self.buttons.items():
            with QSignalBlocker(button):
                button.setChecked(other == mode)
        self.slider.setVisible(mode != "blink")
        if self.comparison is None:
            self._start()
        self._show()

    def _start(self) -> None:
        if self._layers is None:
            return
        before, reference, after = self._layers
        stacks = {
            "before": (tr("Before"), [before, reference]),
            "reference": (tr("Reference"), [reference]),
            "after": (tr("After"), [after, reference]),
        }
        (first_title, first), (second_title, second) = (
            stacks[name] for name in self.against.currentData()
        )
        self.comparison = Comparison(self._canvas, first, second, (first_title, second_title))
        self.comparison.moved.connect(self._on_dragged)
        self.comparison.gone.connect(self._on_gone)

    def _restart(self) -> None:
        if self.comparison is not None:
            self.comparison.close()
            self._start()
            self._show()

    def _show(self) -> None:
        for mode, button in self.buttons.items():
            if button.isChecked() and self.comparison is not None:
                self.comparison.show(mode, self.slider.value() / STEPS)

    def _on_dragged(self, share: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(STEPS * share))

    def _on_gone(self) -> None:
        self.stop()
        self._layers = None
        self.setVisible(False)
