"""Open water, found from two images themselves: dark and smooth in both, at a coarse scale.

Nothing in it can be matched. Shores are not taken: a cell that holds some land is not smooth.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from model_core.geometry.grid import Grid
from model_core.geometry.window import Window, downsampled_size
from model_core.raster.mask import ArrayMask
from model_core.raster.morphology import opened
from model_core.raster.opening import open_raster
from model_core.raster.radiometry import Radiometry
from model_core.raster.reader import ImagePair, Reader, SceneReader
from model_core.raster.scene import green_and_infrared
from model_core.raster.view import View

CELL = 8
"""Pixels along a side of a cell, in images made smaller where they are large."""

LARGEST_SIDE = 2048
"""Pixels of the longer side of these images."""

DARK_OPTICAL, SMOOTH_OPTICAL = 0.15, 0.025
"""Largest mean of a cell of water and standard deviation in it, in units of the optical image's
stretch."""

DARK_SAR = 0.3
"""Largest backscatter of a cell of water: 0 is that of the darkest cells, 1 of the brightest."""

DARKER = 0.4
"""The same in units of the median of the other ground: where all is dark but some buildings,
nothing tells water from fields."""

CONTRAST = 4.0
"""Least difference to that median, in standard deviations within the cell: those of speckle."""


def find_water(pair: ImagePair, start: NDArray[np.float64] | None = None) -> ArrayMask:
    """Return the open water that both images show at the same place, as far as is known.

    Args:
        pair: readers of scenes, with the working grid.
        start: (2, 3), position on the working grid to that in the moving image as it came; None:
            they are the same as far as is known.
    """
    grid = pair.reference.grid
    factor = max(1, -(-max(pair.size) // LARGEST_SIDE))
    window = Window(0, 0, *downsampled_size(*pair.size, factor), factor)
    here = window.positions()
    there = here if start is None else here @ start[:, :2].T + start[:, 2]
    water = shown = np.ones([side // CELL for side in window.shape], bool)
    backscatter = speckle = np.zeros(water.shape)
    for reader, positions in ((pair.reference, here), (pair.moving, there)):
        view = reader.read(window, positions)
        mean, deviation, valid = _cells(view)
        shown = shown & valid
        if view.modality == "sar":
            backscatter, speckle = mean[0], deviation
            continue
        water = (mean.mean(axis=0) < DARK_OPTICAL) & (deviation < SMOOTH_OPTICAL)
        infrared = _infrared(reader)
        if infrared is not None:
            # McFeeters, 1996: water is darker in the near infrared than in green light.
            (green, near_infrared, _), _, _ = _cells(infrared.read(window, positions))
            water = green > near_infrared
    water = _dark_in_sar(backscatter, speckle, water & shown, shown)
    cells = Grid(grid.crs, grid.transform * grid.transform.scale(CELL * factor), *water.shape[::-1])
    return ArrayMask(cells, opened(water, 1) if water.any() else water)


def _dark_in_sar(
    backscatter: NDArray[np.float64],
    speckle: NDArray[np.float64],
    water: NDArray[np.bool_],
    shown: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Return which of the cells (h, w) that may be water are dark and smooth in the SAR image.

    Args:
        backscatter: mean in each cell.
        speckle: standard deviation in it.
        water: cells that may be water.
        shown: cells that both images show.
    """
    if not water.any():
        return water
    low, high = np.percentile(backscatter[shown], [1, 99])
    level = (backscatter - low) / max(high - low, 1e-6)
    water = water & (level < DARK_SAR)
    ground = shown & ~water
    if not ground.any():
        return np.zeros_like(water)
    apart = np.median(backscatter[ground]) - backscatter
    water &= (level < DARKER * np.median(level[ground])) & (apart > CONTRAST * speckle)
    return np.asarray(water)


def _cells(view: View) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return per cell the mean (C, h, w), the deviation within it (h, w), the mean over the bands,
    and whether all of it is valid (h, w)."""
    height, width = (side // CELL for side in view.valid.shape)
    shape = height, CELL, width, CELL
    image = view.image[:, : height * CELL, : width * CELL].reshape(-1, *shape)
    valid = view.valid[: height * CELL, : width * CELL].reshape(shape)
    return (
        image.mean(axis=(2, 4), dtype=np.float64),
        image.std(axis=(2, 4), dtype=np.float64).mean(axis=0),
        valid.all(axis=(1, 3)),
    )


def _infrared(reader: Reader) -> SceneReader | None:
    """Return a reader of green and near-infrared values in common units; None where the image has
    no such bands, or does not say."""
    if not isinstance(reader, SceneReader):
        return None
    with open_raster(reader.scene.path) as dataset:
        bands = green_and_infrared(dataset)
    if bands is None:
        return None
    found = SceneReader(replace(reader.scene, bands=(*bands, bands[1])), reader.grid)
    zero, most = np.zeros(3, np.float32), np.full(3, found.radiometry.high.max())
    found.radiometry = Radiometry(False, zero, most)
    return found
