"""One widget for each setting, made from its definition."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsRasterLayer
from qgis.gui import QgsMapCanvas, QgsRasterBandComboBox
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from soma_qgis.algorithms.parameters import OPTIONS_SEPARATOR, creation_options
from soma_qgis.definitions import Setting
from soma_qgis.dock.choices import choice_text
from soma_qgis.dock.extent import ExtentChooser, as_parameter, from_parameter
from soma_qgis.dock.number_box import NumberBox
from soma_qgis.dock.path_box import PathBox
from soma_qgis.i18n import tr
from soma_qgis.layers.export import needs_export

NARROW = 10
"""Characters that a list needs at least: it must not make the panel as wide as its entries."""


class Field(QObject):
    """A setting and the widget that shows it."""

    changed = pyqtSignal()

    def __init__(self, setting: Setting, widget: QWidget) -> None:
        """Take the tooltip from the setting."""
        super().__init__(widget)
        self.setting = setting
        self.widget = widget
        widget.setToolTip(setting.help)

    def value(self) -> Any:
        """Return what the widget says, as ``RunSettings.values`` has it."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show a value."""
        raise NotImplementedError

    def set_layer(self, layer: QgsRasterLayer | None) -> None:
        """Follow the image of which the setting is, where it is of one."""


class NumberField(Field):
    """A number; where it need not be set, the value below the smallest one says so."""

    def __init__(self, setting: Setting) -> None:
        self._box = NumberBox(setting)
        super().__init__(setting, self._box)
        self._box.valueChanged.connect(lambda _: self.changed.emit())

    def value(self) -> float | None:
        """Return the number; None: not set."""
        return self._box.number()

    def set_value(self, value: float | None) -> None:
        """Show a number; None: not set."""
        self._box.set_number(value)


class ChoiceField(Field):
    """One of several words; where it need not be set, the first entry says so."""

    def __init__(self, setting: Setting) -> None:
        self._combo = _list()
        super().__init__(setting, self._combo)
        if setting.default is None:
            self._combo.addItem(setting.unset, None)
        for choice in setting.choices:
            self._combo.addItem(choice_text(setting.name, choice), choice)
        self._combo.currentIndexChanged.connect(lambda _: self.changed.emit())

    def value(self) -> str | None:
        """Return the word; None: not set."""
        word: str | None = self._combo.currentData()
        return word

    def set_value(self, value: str | None) -> None:
        """Show a word; None: not set."""
        self._combo.setCurrentIndex(max(0, self._combo.findData(value)))


class TextField(Field):
    """A text."""

    def __init__(self, setting: Setting) -> None:
        self._line = QLineEdit()
        super().__init__(setting, self._line)
        self._line.setPlaceholderText(setting.unset)
        self._line.textChanged.connect(lambda _: self.changed.emit())

    def value(self) -> str | None:
        """Return the text; the default where there is none."""
        return self._line.text().strip() or self.setting.default

    def set_value(self, value: str | None) -> None:
        """Show a text."""
        self._line.setText(value or "")


class OptionsField(TextField):
    """Texts NAME=VALUE, in one line as Processing has them."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._line.setPlaceholderText("COMPRESS=ZSTD|BIGTIFF=YES")

    def value(self) -> tuple[str, ...]:  # type: ignore[override]
        """Return the texts."""
        return tuple(creation_options(self._line.text()))

    def set_value(self, value: tuple[str, ...] | None) -> None:  # type: ignore[override]
        """Show the texts."""
        self._line.setText(OPTIONS_SEPARATOR.join(value or ()))


class FlagField(Field):
    """Yes or no."""

    def __init__(self, setting: Setting) -> None:
        self._box = QCheckBox()
        super().__init__(setting, self._box)
        self._box.setAccessibleName(setting.title)
        self._box.toggled.connect(lambda _: self.changed.emit())

    def value(self) -> bool:
        """Return whether it is ticked."""
        return bool(self._box.isChecked())

    def set_value(self, value: bool | None) -> None:
        """Tick it or not."""
        self._box.setChecked(bool(value))


class PathField(Field):
    """A layer of the project, or a file."""

    def __init__(self, setting: Setting) -> None:
        self._box = PathBox(setting)
        super().__init__(setting, self._box)
        self._box.changed.connect(self.changed)

    def value(self) -> str | None:
        """Return the id of the layer, or the path of the file; None: not set."""
        return self._box.source() or None

    def set_value(self, value: str | None) -> None:
        """Choose a layer by its id, or a file by its path."""
        self._box.choose(value or "")


class BandField(Field):
    """One band of an image, which is set as soon as there is an image."""

    def __init__(self, setting: Setting) -> None:
        self._combo = _narrow(QgsRasterBandComboBox())
        super().__init__(setting, self._combo)
        self._combo.bandChanged.connect(lambda _: self.changed.emit())

    def value(self) -> int | None:
        """Return the number of the band, from 1; None: there is no image."""
        return self._combo.currentBand() if self._combo.currentBand() > 0 else None

    def set_value(self, value: int | None) -> None:
        """Choose a band."""
        self._combo.setBand(value or 1)

    def set_layer(self, layer: QgsRasterLayer | None) -> None:
        """Offer the bands of an image."""
        self._combo.setLayer(layer)
        self._combo.setEnabled(layer is not None)


class BandsField(Field):
    """One or three bands of an image, or those that the core takes by itself."""

    def __init__(self, setting: Setting) -> None:
        self._combo = _list()
        super().__init__(setting, self._combo)
        self._layer: QgsRasterLayer | None = None
        self._combo.currentIndexChanged.connect(lambda _: self.changed.emit())

    def value(self) -> tuple[int, ...] | None:
        """Return the numbers of the bands, from 1; None: not set."""
        bands: tuple[int, ...] | None = self._combo.currentData()
        return bands

    def set_value(self, value: tuple[int, ...] | None) -> None:
        """Choose bands, also where the image does not have them."""
        self._fill()
        known = [self._combo.itemData(index) for index in range(self._combo.count())]
        if value is not None and value not in known:
            self._combo.addItem(tr("Bands {}").format(", ".join(map(str, value))), value)
            known.append(value)
        self._combo.setCurrentIndex(known.index(value))

    def set_layer(self, layer: QgsRasterLayer | None) -> None:
        """Offer the bands of an image."""
        self._layer = layer
        self._fill()
        self._combo.setEnabled(layer is not None)

    def _fill(self) -> None:
        combo, layer = self._combo, self._layer
        combo.clear()
        combo.addItem(self.setting.unset, None)
        if layer is None or needs_export(layer):  # whose bands come with the export
            return
        drawn = tuple(layer.renderer().usesBands()) if layer.renderer() is not None else ()
        if len(drawn) == 3 and len(set(drawn)) == 3:
            combo.addItem(tr("As drawn in the map ({}, {}, {})").format(*drawn), drawn)
        for number in range(1, layer.bandCount() + 1):
            combo.addItem(layer.bandName(number), (number,))


class ExtentField(Field):
    """The part of the overlap that is registered."""

    def __init__(self, setting: Setting, canvas: QgsMapCanvas) -> None:
        self.chooser = ExtentChooser(canvas, setting.help)
        super().__init__(setting, self.chooser)
        self.chooser.changed.connect(self.changed)

    def value(self) -> str | None:
        """Return the extent as Processing has it; None: the whole overlap."""
        return as_parameter(self.chooser.extent()) or None

    def set_value(self, value: str | None) -> None:
        """Choose the extent of an earlier run."""
        self.chooser.give(from_parameter(value or ""))


def make_field(setting: Setting, canvas: QgsMapCanvas) -> Field:
    """Return the widget of a setting."""
    if setting.type == "extent":
        return ExtentField(setting, canvas)
    fields = {
        "band": BandField,
        "bands": BandsField,
        "choice": ChoiceField,
        "number": NumberField,
        "flag": FlagField,
        "text": TextField,
        "path": PathField,
        "options": OptionsField,
    }
    return fields[setting.type](setting)


def _list() -> QComboBox:
    return _narrow(QComboBox())


def _narrow(combo: QComboBox) -> QComboBox:
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(NARROW)
    return combo
