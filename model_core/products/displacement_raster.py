"""The displacement raster: the one file from which a registration can be applied again.

Four float32 bands on control points over the overlap, in the reference's CRS: ``dx`` and ``dy`` in
metres on the ellipsoid (towards true east and north), ``certainty``, the probability that they are
right to a pixel of the working grid, ``residual`` in pixels. The sign: the correction applied to
the moving image, ``map_new = map_old + (dx, dy)``, given at ``map_new``.

Format 1, written before, had ``dx`` and ``dy`` along the axes of the map, in metres on it: its unit
as it is named, whatever the map's scale and whichever way its axes point.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.io import DatasetReader
from rasterio.transform import Affine

from model_core.errors import BadInputError
from model_core.geometry.field import ControlGrid, Field
from model_core.geometry.grid import Grid
from model_core.geometry.located import LATTICE, LocatedGrid, lattice
from model_core.geometry.mesh import MeshLocator
from model_core.geometry.metres import unit_lengths
from model_core.products.displacement_field import (
    DisplacementField,
    RegistrationGrids,
    metres_of,
    sign_of,
    unit_of,
)
from model_core.products.finished_run import FinishedRun
from model_core.raster.grid_checks import LARGEST_SIDE, georeferencing_trouble
from model_core.raster.naming import raster_name
from model_core.raster.opening import open_raster
from model_core.raster.output import atomic_write
from model_core.raster.written import create_raster
from model_core.version import __version__

NODATA = -9999.0
TAG = "SOMA_REGISTRATION"
FORMAT = 2

UNREADABLE = (
    AttributeError, KeyError, IndexError, TypeError, ValueError,
    ArithmeticError, RecursionError, CPLE_BaseError,
)  # fmt: skip
"""What tags that somebody changed can lead to: CRSs and numbers that are none, JSON in depths."""


def write(run: FinishedRun, path: Path) -> None:
    """Write the displacement raster of a run."""
    write_displacement_raster(run.field, path)


def write_displacement_raster(field: DisplacementField, path: str | Path) -> None:
    """Write the four bands with everything that applying them again needs.

    Raises:
        OSError: the disk is full.
    """
    grid = field.grid
    bands = [field.dx, field.dy, field.certainty, np.nan_to_num(field.residual, nan=NODATA)]
    unit = unit_of(field.working)
    tags = {
        "format": FORMAT,
        "version": __version__,
        "working": _geometry(field.working),
        "step": field.spacing,
        "moving": _geometry(field.grids.moving),
        "output": _geometry(field.grids.output),
        "pixel": field.grids.pixel,
        "affine": field.affine.tolist(),
    }
    with (
        atomic_write(path) as temporary,
        create_raster(
            temporary,
            driver="GTiff",
            width=grid.width,
            height=grid.height,
            count=4,
            dtype="float32",
            crs=grid.written_crs,
            transform=grid.written_transform,
            nodata=NODATA,
            tiled=True,
            blockxsize=256,
            blockysize=256,
            compress="deflate",
            predictor=3,
        ) as dataset,
    ):
        for band, values in enumerate(bands, 1):
            dataset.write(np.where(field.valid, values, np.float32(NODATA)), band)
        dataset.descriptions = ("dx", "dy", "certainty", "residual")
        dataset.units = (unit, unit, "", "pixel")
        text = json.dumps(tags)
        dataset.update_tags(**{TAG: text, "SIGN_CONVENTION": sign_of(field.working)})
        dataset.update_tags(3, MEANING="probability that the displacement is right to 1 px there")


def read_displacement_raster(path: str | Path) -> DisplacementField:
    """Read what :func:`write_displacement_raster` wrote.

    Raises:
        BadInputError: the file is no raster, was not made by SOMA, or by a later version, or was
            cut or changed since.
    """
    name = raster_name(str(path))
    with open_raster(str(path)) as dataset:
        text = dataset.tags().get(TAG)
        if text is None or dataset.count != 4:
            raise BadInputError(
                f"{name} is not a displacement raster made by SOMA; "
                "choose the one that a registration wrote."
            )
        try:
            return _field(json.loads(text), dataset, name)
        except UNREADABLE as error:
            raise BadInputError(
                f"{name} was changed after a registration wrote it, and cannot be applied any "
                "more; choose the file as it was written."
            ) from error


def _field(tags: dict[str, Any], dataset: DatasetReader, name: str) -> DisplacementField:
    """Return the field of a displacement raster's tags and its four bands.

    Raises:
        BadInputError: a later version wrote it.
        UNREADABLE: tags or bands are not as they were written.
    """
    if tags["format"] not in (1, FORMAT):
        raise BadInputError(
            f"{name} has format {tags['format']} of displacement rasters, this version reads "
            f"1 to {FORMAT}; update SOMA."
        )
    grids = RegistrationGrids(
        working=_grid(tags["working"]),
        moving=_grid(tags["moving"]),
        output=_grid(tags["output"]),
        pixel=float(tags["pixel"]),
    )
    spacing, affine = int(tags["step"]), np.array(tags["affine"], dtype=np.float64)
    control = ControlGrid(grids.working.height, grids.working.width, spacing)
    if dataset.shape != control.shape or affine.shape != (2, 3):
        raise ValueError("cut or resampled")
    if not (np.isfinite(affine).all() and 0 < grids.pixel < math.inf):
        raise ValueError("no finite transformation")
    bands = dataset.read()
    filled = metres_of(grids.working, Field(affine, control)).astype(np.float32)
    valid = bands[0] != np.float32(NODATA)
    measured = valid & (bands[3] != np.float32(NODATA))
    moved = bands[:2].transpose(1, 2, 0)
    if tags["format"] == 1:
        moved = _metres_of_format_1(moved, control, grids.working)
    return DisplacementField(
        grids=grids,
        spacing=spacing,
        dx=np.where(valid, moved[..., 0], filled[..., 0]),
        dy=np.where(valid, moved[..., 1], filled[..., 1]),
        certainty=np.where(valid, bands[2], 0).astype(np.float32),
        residual=np.where(measured, bands[3], np.nan).astype(np.float32),
        valid=valid,
        affine=affine,
    )


def _metres_of_format_1(
    moved: NDArray[np.float32], control: ControlGrid, working: Grid
) -> NDArray[np.float32]:
    """Return dx and dy (h, w, 2) of format 1 as metres on the ground."""
    if working.crs is None:
        return moved
    at = working.to_map(control.positions())
    on_map = moved / np.stack(unit_lengths(working.crs, at[..., 1]), axis=-1)
    return np.asarray(working.metres(on_map, at), dtype=np.float32)


def _geometry(grid: Grid) -> dict[str, Any]:
    placed = {}
    if isinstance(grid, LocatedGrid):
        points = grid.to_map(lattice(grid.width, grid.height))
        # JSON knows no NaN.
        known = np.isfinite(points).all(axis=-1)
        places = [p if k else None for p, k in zip(points.tolist(), known, strict=True)]
        placed = {"placed_by": grid.locator.words, "places": places}
    return {
        "crs": None if grid.crs is None else grid.crs.to_wkt(),
        "transform": list(grid.transform)[:6],
        "width": grid.width,
        "height": grid.height,
        **placed,
    }


def _grid(data: dict[str, Any]) -> Grid:
    crs = None if data["crs"] is None else CRS.from_wkt(data["crs"])
    grid = Grid(crs, Affine(*data["transform"]), int(data["width"]), int(data["height"]))
    if not (1 <= grid.width <= LARGEST_SIDE and 1 <= grid.height <= LARGEST_SIDE):
        raise ValueError("no size of a raster")
    if georeferencing_trouble(grid):
        raise ValueError(georeferencing_trouble(grid))
    return _located(grid, data) if "places" in data else grid


def _located(grid: Grid, data: dict[str, Any]) -> LocatedGrid:
    points = np.array([[np.nan, np.nan] if p is None else p for p in data["places"]], np.float64)
    pixels = lattice(grid.width, grid.height).reshape(LATTICE, LATTICE, 2)
    nodes = points.reshape(LATTICE, LATTICE, 2)
    mesh = MeshLocator(pixels[0, :, 0], pixels[:, 0, 1], nodes, str(data["placed_by"]))
    return LocatedGrid(grid.crs, grid.transform, grid.width, grid.height, mesh, grid.crs)
