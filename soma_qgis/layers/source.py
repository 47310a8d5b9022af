"""The file behind a raster layer, as the worker can open it."""

from __future__ import annotations

import re
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

    What QGIS knows beyond it, :func:`soma_qgis.layers.stand_in.stand_in` has.

    Touches the layer, so call it in the layer's thread only.

    Raises:
        LayerError: the layer is not a file, or only with credentials.
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
    if parts.get("credentialOptions"):
        raise LayerError(
            tr(
                "{} is opened with credentials, which are not passed on; right-click it, choose "
                "Export > Save As to make a GeoTIFF, and take that."
            ).format(name)
        )
    return absolute(str(registry.encodeUri("gdal", parts)))


def place_of(layer: QgsRasterLayer) -> str:
    """Return how a layer lies on the map: by a "crs", by "coordinates" without one, by "arrays"
    that hold the place of its pixels, which only the worker reads, or in "pixels" where its file
    says nothing of its place."""
    if layer.dataProvider().crs().isValid():
        return "crs"
    if in_pixels(layer):
        return "arrays" if _has_arrays(layer) else "pixels"
    return "crs" if layer.crs().isValid() else "coordinates"


def _has_arrays(layer: QgsRasterLayer) -> bool:
    """Return whether the file of a layer names geolocation arrays."""
    from osgeo import gdal

    try:
        dataset = gdal.OpenEx(layer.source(), gdal.OF_RASTER)
    except RuntimeError:
        return False  # an image in memory, say; reading it says more
    return dataset is not None and bool(dataset.GetMetadataItem("X_DATASET", "GEOLOCATION"))


def extent_in_file(extent: QgsRectangle, layer: QgsRasterLayer) -> list[float]:
    """Return an extent in the layer's coordinates as (xmin, ymin, xmax, ymax) of the file.

    They are the same where the file has a geotransform. The core sees an image without one as its
    pixels, x to the right and y down from the upper left corner; QGIS has y point up.
    """
    if place_of(layer) != "pixels":
        return [extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()]
    # Older versions of QGIS show such an image above the zero line.
    above = max(0.0, layer.extent().yMaximum())
    return [
        extent.xMinimum(),
        above - extent.yMaximum(),
        extent.xMaximum(),
        above - extent.yMinimum(),
    ]


def symbology(layer: QgsMapLayer) -> str:
    """Return how a layer is drawn, as QML, so that its registered form can be drawn alike."""
    document = QDomDocument()
    categories = QgsMapLayer.StyleCategory.Symbology | QgsMapLayer.StyleCategory.Rendering
    layer.exportNamedStyle(document, QgsReadWriteContext(), categories)
    return str(document.toString())


def in_pixels(layer: QgsRasterLayer) -> bool:
    """Return whether a layer's coordinates are pixels: its file has no geotransform, or one that
    only counts pixels from a corner, as SOMA writes it for parts of such images."""
    extent = layer.extent()
    left, top, bottom = extent.xMinimum(), extent.yMaximum(), extent.yMinimum()
    corner = left >= 0 and (top <= 0 or (left == 0 and bottom == 0))
    return bool(
        corner
        and float(left).is_integer()
        and float(top).is_integer()
        and extent.width() == layer.width()
        and extent.height() == layer.height()
    )


def absolute(source: str) -> str:
    """Return the path of a file independent of the current folder, also within the name of a
    subdataset, ``NETCDF:"a.nc":v``; other names stay as they are."""
    if _exists(source):
        return str(Path(source).absolute())
    inner = re.fullmatch(r'(\w{2,}:"?)([^":]+)("?(?::.*)?)', source)
    if inner and _exists(inner.group(2)):
        return inner.group(1) + str(Path(inner.group(2)).absolute()) + inner.group(3)
    return source


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except OSError:  # such as a name that is too long
        return False
