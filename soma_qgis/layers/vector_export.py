"""Vector layers of any kind written to a GeoPackage, which the worker reads."""

from __future__ import annotations

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsFields,
    QgsGeometry,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)

from soma_qgis.definitions import Setting
from soma_qgis.i18n import tr
from soma_qgis.layers.source import LayerError

GEOMETRIES = {
    "polygons": QgsWkbTypes.GeometryType.PolygonGeometry,
    "lines": QgsWkbTypes.GeometryType.LineGeometry,
    "points": QgsWkbTypes.GeometryType.PointGeometry,
}
"""The layers that a setting's ``accepts`` names."""


def check_vector(layer: QgsVectorLayer, setting: Setting, selected: bool) -> None:
    """Check that a setting can take a layer.

    Args:
        layer: of geometries.
        setting: for which it is.
        selected: only its selected features are meant.

    Raises:
        LayerError: it has other geometries, or no features.
    """
    accepted = [GEOMETRIES[kind] for kind in setting.accepts if kind in GEOMETRIES]
    if layer.geometryType() not in accepted:
        raise LayerError(
            tr("{}: {} has geometries of another kind than is needed here.").format(
                setting.title, layer.name()
            )
        )
    if selected and layer.selectedFeatureCount() == 0:
        raise LayerError(
            tr("{}: no feature of {} is selected; select some, or take all.").format(
                setting.title, layer.name()
            )
        )
    if not any(feature.hasGeometry() for feature in layer.getFeatures()):
        raise LayerError(
            tr("{}: {} has no features; choose another layer.").format(setting.title, layer.name())
        )


class VectorExport:
    """Features taken in the layer's thread and written in another one."""

    def __init__(self, layer: QgsVectorLayer, selected: bool, placed: bool) -> None:
        """Take the features as the layer has them now: filtered, edited, or only in memory.

        Args:
            layer: a layer that :func:`check_vector` has found good.
            selected: only its selected features.
            placed: the images have a CRS; where they have none, the layer lies in their pixels.
        """
        self.name = layer.name()
        found = layer.getSelectedFeatures() if selected else layer.getFeatures()
        self._features = [feature for feature in found if feature.hasGeometry()]
        self._fields = QgsFields(layer.fields())
        self._type = QgsWkbTypes.linearType(layer.wkbType())
        self._crs = QgsCoordinateReferenceSystem(layer.crs() if placed else "")

    def write(self, path: str) -> None:
        """Write the file, in whichever thread.

        Raises:
            LayerError: it cannot be written.
        """
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName = "GPKG"
        options.layerName = "features"
        # A field named as the GeoPackage's own key would be taken for it.
        options.layerOptions = ["FID=soma_fid", "GEOMETRY_NAME=soma_geometry"]
        writer = QgsVectorFileWriter.create(
            path, self._fields, self._type, self._crs, QgsCoordinateTransformContext(), options
        )
        for feature in self._features:
            writer.addFeature(_straight(feature))
        problem = writer.errorMessage() if writer.hasError() else ""
        del writer  # which completes the file
        if problem:
            raise LayerError(tr("{} could not be exported ({}).").format(self.name, problem))


def _straight(feature: QgsFeature) -> QgsFeature:
    """Return a feature whose curves are broken into lines."""
    geometry = feature.geometry()
    if not QgsWkbTypes.isCurvedType(geometry.wkbType()):
        return feature
    found = QgsFeature(feature)
    found.setGeometry(QgsGeometry(geometry.constGet().segmentize()))
    return found
