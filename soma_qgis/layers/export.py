"""Raster layers that are no files, such as basemaps or tables, written to one for the worker."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsDistanceArea,
    QgsPointXY,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterBlockFeedback,
    QgsRasterFileWriter,
    QgsRasterInterface,
    QgsRasterLayer,
    QgsRasterNuller,
    QgsRasterPipe,
    QgsRasterRange,
    QgsRectangle,
)
from qgis.PyQt.QtCore import Qt, QThread

from soma_qgis.i18n import tr
from soma_qgis.layers.source import LayerError, place_of
from soma_qgis.layers.stand_in import has_nodata_ranges

LARGEST = 50_000_000
"""Pixels that are exported at most: more tiles than that no server likes to give."""

WHOLE_NUMBERS = {
    Qgis.DataType.Byte: (0, 2**8 - 1),
    Qgis.DataType.UInt16: (0, 2**16 - 1),
    Qgis.DataType.Int16: (-(2**15), 2**15 - 1),
    Qgis.DataType.UInt32: (0, 2**32 - 1),
    Qgis.DataType.Int32: (-(2**31), 2**31 - 1),
}
"""The least and the largest number of the types that hold whole ones only."""


@dataclass(frozen=True)
class ExportGrid:
    """What is exported: the extent in the layer's CRS, and into how many pixels."""

    extent: QgsRectangle
    width: int
    height: int

    @property
    def pixel(self) -> float:
        """Size of a pixel in the units of the layer's CRS."""
        return self.extent.width() / self.width


def needs_export(layer: QgsRasterLayer) -> bool:
    """Return whether a layer is no file that GDAL in another process opens, or one of which QGIS
    takes more for nodata than a file can say."""
    return bool(layer.isValid() and (layer.providerType() != "gdal" or has_nodata_ranges(layer)))


def has_own_pixels(layer: QgsRasterLayer) -> bool:
    """Return whether a layer has a number of pixels, as databases and expressions have and tiles
    have not."""
    able = layer.dataProvider().capabilities()
    return bool(able & QgsRasterInterface.Capability.Size) and layer.width() > 0


def export_grid(
    layer: QgsRasterLayer,
    other: QgsRasterLayer,
    margin: float = 0.0,
    within: QgsRectangle | None = None,
) -> ExportGrid:
    """Return the part of a layer that covers another one: its own pixels, or where it has none, at
    that one's resolution.

    Args:
        layer: that is no file.
        other: that is one.
        margin: added all around, in pixels.
        within: the extent that is wanted, in the layer's CRS; None: all that the other one covers.

    Raises:
        LayerError: they do not overlap, have no CRS, or it would be too much.
    """
    own = has_own_pixels(layer)
    if place_of(layer) == place_of(other) != "crs" and own:
        return ExportGrid(layer.extent(), layer.width(), layer.height())
    if not (layer.crs().isValid() and other.crs().isValid()):
        raise LayerError(
            tr("{} is no file and needs an image with a CRS beside it.").format(layer.name())
        )
    box = _extent_in_crs_of(layer, other)
    # Of the areas, so that a rotation between the CRSs does not change the resolution.
    pixel = math.sqrt(box.width() * box.height() / (other.width() * other.height()))
    if own:
        pixel = max(layer.rasterUnitsPerPixelX(), layer.rasterUnitsPerPixelY())
    if within is not None:
        box = box.intersect(within)
    if not box.isEmpty():
        box = box.buffered(margin * pixel).intersect(layer.extent())
    if box.isEmpty():
        raise LayerError(
            tr("{} and {} do not overlap; choose images of one place.").format(
                layer.name(), other.name()
            )
        )
    return _own_grid(layer, box) if own else _grid_of_pixels(layer, box, pixel)


def _grid_of_pixels(layer: QgsRasterLayer, box: QgsRectangle, pixel: float) -> ExportGrid:
    """Return a box in pixels of a size.

    Raises:
        LayerError: they are too many.
    """
    width, height = (max(1, round(side / pixel)) for side in (box.width(), box.height()))
    if width * height > LARGEST:
        raise LayerError(
            tr(
                "{} would be exported with {} × {} pixels, which is too much; choose a smaller "
                "extent."
            ).format(layer.name(), width, height)
        )
    return ExportGrid(box, width, height)


def _own_grid(layer: QgsRasterLayer, box: QgsRectangle) -> ExportGrid:
    """Return the pixels of a layer that a box touches."""
    whole = layer.extent()
    across, up = layer.rasterUnitsPerPixelX(), layer.rasterUnitsPerPixelY()
    left = math.floor((box.xMinimum() - whole.xMinimum()) / across + 1e-6)
    right = math.ceil((box.xMaximum() - whole.xMinimum()) / across - 1e-6)
    top = math.floor((whole.yMaximum() - box.yMaximum()) / up + 1e-6)
    bottom = math.ceil((whole.yMaximum() - box.yMinimum()) / up - 1e-6)
    extent = QgsRectangle(
        whole.xMinimum() + left * across,
        whole.yMaximum() - bottom * up,
        whole.xMinimum() + right * across,
        whole.yMaximum() - top * up,
    )
    return ExportGrid(extent, right - left, bottom - top)


def _extent_in_crs_of(layer: QgsRasterLayer, other: QgsRasterLayer) -> QgsRectangle:
    """Return the extent of the other layer in the CRS of a layer.

    Raises:
        LayerError: it has none there.
    """
    transform = QgsCoordinateTransform(other.crs(), layer.crs(), QgsProject.instance())
    try:
        return transform.transformBoundingBox(other.extent())
    except QgsCsException as error:
        raise LayerError(
            tr("{} cannot be brought into the CRS of {}; check the CRS of both.").format(
                other.name(), layer.name()
            )
        ) from error


class Export:
    """An export prepared in the main thread and written in another one."""

    def __init__(self, layer: QgsRasterLayer, grid: ExportGrid) -> None:
        """Take from the layer all that is needed; it may be gone when the file is written."""
        self.name = layer.name()
        self._resolution = resolution(layer, grid)
        self._grid = grid
        self._crs = QgsCoordinateReferenceSystem(layer.crs())
        self._pipe = QgsRasterPipe()
        self._pipe.set(layer.dataProvider().clone())
        if has_nodata_ranges(layer):
            self._pipe.insert(1, _nuller(layer))
        self._pipe.provider().moveToThread(None)  # so that the thread that writes can take it

    def write(self, path: str, feedback: QgsProcessingFeedback) -> str:
        """Write the file, in whichever thread, and return its resolution in words.

        Raises:
            LayerError: it cannot be written, or the server gives nothing.
        """
        self._pipe.provider().moveToThread(QThread.currentThread())
        block = QgsRasterBlockFeedback()
        feedback.canceled.connect(block.cancel, Qt.ConnectionType.DirectConnection)
        grid, writer = self._grid, QgsRasterFileWriter(path)
        writer.setOutputFormat("GTiff")
        result = writer.writeRaster(
            self._pipe,
            grid.width,
            grid.height,
            grid.extent,
            self._crs,
            QgsCoordinateTransformContext(),
            feedback=block,
        )
        feedback.canceled.disconnect(block.cancel)
        if feedback.isCanceled():
            raise LayerError(tr("Cancelled; no half-written file is left."))
        errors = [str(error) for error in block.errors()]
        if result != QgsRasterFileWriter.WriterError.NoError or errors:
            raise LayerError(
                tr("{} could not be exported ({}); check that its server answers.").format(
                    self.name, errors[0] if errors else result
                )
            )
        if _is_empty(path):
            raise LayerError(
                tr("{} gave no image of this area; check that its server answers.").format(
                    self.name
                )
            )
        return self._resolution


def _nuller(layer: QgsRasterLayer) -> QgsRasterNuller:
    """Return what makes one value of all that a layer takes for nodata."""
    provider, nuller = layer.dataProvider(), QgsRasterNuller()
    for band in range(1, layer.bandCount() + 1):
        chosen = provider.userNoDataValues(band)
        kind = Qgis.DataType(provider.sourceDataType(band))
        low, high = WHOLE_NUMBERS.get(kind, (-math.inf, math.inf))
        values = []
        if provider.sourceHasNoDataValue(band) and provider.useSourceNoDataValue(band):
            values.append(provider.sourceNoDataValue(band))
        for one in chosen:
            # One of the values themselves, so that nothing else is lost, and one that the type has.
            least, most = max(one.min(), low), min(one.max(), high)
            value = least if math.isinf(high) else math.ceil(least)
            values += [end for end in (value, most) if least <= end <= most and math.isfinite(end)]
        if values:
            # QGIS writes the least number of the first range for nodata.
            nuller.setNoData(band, [QgsRasterRange(values[0], values[0]), *chosen])
    return nuller


def resolution(layer: QgsRasterLayer, grid: ExportGrid) -> str:
    """Return the size of the exported pixels on the ground, in words."""
    measure = QgsDistanceArea()
    measure.setSourceCrs(layer.crs(), QgsProject.instance().transformContext())
    measure.setEllipsoid(layer.crs().ellipsoidAcronym() or "EPSG:7030")
    middle = grid.extent.center()
    left = QgsPointXY(grid.extent.xMinimum(), middle.y())
    right = QgsPointXY(grid.extent.xMaximum(), middle.y())
    return tr("{:.3g} m per pixel").format(measure.measureLine(left, right) / grid.width)


def _is_empty(path: str) -> bool:
    """Return whether an exported picture is transparent throughout, as where no tile came."""
    written = QgsRasterLayer(path)
    opaque = written.bandCount() if written.bandCount() == 4 else 0
    if not opaque:
        return False
    return bool(written.dataProvider().bandStatistics(opaque).maximumValue == 0)
