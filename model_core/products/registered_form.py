"""What a registered raster is made of: types, nodata and colours that a GeoTIFF can hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.io import DatasetReader

from model_core.raster.naming import raster_name
from model_core.raster.pixel_types import common_type, numpy_type, read_bands
from model_core.raster.pixels import AT_ONCE

Colours = Mapping[int, tuple[int, int, int, int]]

WITH_PALETTE = {"uint8": 256, "uint16": 65536}
"""Types of GeoTIFFs with a palette, and the colours in it."""

OF_THE_PIXELS = re.compile(
    r"STATISTICS_|AREA_OR_POINT$|ACTUAL_RANGE$|(.*#)?(ACTUAL_RANGE|GEOTRANSFORM|SPATIAL_REF|CRS_WKT)$"
    r"|NETCDF_DIM_|NITF_(IGEOLO|ICORDS|BLOCKA)|GRINGPOINT|(NORTH|SOUTH|EAST|WEST)BOUNDINGCOORDINATE"
    r"|EXIF_Pixel[XY]Dimension|(.*_)?CORNER_|(ULX|ULY|LRX|LRY|XDIM|YDIM|NROWS|NCOLS)$",
    re.IGNORECASE,
)
"""Tags that say something of the pixels or of where they lie: false once they were moved."""


@dataclass(frozen=True)
class RasterForm:
    """The form of the registered raster of a source. Threads may share it.

    Attributes:
        dtype: of all bands, by its name in rasterio.
        nodata: of all bands; None: an internal mask, or the alpha band, says where data is.
        methods: by band, "nearest", "bilinear" or "cubic".
        dtypes: by band, of the source.
        alpha: 1-based, the bands that say where others are visible.
        colours: of the first band, where it has a palette that can be kept.
        notes: what could not be kept, a sentence each.
    """

    dtype: str
    nodata: float | None
    methods: tuple[str, ...]
    dtypes: tuple[str, ...]
    alpha: tuple[int, ...] = ()
    colours: Colours | None = None
    notes: tuple[str, ...] = ()

    @property
    def held_by(self) -> np.dtype[Any]:
        """The type of arrays of its pixels."""
        return numpy_type(self.dtype)

    def held_by_band(self, band: int) -> np.dtype[Any]:
        """Return the type of arrays of a source's band (1-based)."""
        return numpy_type(self.dtypes[band - 1])

    def groups(self, bands: Sequence[int], most: int) -> Iterator[tuple[int, ...]]:
        """Yield bands (1-based) in groups, at most so many in each, that are moved in one way."""

        def kind(band: int) -> tuple[str, str]:
            return self.dtypes[band - 1], self.methods[band - 1]

        for _, alike in groupby(bands, kind):
            rest = list(alike)
            for first in range(0, len(rest), most):
                yield tuple(rest[first : first + most])

    def written(
        self, values: NDArray[Any], good: NDArray[np.bool_], bands: Sequence[int]
    ) -> NDArray[Any]:
        """Return pixels (C, h, w) of bands with nodata where none are good, and only there.

        A good value that is nodata by chance becomes the one beside it, as in GDAL. An alpha band
        has no nodata.
        """
        if self.nodata is None:
            return values
        nothing = np.array(self.nodata).astype(values.dtype)
        result = np.where(good, np.where(values == nothing, _beside(nothing), values), nothing)
        for index, band in enumerate(bands):
            if band in self.alpha:
                result[index] = values[index]
        return result


def _beside(value: NDArray[Any]) -> NDArray[Any]:
    """Return the number of a type that lies next to one, upwards unless it is the largest."""
    if value.dtype.kind in "iu":
        return value + value.dtype.type(1) if value < np.iinfo(value.dtype).max else value - 1
    if value.dtype.kind == "c":
        return np.asarray(_beside(value.real) + 1j * value.imag, value.dtype)
    return np.nextafter(value, value.dtype.type(0 if value > 0 else np.inf))


def form_of(source: DatasetReader, resampling: str) -> RasterForm:
    """Return the form of the registered raster of a source.

    Args:
        source: the raster.
        resampling: "nearest", "bilinear", "cubic", or "auto": nearest for classes (a palette, or
            one bit), cubic for measured values. An alpha band is always moved by nearest.
    """
    alpha = tuple(
        band for band in source.indexes if source.colorinterp[band - 1] == ColorInterp.alpha
    )
    methods = tuple(_method(source, band, resampling) for band in source.indexes)
    dtype, nodata = common_type(source.dtypes), _nodata(source)
    form = RasterForm(dtype, nodata, methods, source.dtypes, alpha)
    return _with_colours(source, form)


def lasting_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of a raster that are still true once its pixels were moved."""
    return {name: value for name, value in tags.items() if not OF_THE_PIXELS.match(name)}


def _method(source: DatasetReader, band: int, resampling: str) -> str:
    if source.colorinterp[band - 1] == ColorInterp.alpha:
        return "nearest"
    if resampling != "auto":
        return resampling
    one_bit = source.tags(band, ns="IMAGE_STRUCTURE").get("NBITS") == "1"
    return "nearest" if one_bit or _has_palette(source, band) else "cubic"


def _has_palette(source: DatasetReader, band: int) -> bool:
    return bool(source.colorinterp[band - 1] == ColorInterp.palette)


def _nodata(source: DatasetReader) -> float | None:
    """Return the one nodata value that a GeoTIFF of all bands can have.

    Of several, integers take the one that is least likely to be measured.
    """
    held, values = numpy_type(common_type(source.dtypes)), source.nodatavals
    numbers = {value for value in values if value is not None and _fits(value, held)}
    if held.kind == "f":
        one = len(numbers) == 1 and all(value in numbers for value in values)
        return next(iter(numbers)) if one else float("nan")
    return max(numbers, key=abs, default=None)


def _fits(value: float, held: np.dtype[Any]) -> bool:
    """Return whether a type of pixels has a number, infinity included."""
    if held.kind in "iu":
        limits = np.iinfo(held)
        return bool(np.isfinite(value) and value == round(value)) and (
            limits.min <= value <= limits.max
        )
    limit = float(np.finfo(held).max)
    return not np.isnan(value) and (not np.isfinite(value) or abs(value) <= limit)


def _with_colours(source: DatasetReader, form: RasterForm) -> RasterForm:
    """Return the form with the palette of its source, in a type in which GeoTIFF has one."""
    with_palette = [band for band in source.indexes if _has_palette(source, band)]
    if not with_palette:
        return form
    name = raster_name(source.name)
    if len(source.indexes) - len(form.alpha) > 1 or with_palette != [1]:
        note = f"{name} has several bands, so that the registered raster can have no colour table."
        return replace(form, notes=(note,))
    colours = source.colormap(1)
    dtype = form.dtype if form.dtype in WITH_PALETTE else _type_of_classes(source, max(colours))
    if dtype is None:
        note = (
            f"{name} has classes of {form.dtype} beyond 0 to 65535, for which a GeoTIFF has no "
            "colour table: the registered raster has their values without colours."
        )
        return replace(form, notes=(note,))
    kept = {value: colour for value, colour in colours.items() if value < WITH_PALETTE[dtype]}
    fits = form.nodata is not None and _fits(form.nodata, numpy_type(dtype))
    return replace(form, dtype=dtype, colours=kept, nodata=form.nodata if fits else None)


def _type_of_classes(source: DatasetReader, largest: int) -> str | None:
    """Return the smallest type with a palette that holds the first band's valid values.

    Args:
        source: a raster of integers; it is read once.
        largest: value with a colour; it fits, too, where any type has place for it.
    """
    if numpy_type(source.dtypes[0]).kind not in "iu":
        return None
    low, high = 0, min(largest, 65535)
    rows = max(1, AT_ONCE // source.width)
    for row in range(0, source.height, rows):
        window = ((row, min(row + rows, source.height)), (0, source.width))
        values = read_bands(source, [1], window=window)
        valid = values[source.read_masks([1], window=window) > 0]
        if valid.size:
            low, high = min(low, int(valid.min())), max(high, int(valid.max()))
    if low < 0:
        return None
    return next((name for name, count in WITH_PALETTE.items() if high < count), None)
