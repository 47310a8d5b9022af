"""Tiles of a scene on a common grid, read in windows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from model_core.geometry.field import transform
from model_core.geometry.grid import Grid
from model_core.geometry.pixels import cell_to_pixel, pixel_to_cell
from model_core.geometry.projection import map_pixels
from model_core.geometry.sampling import inside, sample
from model_core.geometry.window import Window
from model_core.raster.fill_search import find_fill
from model_core.raster.handles import Handles, bounded_cache
from model_core.raster.mask import Mask
from model_core.raster.palette import palette_of
from model_core.raster.pixels import (
    bridge_small_holes,
    covered_pixels,
    pixels_between,
    read_values,
    without_rim,
)
from model_core.raster.radiometry import estimate_radiometry
from model_core.raster.scene import Scene
from model_core.raster.view import View

COMPLETE = 0.999
"""Share of valid pixels among those that interpolation mixes from which its result is valid; less
than 1 because of rounding."""


class Reader(Protocol):
    """Whatever gives windows of one image on the working grid; see :meth:`SceneReader.read`."""

    grid: Grid

    def read(self, window: Window, positions: NDArray[np.float64] | None = None) -> View:
        """Read a window of the working grid."""


@dataclass(frozen=True)
class ImagePair:
    """Readers of the two images over one working grid."""

    reference: Reader
    moving: Reader

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the working grid."""
        grid = self.reference.grid
        return grid.height, grid.width


class SceneReader:
    """Reads a scene as the network wants it, on any window of the working grid.

    Radiometry and fill are fixed once for the whole scene, so that tiles fit together. Only the
    window asked for is in memory, whatever the scene's size.
    """

    def __init__(self, scene: Scene, grid: Grid) -> None:
        """``grid`` is the working grid, to which rows, columns and positions refer."""
        self.scene = scene
        self.grid = grid
        self.mask: Mask | None = None
        self.handles = Handles(scene.path)
        with self.handles.open() as dataset:
            self.palette = palette_of(dataset, scene.bands, scene.modality)
            linear = scene.modality == "sar"
            self.fill = find_fill(dataset, scene.bands, linear, stored=scene.stored)
        self.radiometry = estimate_radiometry(scene, self.fill, self.palette)

    def without(self, mask: Mask) -> SceneReader:
        """Return a reader to which the ground of a mask is invalid, and does not count in the
        radiometry.

        Raises:
            BadInputError: it is all that the image has.
        """
        found = copy(self)
        found.mask = mask
        found.radiometry = estimate_radiometry(self.scene, self.fill, self.palette, mask)
        return found

    def read(self, window: Window, positions: NDArray[np.float64] | None = None) -> View:
        """Read a window of the working grid, or of that grid downsampled.

        Args:
            window: parts of it outside the scene are invalid; where it is downsampled, blocks of
                pixels are averaged.
            positions: (height, width, 2), where to sample, in pixels of the full grid; None: at the
                window's own pixels.

        Raises:
            BadInputError: the file breaks off.
        """
        where = window.positions() if positions is None else positions
        source = map_pixels(where, self.grid, self.scene.grid)
        view = self._sample(source)
        if self.mask is None or not view.valid.any():
            return view
        shown = ~self.mask.covers(where, self.grid)
        return View(view.image * shown, view.valid & shown, view.modality)

    def _sample(self, source: NDArray[np.float64]) -> View:
        """Read what lies under source pixels (h, w, 2), averaging where they are sparse."""
        height, width = source.shape[:2]
        channels = 1 if self.scene.modality == "sar" else 3
        nothing = View(
            np.zeros((channels, height, width), np.float32),
            np.zeros((height, width), bool),
            self.scene.modality,
        )
        size = np.array([self.scene.grid.width, self.scene.grid.height])
        x, y = np.ascontiguousarray(source[..., 0]), np.ascontiguousarray(source[..., 1])
        covered = covered_pixels(x, y, *size.tolist())
        if covered is None:
            return nothing
        low, high = covered
        factor = pixels_between(x, y)
        # Blocks start at multiples of the factor, so that neighbouring tiles average the same ones.
        start = np.maximum((low // factor - 1) * factor, 0)
        stop = np.minimum((high // factor + 2) * factor, size)
        shape = -(-(stop - start) // factor)
        values, mask = self._read(start, stop, (int(shape[1]), int(shape[0])))
        valid = self.radiometry.valid(values, mask)
        if factor.max() == 1:  # among many that are averaged, mixed pixels do not count
            valid = without_rim(valid)
        if not valid.any():
            return nothing
        image, valid = bridge_small_holes(self.radiometry.apply(values, valid), valid)
        # The last block may be cut by the image's border; its width is stretched as GDAL does.
        scale = shape / (stop - start)
        local = torch.from_numpy(cell_to_pixel(source - start, scale))[None].float()
        pixels = torch.from_numpy(np.where(valid, image, 0))[None]
        weight = torch.from_numpy(valid.astype(np.float32))[None, None]
        sampled = sample(torch.cat([pixels, weight], dim=1), torch.nan_to_num(local, -1e6))[0]
        good = (sampled[-1] > COMPLETE) & inside(local, *weight.shape[-2:])[0]
        result = torch.where(good, sampled[:-1], 0.0).numpy()
        if result.shape[0] < channels:
            result = np.repeat(result, channels, axis=0)
        return View(result, good.numpy(), self.scene.modality)

    def _read(
        self, start: NDArray[np.int64], stop: NDArray[np.int64], shape: tuple[int, int]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        window = ((int(start[1]), int(stop[1])), (int(start[0]), int(stop[0])))
        with self.handles.open() as dataset:
            return read_values(dataset, self.fill, window, shape, self.palette)


@dataclass(frozen=True)
class ScenePair(ImagePair):
    """Readers of two scenes over one working grid."""

    reference: SceneReader
    moving: SceneReader

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Keep the files of both open, for as long as many windows are read."""
        readers = self.reference, self.moving
        paths = [reader.scene.path for reader in readers]
        with bounded_cache(*paths), readers[0].handles, readers[1].handles:
            yield


class MovedReader:
    """Reads an image as an affine puts it: the start of a search, beyond which less is left."""

    def __init__(self, inner: Reader, affine: NDArray[np.float64]) -> None:
        """``affine`` (2, 3): position on the working grid to that in the image as it came."""
        self.grid = inner.grid
        self._inner, self._affine = inner, affine

    def read(self, window: Window, positions: NDArray[np.float64] | None = None) -> View:
        """Read a window; see :meth:`SceneReader.read`."""
        where = window.positions() if positions is None else positions
        return self._inner.read(window, transform(self._affine, where))


class ViewReader:
    """Reads windows of an image that is in memory, on a pixel plane shared by both images."""

    def __init__(self, view: View, grid: Grid) -> None:
        """``grid`` is the working grid, without CRS; pixel (x, y) of it is pixel (x, y) of view."""
        self.view = view
        self.grid = grid
        self._levels: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

    def read(self, window: Window, positions: NDArray[np.float64] | None = None) -> View:
        """Read a window; see :meth:`SceneReader.read`."""
        where = window.positions() if positions is None else positions
        image, weight = self._downsampled(window.factor)
        local = torch.from_numpy(pixel_to_cell(where, window.factor))[None].float()
        sampled = sample(torch.cat([image, weight], dim=1), local)[0]
        good = (sampled[-1] > COMPLETE) & inside(local, *weight.shape[-2:])[0]
        return View(torch.where(good, sampled[:-1], 0.0).numpy(), good.numpy(), self.view.modality)

    def _downsampled(self, factor: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return image and validity (1, C or 1, h, w), averaged over blocks."""
        if factor not in self._levels:
            image = torch.from_numpy(self.view.image)[None]
            weight = torch.from_numpy(self.view.valid.astype(np.float32))[None, None]
            if factor > 1:
                image = F.avg_pool2d(image, factor, ceil_mode=True, count_include_pad=False)
                weight = F.avg_pool2d(weight, factor, ceil_mode=True, count_include_pad=False)
            self._levels[factor] = image, weight
        return self._levels[factor]
