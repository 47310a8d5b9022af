"""What would stop a run, known before it starts."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import (
    QgsCoordinateTransform,
    QgsCsException,
    QgsDistanceArea,
    QgsGeometry,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsReferencedRectangle,
)

from soma_qgis.i18n import tr
from soma_qgis.layers.source import LayerError, raster_source

DENSE = 20
"""Points along an edge when a rectangle goes into another CRS, where its edges may bend."""


@dataclass(frozen=True)
class Findings:
    """What is known of a pair before it is registered.

    Attributes:
        problem: the sentence that says what would stop the run; empty: nothing is known to.
        overlap: of both images and the area, in the reference's CRS; None where there is none.
        km2: its area on the ellipsoid; None where the images have no CRS.
        pixels: (width, height) of it in pixels of the reference.
    """

    problem: str = ""
    overlap: QgsReferencedRectangle | None = None
    km2: float | None = None
    pixels: tuple[int, int] = (0, 0)


def check_pair(
    reference: QgsRasterLayer | None,
    moving: QgsRasterLayer | None,
    area: QgsReferencedRectangle | None = None,
) -> Findings:
    """Return what is known of a pair; ``area``: what is registered, None: the whole overlap."""
    if reference is None or moving is None:
        return Findings(tr("Choose a SAR and an optical layer."))
    if reference.id() == moving.id():
        return Findings(tr("The same layer is chosen twice; choose two layers."))
    for layer in (reference, moving):
        if not layer.isValid():
            return Findings(
                tr("{} cannot be read; repair its source or choose another.").format(layer.name())
            )
        try:
            raster_source(layer)
        except LayerError as error:
            return Findings(str(error))
    placed = [layer.dataProvider().crs().isValid() for layer in (reference, moving)]
    if placed[0] != placed[1]:
        lost = moving if placed[0] else reference
        return Findings(
            tr(
                "{} has no CRS and the other image has one; georeference it roughly first, with "
                "Layer > Georeferencer."
            ).format(lost.name())
        )
    if not placed[0]:
        return _unreferenced(reference, area)
    return _overlap(reference, moving, area)


def _unreferenced(
    reference: QgsRasterLayer, area: QgsReferencedRectangle | None
) -> Findings:
    """Two images without CRS are registered in pixels, whatever their sizes."""
    box = reference.extent()
    if area is not None:
        box = box.intersect(area)
        if box.isEmpty():
            return Findings(_outside())
    return Findings(
        "", QgsReferencedRectangle(box, reference.crs()), None, _pixels(box, reference)
    )


def _overlap(
    reference: QgsRasterLayer, moving: QgsRasterLayer, area: QgsReferencedRectangle | None
) -> Findings:
    crs = reference.crs()
    whole = QgsGeometry.fromRect(reference.extent())
    try:
        other = _outline(QgsReferencedRectangle(moving.extent(), moving.crs()), crs)
        common = whole.intersection(other)
        if common.isEmpty():
            return Findings(
                tr("{} and {} do not overlap; choose images of one place.").format(
                    reference.name(), moving.name()
                )
            )
        if area is not None:
            common = common.intersection(_outline(area, crs))
            if common.isEmpty():
                return Findings(_outside())
    except QgsCsException:
        return Findings(
            tr("{} cannot be brought into the CRS of {}; check the CRS of both.").format(
                moving.name(), reference.name()
            )
        )
    measure = QgsDistanceArea()
    measure.setSourceCrs(crs, QgsProject.instance().transformContext())
    measure.setEllipsoid(crs.ellipsoidAcronym() or "EPSG:7030")
    box = common.boundingBox()
    return Findings(
        "",
        QgsReferencedRectangle(box, crs),
        measure.measureArea(common) / 1e6,
        _pixels(box, reference),
    )


def _outline(box: QgsReferencedRectangle, crs: object) -> QgsGeometry:
    outline = QgsGeometry.fromRect(QgsRectangle(box)).densifyByCount(DENSE)
    if box.crs().isValid() and box.crs() != crs:
        outline.transform(QgsCoordinateTransform(box.crs(), crs, QgsProject.instance()))
    return outline


def _pixels(box: QgsRectangle, layer: QgsRasterLayer) -> tuple[int, int]:
    return (
        round(box.width() / layer.rasterUnitsPerPixelX()),
        round(box.height() / layer.rasterUnitsPerPixelY()),
    )


def _outside() -> str:
    return tr("The chosen area lies outside the overlap of both images; choose another area.")
