"""Points that a person has found in both images: where the search starts, and what is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_core.feedback import Feedback
from model_core.geometry.field import AffineMatrix, Field, transform
from model_core.geometry.grid import Grid
from model_core.products.displacement_field import RegistrationGrids
from model_core.products.point_figures import PointFigures, point_figures
from model_core.raster.known_points import KnownPoints, read_known_points
from model_core.registration.start_points import PointStart, start_from_points

FEWEST = 2
"""Tie points that a start needs; a check needs one."""


@dataclass(frozen=True)
class GivenPoints:
    """The points of a request, in the pixels of the reference.

    Attributes:
        reference: the grid of these pixels.
        tie: from which the search starts; None: none were given.
        check: that are only compared with the result; None: none were given.
        start: made from the tie points.
    """

    reference: Grid
    tie: KnownPoints | None = None
    check: KnownPoints | None = None
    start: PointStart | None = None

    @property
    def affine(self) -> AffineMatrix | None:
        """The start (2, 3), in the reference's pixels."""
        return None if self.start is None else self.start.affine

    def start_on(self, working: Grid) -> PointStart | None:
        """Return the start in the pixels of the working grid."""
        if self.start is None:
            return None
        corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        there = transform(self.start.affine, self._to_reference(corners, working))
        origin, along, down = working.to_pixels(self.reference.to_map(there))
        affine = np.column_stack([along - origin, down - origin, origin])
        return replace(self.start, affine=affine)

    def log(self, feedback: Feedback) -> None:
        """Say what became of the points."""
        for points in (self.tie, self.check):
            for note in points.notes if points else ():
                feedback.log(note)
        if self.tie is None or self.start is None:
            return
        start = self.start
        farthest = start.residual[start.agrees].max()
        feedback.log(
            f"The search starts from {int(start.agrees.sum())} tie points, which ask for "
            f"{WORDS[start.kind]} (the farthest is {farthest:.1f} px off)."
        )
        for label, residual, agrees in zip(
            self.tie.labels, start.residual, start.agrees, strict=True
        ):
            if not agrees:
                feedback.log(
                    f"Tie point {label} is {residual:.0f} px off the others and is not used."
                )

    def figures(
        self, grids: RegistrationGrids, field: Field | None
    ) -> dict[str, PointFigures | None]:
        """Return what the points say of a result, by the setting that they came with.

        Args:
            grids: of the registration.
            field: on the working grid; None: nothing was registered.
        """
        found: dict[str, PointFigures | None] = {}
        for name, points in (("tie_points", self.tie), ("check_points", self.check)):
            found[name] = None
            if points is not None:
                used = self.start.agrees if self.start and points is self.tie else None
                on_map = (self.reference.to_map(p) for p in (points.reference, points.moving))
                at, moving = (grids.working.to_pixels(p) for p in on_map)
                found[name] = point_figures(points.labels, (at, moving), grids, field, used)
        return found

    def _to_reference(self, points: NDArray[np.float64], working: Grid) -> NDArray[np.float64]:
        return self.reference.to_pixels(working.to_map(points))


WORDS = {
    "shift": "a shift",
    "rigid": "a shift and a rotation",
    "similarity": "a shift, a rotation and a scale",
    "affine": "an affine",
}


def given_points(settings: Mapping[str, Any], reference: Grid, moving: Grid) -> GivenPoints:
    """Read the points of a request.

    Args:
        settings: checked.
        reference: the reference's regular grid.
        moving: the moving image's grid.

    Raises:
        BadInputError: a file cannot be used, or the tie points contradict each other.
    """

    def read(name: str, least: int) -> KnownPoints | None:
        source = settings[name]
        return None if source is None else read_known_points(source, reference, moving, least)

    tie, check = read("tie_points", FEWEST), read("check_points", 1)
    start = None
    if tie is not None:
        start = start_from_points(
            tie.reference,
            tie.moving,
            tie.labels,
            settings["transform"],
            reference.pixel_aspect,
            reference.in_metres,
        )
    return GivenPoints(reference, tie, check, start)
