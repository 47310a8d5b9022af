"""The file behind a raster layer, as the worker can open it."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsMapLayer,
    QgsProviderRegistry,
    QgsRasterLayer,
    QgsReadWriteContext,
    QgsRectangle,
)
from qgis.PyQt.QtXml import QDomDocument

from soma_qgis.i18n import tr


class LayerError(Exception):
    """A layer that the worker cannot read; ``str(error)`` is the sentence for the person."""


def raster_source(layer: QgsRasterLayer) -> str:
    """Return what GDAL in another process opens as this layer: a path or a subdataset's name.

    Touches the layer, so call it in the layer's thread only.

    Raises:
        LayerError: the layer is not a file, or QGIS shows it otherwise than the file says.
    """
    name = layer.name()
    if layer.providerType() != "gdal":
        raise LayerError(
            tr(
                "{} is not a file ({} layer); right-click it, choose Export > Save As to make a "
                "GeoTIFF of the part to register, and take that."
            ).format(name, layer.providerType().upper())
        )
    registry = QgsProviderRegistry.instance()
    parts = registry.decodeUri("gdal", layer.source())
    for option in ("openOptions", "credentialOptions"):
        if parts.get(option):
            raise LayerError(
                tr(
                    "{} is opened with GDAL options, which cannot be passed on; right-click it, "
                    "choose Export > Save As to make a GeoTIFF, and take that."
                ).format(name)
            )
    _check_crs(layer)
    return absolute(str(registry.encodeUri("gdal", parts)))


def extent_in_file(extent: QgsRectangle, layer: QgsRasterLayer) -> list[float]:
    """Return an extent in the layer's coordinates as (xmin, ymin, xmax, ymax) of the file.

    They are the same where the file has a CRS. The core sees an image without one as its pixels, x
    to the right and y down from the upper left corner; QGIS has y point up.
    """
    if layer.dataProvider().crs().isValid():
        return [extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()]
    whole = layer.extent()
    width, height = layer.rasterUnitsPerPixelX(), layer.rasterUnitsPerPixelY()
    return [
        (extent.xMinimum() - whole.xMinimum()) / width,
        (whole.yMaximum() - extent.yMaximum()) / height,
        (extent.xMaximum() - whole.xMinimum()) / width,
        (whole.yMaximum() - extent.yMinimum()) / height,
    ]


def symbology(layer: QgsMapLayer) -> str:
    """Return how a layer is drawn, as QML, so that its registered form can be drawn alike."""
    document = QDomDocument()
    categories = QgsMapLayer.StyleCategory.Symbology | QgsMapLayer.StyleCategory.Rendering
    layer.exportNamedStyle(document, QgsReadWriteContext(), categories)
    return str(document.toString())


def _check_crs(layer: QgsRasterLayer) -> None:
    """Refuse a CRS that only QGIS knows of: the worker would put the image elsewhere."""
    shown, stored = layer.crs(), layer.dataProvider().crs()
    if not stored.isValid() and _in_pixels(layer):
        return  # QGIS gives new layers without a CRS the project's, where it is set to do so
    if shown.isValid() and shown != stored:
        raise LayerError(
            tr(
                "{} is shown in {}, but its file says {}; write the right CRS into the file with "
                "Raster > Projections > Assign Projection."
            ).format(
                layer.name(),
                shown.userFriendlyIdentifier(),
                stored.userFriendlyIdentifier() if stored.isValid() else tr("nothing of a CRS"),
            )
        )


def _in_pixels(layer: QgsRasterLayer) -> bool:
    """Return whether a layer's coordinates are the pixels of an image without geotransform."""
    extent = layer.extent()
    return bool(
        extent.width() == layer.width()
        and extent.height() == layer.height()
        and extent.xMinimum() == 0
        and 0 in (extent.yMinimum(), extent.yMaximum())
    )


def absolute(source: str) -> str:
    """Return the path of a file independent of the current folder; other names stay as they are."""
    return str(Path(source).absolute()) if Path(source).exists() else source
