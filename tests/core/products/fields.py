"""Displacement fields that are known exactly."""

from __future__ import annotations

import numpy as np
from rasterio.crs import CRS
from rasterio.transform import Affine

from model_core.geometry.crs import COORDINATES
from model_core.geometry.field import ControlGrid, Field
from model_core.geometry.grid import Grid
from model_core.products.displacement_field import (
    DisplacementField,
    RegistrationGrids,
    to_displacement_field,
)
from tests.core.rasters import NORTH_UP, UTM

SIDE = 128
UTM_GRID = Grid(CRS.from_string(UTM), NORTH_UP, SIDE, SIDE)
DEGREES = Grid(CRS.from_epsg(4326), Affine(1e-4, 0, 10, 0, -1e-4, 60), SIDE, SIDE)
PLAIN = Grid(None, Affine.identity(), SIDE, SIDE)
COORDINATES_GRID = Grid(COORDINATES, NORTH_UP, SIDE, SIDE)

WEST_AND_NORTH = (-29.744, 20.396)
"""Metres on the ground, to 0.01, of 30 m to the left and 20 m up on UTM_GRID's map. There, 100.6 km
east of the zone's meridian at 39.74° N, true north lies 0.751° to the left of the map's, and the
map shows the ground at 0.999724 of its size."""


def shifted(
    dx: float = 3.0, dy: float = 2.0, grid: Grid = UTM_GRID, holes: bool = False
) -> DisplacementField:
    """A field whose moving image shows the ground of pixel x at x + (dx, dy).

    With positive values its content lies too far right and down. The certainty rises from 0 at the
    upper left to 1 at the lower right.
    """
    points = ControlGrid(SIDE, SIDE, 8)
    valid = np.ones(points.shape, bool)
    if holes:
        valid[:4] = False
    certainty = np.linspace(0, 1, valid.size, dtype=np.float32).reshape(valid.shape)
    residual = np.full(points.shape, 0.5, np.float32)
    field = Field(np.array([[1.0, 0, dx], [0, 1, dy]]), points)
    grids = RegistrationGrids(working=grid, moving=grid, output=grid)
    return to_displacement_field(grids, field, certainty, residual, valid)
