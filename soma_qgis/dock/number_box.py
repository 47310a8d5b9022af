"""A box for a number that may also be left unset."""

from __future__ import annotations

from qgis.gui import QgsDoubleSpinBox
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtWidgets import QWidget

from soma_qgis.definitions import MANY_DECIMALS, Setting

UNLIMITED = 1e9
NARROW = 14
"""Characters that are always seen: what not setting a number means may be longer."""


class NumberBox(QgsDoubleSpinBox):
    """Shows a number within the limits of its setting.

    Where the setting need not have a value, there is one place below the smallest number. It shows
    what not setting it means.
    """

    def __init__(self, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._optional = setting.default is None
        self._low = -UNLIMITED if setting.minimum is None else setting.minimum
        high = UNLIMITED if setting.maximum is None else setting.maximum
        self._unset = self._low - 10.0**-setting.decimals
        self.setDecimals(setting.decimals)
        self.setRange(self._unset if self._optional else self._low, high)
        self.setSingleStep(0.05 if setting.decimals == 2 else 1.0)
        if setting.unit:
            # A degree sign stands beside its number, other units apart from it.
            self.setSuffix(setting.unit if setting.unit == "°" else f" {setting.unit}")
        if self._optional:
            self.setSpecialValueText(setting.unset)
        self.set_number(setting.default)
        self.setClearValue(self.value())
        self.valueChanged.connect(lambda _: self._show_start())
        self._show_start()

    def number(self) -> float | None:
        """Return the number; None: it is not set."""
        unset = self._optional and self.value() <= self.minimum()
        return None if unset else float(self.value())

    def set_number(self, number: float | None) -> None:
        """Show a number; None: it is not set."""
        self.setValue(self._unset if number is None else number)

    def minimumSizeHint(self) -> QSize:
        """Return a size that lets the panel be narrow."""
        hint = super().minimumSizeHint()
        width = NARROW * self.fontMetrics().averageCharWidth() + hint.height()
        return QSize(min(hint.width(), width), hint.height())

    def stepBy(self, steps: int) -> None:
        """Go up or down; from "not set" to the smallest number, or to 1 where it is tiny."""
        if steps > 0 and self.number() is None:
            self.set_number(1.0 if self.decimals() == MANY_DECIMALS else self._low)
        else:
            super().stepBy(steps)

    def textFromValue(self, value: float) -> str:
        """Return a number without the zeros at the end of many decimals."""
        text = str(super().textFromValue(value))
        if self.decimals() < MANY_DECIMALS:
            return text
        return text.rstrip("0").rstrip(self.locale().decimalPoint())

    def _show_start(self) -> None:
        """Show how a text begins that is wider than the box."""
        if self.number() is None:
            self.lineEdit().setCursorPosition(0)
