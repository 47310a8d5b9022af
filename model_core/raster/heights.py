"""The height of the ground under an image, from a raster of heights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.transform import Affine

from model_core.errors import BadInputError
from model_core.geometry.crs import project, same_crs
from model_core.geometry.grid import Grid
from model_core.geometry.located import LocatedGrid, lattice
from model_core.geometry.projection import nearest, on_map_of
from model_core.geometry.sampling import inside, sample
from model_core.raster.naming import raster_name
from model_core.raster.opening import open_raster

LARGEST_SIDE = 4096
"""Pixels of a side that are held of the heights; of more, blocks are averaged."""

MARGIN = 0.2
"""Of the image's size: how far around it heights are read, as they themselves move its edges."""


@dataclass(frozen=True)
class GroundHeights:
    """Heights in memory; threads may share them.

    Attributes:
        name: of their file.
        grid: of their pixels.
        values: (H, W) in metres, NaN where unknown.
    """

    name: str
    grid: Grid
    values: NDArray[np.float64]

    def at(self, points: NDArray[np.float64], crs: CRS) -> NDArray[np.float64]:
        """Return the height (N,) in metres at points (N, 2) of a map, NaN where it is unknown."""
        if not same_crs(self.grid.crs, crs):
            points = nearest(project(points, crs, self.grid.crs), self.grid)
        pixels = np.nan_to_num(self.grid.to_pixels(points), nan=-1e6, posinf=-1e6, neginf=-1e6)
        where = torch.from_numpy(pixels)[None, None]
        found = sample(torch.from_numpy(self.values)[None, None], where)
        within = inside(where, *self.values.shape)
        return np.asarray(torch.where(within[:, None], found, torch.nan)[0, 0, 0].numpy())


def read_heights(path: str, image: LocatedGrid) -> GroundHeights:
    """Read the heights under an image.

    Args:
        path: of a raster with one height in metres a pixel, in any CRS.
        image: its grid, at about the height of its ground.

    Raises:
        BadInputError: the raster cannot be read, has no place on a map, or knows no height there.
    """
    name = raster_name(path)
    with open_raster(path) as dataset:
        if dataset.crs is None or dataset.transform.is_identity:
            raise BadInputError(
                f"The heights {name} have no CRS or no geotransform, so their place is unknown; "
                "give a raster that is georeferenced."
            )
        if np.dtype(dataset.dtypes[0]).kind not in "iuf":
            raise BadInputError(f"The heights {name} are no real numbers; give a raster of metres.")
        whole = Grid(dataset.crs, dataset.transform, dataset.width, dataset.height)
        points = image.to_map(lattice(image.width, image.height))
        under = whole.to_pixels(on_map_of(whole, points, image))
        under = under[np.isfinite(under).all(axis=-1)]
        margin = MARGIN * (under.max(axis=0) - under.min(axis=0)) + 2
        low = np.maximum(np.floor(under.min(axis=0) - margin), 0).astype(int)
        high = np.minimum(np.ceil(under.max(axis=0) + margin), [whole.width, whole.height])
        size = high.astype(int) - low
        if (size < 1).any():
            raise BadInputError(_elsewhere(name))
        factor = max(1, -(-int(size.max()) // LARGEST_SIDE))
        shape = tuple(int(-(-side // factor)) for side in size[::-1])
        extent = ((low[1], high[1]), (low[0], high[0]))
        how = Resampling.average if factor > 1 else Resampling.nearest
        values = dataset.read(1, window=extent, out_shape=shape, resampling=how)
        known = dataset.read_masks(1, window=extent, out_shape=shape) > 0
    heights = np.where(known, values.astype(np.float64), np.nan)
    if not np.isfinite(heights).any():
        raise BadInputError(_elsewhere(name))
    scale = Affine.scale(*(size / shape[::-1]).tolist())
    transform = whole.transform * Affine.translation(*low.tolist()) * scale
    return GroundHeights(name, Grid(whole.crs, transform, shape[1], shape[0]), heights)


def _elsewhere(name: str) -> str:
    return (
        f"The heights {name} know none under the image that they are for; give a raster of heights "
        "that covers it."
    )
