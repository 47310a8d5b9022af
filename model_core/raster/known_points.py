"""Points of a file in the pixels of two images: start of the search, or check of the result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_core.errors import BadInputError
from model_core.geometry.grid import Grid
from model_core.geometry.projection import on_map_of
from model_core.raster.point_file import Places, read_point_file

BESIDE = 2.0
"""Pixels by which a point may lie beside an image: people click on borders."""

SAME = 0.5
"""Pixels up to which two points are the same."""


@dataclass(frozen=True)
class KnownPoints:
    """Points found in both images.

    Attributes:
        name: of their file.
        labels: how each is called.
        reference: (N, 2), pixels of the reference's grid.
        moving: (N, 2), where the moving image's georeferencing puts them, in the same pixels.
        notes: sentences on points that were left aside.
    """

    name: str
    labels: tuple[str, ...]
    reference: NDArray[np.float64]
    moving: NDArray[np.float64]
    notes: tuple[str, ...] = ()


def read_known_points(source: str, reference: Grid, moving: Grid, least: int) -> KnownPoints:
    """Read the points of a file that lie in both images.

    Args:
        source: see ``read_point_file``.
        reference: the grid in whose pixels they are given back.
        moving: of the moving image.
        least: so many are needed.

    Raises:
        BadInputError: the file cannot be read, or has fewer points in both images.
    """
    file = read_point_file(source)
    at, its = _pixels(file.reference, reference), _pixels(file.moving, moving)
    inside = _inside(at, reference) & _inside(its, moving)
    if not inside.any():
        raise BadInputError(
            f"No point of {file.name} lies in both images; check that its coordinates are those of "
            "these images, and which of them moves."
        )
    notes: list[str] = []
    kept: list[int] = []
    for index in range(len(at)):
        same = any(
            np.linalg.norm(at[index] - at[other]) < SAME
            and np.linalg.norm(its[index] - its[other]) < SAME
            for other in kept
        )
        if not inside[index] or same:
            why = "is there twice" if inside[index] else "does not lie in both images"
            notes.append(f"Point {file.labels[index]} of {file.name} {why} and is left aside.")
        else:
            kept.append(index)
    if len(kept) < least:
        one = "one point" if len(kept) == 1 else f"{len(kept)} points"
        raise BadInputError(
            f"{file.name} has only {one} in both images, and at least {least} different ones are "
            "needed; add some."
        )
    on_map = on_map_of(reference, moving.to_map(its[kept]), moving)
    labels = tuple(file.labels[index] for index in kept)
    return KnownPoints(file.name, labels, at[kept], reference.to_pixels(on_map), tuple(notes))


def _pixels(places: Places, grid: Grid) -> NDArray[np.float64]:
    """Return the pixel centres (N, 2) of places in an image."""
    if places.pixels is None:
        forms = [_pixels(Places(places.xy, kind, places.crs), grid) for kind in (False, True)]
        # What puts more points into the image; map coordinates where both do.
        return forms[int(np.argmax([_inside(form, grid).sum() for form in forms]))]
    if places.pixels or grid.crs is None:
        columns, rows = places.xy[:, 0], places.xy[:, 1]
        down = -rows if -rows.min() > rows.max() else rows
        return np.asarray(np.stack([columns, down], axis=-1) - 0.5)
    points = places.xy
    if grid.in_metres and places.crs is not None:
        there = Grid(places.crs, grid.transform, grid.width, grid.height)
        points = on_map_of(grid, points, there)
    return np.asarray(grid.to_pixels(points), np.float64)


def _inside(pixels: NDArray[np.float64], grid: Grid) -> NDArray[np.bool_]:
    size = np.array([grid.width, grid.height])
    low, high = -0.5 - BESIDE, size - 0.5 + BESIDE
    return np.asarray(((pixels >= low) & (pixels <= high)).all(axis=-1))
