"""Finds fill on a downsampled image: solid ground of one exact value that touches the border.

Data can look like it: dark water clipped at 0, clouds at 255, a sea at height 0. What tells them
apart is the edge of the region (straight, and no slope of values towards it), a gap in the
distribution of the other values, and that fine measurements hardly ever agree exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import rasterio.features
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.io import DatasetReader

from model_core.raster.fill import Fill, FillRegion
from model_core.raster.morphology import dilated, flat_ground, opened, straight_share
from model_core.raster.pixel_types import numpy_type, read_bands
from model_core.raster.pixels import Extent
from model_core.raster.sentinel1 import computed
from model_core.raster.stored import stored_extent

Mask = NDArray[np.bool_]

SAMPLE_SIDE = 1024
"""Pixels of the longer side of the downsampled image in which fill is looked for."""

MOST_BANDS = 8
"""Bands of a raster that are looked at where nobody chose some."""

MOST_VALUES = 8
"""Values at the border that are looked at, the most frequent first."""

SMALLEST_PART, LEAST_AREA, LEAST_BORDER = 0.0005, 0.005, 0.05
"""Shares: a part of fill of the image; all parts of one value of the image, or of its border."""

MOST_PARTS = 32
"""Parts of one value that are looked at, the largest first."""

LEAST_LEVELS = 32
"""Different values of a raster of unknown kind; where there are fewer they are classes, also 0."""

LEAST_STRAIGHT = 0.6
"""Share of the edge that is straight from which an edge is that of a footprint, not a shore."""

BROAD, NARROW = 0.25, 0.05
"""Of the range of the other values: what is near a value in their distribution, at its edge."""

MOST_BESIDE = 0.4
"""Share of the pixels beside fill that may be near its value; more where many are everywhere."""

ISOLATED = 1e-4
"""Largest share of the others near a value that lies apart from them."""

FINE, FINE_LEVELS = 1e-3, 1000
"""Largest share of flat ground and fewest values of an image in which measurements hardly ever
agree by chance."""

DRAWN = 0.2
"""Share of flat ground, neither darkest nor brightest, from which an image is drawn: all of its
areas are of one value, whatever it is."""

AROUND = 3
"""Cells by which regions are extended: narrow tips, and what lies between two cells."""


def find_fill(
    dataset: DatasetReader,
    bands: tuple[int, ...],
    linear_sar: bool = False,
    least_levels: int = 2,
    stored: Extent | None = None,
) -> Fill:
    """Look for fill in some bands of an image; classes (a palette) have none.

    Args:
        dataset: any raster.
        bands: 1-based; fill has its value in all of them.
        linear_sar: values may be amplitudes or intensities, whose zeros are far from all others.
        least_levels: different values that there must be beside the fill.
        stored: what :func:`stored_extent` says of the image, where it is known already.
    """
    if any(dataset.colorinterp[band - 1] == ColorInterp.palette for band in bands):
        return Fill(bands, dataset.height, dataset.width)
    dtype = numpy_type(dataset.dtypes[bands[0] - 1])
    extent = stored or stored_extent(dataset)
    height, width = (stop - start for start, stop in extent)
    factor = max(1, -(-max(width, height) // SAMPLE_SIDE))
    part: dict[str, Any] = {
        "window": extent,
        "out_shape": (len(bands), -(-height // factor), -(-width // factor)),
    }
    # The nearest pixels, not averages: fill is one exact value.
    raw = read_bands(dataset, bands, **part)
    values = (np.abs(raw) if raw.dtype.kind == "c" else raw).astype(np.float32)
    declared = (dataset.read_masks(bands, **part) > 127).all(axis=0)
    finite = np.isfinite(values).all(axis=0)
    outside = ~(declared & finite)
    regions: tuple[FillRegion, ...] = ()
    if not outside.all() and len(np.unique(values[0, ~outside])) > least_levels:
        coarse = dtype.itemsize == 1
        decibel = linear_sar and not coarse and bool((values[:, ~outside] >= 0).all())
        regions = tuple(_regions(_Sample(values, coarse, decibel), outside))
    unmeasured = bool((declared & ~finite).any()) or computed(dataset)
    return Fill(bands, height, width, regions, unmeasured, extent[0][0], extent[1][0])


def find_fill_of_raster(dataset: DatasetReader) -> Fill:
    """Look for fill in the first bands of a raster of any kind that hold values."""
    values = [
        band for band in dataset.indexes if dataset.colorinterp[band - 1] != ColorInterp.alpha
    ]
    bands = tuple(values[:MOST_BANDS] or dataset.indexes[:1])
    return find_fill(dataset, bands, least_levels=LEAST_LEVELS)


@dataclass(frozen=True)
class _Sample:
    """A downsampled image.

    Attributes:
        values: (C, h, w).
        coarse: of 8 bit, where water, clouds and shadows are often one value.
        decibel: values differ by their ratios, not by their differences.
    """

    values: NDArray[np.float32]
    coarse: bool
    decibel: bool

    @cached_property
    def flat(self) -> Mask:
        """The pixels (h, w) in the middle of five by five of one value."""
        return flat_ground(self.values)

    def scaled(self, some: Mask | None = None) -> NDArray[np.float32]:
        """Return values as they are to be compared: (C, h, w), or (C, N) of some pixels."""
        values = self.values if some is None else self.values[:, some]
        if not self.decibel:
            return values
        return np.asarray(10 * np.log10(np.maximum(values, np.finfo(np.float32).tiny)))


def _regions(sample: _Sample, outside: Mask) -> Iterator[FillRegion]:
    """Yield the fill, value by value; what was found is outside for the next value."""
    known: list[tuple[float, ...]] = []
    searching = True
    while searching:
        searching = False
        for value in _border_values(sample.values, outside):
            same = (sample.values == np.array(value)[:, None, None]).all(axis=0) & ~outside
            part = None if value in known else _fill_of(sample, value, same, outside)
            if part is None:
                continue
            yield FillRegion(value, dilated(part, AROUND), float(part.mean()))
            known.append(value)
            outside = outside | part
            searching = True  # another value may touch only this one


def _touching(outside: Mask) -> Mask:
    """Return the pixels at the border of the image, or of solid ground that is outside."""
    seeds = dilated(opened(outside), 1)
    seeds[[0, -1]] = True
    seeds[:, [0, -1]] = True
    return np.asarray(seeds & ~outside)


def _border_values(values: NDArray[np.float32], outside: Mask) -> list[tuple[float, ...]]:
    """Return the values that are frequent at the border, the most frequent first."""
    seeds = values[:, _touching(outside)]
    different, counts = np.unique(seeds, axis=1, return_counts=True)
    frequent = np.flatnonzero(counts >= 8)
    frequent = frequent[np.argsort(-counts[frequent], kind="stable")][:MOST_VALUES]
    return [tuple(float(one) for one in different[:, i]) for i in frequent]


def _fill_of(sample: _Sample, value: tuple[float, ...], same: Mask, outside: Mask) -> Mask | None:
    """Return which pixels of one value are fill; None where none, or too few, are."""
    least = max(32, round(SMALLEST_PART * same.size))
    if np.count_nonzero(same) < least:
        return None
    solid = opened(same | outside) & same
    seeds = _touching(outside)
    labels = _components(solid, least)
    parts = _largest(np.where(np.isin(labels, labels[seeds]), labels, 0))
    rest = ~outside & ~np.isin(labels, parts)
    if not parts or not rest.any():
        return None
    evidence = _Evidence(sample, np.array(value, np.float32), rest)
    if evidence.foreign:
        fill = labels > 0  # also what it encloses, far from the border
    else:
        found = [i for i in parts if evidence.holds_for(labels == i, outside)]
        if found:  # the other corners, whatever lies beside them
            found += [i for i in parts if evidence.runs_straight(labels == i, outside)]
        fill = np.isin(labels, found)
    contact = np.count_nonzero(fill & seeds) / np.count_nonzero(seeds)
    enough = fill.mean() >= LEAST_AREA or contact >= LEAST_BORDER
    return np.asarray(fill) if enough else None


def _components(mask: Mask, least: int) -> NDArray[np.int32]:
    """Number the connected parts of a mask that have at least so many pixels, from 1."""
    kept = rasterio.features.sieve(mask.astype(np.uint8), least, connectivity=4) > 0
    kept &= mask
    shapes = rasterio.features.shapes(kept.astype(np.uint8), mask=kept, connectivity=4)
    numbered = [(geometry, index) for index, (geometry, _) in enumerate(shapes, 1)]
    if not numbered:
        return np.zeros(mask.shape, np.int32)
    return np.asarray(rasterio.features.rasterize(numbered, out_shape=mask.shape, dtype="int32"))


def _largest(labels: NDArray[np.int32]) -> list[int]:
    """Return the numbers of the largest parts."""
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    order = np.argsort(-sizes, kind="stable")[:MOST_PARTS]
    return [int(i) for i in order if sizes[i] > 0]


class _Evidence:
    """What tells whether ground of one value is fill, besides that it is solid and at the border.

    A shore or a cloud is an edge of values: those beside it lie nearer to the value than elsewhere.
    """

    def __init__(self, sample: _Sample, value: NDArray[np.float32], rest: Mask) -> None:
        """``rest``: the valid pixels that are not solid ground of the value at the border."""
        self.coarse = sample.coarse
        self.rest = rest
        others, raw = sample.scaled(rest), sample.values[:, rest]
        low, high = np.percentile(others, [1, 99], axis=1)
        target = _Sample(value[:, None], sample.coarse, sample.decibel).scaled()[:, 0]
        range_ = np.maximum(high - low, 1e-6)
        distance = np.abs(sample.scaled() - target[:, None, None]) / range_[:, None, None]
        self._near = (distance <= NARROW).all(axis=0)
        bottom, top = np.percentile(raw, [0.1, 99.9], axis=1)
        self.extreme = bool((value <= bottom).all() or (value >= top).all())
        away = np.maximum(bottom - value, value - top) >= top - bottom
        # A value that no sensor could mean is fill wherever it is; another one may be data.
        counted = rest & ~(sample.values == value[:, None, None]).all(0) if away.all() else rest
        broad = (distance[:, counted] <= BROAD).all(axis=0)
        self.isolated = bool(broad.mean() <= ISOLATED) if broad.size else True
        self.foreign = self.isolated and bool(away.all()) and not sample.coarse
        inner = (sample.values > bottom[:, None, None]) & (sample.values < top[:, None, None])
        flat = float((sample.flat & inner.all(axis=0))[rest].mean())
        self.drawn = flat > DRAWN
        self.fine = flat <= FINE and len(np.unique(raw[0])) >= FINE_LEVELS

    def holds_for(self, part: Mask, outside: Mask) -> bool:
        """Return whether a solid part of the value is fill."""
        if self._slopes(part):
            return False
        exact = self.isolated or (self.fine and not self.extreme)
        if exact and not self.coarse:
            return True
        return self.extreme and not self.drawn and self.runs_straight(part, outside)

    def _slopes(self, part: Mask) -> bool:
        """Return whether many more pixels beside a part are near its value than elsewhere."""
        box = _box(part, 2)
        ring = dilated(part[box], 2) & self.rest[box]
        usual = float(self._near[self.rest].mean())
        most = MOST_BESIDE + (1 - MOST_BESIDE) * usual
        return bool(ring.any() and float(self._near[box][ring].mean()) > most)

    def runs_straight(self, part: Mask, outside: Mask) -> bool:
        """Return whether the edge of a part is that of a footprint."""
        reach = max(6, max(part.shape) // 20)
        box = _box(part, reach + 1)
        return straight_share(part[box], outside[box], reach) >= LEAST_STRAIGHT


def _box(mask: Mask, margin: int) -> tuple[slice, slice]:
    """Return the rows and columns of a mask that is not empty, with a margin."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + margin + 1),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + margin + 1),
    )
