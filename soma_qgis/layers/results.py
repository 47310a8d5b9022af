"""Styling of the layers that a registration gives, once QGIS has loaded them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qgis.core import (
    QgsColorRampShader,
    QgsExpressionContextUtils,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsProcessingUtils,
    QgsRasterLayer,
    QgsSingleBandPseudoColorRenderer,
    QgsVectorLayer,
)
from qgis.PyQt.QtXml import QDomDocument

from soma_qgis.i18n import tr
from soma_qgis.locations import style_path

ARROW_SCALE = "soma_arrow_scale"
"""Layer variable by which ``displacements.qml`` lengthens the arrows."""

ARROW_SHARE = 0.05
"""Length of the long arrows, as a share of the layer's longer side."""

SAMPLE = 40_000
"""Pixels that are looked at for a range: QGIS waits for it, however large the raster is."""

SMALLEST_LIMIT = 0.1
"""Metres: colours tell no smaller displacements."""

HEIGHT = "soma/height"
"""Property of the nodes in the layer tree that this module places itself."""

EAST_BAND = 1
"""Band of displacement rasters that ``displacement_raster.qml`` draws."""


@dataclass(frozen=True)
class Placing:
    """Where a layer goes: its name, its group in the layer tree, and higher ones above lower."""

    name: str
    group: str
    height: int


_waiting: list[_Styler] = []
"""QGIS holds post-processors without owning them: without this they would be collected."""


class _Styler(QgsProcessingLayerPostProcessorInterface):
    """Styles one layer. Called in the main thread, after the layer is in the project."""

    def __init__(self) -> None:
        super().__init__()
        self.done = False
        self.placing: Placing | None = None
        """Where to put the layer, if QGIS does not do that itself."""

    def postProcessLayer(
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:
        """Style the layer; one that cannot be styled keeps QGIS's default, and the log says so."""
        if self.placing is not None:
            place(layer, self.placing)
        problem = self.style(layer)
        if problem:
            feedback.pushWarning(tr("{} keeps its default style: {}").format(layer.name(), problem))
        layer.rendererChanged.emit()  # or the legend keeps the range that it showed before
        layer.triggerRepaint()
        self.done = True

    def style(self, layer: QgsMapLayer) -> str:
        """Style the layer and return an empty text, or why that could not be done."""
        raise NotImplementedError


class PlainStyler(_Styler):
    """Leaves a layer as QGIS draws it."""

    def __init__(self, layer: QgsMapLayer) -> None:
        """``layer``: not looked at."""
        super().__init__()

    def style(self, layer: QgsMapLayer) -> str:
        """Change nothing."""
        return ""


class AlikeStyler(_Styler):
    """Draws a registered raster as the layer it was made from."""

    def __init__(self, symbology: str) -> None:
        """``symbology``: as ``layers.source.symbology`` gives it."""
        super().__init__()
        self._symbology = symbology

    def style(self, layer: QgsMapLayer) -> str:
        """Take over the symbology."""
        document = QDomDocument()
        document.setContent(self._symbology)
        categories = QgsMapLayer.StyleCategory.Symbology | QgsMapLayer.StyleCategory.Rendering
        done, message = layer.importNamedStyle(document, categories)
        return "" if done else str(message)


class VectorStyler(_Styler):
    """Draws displacement vectors as arrows, lengthened until they can be seen."""

    def __init__(self, layer: QgsVectorLayer) -> None:
        """Look at the vectors now, in the run's thread, so that QGIS need not wait."""
        super().__init__()
        self._scale = arrow_scale(layer)

    def style(self, layer: QgsMapLayer) -> str:
        """Load the arrows and set their scale."""
        message, done = layer.loadNamedStyle(style_path("displacements.qml"))
        if not done:
            return str(message)
        QgsExpressionContextUtils.setLayerVariable(layer, ARROW_SCALE, self._scale)
        if self._scale > 1:
            layer.setName(tr("{} (drawn {:g} times as long)").format(layer.name(), self._scale))
        return ""


class DisplacementRasterStyler(_Styler):
    """Draws the eastward displacement on a range that is the same to both sides of zero."""

    def __init__(self, layer: QgsRasterLayer) -> None:
        """Look at the values now, in the run's thread, so that QGIS need not wait."""
        super().__init__()
        self._limit = largest(layer)

    def style(self, layer: QgsMapLayer) -> str:
        """Load the colours and fit them to the values."""
        message, done = layer.loadNamedStyle(style_path("displacement_raster.qml"))
        if not done:
            return str(message)
        fit_range(layer, self._limit)
        return ""


def open_styled(
    context: QgsProcessingContext,
    destination: str,
    placing: Placing,
    make_styler: Callable[[Any], _Styler],
) -> None:
    """Open an output and have it named, grouped and styled, if it is to be loaded at all.

    Called in the run's thread: opening a large raster takes a while, for its range of values, and
    QGIS need not wait for it. Processing finds the layer in the context.
    """
    if not context.willLoadLayerOnCompletion(destination):
        return
    details = context.layerToLoadOnCompletionDetails(destination)
    hint = details.layerTypeHint
    layer = QgsProcessingUtils.mapLayerFromString(destination, context, True, hint)
    if layer is None:
        return  # Processing says that it cannot be read
    styler = make_styler(layer)
    _waiting[:] = [other for other in _waiting if not other.done]
    _waiting.append(styler)
    details.name = placing.name
    details.setPostProcessor(styler)
    if hasattr(details, "groupName"):  # both since QGIS 3.32
        details.groupName = placing.group
        details.layerSortKey = placing.height
    else:
        styler.placing = placing


def place(layer: QgsMapLayer, placing: Placing) -> None:
    """Put a layer of the project into its group, which is made where there is none yet."""
    root = layer.project().layerTreeRoot()
    node = root.findLayer(layer.id())
    group = root.findGroup(placing.group) or root.insertGroup(0, placing.group)
    others = [child for child in group.children() if child != node]
    below = [other for other in others if int(other.customProperty(HEIGHT, 0)) <= placing.height]
    # The new node comes first: QGIS deletes a layer of which it finds none.
    placed = node.clone()
    placed.setCustomProperty(HEIGHT, placing.height)
    group.insertChildNode(group.children().index(below[0]) if below else -1, placed)
    node.parent().removeChildNode(node)


def arrow_scale(layer: QgsVectorLayer) -> float:
    """Return by how much to lengthen arrows, so that the long ones can be seen on the whole layer.

    It is 1, 2 or 5 times a power of ten, so that a person can divide by it, and at least 1.
    """
    lengths = sorted(feature.geometry().length() for feature in layer.getFeatures())
    long = lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0.0
    extent = layer.extent()
    wanted = ARROW_SHARE * max(extent.width(), extent.height())
    return max(1.0, round_down(wanted / long)) if 0 < long < wanted else 1.0


def round_down(value: float) -> float:
    """Return the largest 1, 2 or 5 times a power of ten that is not above a positive value."""
    power = 10.0 ** math.floor(math.log10(value))
    return max(step * power for step in (1, 2, 5) if step * power <= value)


def largest(layer: QgsRasterLayer) -> float:
    """Return the largest eastward displacement of a displacement raster, either way."""
    stats = layer.dataProvider().bandStatistics(EAST_BAND, sampleSize=SAMPLE)
    return max(abs(stats.minimumValue), abs(stats.maximumValue), SMALLEST_LIMIT)


def fit_range(layer: QgsRasterLayer, limit: float) -> None:
    """Stretch the colours of a displacement raster from -limit to limit."""
    renderer = layer.renderer()
    if not isinstance(renderer, QgsSingleBandPseudoColorRenderer):
        return
    function = renderer.shader().rasterShaderFunction()
    if not isinstance(function, QgsColorRampShader):
        return
    old = max(abs(item.value) for item in function.colorRampItemList())
    items = []
    for item in function.colorRampItemList():
        value = item.value / old * limit
        items.append(QgsColorRampShader.ColorRampItem(value, item.color, f"{value:.3g}"))
    function.setColorRampItemList(items)
    function.setMinimumValue(-limit)
    function.setMaximumValue(limit)
    renderer.setClassificationMin(-limit)
    renderer.setClassificationMax(limit)
