"""Parameters of Processing, made from the definitions of settings and products."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingParameterBand,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorDestination,
)
from qgis.PyQt.QtCore import QVariant

from soma_qgis.definitions import Product, Setting
from soma_qgis.i18n import tr

OPTIONS_SEPARATOR = "|"
"""Between the creation options in Processing, as GDAL's own algorithms have it."""

SELECTED = "|selected"
"""After the id of a layer of which the selected features are meant only, where it is a text."""

DECIMALS_OF_QGIS = 6
"""Of the numbers in its dialogs, too few for the size of a pixel in degrees."""


LAYER_TYPES = {
    "raster": QgsProcessing.SourceType.TypeRaster,
    "polygons": QgsProcessing.SourceType.TypeVectorPolygon,
    "lines": QgsProcessing.SourceType.TypeVectorLine,
    "points": QgsProcessing.SourceType.TypeVectorPoint,
}
"""The layers that a setting's ``accepts`` names."""


def setting_parameter(setting: Setting) -> QgsProcessingParameterDefinition:
    """Return the parameter of a setting."""
    make = {
        "band": _band,
        "bands": _band,
        "choice": _choice,
        "number": _number,
        "flag": _flag,
        "extent": _extent,
        "text": _text,
        "path": _path,
        "options": _options,
    }[setting.type]
    parameter = make(setting)
    parameter.setHelp(setting.help)
    if setting.advanced:
        flag = QgsProcessingParameterDefinition.Flag.FlagAdvanced
        parameter.setFlags(parameter.flags() | flag)
    return parameter


def product_destination(product: Product) -> QgsProcessingParameterDefinition:
    """Return the parameter that says where a product goes."""
    common = {"optional": not product.required, "createByDefault": product.by_default}
    name, title = product.parameter, product.title
    if product.type == "raster":
        parameter = QgsProcessingParameterRasterDestination(name, title, **common)
    elif product.type == "vector":
        parameter = QgsProcessingParameterVectorDestination(name, title, **common)
    else:
        parameter = QgsProcessingParameterFileDestination(
            name, title, fileFilter=product.filter, **common
        )
    parameter.setHelp(product.help)
    return parameter


def parameter_value(setting: Setting, value: Any) -> Any:
    """Return a setting's value, which is given, as Processing's parameter takes it."""
    if setting.type == "bands":
        return list(value)
    if setting.type == "path" and value.endswith(SELECTED):
        return QgsProcessingFeatureSourceDefinition(value.removesuffix(SELECTED), True)
    return OPTIONS_SEPARATOR.join(value) if setting.type == "options" else value


def is_given(value: object) -> bool:
    """Return whether an optional parameter has a value."""
    if value is None or value == "":
        return False
    return not (isinstance(value, QVariant) and value.isNull())


def band_list(value: object) -> list[int] | None:
    """Return band numbers from what a dialog (list) or a command line (text) gives.

    Raises:
        QgsProcessingException: something in it is no number.
    """
    if not is_given(value):
        return None
    parts = value if isinstance(value, (list, tuple)) else re.split(r"[;,\s]+", str(value).strip())
    try:
        return [int(part) for part in parts] or None
    except (TypeError, ValueError) as error:
        raise QgsProcessingException(
            tr("{} is not a list of band numbers; give them as 4,3,2.").format(value)
        ) from error


def creation_options(text: str) -> list[str]:
    """Return GDAL creation options from the text form ``NAME=VALUE|NAME=VALUE``."""
    return [option.strip() for option in text.split(OPTIONS_SEPARATOR) if option.strip()]


def _band(setting: Setting) -> QgsProcessingParameterBand:
    default = setting.default
    return QgsProcessingParameterBand(
        setting.parameter,
        setting.title,
        list(default) if isinstance(default, tuple) else default,
        parentLayerParameterName=setting.of.upper(),
        optional=setting.default is None,
        allowMultiple=max(setting.count) > 1,
    )


def _choice(setting: Setting) -> QgsProcessingParameterEnum:
    """Return a choice whose values are words, the same in a script, a model and a command."""
    return QgsProcessingParameterEnum(
        setting.parameter,
        setting.title,
        options=list(setting.choices),
        defaultValue=setting.default,
        optional=setting.default is None,
        usesStaticStrings=True,
    )


def _number(setting: Setting) -> QgsProcessingParameterNumber:
    unit = f" ({setting.unit})" if setting.unit else ""
    limits = {"minValue": setting.minimum, "maxValue": setting.maximum}
    parameter = QgsProcessingParameterNumber(
        setting.parameter,
        setting.title + unit,
        QgsProcessingParameterNumber.Type.Double,
        setting.default,
        optional=setting.default is None,
        **{name: value for name, value in limits.items() if value is not None},
    )
    if setting.decimals > DECIMALS_OF_QGIS:
        parameter.setMetadata({"widget_wrapper": {"decimals": setting.decimals}})
    return parameter


def _flag(setting: Setting) -> QgsProcessingParameterBoolean:
    return QgsProcessingParameterBoolean(setting.parameter, setting.title, bool(setting.default))


def _path(setting: Setting) -> QgsProcessingParameterMapLayer:
    """Return a parameter that takes a layer; :meth:`SomaAlgorithm.checkParameterValues` lets files
    pass that are none."""
    return QgsProcessingParameterMapLayer(
        setting.parameter,
        setting.title,
        setting.default,
        optional=setting.default is None,
        types=[LAYER_TYPES[kind] for kind in setting.accepts if kind in LAYER_TYPES],
    )


def _extent(setting: Setting) -> QgsProcessingParameterExtent:
    return QgsProcessingParameterExtent(
        setting.parameter, setting.title, setting.default, optional=setting.default is None
    )


def _text(setting: Setting) -> QgsProcessingParameterString:
    return QgsProcessingParameterString(
        setting.parameter, setting.title, setting.default, optional=setting.default is None
    )


def _options(setting: Setting) -> QgsProcessingParameterString:
    default: Sequence[str] = setting.default or ()
    parameter = QgsProcessingParameterString(
        setting.parameter, setting.title, OPTIONS_SEPARATOR.join(default), optional=True
    )
    parameter.setMetadata({"widget_wrapper": {"widget_type": "rasteroptions"}})
    return parameter
