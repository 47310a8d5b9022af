"""Results that are layers, opened in the run's thread, named, grouped and styled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from qgis.core import QgsProcessingContext, QgsRasterLayer

from soma_qgis.definitions import products
from soma_qgis.i18n import tr
from soma_qgis.layers.results import (
    AlikeStyler,
    DisplacementRasterStyler,
    Placing,
    PlainStyler,
    VectorStyler,
    open_styled,
)
from soma_qgis.layers.source import symbology

UPPERMOST = 3
"""Height of results that have no place of their own in the group."""


@dataclass(frozen=True)
class MovedLayer:
    """What the results take over from the layer that is moved.

    Attributes:
        name: of the layer.
        symbology: how it is drawn, as QML.
    """

    name: str
    symbology: str

    @staticmethod
    def of(layer: QgsRasterLayer) -> MovedLayer:
        """Return what the results take over from a layer; in the layer's thread."""
        return MovedLayer(layer.name(), symbology(layer))

    def placing(self, title: str, height: int) -> Placing:
        """Return where a result goes."""
        return Placing(title, tr("{} (SOMA)").format(self.name), height)


def open_registered(
    context: QgsProcessingContext, path: str, moved: MovedLayer, height: int = 0
) -> None:
    """Open a registered raster, which is drawn as the layer that was moved."""
    placing = moved.placing(tr("{} registered").format(moved.name), height)
    open_styled(context, path, placing, lambda _: AlikeStyler(moved.symbology))


def open_results(
    context: QgsProcessingContext, paths: Mapping[str, str], moved: MovedLayer
) -> None:
    """Open the products that are layers; ``paths``: by the names of the products."""
    if "registered" in paths:
        open_registered(context, paths["registered"], moved, height=1)
    looks: dict[str, tuple[int, Callable[[Any], Any]]] = {
        "displacement_raster": (0, DisplacementRasterStyler),
        "displacements": (2, VectorStyler),
    }
    for product in products():
        if product.is_layer and product.name in paths and product.name != "registered":
            height, styler = looks.get(product.name, (UPPERMOST, PlainStyler))
            title = product.title
            if product.name == "displacement_raster":  # of which the eastward band is drawn
                title = tr("Displacement towards east (m)")
            open_styled(context, paths[product.name], moved.placing(title, height), styler)
