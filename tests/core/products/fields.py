"""Displacement fields that are known exactly."""

from __future__ import annotations

import numpy as np
from rasterio.crs import CRS
from rasterio.transform import Affine

from model_core.geometry.grid import Grid
from model_core.products.displacement_field import (
    DisplacementField,
    RegistrationGrids,
    to_displacement_field,
)
from model_core.registration.fit import Field, Lattice
from tests.core.rasters import NORTH_UP, UTM

SIDE = 128
UTM_GRID = Grid(CRS.from_string(UTM), NORTH_UP, SIDE, SIDE)
DEGREES = Grid(CRS.from_epsg(4326), Affine(1e-4, 0, 10, 0, -1e-4, 60), SIDE, SIDE)
PLAIN = Grid(None, Affine.identity(), SIDE, SIDE)


def shifted(
    dx: float = 3.0, dy: float = 2.0, grid: Grid = UTM_GRID, holes: bool = False
) -> DisplacementField:
    """A field whose moving image shows the ground of pixel x at x + (dx, dy).

    With positive values its content lies too far right and down. The certainty rises from 0 at the
    upper left to 1 at the lower right.
    """
    lattice = Lattice(SIDE, SIDE, 8)
    valid = np.ones(lattice.shape, bool)
    if holes:
        valid[:4] = False
    certainty = np.linspace(0, 1, valid.size, dtype=np.float32).reshape(valid.shape)
    residual = np.full(lattice.shape, 0.5, np.float32)
    field = Field(np.array([[1.0, 0, dx], [0, 1, dy]]), lattice)
    grids = RegistrationGrids(working=grid, moving=grid, output=grid)
    return to_displacement_field(grids, field, certainty, residual, valid)
