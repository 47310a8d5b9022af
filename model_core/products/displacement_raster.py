"""The displacement raster: the one file from which a registration can be applied again.

Four float32 bands on a lattice over the overlap, in the reference's CRS: ``dx`` and ``dy`` in
metres (east, north), ``certainty`` in [0, 1], ``residual`` in pixels. The sign: the
correction applied to the moving image, ``map_new = map_old + (dx, dy)``, given at ``map_new``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.transform import Affine

from model_core.errors import BadInputError
from model_core.geometry.field import ControlGrid, Field
from model_core.geometry.grid import Grid
from model_core.raster.output import atomic_write
from model_core.raster.scene import open_raster
from model_core.version import __version__

NODATA = -9999.0
TAG = "SOMA_REGISTRATION"
FORMAT = 1
SIGN = (
    "dx, dy: correction applied to the moving image, map_new = map_old + (dx, dy), "
    "dx east, dy north, in metres; given at map_new"
)
SIGN_PIXELS = (
    "dx, dy: correction applied to the moving image, new = old + (dx, dy), "
    "dx to the right, dy up, in pixels; given at the new position"
)


@dataclass(frozen=True)
class DisplacementField:
    """A finished field in people's units.

    Attributes:
        working: the grid of the matching. step: its pixels per lattice node.
        moving: geometry of the moving image, to which the field can be applied again.
        output: the grid of registered rasters, unless another one is asked for.
        pixel: reference pixels per working pixel, 1 unless the reference is much the finer image.
        dx, dy: (h, w) float32, metres; pixels, right and up, where unreferenced. Defined at every
            node: where nothing is known they follow the affine.
        certainty: (h, w) in [0, 1]. residual: (h, w), reference pixels by which a node's own
            measurement departs from the field, NaN where none was made.
        valid: (h, w), False where the images have no data in common.
        affine: (2, 3), working pixel to the moving image's position on the working grid.
    """

    working: Grid
    step: int
    moving: Grid
    output: Grid
    pixel: float
    dx: NDArray[np.float32]
    dy: NDArray[np.float32]
    certainty: NDArray[np.float32]
    residual: NDArray[np.float32]
    valid: NDArray[np.bool_]
    affine: NDArray[np.float64]

    @property
    def lattice(self) -> ControlGrid:
        """The nodes, in working pixels."""
        return ControlGrid(self.working.height, self.working.width, self.step)

    @property
    def grid(self) -> Grid:
        """The raster's geometry: one pixel per node."""
        return self.working.downsampled(self.step)

    def displacement(self) -> NDArray[np.float64]:
        """Return (h, w, 2), dx and dy."""
        return np.stack([self.dx, self.dy], axis=-1).astype(np.float64)

    def in_pixels(self) -> NDArray[np.float64]:
        """Return the correction (h, w, 2) in reference pixels, to the right and down."""
        return (self.lattice.positions() - _positions(self)) * self.pixel

    def to_field(self) -> Field:
        """Return the field as the matching knows it, in working pixels."""
        points = self.lattice.positions()
        affine = points @ self.affine[:, :2].T + self.affine[:, 2]
        departure = (_positions(self) - affine).transpose(2, 0, 1).astype(np.float32)
        return Field(self.affine, self.lattice, np.ascontiguousarray(departure))


def _positions(field: DisplacementField) -> NDArray[np.float64]:
    """Return where on the working grid (h, w, 2) the moving image shows each node's ground."""
    new = field.working.to_map(field.lattice.positions())
    return field.working.to_pixels(new - field.working.map_units(field.displacement(), new))


def people_field(
    working: Grid,
    moving: Grid,
    output: Grid,
    pixel: float,
    field: Field,
    certainty: NDArray[np.float32],
    residual: NDArray[np.float32],
    valid: NDArray[np.bool_],
) -> DisplacementField:
    """Turn a field in working pixels into metres; arrays are (h, w) on the field's lattice.

    ``residual`` is in working pixels; the other arguments are :class:`DisplacementField`'s.
    """
    only_affine = _metres(working, Field(field.affine, field.grid))
    filled = np.where(valid[..., None], _metres(working, field), only_affine)
    return DisplacementField(
        working=working,
        step=field.grid.spacing,
        moving=moving,
        output=output,
        pixel=pixel,
        dx=filled[..., 0].astype(np.float32),
        dy=filled[..., 1].astype(np.float32),
        certainty=np.where(valid, certainty, 0).astype(np.float32),
        residual=(residual * pixel).astype(np.float32),
        valid=valid,
        affine=field.affine,
    )


def _metres(working: Grid, field: Field) -> NDArray[np.float64]:
    """Return the correction (h, w, 2) that a field asks for at its nodes, in metres."""
    points = field.grid.positions()
    new, old = working.to_map(points), working.to_map(field.at(points))
    return working.metres(new - old, new)


def write_displacement_raster(field: DisplacementField, path: str | Path) -> None:
    """Write the four bands with everything that applying them again needs.

    Raises:
        OSError: the disk is full.
    """
    referenced = field.working.crs is not None
    grid = field.grid
    bands = [field.dx, field.dy, field.certainty, np.nan_to_num(field.residual, nan=NODATA)]
    unit = "metre" if referenced else "pixel"
    tags = {
        "format": FORMAT,
        "version": __version__,
        "working": _geometry(field.working),
        "step": field.step,
        "moving": _geometry(field.moving),
        "output": _geometry(field.output),
        "pixel": field.pixel,
        "affine": field.affine.tolist(),
    }
    with (
        atomic_write(path) as temporary,
        rasterio.open(
            temporary,
            "w",
            driver="GTiff",
            width=grid.width,
            height=grid.height,
            count=4,
            dtype="float32",
            crs=grid.crs,
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
        sign = SIGN if referenced else SIGN_PIXELS
        dataset.update_tags(**{TAG: json.dumps(tags), "SIGN_CONVENTION": sign})


def read_displacement_raster(path: str | Path) -> DisplacementField:
    """Read what :func:`write_displacement_raster` wrote.

    Raises:
        BadInputError: the file is no raster, was not made by SOMA, or by a later version.
    """
    name = Path(path).name
    with open_raster(str(path)) as dataset:
        text = dataset.tags().get(TAG)
        if text is None or dataset.count != 4:
            raise BadInputError(
                f"{name} is not a displacement raster made by SOMA; "
                "choose the one that a registration wrote."
            )
        tags = json.loads(text)
        if tags["format"] != FORMAT:
            raise BadInputError(
                f"{name} has format {tags['format']} of displacement rasters, this version reads "
                f"{FORMAT}; update SOMA."
            )
        bands = dataset.read()
    valid = bands[0] != np.float32(NODATA)
    working, step = _grid(tags["working"]), int(tags["step"])
    affine = np.array(tags["affine"], dtype=np.float64)
    lattice = ControlGrid(working.height, working.width, step)
    filled = _metres(working, Field(affine, lattice)).astype(np.float32)
    return DisplacementField(
        working=working,
        step=step,
        moving=_grid(tags["moving"]),
        output=_grid(tags["output"]),
        pixel=float(tags["pixel"]),
        dx=np.where(valid, bands[0], filled[..., 0]),
        dy=np.where(valid, bands[1], filled[..., 1]),
        certainty=np.where(valid, bands[2], 0).astype(np.float32),
        residual=np.where(valid & (bands[3] != np.float32(NODATA)), bands[3], np.nan).astype(
            np.float32
        ),
        valid=valid,
        affine=affine,
    )


def _geometry(grid: Grid) -> dict[str, Any]:
    return {
        "crs": None if grid.crs is None else grid.crs.to_wkt(),
        "transform": list(grid.transform)[:6],
        "width": grid.width,
        "height": grid.height,
    }


def _grid(data: dict[str, Any]) -> Grid:
    crs = None if data["crs"] is None else CRS.from_wkt(data["crs"])
    return Grid(crs, Affine(*data["transform"]), int(data["width"]), int(data["height"]))
