"""The field of a registration on the ground: metres east and north at points of a map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_core.geometry.field import ControlGrid, Field, transform
from model_core.geometry.grid import Grid

SIGN = (
    "dx, dy: correction applied to the moving image, map_new = map_old + (dx, dy), dx towards true "
    "east, dy towards true north, in metres on the ellipsoid; given at map_new"
)
SIGN_COORDINATES = (
    "dx, dy: correction applied to the moving image, map_new = map_old + (dx, dy), dx along x, "
    "dy along y, in the map's own unit, as it has no CRS; given at map_new"
)
SIGN_PIXELS = (
    "dx, dy: correction applied to the moving image, new = old + (dx, dy), "
    "dx to the right, dy up, in pixels; given at the new position"
)


def sign_of(grid: Grid) -> str:
    """Return what dx and dy on a grid mean, in a sentence."""
    if grid.crs is None:
        return SIGN_PIXELS
    return SIGN if grid.in_metres else SIGN_COORDINATES


def unit_of(grid: Grid) -> str:
    """Return the unit of dx and dy on a grid: "metre", "pixel", or nothing where no one knows."""
    if grid.crs is None:
        return "pixel"
    return "metre" if grid.in_metres else ""


@dataclass(frozen=True)
class RegistrationGrids:
    """The grids of a registration.

    Attributes:
        working: on which the images were matched: the reference's, or a coarser one aligned to it.
        moving: of the moving image, to which the field can be applied again.
        output: of registered rasters.
        pixel: reference pixels per working pixel, 1 unless the reference is much the finer image.
    """

    working: Grid
    moving: Grid
    output: Grid
    pixel: float = 1.0


@dataclass(frozen=True)
class DisplacementField:
    """The correction of the moving image, at control points on the map.

    Attributes:
        grids: the grids that the field connects.
        spacing: working pixels from one control point to the next.
        dx: (h, w) float32, metres towards true east; see :meth:`Grid.metres` for images without
            CRS. Defined at every control point: where the images share no data it follows the
            affine.
        dy: the same towards north.
        certainty: (h, w) in [0, 1], the probability that the correction is right to a working
            pixel; 0 where the images share no data.
        residual: (h, w), reference pixels between a control point's own measurement and the field,
            NaN where none was made.
        valid: (h, w), False where the images have no data in common.
        affine: (2, 3), working pixel to the moving image's position on the working grid.
    """

    grids: RegistrationGrids
    spacing: int
    dx: NDArray[np.float32]
    dy: NDArray[np.float32]
    certainty: NDArray[np.float32]
    residual: NDArray[np.float32]
    valid: NDArray[np.bool_]
    affine: NDArray[np.float64]

    @property
    def working(self) -> Grid:
        """The grid on which the images were matched."""
        return self.grids.working

    @property
    def control_grid(self) -> ControlGrid:
        """The control points, in working pixels."""
        return ControlGrid(self.working.height, self.working.width, self.spacing)

    @property
    def grid(self) -> Grid:
        """The grid of the displacement raster: one pixel a control point."""
        return self.working.downsampled(self.spacing)

    def displacement(self) -> NDArray[np.float64]:
        """Return (h, w, 2), dx and dy."""
        return np.stack([self.dx, self.dy], axis=-1).astype(np.float64)

    def in_pixels(self) -> NDArray[np.float64]:
        """Return the correction (h, w, 2) in reference pixels, to the right and down."""
        return (self.control_grid.positions() - self._positions()) * self.grids.pixel

    def to_field(self) -> Field:
        """Return the same field in working pixels, from reference to moving image."""
        points = self.control_grid.positions()
        residual = self._positions() - transform(self.affine, points)
        planes = np.ascontiguousarray(residual.transpose(2, 0, 1).astype(np.float32))
        return Field(self.affine, self.control_grid, planes)

    def _positions(self) -> NDArray[np.float64]:
        """Return where on the working grid (h, w, 2) the moving image shows each point's ground."""
        new = self.working.to_map(self.control_grid.positions())
        old = new - self.working.map_units(self.displacement(), new)
        return self.working.to_pixels(old)


def to_displacement_field(
    grids: RegistrationGrids,
    field: Field,
    certainty: NDArray[np.float32],
    residual: NDArray[np.float32],
    valid: NDArray[np.bool_],
) -> DisplacementField:
    """Turn a field in working pixels into metres on the ground.

    Args:
        grids: the grids that the field connects.
        field: position in the moving image of each working pixel, both on the working grid.
        certainty: (h, w) in [0, 1], at the field's control points.
        residual: (h, w), in working pixels, NaN where nothing was measured.
        valid: (h, w), False where the images have no data in common.
    """
    only_affine = metres_of(grids.working, Field(field.affine, field.grid))
    filled = np.where(valid[..., None], metres_of(grids.working, field), only_affine)
    return DisplacementField(
        grids=grids,
        spacing=field.grid.spacing,
        dx=filled[..., 0].astype(np.float32),
        dy=filled[..., 1].astype(np.float32),
        certainty=np.where(valid, certainty, 0).astype(np.float32),
        residual=(residual * grids.pixel).astype(np.float32),
        valid=valid,
        affine=field.affine,
    )


def metres_of(working: Grid, field: Field) -> NDArray[np.float64]:
    """Return the correction (h, w, 2) that a field asks for at its control points, in metres."""
    points = field.grid.positions()
    new, old = working.to_map(points), working.to_map(field.at(points))
    return working.metres(new - old, new)
