"""The settings of a run as widgets: from :class:`RunSettings` into them, and back."""

from __future__ import annotations

from qgis.core import QgsMapLayerProxyModel, QgsRasterLayer
from qgis.gui import QgsCollapsibleGroupBox, QgsFileWidget, QgsMapCanvas, QgsMapLayerComboBox
from qgis.PyQt.QtCore import QSignalBlocker, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGridLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from soma_qgis.definitions import products, settings
from soma_qgis.dock.extent import ExtentChooser
from soma_qgis.dock.fields import ExtentField, Field, make_field
from soma_qgis.dock.keys import with_key
from soma_qgis.dock.run_settings import RunSettings
from soma_qgis.i18n import tr


class SettingsForm(QWidget):
    """Everything that decides a run.

    Attributes:
        sar: the box with the SAR layer.
        optical: the box with the optical layer.
        swap: the button that swaps both.
        folder: of the results.
        fields: one for each setting, by name.
        ticks: one for each product that need not be made, by its id in Processing.
    """

    changed = pyqtSignal()
    layers_chosen = pyqtSignal()
    """A person, rather than the guess, has chosen a layer."""

    def __init__(self, canvas: QgsMapCanvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sar = _layer_list(tr("The SAR image: a raster layer with one band to match."))
        self.optical = _layer_list(tr("The optical image: a raster layer, one band or colour."))
        self.swap = self._swap_button()
        self.fields: dict[str, Field] = {
            setting.name: make_field(setting, canvas) for setting in settings()
        }
        self.folder = _folder()
        self.ticks = {
            product.parameter: _tick(product.title, product.help)
            for product in products()
            if not product.required
        }
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._main_grid())
        column.addWidget(self._advanced())
        self._connect()
        self.set_run_settings(RunSettings())

    @property
    def extent(self) -> ExtentChooser:
        """What chooses the extent to register."""
        field = self.fields["extent"]
        assert isinstance(field, ExtentField)
        return field.chooser

    def sar_layer(self) -> QgsRasterLayer | None:
        """Return the layer that is chosen for the SAR image."""
        return self.sar.currentLayer()

    def optical_layer(self) -> QgsRasterLayer | None:
        """Return the layer that is chosen for the optical image."""
        return self.optical.currentLayer()

    def run_settings(self) -> RunSettings:
        """Return what the widgets say."""
        sar, optical = self.sar_layer(), self.optical_layer()
        return RunSettings(
            sar.id() if sar is not None else "",
            optical.id() if optical is not None else "",
            self.folder.filePath().strip(),
            tuple(name for name, box in self.ticks.items() if box.isChecked()),
            {name: field.value() for name, field in self.fields.items()},
        )

    def set_run_settings(self, chosen: RunSettings) -> None:
        """Show the settings of a run, but for its layers: these may no longer be there."""
        with QSignalBlocker(self):
            for name, field in self.fields.items():
                field.set_value(chosen.values[name])
            self.folder.setFilePath(chosen.folder)
            for name, box in self.ticks.items():
                box.setChecked(name in chosen.products)
        self.changed.emit()

    def set_layers(self, sar: QgsRasterLayer | None, optical: QgsRasterLayer | None) -> None:
        """Choose layers, as the guess does."""
        for combo, layer in ((self.sar, sar), (self.optical, optical)):
            with QSignalBlocker(combo):
                combo.setLayer(layer)
        self._on_layers()

    def _main_grid(self) -> QGridLayout:
        """Lay out the images with what is set of each, then what is often set."""
        images = (
            ("sar", tr("SAR image"), self.sar),
            ("optical", tr("Optical image"), self.optical),
        )
        rows: list[tuple[str, QWidget]] = []
        for image, title, combo in images:
            rows.append((title, combo))
            rows += [_row(field) for field in self.fields.values() if field.setting.of == image]
        of_images = len(rows)
        rows += [
            _row(field)
            for field in self.fields.values()
            if not field.setting.of and not field.setting.advanced
        ]
        rows.append((tr("Keep results in"), self.folder))
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.setHorizontalSpacing(8)
        taken: set[str] = set()
        for number, (title, widget) in enumerate(rows):
            label = QLabel(with_key(title, taken))
            label.setBuddy(widget)
            label.setToolTip(widget.toolTip())
            grid.addWidget(label, number, 0)
            grid.addWidget(widget, number, 1, 1, 1 if number < of_images else 2)
        grid.addWidget(self.swap, 0, 2, of_images, 1)
        return grid

    def _advanced(self) -> QgsCollapsibleGroupBox:
        """Fold away what is rarely set, and which products are made."""
        group = QgsCollapsibleGroupBox(tr("Advanced settings"))
        group.setObjectName("soma_advanced")
        group.setSaveCollapsedState(True)
        group.setCollapsed(True)
        form = QFormLayout(group)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for field in self.fields.values():
            if field.setting.advanced and not field.setting.of:
                form.addRow(*_row(field))
                form.labelForField(field.widget).setToolTip(field.widget.toolTip())
        column = QVBoxLayout()
        for box in self.ticks.values():
            column.addWidget(box)
        form.addRow(tr("Make also"), column)
        return group

    def _connect(self) -> None:
        self.sar.layerChanged.connect(self._on_person_chose)
        self.optical.layerChanged.connect(self._on_person_chose)
        for field in self.fields.values():
            field.changed.connect(self.changed)
        self.folder.fileChanged.connect(self.changed)

    def _on_person_chose(self) -> None:
        self.layers_chosen.emit()
        self._on_layers()

    def _on_layers(self) -> None:
        layers = {"sar": self.sar_layer(), "optical": self.optical_layer()}
        for field in self.fields.values():
            if field.setting.of:
                field.set_layer(layers[field.setting.of])
        self.changed.emit()

    def _swap(self) -> None:
        self.layers_chosen.emit()
        self.set_layers(self.optical_layer(), self.sar_layer())

    def _swap_button(self) -> QToolButton:
        button = QToolButton()
        button.setText("⇅")
        button.setToolTip(tr("Swap the SAR and the optical layer"))
        button.setAccessibleName(tr("Swap the layers"))
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        button.clicked.connect(self._swap)
        return button


def _row(field: Field) -> tuple[str, QWidget]:
    return field.setting.title, field.widget


def _layer_list(tip: str) -> QgsMapLayerComboBox:
    combo = QgsMapLayerComboBox()
    combo.setFilters(QgsMapLayerProxyModel.Filter.RasterLayer)
    combo.setAllowEmptyLayer(True, tr("Choose a layer"))
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(12)
    combo.setToolTip(tip)
    return combo


def _folder() -> QgsFileWidget:
    folder = QgsFileWidget()
    folder.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
    folder.setDialogTitle(tr("Folder of the results"))
    folder.lineEdit().setPlaceholderText(tr("Temporary files"))
    folder.setToolTip(
        tr(
            "Empty: temporary files, which QGIS deletes when it closes; Save all keeps them. "
            "In a folder nothing is overwritten."
        )
    )
    return folder


def _tick(text: str, tip: str) -> QCheckBox:
    box = QCheckBox(text)
    box.setToolTip(tip)
    return box
