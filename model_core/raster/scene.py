"""Scenes: what is in a file, which bands serve the matching, and what cannot be used."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rasterio.enums import ColorInterp
from rasterio.io import DatasetReader
from rasterio.transform import Affine

from model_core.errors import BadInputError, shown
from model_core.geometry.crs import COORDINATES, is_nameless
from model_core.geometry.grid import Grid
from model_core.raster.grid_checks import check_crs, check_georeferencing
from model_core.raster.location import crs_of_axes, located_grid
from model_core.raster.naming import raster_name
from model_core.raster.opening import open_raster
from model_core.raster.pixels import Extent
from model_core.raster.sentinel1 import computed, default_band, note
from model_core.raster.stored import stored_extent
from model_core.raster.view import Modality

SMALLEST_SIDE = 64
"""Pixels: below this no window of the matcher fits."""

_RGB_NAMES = (r"^(b0?4|red|r)\b", r"^(b0?3|green|g)\b", r"^(b0?2|blue|b)\b")
_SENTINEL2_RGB = (4, 3, 2)
_INFRARED_NAME = r"^(b0?8|nir|near.?infrared)\b"
_SENTINEL2_GREEN_INFRARED = (3, 8)
_GREEN, _INFRARED = (530.0, 590.0), (770.0, 900.0)
"""Nanometres."""

MOST_NAMED = 14
"""Bands that a sentence names."""


@dataclass(frozen=True)
class Scene:
    """A raster as found on disk; nothing of its pixels is held.

    Attributes:
        path: of the raster.
        modality: "sar" or "optical".
        bands: 1-based, those that are matched.
        grid: its geometry; see :func:`grid_of`.
        dtype: of the matched bands.
        nodata: of the first matched band, or None.
        stored: rows and columns around all that the file stores; see :func:`stored_extent`.
        note: what a user should know of how the file is read.
    """

    path: str
    modality: Modality
    bands: tuple[int, ...]
    grid: Grid
    count: int
    dtype: str
    nodata: float | None
    stored: Extent
    note: str = ""

    @property
    def georeferenced(self) -> bool:
        """Whether the image has a geotransform, with a CRS or without."""
        return self.grid.crs is not None

    @property
    def name(self) -> str:
        """The file's name, for sentences."""
        return raster_name(self.path)


def grid_of(dataset: DatasetReader, dem: str | None = None) -> Grid:
    """Return the geometry of an open raster.

    A geotransform goes before whatever else places it. With one and no CRS, ``crs`` is
    ``COORDINATES``, unless the file says that they are degrees; one that only counts pixels, as
    SOMA writes it for images without, is none. Where the file says nothing of its place, it is the
    pixel plane and ``crs`` None, also where there is a CRS: nothing says then where on its map the
    pixels lie.

    Args:
        dataset: the raster.
        dem: path of a raster with the height of the ground, for RPCs; None: their mean height.

    Raises:
        BadInputError: no place can be computed with what the file says of it.
    """
    crs, transform = dataset.crs, dataset.transform
    size = dataset.width, dataset.height
    if crs is not None:
        check_crs(crs, raster_name(dataset.name))
    if transform.is_identity:
        return located_grid(dataset, dem) or Grid(None, transform, *size)
    if crs is None or is_nameless(crs):
        pixels = Affine.scale(1, -1) * transform
        column, row = pixels.c, pixels.f
        whole = column.is_integer() and row.is_integer() and min(column, row) >= 0
        if whole and pixels == Affine.translation(column, row):
            return Grid(None, pixels, *size)
        crs = crs_of_axes(dataset) or COORDINATES
    grid = Grid(crs, transform, *size)
    check_georeferencing(grid, raster_name(dataset.name))
    return grid


def open_scene(
    path: str | Path,
    modality: Modality,
    bands: Sequence[int] | None = None,
    dem: str | None = None,
) -> Scene:
    """Describe a raster and choose the bands to match.

    Args:
        path: anything GDAL opens.
        modality: "sar" or "optical".
        bands: 1-based; None: the first for SAR, VV or HH of a Sentinel-1 product; for optical red,
            green and blue by colour interpretation, by band names, by Sentinel-2's order where
            there are 12 or 13 bands, else the first three, or the first where there are fewer;
            never an alpha band.
        dem: see :func:`grid_of`.

    Raises:
        BadInputError: what :func:`open_raster` and :func:`grid_of` raise; a band that does not
            exist; an image smaller than :data:`SMALLEST_SIDE`.
    """
    with open_raster(str(path)) as dataset:
        name = raster_name(str(path))
        grid = grid_of(dataset, dem)
        if min(dataset.width, dataset.height) < SMALLEST_SIDE:
            raise BadInputError(
                f"{name} has {dataset.width} x {dataset.height} pixels, but at least "
                f"{SMALLEST_SIDE} x {SMALLEST_SIDE} are needed to match; use a larger image."
            )
        chosen = tuple(bands) if bands else _default_bands(dataset, modality)
        _check_bands(dataset, chosen, modality, name)
        return Scene(
            path=str(path),
            modality=modality,
            bands=chosen,
            grid=grid,
            count=dataset.count,
            dtype=dataset.dtypes[chosen[0] - 1],
            nodata=dataset.nodatavals[chosen[0] - 1],
            note=note(dataset),
            stored=stored_extent(dataset),
        )


def _check_bands(
    dataset: DatasetReader, chosen: tuple[int, ...], modality: Modality, name: str
) -> None:
    missing = [b for b in chosen if not 1 <= b <= dataset.count]
    if missing:
        raise BadInputError(
            f"{name} has no band {missing[0]}, only {_bands(dataset)}; choose one of these."
        )
    if len(chosen) not in ((1,) if modality == "sar" else (1, 3)):
        raise BadInputError(
            f"{len(chosen)} bands were chosen for {name}; choose "
            + ("one." if modality == "sar" else "one or three.")
        )


def _bands(dataset: DatasetReader) -> str:
    """Return the bands that there are, with their names where a few have some."""
    names = dataset.descriptions
    if not all(names) or len(names) > MOST_NAMED:
        return f"1 to {dataset.count}"
    return ", ".join(f"{index} ({shown(one)})" for index, one in enumerate(names, 1))


def green_and_infrared(dataset: DatasetReader) -> tuple[int, int] | None:
    """Return the bands (1-based) of green and near-infrared light of an optical image, by band
    names, by wavelengths, or by Sentinel-2's order; None where it has none, or does not say."""
    names = [(d or "").strip().lower() for d in dataset.descriptions]
    lengths = [_wavelength(dataset.tags(band)) for band in dataset.indexes]
    found = []
    for pattern, (low, high) in ((_RGB_NAMES[1], _GREEN), (_INFRARED_NAME, _INFRARED)):
        named = [i for i, name in enumerate(names, 1) if re.search(pattern, name)]
        measured = [i for i, length in enumerate(lengths, 1) if low <= length <= high]
        found += (named or measured)[:1]
    if len(found) == 2:
        return found[0], found[1]
    return _SENTINEL2_GREEN_INFRARED if dataset.count in (12, 13) else None


def _wavelength(tags: Mapping[str, str]) -> float:
    """Return the wavelength in nanometres that a band's tags give, as ENVI files do; else 0."""
    try:
        length = float(tags.get("wavelength", "0"))
    except ValueError:
        return 0.0
    return 1000 * length if tags.get("wavelength_units", "").lower().startswith("mic") else length


def _default_bands(dataset: DatasetReader, modality: Modality) -> tuple[int, ...]:
    if modality == "sar" and computed(dataset):
        return (default_band(dataset),)
    measured = [b for b in dataset.indexes if dataset.colorinterp[b - 1] != ColorInterp.alpha]
    if modality == "sar" or len(measured) < 3:
        return tuple(measured[:1]) or (1,)
    colours = [ColorInterp.red, ColorInterp.green, ColorInterp.blue]
    if all(c in dataset.colorinterp for c in colours):
        return tuple(dataset.colorinterp.index(c) + 1 for c in colours)
    names = [(d or "").strip().lower() for d in dataset.descriptions]
    found = [
        next((i for i, name in enumerate(names, 1) if re.search(pattern, name)), None)
        for pattern in _RGB_NAMES
    ]
    if None not in found:
        return tuple(i for i in found if i is not None)
    return _SENTINEL2_RGB if len(measured) in (12, 13) else tuple(measured[:3])
