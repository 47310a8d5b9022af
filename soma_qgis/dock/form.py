"""The settings of a run as widgets: from a :class:`Choice` into them, and back."""

from __future__ import annotations

from qgis.core import QgsMapLayerProxyModel, QgsRasterLayer
from qgis.gui import (
    QgsCollapsibleGroupBox,
    QgsDoubleSpinBox,
    QgsFileWidget,
    QgsMapCanvas,
    QgsMapLayerComboBox,
    QgsRasterBandComboBox,
)
from qgis.PyQt.QtCore import QSignalBlocker, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGridLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from soma_qgis.algorithms import register as names
from soma_qgis.algorithms.base import AUTOMATIC, RESAMPLINGS
from soma_qgis.dock.area import AreaChooser, as_parameter
from soma_qgis.dock.choice import Choice
from soma_qgis.i18n import tr
from soma_qgis.layers.export import needs_export
from soma_qgis.settings import Settings


class SettingsForm(QWidget):
    """Everything that decides a run."""

    changed = pyqtSignal()
    layers_chosen = pyqtSignal()
    """A person, rather than the guess, has chosen a layer."""

    def __init__(self, canvas: QgsMapCanvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sar = self._layers(tr("The SAR image: a raster layer with one band to match."))
        self.optical = self._layers(tr("The optical image: a raster layer, one band or colour."))
        self.swap = QToolButton()
        self.swap.setText("⇅")
        self.swap.setToolTip(tr("Swap the SAR and the optical layer"))
        self.swap.setAccessibleName(tr("Swap the layers"))
        self.swap.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.swap.clicked.connect(self._swap)
        self.sar_band = QgsRasterBandComboBox()
        self.sar_band.setToolTip(
            tr("The band that is matched, such as one polarisation. All bands are moved.")
        )
        self.optical_bands = QComboBox()
        self.optical_bands.setToolTip(
            tr("The bands that are matched, as one brightness. All bands are moved.")
        )
        for combo in (self.sar_band, self.optical_bands):
            combo.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            combo.setMinimumContentsLength(10)
        self.moving = _choice(
            {"sar": tr("SAR onto optical"), "optical": tr("Optical onto SAR")},
            tr("Which image is moved. The other one stays, and gives CRS and pixel grid."),
        )
        self.transform = _choice(
            {"affine+flow": tr("Affine and local field"), "affine": tr("Affine only")},
            tr(
                "Affine: one shift, rotation, scale and shear for all. The local field on top of "
                "it, in pixels, takes up relief and residual distortion."
            ),
        )
        self.area = AreaChooser(canvas)
        self.folder = QgsFileWidget()
        self.folder.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.folder.setDialogTitle(tr("Folder of the results"))
        self.folder.lineEdit().setPlaceholderText(tr("Temporary files"))
        self.folder.setToolTip(
            tr(
                "Empty: temporary files, which QGIS deletes when it closes; Save all keeps them. "
                "In a folder nothing is overwritten."
            )
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._main_grid())
        column.addWidget(self._advanced())
        self._connect()
        self.set_choice(Choice(device=Settings.load().device))

    def sar_layer(self) -> QgsRasterLayer | None:
        """Return the layer that is chosen for the SAR image."""
        return self.sar.currentLayer()

    def optical_layer(self) -> QgsRasterLayer | None:
        """Return the layer that is chosen for the optical image."""
        return self.optical.currentLayer()

    def choice(self) -> Choice:
        """Return what the widgets say."""
        sar, optical = self.sar_layer(), self.optical_layer()
        return Choice(
            sar.id() if sar is not None else "",
            optical.id() if optical is not None else "",
            self.sar_band.currentBand() if self.sar_band.currentBand() > 0 else None,
            tuple(self.optical_bands.currentData() or ()),
            self.moving.currentData(),
            self.transform.currentData(),
            as_parameter(self.area.area()),
            self.folder.filePath().strip(),
            tuple(name for name, box in self._products.items() if box.isChecked()),
            self.max_shift.value(),
            self.min_certainty.value(),
            self.spacing.value() or None,
            self.resampling.currentData(),
            self.model.text().strip() or names.DEFAULT_MODEL,
            self.device.currentData(),
        )

    def set_choice(self, choice: Choice) -> None:
        """Show a choice, layers and area apart: these may no longer be there."""
        with QSignalBlocker(self):
            self.sar_band.setBand(choice.sar_band or 1)
            self._set_optical_bands(choice.optical_bands)
            for combo, value in (
                (self.moving, choice.moving),
                (self.transform, choice.transform),
                (self.resampling, choice.resampling),
                (self.device, choice.device),
            ):
                combo.setCurrentIndex(max(0, combo.findData(value)))
            self.folder.setFilePath(choice.folder)
            for name, box in self._products.items():
                box.setChecked(name in choice.products)
            self.max_shift.setValue(choice.max_shift)
            self.min_certainty.setValue(choice.min_certainty)
            self.spacing.setValue(choice.spacing or 0.0)
            self.model.setText(choice.model)
        self.changed.emit()

    def set_layers(self, sar: QgsRasterLayer | None, optical: QgsRasterLayer | None) -> None:
        """Choose layers, as the guess does."""
        for combo, layer in ((self.sar, sar), (self.optical, optical)):
            with QSignalBlocker(combo):
                combo.setLayer(layer)
        self._on_layers()

    def _main_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.setHorizontalSpacing(8)
        rows = [
            (tr("SAR ima&ge"), self.sar),
            (tr("SAR &band"), self.sar_band),
            (tr("Opt&ical image"), self.optical),
            (tr("Optical ba&nds"), self.optical_bands),
            (tr("&Fit"), self.moving),
            (tr("&Transformation"), self.transform),
            (tr("&Area"), self.area),
            (tr("&Keep results in"), self.folder),
        ]
        for number, (text, widget) in enumerate(rows):
            label = QLabel(text)
            label.setBuddy(widget)
            label.setToolTip(widget.toolTip())
            grid.addWidget(label, number, 0)
            grid.addWidget(widget, number, 1, 1, 1 if number < 4 else 2)
        grid.addWidget(self.swap, 0, 2, 4, 1)
        return grid

    def _advanced(self) -> QgsCollapsibleGroupBox:
        group = QgsCollapsibleGroupBox(tr("Advanced settings"))
        group.setObjectName("soma_advanced")
        group.setSaveCollapsedState(True)
        group.setCollapsed(True)
        self.max_shift = _number(
            1.0, names.LARGEST_MAX_SHIFT, 1, names.DEFAULT_MAX_SHIFT, tr(" px"),
            tr("The largest shift to expect, in pixels of the reference. Larger takes longer and "
               "finds more wrong places that look alike."),
        )  # fmt: skip
        self.min_certainty = _number(
            0.0, 1.0, 2, names.DEFAULT_MIN_CERTAINTY, "",
            tr("Vectors and control points below it are left out, 0 to 1; the registered image is "
               "not affected."),
        )  # fmt: skip
        self.min_certainty.setSingleStep(0.05)
        self.spacing = _number(
            0.0, 10000.0, 1, 0.0, tr(" px"),
            tr("Distance of vectors and control points, in pixels of the reference; automatic: "
               "about 40 along the longer side."),
        )  # fmt: skip
        self.spacing.setSpecialValueText(tr("automatic"))
        self.resampling = _choice(
            {name: tr("automatic") if name == AUTOMATIC else name for name in RESAMPLINGS},
            tr("Of the registered image; automatic: nearest for classes, cubic for the rest."),
        )
        self.model = QLineEdit()
        self.model.setToolTip(
            tr("The name of a bundled model, or the path of a .safetensors file.")
        )
        self.device = _choice(
            {AUTOMATIC: tr("automatic"), "cpu": "CPU", "cuda": "GPU (CUDA)"},
            tr("automatic: the GPU where it passes a test, else the CPU. The result says which."),
        )
        self._products = {
            names.DISPLACEMENTS: QCheckBox(tr("Displacement vectors")),
            names.DISPLACEMENT_RASTER: QCheckBox(tr("Displacement raster")),
            names.REPORT: QCheckBox(tr("Report")),
            names.GCPS: QCheckBox(tr("Control points (.points)")),
        }
        tips = (
            tr("Arrows from the old to the new position, in metres and pixels."),
            tr("dx, dy in metres, certainty, residual; applies this registration to others."),
            tr("One HTML file with figures and images before and after."),
            tr("For QGIS's Georeferencer, on the moving image."),
        )
        for box, tip in zip(self._products.values(), tips):
            box.setToolTip(tip)
        form = QFormLayout(group)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for text, widget in (
            (tr("Largest shift"), self.max_shift),
            (tr("Smallest certainty"), self.min_certainty),
            (tr("Spacing of vectors"), self.spacing),
            (tr("Resampling"), self.resampling),
            (tr("Model"), self.model),
            (tr("Device"), self.device),
        ):
            form.addRow(text, widget)
            form.labelForField(widget).setToolTip(widget.toolTip())
        products = QVBoxLayout()
        for box in self._products.values():
            products.addWidget(box)
        form.addRow(tr("Make also"), products)
        return group

    def _connect(self) -> None:
        self.sar.layerChanged.connect(self._on_person_chose)
        self.optical.layerChanged.connect(self._on_person_chose)
        self.moving.currentIndexChanged.connect(self.changed)
        self.device.currentIndexChanged.connect(self.changed)
        self.area.changed.connect(self.changed)
        self.folder.fileChanged.connect(self.changed)

    def _on_person_chose(self) -> None:
        self.layers_chosen.emit()
        self._on_layers()

    def _on_layers(self) -> None:
        self.sar_band.setLayer(self.sar_layer())
        self._set_optical_bands(())
        self.sar_band.setEnabled(self.sar_layer() is not None)
        self.optical_bands.setEnabled(self.optical_layer() is not None)
        self.changed.emit()

    def _swap(self) -> None:
        self.layers_chosen.emit()
        self.set_layers(self.optical_layer(), self.sar_layer())

    def _set_optical_bands(self, wanted: tuple[int, ...]) -> None:
        combo, layer = self.optical_bands, self.optical_layer()
        combo.clear()
        combo.addItem(tr("Automatic (RGB)"), None)
        if layer is not None and not needs_export(layer):  # whose bands come with the export
            drawn = tuple(layer.renderer().usesBands()) if layer.renderer() is not None else ()
            if len(drawn) == 3 and len(set(drawn)) == 3:
                combo.addItem(tr("As drawn in the map ({}, {}, {})").format(*drawn), drawn)
            for number in range(1, layer.bandCount() + 1):
                combo.addItem(layer.bandName(number), (number,))
        if wanted:
            known = [combo.itemData(index) for index in range(combo.count())]
            if wanted not in known:
                combo.addItem(tr("Bands {}").format(", ".join(map(str, wanted))), wanted)
                known.append(wanted)
            combo.setCurrentIndex(known.index(wanted))

    @staticmethod
    def _layers(tip: str) -> QgsMapLayerComboBox:
        combo = QgsMapLayerComboBox()
        combo.setFilters(QgsMapLayerProxyModel.Filter.RasterLayer)
        combo.setAllowEmptyLayer(True, tr("Choose a layer"))
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(12)
        combo.setToolTip(tip)
        return combo


def _choice(words: dict[str, str], tip: str) -> QComboBox:
    combo = QComboBox()
    for value, text in words.items():
        combo.addItem(text, value)
    combo.setToolTip(tip)
    return combo


def _number(
    low: float, high: float, decimals: int, default: float, unit: str, tip: str
) -> QgsDoubleSpinBox:
    box = QgsDoubleSpinBox()
    box.setRange(low, high)
    box.setDecimals(decimals)
    box.setValue(default)
    box.setClearValue(default)
    box.setSuffix(unit)
    box.setToolTip(tip)
    return box
