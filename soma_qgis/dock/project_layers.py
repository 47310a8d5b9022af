"""The layers of the project that belong to a run."""

from __future__ import annotations

from qgis.core import QgsMapLayer, QgsProject, QgsRasterLayer

from soma_qgis.algorithms import names
from soma_qgis.dock.run_record import RunRecord

OWN_PROPERTY = "soma/result"
"""Property by which SOMA's own layers are known."""


def mark_as_own(layer: QgsMapLayer) -> None:
    """Have a result known as one: it is not to be guessed as an image to register."""
    layer.setCustomProperty(OWN_PROPERTY, True)


def is_own(layer: QgsMapLayer) -> bool:
    """Return whether a layer is a result of SOMA."""
    return bool(layer.customProperty(OWN_PROPERTY))


def hide(layer: QgsMapLayer | None) -> None:
    """Switch a layer off, if it is in the project."""
    node = QgsProject.instance().layerTreeRoot().findLayer(layer.id()) if layer else None
    if node is not None:
        node.setItemVisibilityChecked(False)


def image_layers(record: RunRecord) -> tuple[QgsRasterLayer | None, QgsRasterLayer | None]:
    """Return the SAR and the optical layer of a run; None: it is no longer in the project."""
    return (
        _find(record.settings.sar, str(record.parameters.get(names.SAR))),
        _find(record.settings.optical, str(record.parameters.get(names.OPTICAL))),
    )


def compared_layers(
    record: RunRecord,
) -> tuple[QgsRasterLayer, QgsRasterLayer, QgsRasterLayer] | None:
    """Return the layers before, reference and after of a run; None where one is gone."""
    pair = image_layers(record)
    before, reference = pair if record.settings.sar_moves else pair[::-1]
    after = _find("", str(record.results.get(names.OUTPUT)))
    if before is None or reference is None or after is None:
        return None
    return before, reference, after


def _find(layer_id: str, source: str) -> QgsRasterLayer | None:
    """Return a layer by its id, or the one that shows the same file."""
    project = QgsProject.instance()
    for candidate in (project.mapLayer(layer_id), *project.mapLayers().values()):
        if isinstance(candidate, QgsRasterLayer) and (
            candidate.id() == layer_id or candidate.source() == source
        ):
            return candidate
    return None
