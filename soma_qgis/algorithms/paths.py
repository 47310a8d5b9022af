"""What a setting of the type "path" is given in Processing: a layer, or a file that is none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qgis.core import (
    QgsMapLayer,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeatureSourceDefinition,
    QgsRasterLayer,
    QgsVectorLayer,
)

from soma_qgis.definitions import Setting
from soma_qgis.i18n import tr
from soma_qgis.layers.source import LayerError, absolute
from soma_qgis.layers.vector_export import check_vector

if TYPE_CHECKING:
    from soma_qgis.algorithms.base import SomaAlgorithm


def plain_file(setting: Setting, value: object) -> bool:
    """Return whether a value is a file that the worker reads by itself and QGIS need not open."""
    if not isinstance(value, str) or "file" not in setting.accepts:
        return False
    return Path(value).suffix.lower() in _suffixes(setting) and Path(value).is_file()


def path_of(
    algorithm: SomaAlgorithm,
    setting: Setting,
    parameters: dict[str, Any],
    context: QgsProcessingContext,
) -> str:
    """Return the path that a parameter leads to; empty where it leads to a vector layer, which is
    exported first. Never in ``processAlgorithm``.

    Raises:
        LayerError: it leads to nothing, or to something that the setting does not take.
    """
    value = parameters[setting.parameter]
    if plain_file(setting, value):
        return absolute(str(value))
    layer = layer_of(algorithm, setting, parameters, context)
    if isinstance(layer, QgsRasterLayer) and "raster" in setting.accepts:
        return algorithm.file_of(layer)
    if isinstance(layer, QgsVectorLayer) and set(setting.accepts) - {"raster", "file"}:
        check_vector(layer, setting, only_selected(value))
        return ""
    raise LayerError(
        tr("{}: {} is a layer of another kind than is needed here; choose another one.").format(
            setting.title, layer.name()
        )
    )


def layer_of(
    algorithm: QgsProcessingAlgorithm,
    setting: Setting,
    parameters: dict[str, Any],
    context: QgsProcessingContext,
) -> QgsMapLayer:
    """Return the layer of a parameter; never in ``processAlgorithm``.

    Raises:
        LayerError: there is none.
    """
    value = parameters[setting.parameter]
    if isinstance(value, QgsProcessingFeatureSourceDefinition):
        value = value.source.staticValue()
    given = {**parameters, setting.parameter: value}
    layer = algorithm.parameterAsLayer(given, setting.parameter, context)
    if layer is None or not layer.isValid():
        raise LayerError(
            tr("{}: {} is neither a layer nor a file that can be read; choose another one.").format(
                setting.title, value
            )
        )
    return layer


def only_selected(value: object) -> bool:
    """Return whether a parameter's value asks for the selected features of a layer only."""
    return isinstance(value, QgsProcessingFeatureSourceDefinition) and value.selectedFeaturesOnly


def _suffixes(setting: Setting) -> list[str]:
    """Return the ends of the names of the files that a setting takes, as its filter lists them."""
    return re.findall(r"\*(\.\w+)", setting.filter.lower())
