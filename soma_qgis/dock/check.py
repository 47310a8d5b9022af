"""What would stop a run, known before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

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
from soma_qgis.layers.export import export_grid, has_own_pixels, needs_export, resolution
from soma_qgis.layers.source import LayerError, place_of, raster_source

DENSE = 20
"""Points along an edge when a rectangle goes into another CRS, where its edges may bend."""


@dataclass(frozen=True)
class Findings:
    """What is known of a pair before it is registered.

    Attributes:
        problem: the sentence that says what would stop the run; empty: nothing is known to.
        overlap: of both images and the extent, in the reference's CRS; None where there is none.
        km2: its area on the ellipsoid; None where the images have no CRS.
        by_coordinates: they have none, but coordinates.
        pixels: (width, height) of it in pixels of the reference.
        note: what is done with the layers first, in a sentence.
    """

    problem: str = ""
    overlap: QgsReferencedRectangle | None = None
    km2: float | None = None
    pixels: tuple[int, int] = (0, 0)
    note: str = ""
    by_coordinates: bool = False


def check_pair(
    reference: QgsRasterLayer | None,
    moving: QgsRasterLayer | None,
    extent: QgsReferencedRectangle | None = None,
    started: bool = False,
) -> Findings:
    """Return what is known of a pair.

    Args:
        reference: the layer that stays.
        moving: the layer that moves.
        extent: what is registered; None: the whole overlap.
        started: tie points say where the images overlap, whatever their georeferencing says.
    """
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
        sources = _look_at_sources(reference, moving, extent)
    except LayerError as error:
        return Findings(str(error))
    places = place_of(reference), place_of(moving)
    if "arrays" in places and {*places} <= {"arrays", "crs"}:
        placed = reference if places[0] == "arrays" else moving
        return Findings(note=tr("{} lies where its geolocation arrays say.").format(placed.name()))
    if places[0] != places[1]:
        return Findings(_unlike(reference, moving))
    if places[0] == "pixels":
        return _unreferenced(reference, extent)
    if started:
        return Findings(note=tr("The tie points say where the images overlap."))
    return _overlap(reference, moving, extent, sources)


def _unlike(reference: QgsRasterLayer, moving: QgsRasterLayer) -> str:
    """Return what to do where one of two layers says less of its place than the other."""
    for layer in (reference, moving):
        if place_of(layer) == "pixels":
            return tr(
                "{} has no CRS and the other image has one; georeference it roughly first, with "
                "Layer > Georeferencer."
            ).format(layer.name())
    lost = moving if place_of(moving) == "coordinates" else reference
    return tr(
        "{} has coordinates but no CRS, and the other image has one; right-click it and choose "
        "Layer CRS > Set Layer CRS."
    ).format(lost.name())


@dataclass(frozen=True)
class _Sources:
    """What is read of both: their extents, the size of the reference's pixels, and a note."""

    reference: QgsReferencedRectangle
    moving: QgsReferencedRectangle
    pixel: tuple[float, float]
    note: str = ""


def _look_at_sources(
    reference: QgsRasterLayer, moving: QgsRasterLayer, extent: QgsReferencedRectangle | None
) -> _Sources:
    """Return what is read of both, or raise LayerError."""
    exported = [layer for layer in (reference, moving) if needs_export(layer)]
    if len(exported) == 2 and not any(map(has_own_pixels, exported)):
        raise LayerError(
            tr("Neither {} nor {} is a file, and one must be.").format(
                reference.name(), moving.name()
            )
        )
    for layer in (reference, moving):
        if layer not in exported:
            raster_source(layer)
    pixel = reference.rasterUnitsPerPixelX(), reference.rasterUnitsPerPixelY()
    boxes = {
        layer.id(): QgsReferencedRectangle(layer.extent(), layer.crs())
        for layer in (reference, moving)
    }
    note = ""
    for layer in exported:
        within = None
        try:
            if extent is not None:
                within = _outline(extent, layer.crs()).boundingBox()
        except QgsCsException as error:
            raise LayerError(_outside()) from error
        grid = export_grid(layer, moving if layer is reference else reference, 0.0, within)
        # Not the whole of a basemap, which is the world and goes into few other CRSs.
        boxes[layer.id()] = QgsReferencedRectangle(grid.extent, layer.crs())
        note = tr("{} is exported first, at {}.").format(layer.name(), resolution(layer, grid))
        if layer is reference:
            pixel = grid.pixel, grid.pixel
    return _Sources(boxes[reference.id()], boxes[moving.id()], pixel, note)


def _unreferenced(reference: QgsRasterLayer, extent: QgsReferencedRectangle | None) -> Findings:
    """Two images without CRS are registered in pixels, whatever their sizes."""
    box = reference.extent()
    if extent is not None:
        box = box.intersect(extent)
        if box.isEmpty():
            return Findings(_outside())
    pixel = reference.rasterUnitsPerPixelX(), reference.rasterUnitsPerPixelY()
    return Findings("", QgsReferencedRectangle(box, reference.crs()), None, _pixels(box, pixel))


def _overlap(
    reference: QgsRasterLayer,
    moving: QgsRasterLayer,
    extent: QgsReferencedRectangle | None,
    sources: _Sources,
) -> Findings:
    crs = reference.crs()
    whole = QgsGeometry.fromRect(QgsRectangle(sources.reference))
    try:
        common = whole.intersection(_outline(sources.moving, crs))
        if common.isEmpty():
            return Findings(
                tr("{} and {} do not overlap; choose images of one place.").format(
                    reference.name(), moving.name()
                )
            )
        if extent is not None:
            common = common.intersection(_outline(extent, crs))
            if common.isEmpty():
                return Findings(_outside())
    except QgsCsException:
        return Findings(
            tr("{} cannot be brought into the CRS of {}; check the CRS of both.").format(
                moving.name(), reference.name()
            )
        )
    box = common.boundingBox()
    if not crs.isValid():
        pixels = _pixels(box, sources.pixel)
        found = QgsReferencedRectangle(box, crs)
        return Findings("", found, None, pixels, sources.note, by_coordinates=True)
    measure = QgsDistanceArea()
    measure.setSourceCrs(crs, QgsProject.instance().transformContext())
    measure.setEllipsoid(crs.ellipsoidAcronym() or "EPSG:7030")
    return Findings(
        "",
        QgsReferencedRectangle(box, crs),
        measure.measureArea(common) / 1e6,
        _pixels(box, sources.pixel),
        sources.note,
    )


def _outline(box: QgsReferencedRectangle, crs: object) -> QgsGeometry:
    outline = QgsGeometry.fromRect(QgsRectangle(box)).densifyByCount(DENSE)
    if box.crs().isValid() and box.crs() != crs:
        outline.transform(QgsCoordinateTransform(box.crs(), crs, QgsProject.instance()))
    return outline


def _pixels(box: QgsRectangle, pixel: tuple[float, float]) -> tuple[int, int]:
    return round(box.width() / pixel[0]), round(box.height() / pixel[1])


def _outside() -> str:
    return tr("The chosen extent lies outside the overlap of both images; choose another one.")


def folder_problem(folder: str) -> str:
    """Return what is wrong with the folder of the results, in a sentence, or nothing."""
    if folder and not Path(folder).is_dir():
        return tr("There is no folder {}; choose another one for the results.").format(folder)
    return ""


def overlap_text(findings: Findings) -> str:
    """Return how much there is to register, in a sentence."""
    if findings.overlap is None:
        return findings.note
    width, height = findings.pixels
    size = tr("{} × {} px of the reference").format(width, height)
    if findings.by_coordinates:
        return tr("Without a CRS, the images are registered by their coordinates: {}.").format(size)
    if findings.km2 is None:
        return tr("Without georeferencing, the images are registered in pixels: {}.").format(size)
    digits = 0 if findings.km2 >= 100 else 1 if findings.km2 >= 10 else 2
    text = tr("Overlap: {} km² · {}").format(f"{findings.km2:,.{digits}f}", size)
    return f"{text}. {findings.note}" if findings.note else text
