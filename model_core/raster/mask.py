"""Ground that is kept out of the matching, and out of its verdict, but not out of products."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import Affine

from model_core.geometry.field import transform
from model_core.geometry.grid import Grid
from model_core.geometry.projection import map_pixels
from model_core.geometry.window import Window, downsampled_size
from model_core.raster.clipping import clipped
from model_core.raster.opening import open_raster
from model_core.raster.pixels import Extent, block_means, pixels_between

BLOCK = 1024
"""Cells of the side of what is rasterised or read at one time."""

KEPT = 512
"""Blocks that are kept, a bit for each cell: 64 MB."""

FAR = 2.0**22
"""Cells from the grid's corner at which polygons are cut."""

SHOWN = 1024
"""Cells of the longer side at which the share of the ground is counted."""


class Mask(Protocol):
    """Says where ground is left out."""

    def covers(self, positions: NDArray[np.float64], grid: Grid) -> NDArray[np.bool_]:
        """Return where (h, w) pixel positions (h, w, 2) of a grid lie on ground that is left out.

        Positions further apart than the mask's own cells get what most of the cells between say.
        """


def share_left_out(mask: Mask, grid: Grid) -> float:
    """Return the share of a grid's pixels that a mask covers."""
    factor = max(1, -(-max(grid.height, grid.width) // SHOWN))
    window = Window(0, 0, *downsampled_size(grid.height, grid.width, factor), factor)
    return float(mask.covers(window.positions(), grid).mean())


class EitherMask:
    """Ground that one of several masks covers."""

    def __init__(self, masks: Sequence[Mask]) -> None:
        self._masks = masks

    def covers(self, positions: NDArray[np.float64], grid: Grid) -> NDArray[np.bool_]:
        """See :meth:`Mask.covers`."""
        found = np.zeros(positions.shape[:2], bool)
        for mask in self._masks:
            found |= mask.covers(positions, grid)
        return found


class MovedMask:
    """A mask for an image whose georeferencing is known to be wrong by an affine."""

    def __init__(self, mask: Mask, affine: NDArray[np.float64], working: Grid) -> None:
        """``affine`` (2, 3): position on the working grid to that in the image as it came."""
        self._mask, self._working = mask, working
        self._back = np.linalg.inv(np.vstack([affine, [0.0, 0.0, 1.0]]))[:2]

    def covers(self, positions: NDArray[np.float64], grid: Grid) -> NDArray[np.bool_]:
        """See :meth:`Mask.covers`."""
        where = transform(self._back, map_pixels(positions, grid, self._working))
        return self._mask.covers(where, self._working)


class CellMask:
    """A mask in cells of a grid of its own, which are made block by block when they are asked for.

    Threads may share it.
    """

    def __init__(self, grid: Grid, box: tuple[float, float, float, float]) -> None:
        """Take the grid, and (left, top, right, bottom) in its cells: nothing outside is covered.

        The grid's size does not matter: it goes on in all directions.
        """
        self.grid = grid
        self._box = box
        self._block = lru_cache(maxsize=KEPT)(self._packed)

    def covers(self, positions: NDArray[np.float64], grid: Grid) -> NDArray[np.bool_]:
        """See :meth:`Mask.covers`."""
        cells = map_pixels(positions, grid, self.grid) + 0.5  # a cell from its first edge on
        x, y = np.ascontiguousarray(cells[..., 0]), np.ascontiguousarray(cells[..., 1])
        left, top, right, bottom = self._box
        x = self._turned(x, (left + right) / 2)
        near = (x >= left) & (x < right) & (y >= top) & (y < bottom)  # False where not finite
        found = np.zeros(near.shape, bool)
        if not near.any():
            return found
        factor = int(pixels_between(x, y).min())
        columns = np.floor(x[near] / factor).astype(np.int64)
        rows = np.floor(y[near] / factor).astype(np.int64)
        found[near] = self._look_up(rows, columns, factor)
        return found

    def _turned(self, x: NDArray[np.float64], middle: float) -> NDArray[np.float64]:
        """Return columns as they are counted around the middle: longitudes go round."""
        if self.grid.crs is None or not self.grid.crs.is_geographic:
            return x
        turn = 360 / self.grid.pixel_size[0]
        return np.asarray(x - turn * np.round((x - middle) / turn))

    def _look_up(
        self, rows: NDArray[np.int64], columns: NDArray[np.int64], factor: int
    ) -> NDArray[np.bool_]:
        found = np.zeros(rows.shape, bool)
        tops, lefts = rows // BLOCK, columns // BLOCK
        for top in range(int(tops.min()), int(tops.max()) + 1):
            for left in range(int(lefts.min()), int(lefts.max()) + 1):
                here = (tops == top) & (lefts == left)
                packed = self._block(top, left, factor) if here.any() else None
                if packed is not None:
                    row, column = rows[here] - top * BLOCK, columns[here] - left * BLOCK
                    found[here] = packed[row, column >> 3] >> (7 - (column & 7)) & 1
        return found

    def _packed(self, top: int, left: int, factor: int) -> NDArray[np.uint8] | None:
        cells = self._cells(Window(top * BLOCK, left * BLOCK, BLOCK, BLOCK, factor))
        return None if cells is None or not cells.any() else np.packbits(cells, axis=1)

    def _cells(self, window: Window) -> NDArray[np.bool_] | None:
        """Return which cells of a window are covered; None: none of them."""
        raise NotImplementedError


class PolygonMask(CellMask):
    """The ground inside polygons."""

    def __init__(self, grid: Grid, polygons: Sequence[Any], boxes: NDArray[np.float64]) -> None:
        """Take what is found in a file.

        Args:
            grid: in the polygons' CRS, north up, with cells as fine as is wanted.
            polygons: as GeoJSON has them, in map coordinates.
            boxes: (N, 4), their xmin, ymin, xmax and ymax.
        """
        corners = np.stack([boxes[:, [0, 3]], boxes[:, [2, 1]]])  # upper left, lower right
        (left, top), (right, bottom) = (
            grid.to_pixels(corners[0]).min(axis=0),
            grid.to_pixels(corners[1]).max(axis=0),
        )
        # An edge touches the cells on both sides of it.
        super().__init__(grid, (left - 0.5, top - 0.5, right + 1.5, bottom + 1.5))
        far_low, far_high = grid.to_map(np.array([[-FAR, FAR], [FAR, -FAR]]))
        far = (boxes[:, :2] < far_low).any(axis=1) | (boxes[:, 2:] > far_high).any(axis=1)
        cut = [
            clipped(p, far_low, far_high) if f else p for p, f in zip(polygons, far, strict=True)
        ]
        self._polygons = [one for one in cut if one is not None]
        self._boxes = boxes[[one is not None for one in cut]]

    def _cells(self, window: Window) -> NDArray[np.bool_] | None:
        factor = window.factor
        transform = (
            self.grid.transform
            * Affine.scale(factor)
            * Affine.translation(window.column, window.row)
        )
        xmin, ymax = transform * (-1, -1)
        xmax, ymin = transform * (window.width + 1, window.height + 1)
        low, high = self._boxes[:, :2], self._boxes[:, 2:]
        near = ((low <= [xmax, ymax]) & (high >= [xmin, ymin])).all(axis=1)
        if not near.any():
            return None
        shapes = [self._polygons[index] for index in np.flatnonzero(near)]
        # At full resolution what a polygon touches is in it; else most of a cell.
        cells = rasterize(
            shapes, window.shape, transform=transform, all_touched=factor == 1, dtype="uint8"
        )
        return np.asarray(cells, bool)


class RasterMask(CellMask):
    """The valid pixels of a raster's first band that are not 0."""

    def __init__(self, path: str, grid: Grid) -> None:
        """Take the raster's path and its grid."""
        super().__init__(grid, (0, 0, grid.width, grid.height))
        self._path = path

    def _cells(self, window: Window) -> NDArray[np.bool_] | None:
        factor = window.factor
        rows, columns = (
            (max(first, 0), min(first + count, -(-whole // factor)))
            for first, count, whole in (
                (window.row, window.height, self.grid.height),
                (window.column, window.width, self.grid.width),
            )
        )
        if rows[0] >= rows[1] or columns[0] >= columns[1]:
            return None
        extent = tuple((first * factor, last * factor) for first, last in (rows, columns))
        shape = rows[1] - rows[0], columns[1] - columns[0]
        _, share = block_means(self._read, (extent[0], extent[1]), shape)
        found = np.zeros(window.shape, bool)
        top, left = rows[0] - window.row, columns[0] - window.column
        found[top : top + shape[0], left : left + shape[1]] = share[0] > 0.5
        return found

    def _read(self, extent: Extent) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
        """Return which pixels of an extent are covered, (1, H, W) twice; beyond the raster none."""
        (top, bottom), (left, right) = extent
        covered = np.zeros((1, bottom - top, right - left), bool)
        rows = max(top, 0), min(bottom, self.grid.height)
        columns = max(left, 0), min(right, self.grid.width)
        if rows[0] < rows[1] and columns[0] < columns[1]:
            with open_raster(self._path) as dataset:
                values = dataset.read(1, window=(rows, columns))
                valid = dataset.read_masks(1, window=(rows, columns)) > 0
            part = covered[0, rows[0] - top : rows[1] - top, columns[0] - left : columns[1] - left]
            part[...] = (values != 0) & valid & np.isfinite(values)
        return covered.astype(np.float32), covered


class ArrayMask(CellMask):
    """Cells that are held in memory."""

    def __init__(self, grid: Grid, cells: NDArray[np.bool_]) -> None:
        """Take the cells (h, w) of a grid."""
        height, width = cells.shape
        super().__init__(grid, (0, 0, width, height))
        self._held = cells

    def _cells(self, window: Window) -> NDArray[np.bool_] | None:
        factor = window.factor
        middle = factor // 2
        rows = (window.row + np.arange(window.height)) * factor + middle
        columns = (window.column + np.arange(window.width)) * factor + middle
        height, width = self._held.shape
        inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))
        found = self._held[np.clip(rows, 0, height - 1)[:, None], np.clip(columns, 0, width - 1)]
        return np.asarray(found & inside)
