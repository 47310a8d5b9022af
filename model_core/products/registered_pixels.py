"""Pixels of a raster as they look once the registration moved them, window by window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.io import DatasetReader

from model_core.geometry.grid import Grid
from model_core.geometry.pixels import pixel_to_cell
from model_core.geometry.projection import map_pixels
from model_core.geometry.window import Window
from model_core.products.displacement_field import DisplacementField
from model_core.products.registered_form import RasterForm
from model_core.raster.fill import Fill
from model_core.raster.interpolation import REACH, interpolate
from model_core.raster.naming import raster_name
from model_core.raster.opening import reading
from model_core.raster.pixel_types import read_bands
from model_core.raster.pixels import (
    AT_ONCE,
    Extent,
    block_means,
    covered_pixels,
    pixels_between,
    read_valid,
)

Pixels = tuple[NDArray[Any], NDArray[np.bool_]]
"""Values (C, h, w) and which of them are data."""

BLOCK = 512
"""Pixels of a side of the windows in which a raster is moved."""


def blocks(grid: Grid, side: int = BLOCK) -> Iterator[Window]:
    """Yield the windows of a grid, row by row."""
    for row in range(0, grid.height, side):
        for column in range(0, grid.width, side):
            height, width = min(side, grid.height - row), min(side, grid.width - column)
            yield Window(row, column, height, width)


class RegisteredReader:
    """Reads windows of a raster as they look once the registration moved it."""

    def __init__(
        self,
        source: DatasetReader,
        grid: Grid,
        field: DisplacementField,
        form: RasterForm,
        fill: Fill,
    ) -> None:
        """Take what is read.

        Args:
            source: the raster.
            grid: of its pixels.
            field: the registration.
            form: of what is read.
            fill: of the source; it is no data.
        """
        self.source = source
        self.form = form
        self.fill = fill
        # Of images without place pixels alone count, whatever the file of another one says.
        moving = field.grids.moving
        self._source_grid = moving if moving.crs is None else grid
        self.output = field.grids.output
        self._working = field.grids.working
        self._field = field.to_field()

    def read(
        self,
        window: Window,
        source: DatasetReader | None = None,
        bands: Sequence[int] | None = None,
    ) -> Pixels:
        """Read a window of the output grid.

        Args:
            window: of the output grid, at full resolution.
            source: another handle of the same raster, for a thread of its own; None: the first one.
            bands: 1-based; None: all.

        Returns:
            The bands (C, height, width) in the form's type, 0 where nothing is known; and
            (C, height, width) bool, where something is.

        Raises:
            BadInputError: the raster breaks off.
        """
        working = self._working.to_pixels(self.output.to_map(window.positions()))
        positions = map_pixels(self._field.at(working), self._working, self._source_grid)
        wanted = self.source.indexes if bands is None else bands
        values = np.zeros((len(wanted), window.height, window.width), self.form.held_by)
        good = np.zeros(values.shape, bool)
        most = max(1, AT_ONCE // (window.height * window.width))
        first = 0
        for group in self.form.groups(wanted, most):
            part = slice(first, first + len(group))
            self._sample(source or self.source, group, positions, (values[part], good[part]))
            first += len(group)
        return values, good

    def _sample(
        self,
        source: DatasetReader,
        bands: Sequence[int],
        positions: NDArray[np.float64],
        into: Pixels,
    ) -> None:
        """Interpolate bands of one type at pixel positions (h, w, 2), into arrays."""
        method = self.form.methods[bands[0] - 1]
        size = np.array([source.width, source.height])
        x, y = positions[..., 0], positions[..., 1]
        covered = covered_pixels(x, y, *size.tolist())
        if covered is None:
            return
        reach = REACH[method] + 1
        low, high = np.maximum(covered[0] - reach, 0), np.minimum(covered[1] + reach, size)
        factor = np.ones(2, np.int64) if method == "nearest" else pixels_between(x, y)
        columns, rows = -(-(high - low) // factor)
        height, width = positions.shape[:2]
        if rows * columns * len(bands) > 4 * AT_ONCE and height * width > 1:
            # Far apart in the source, where a grid is cut or turned: by halves.
            axis = 0 if height >= width else 1
            for part in np.array_split(np.arange(positions.shape[axis]), 2):
                cut = (slice(part[0], part[-1] + 1), slice(None))[:: 1 if axis == 0 else -1]
                values, good = (array[(slice(None), *cut)] for array in into)
                self._sample(source, bands, positions[cut], (values, good))
            return
        extent = ((int(low[1]), int(high[1])), (int(low[0]), int(high[0])))
        with reading(raster_name(source.name)):
            values, valid = self._read(source, bands, extent, (int(rows), int(columns)))
        # Where the factor does not divide the window, GDAL's last block is stretched with others.
        factors = (high - low) / np.array([columns, rows])
        moved, known = interpolate(values, valid, pixel_to_cell(positions - low, factors), method)
        into[0][:], into[1][:] = moved, known

    def _read(
        self,
        source: DatasetReader,
        bands: Sequence[int],
        extent: Extent,
        shape: tuple[int, int],
    ) -> Pixels:
        """Read bands of an extent and their valid pixels (C, *shape), averaged to a shape."""
        if shape == (extent[0][1] - extent[0][0], extent[1][1] - extent[1][0]):
            return self._read_whole(source, bands, extent)
        dtype = self.form.held_by_band(bands[0])
        if self.fill.spreads and dtype.kind != "c":
            # GDAL would mix what is no data into its averages.
            means, share = block_means(
                lambda part: self._read_whole(source, bands, part), extent, shape, len(bands)
            )
            exact = np.rint(means) if dtype.kind in "iu" else means
            return exact.astype(dtype), share > 0.5
        how = Resampling.nearest if dtype.kind == "c" else Resampling.average
        return read_valid(source, bands, extent, shape, how)

    def _read_whole(self, source: DatasetReader, bands: Sequence[int], extent: Extent) -> Pixels:
        """Read bands of an extent as they are, and which pixels (C, H, W) are data."""
        values, valid = read_valid(source, bands, extent)
        if not self.fill or not self.fill.near(*extent):
            return values, valid
        if set(self.fill.bands) <= set(bands):
            looked_at = values[[list(bands).index(band) for band in self.fill.bands]]
        else:
            looked_at = read_bands(source, self.fill.bands, window=extent)
        filled = self.fill.mask(looked_at, extent[0][0], extent[1][0])
        return values, valid & ~filled
