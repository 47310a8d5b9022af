"""The registered raster: every band of the moving image, moved once, on the reference's ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
import rasterio.windows
from rasterio.enums import ColorInterp
from rasterio.io import DatasetReader, DatasetWriter

from model_core.errors import BadInputError, first_line
from model_core.feedback import Progress
from model_core.geometry.grid import Grid
from model_core.geometry.window import Window
from model_core.products.displacement_field import DisplacementField
from model_core.products.finished_run import FinishedRun
from model_core.products.registered_form import RasterForm, form_of, lasting_tags
from model_core.products.registered_pixels import BLOCK, Pixels, RegisteredReader, blocks
from model_core.raster.ahead import at_one_time
from model_core.raster.creation_options import CreationOptions
from model_core.raster.creation_trial import try_options
from model_core.raster.fill import Fill
from model_core.raster.handles import Handles, bounded_cache
from model_core.raster.opening import RASTER_ERRORS, open_raster
from model_core.raster.output import atomic_write
from model_core.raster.pixel_types import as_written, read_bands, size_of
from model_core.raster.scene import grid_of
from model_core.raster.written import check_raster, create_raster, errors_of_gdal
from model_core.version import __version__

LARGEST_TILE = 2**25
"""Bytes of the pixels that are written at one time, and of a tile of all bands."""

SMALLEST_TILE = 64
"""Pixels of a side: below that a file is more of tables than of pixels."""

MOVED = "SOMA_VERSION"
"""The tag of a raster that was moved: the version that did it."""


@dataclass(frozen=True)
class RasterOptions:
    """How a registered raster is made.

    Attributes:
        resampling: "nearest", "bilinear", "cubic", or "auto": nearest for classes (a palette),
            cubic for measured values.
        creation_options: of GDAL's GeoTIFF, ``"COMPRESS=ZSTD"``; ``"DRIVER=COG"`` makes a COG.
        dem: path of a raster with the height of the ground, for a raster that RPCs place.
        output_grid: "auto", "reference" or "moving", where a saved registration is applied.
        output_pixel_size: in the unit of the reference's CRS, likewise; None: as output_grid says.
    """

    resampling: str = "auto"
    creation_options: Sequence[str] = ()
    dem: str | None = None
    output_grid: str = "auto"
    output_pixel_size: float | None = None

    @staticmethod
    def of(settings: Mapping[str, Any]) -> RasterOptions:
        """Return the options that settings, which have been checked, ask for."""
        names = ("resampling", "creation_options", "dem", "output_grid", "output_pixel_size")
        return RasterOptions(**{name: settings[name] for name in names})

    @property
    def creation(self) -> CreationOptions:
        """What is asked of the file format.

        Raises:
            BadInputError: an option cannot be used whatever the raster is.
        """
        return CreationOptions.of(self.creation_options)


def check_creation(raster: str, target: Grid, options: RasterOptions) -> None:
    """Refuse creation options that cannot be honoured, or with which something would be lost.

    Args:
        raster: the moving image.
        target: the registered raster's grid.
        options: a small raster is written with them where there are any.

    Raises:
        BadInputError: an option is unknown or does not fit the raster.
    """
    if not options.creation_options:
        return
    creation = options.creation
    with open_raster(raster) as source:
        form = form_of(source, options.resampling)
        size = target.width * target.height * source.count * size_of(form.dtype)
        creation.check_pixels(form.dtype, size, lambda: _largest(source))
        profile = _profile(source, target, form, creation.options)
        masked = form.nodata is None and not form.alpha
        try_options(creation, profile, masked, lambda made: _copy_description(source, made, form))


def _largest(source: DatasetReader) -> float:
    """Return the largest absolute value of all pixels."""
    side = range(0, max(source.shape), BLOCK)
    windows = (rasterio.windows.Window(x, y, BLOCK, BLOCK) for y, x in product(side, side))
    inside = [w for w in windows if w.row_off < source.height and w.col_off < source.width]
    parts = (read_bands(source, [band], window=w) for band in source.indexes for w in inside)
    return max(float(np.nan_to_num(np.abs(part.astype(np.float64))).max()) for part in parts)


def write(run: FinishedRun, path: Path) -> None:
    """Write the registered raster of a run."""
    options = RasterOptions.of(run.settings)
    write_registered(run.moving.path, run.field, path, options, run.progress, run.fill)


def write_registered(
    raster: str,
    field: DisplacementField,
    path: str | Path,
    options: RasterOptions,
    progress: Progress,
    fill: Fill,
) -> None:
    """Resample a raster of the moving geometry once, by CRS change and displacement together.

    It lands on the field's output grid. Bands, types, nodata, descriptions, colours, scales,
    offsets and tags are kept. Where a raster has no nodata value, floating point gets NaN, and
    integers an internal mask.

    Args:
        raster: the moving image, or another one on its ground.
        field: the registration.
        path: to write to.
        options: resampling and creation options.
        progress: hears block by block what is done, and is asked whether to stop.
        fill: of the raster; where its bands hold it, no band has data.

    Raises:
        BadInputError: the raster cannot be read or the options are wrong.
        CancelledError: on request; no file is left.
    """
    creation = options.creation
    with open_raster(raster) as source, atomic_write(path) as temporary:
        form = form_of(source, options.resampling)
        for note in form.notes:
            progress.feedback.log(note)
        grid = grid_of(source, options.dem)
        reader = RegisteredReader(source, grid, field, form, fill)
        usual = _profile(source, field.grids.output, form, creation.options)
        profile = creation.profile(usual)
        # Drivers as COG only copy a whole file; it lies in a folder of its own, deleted with this.
        tiff = temporary if creation.direct else temporary.parent / "whole" / temporary.name
        tiff.parent.mkdir(exist_ok=True)
        try:
            with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), bounded_cache(raster):
                with create_raster(tiff, **profile) as dataset:
                    _copy_description(source, dataset, form)
                    _fill(reader, raster, dataset, progress)
                if not creation.direct:
                    _copy_whole(tiff, temporary, creation)
        except RASTER_ERRORS as error:
            raise BadInputError(
                f"{Path(path).name} could not be written ({first_line(error)}); "
                "check the creation options and the space on the disk."
            ) from error


def _copy_whole(tiff: Path, path: Path, creation: CreationOptions) -> None:
    """Make a finished raster one of the driver that was asked for, and read it back."""
    with errors_of_gdal(path.name):
        rasterio.shutil.copy(tiff, path, driver=creation.driver, **creation.options)
    check_raster(path)


def _profile(
    source: DatasetReader, target: Grid, form: RasterForm, creation: Mapping[str, str]
) -> dict[str, Any]:
    """Return how the file is created without options, but for the one that decides its tiles."""
    predictor = {"f": 3, "i": 2, "u": 2}.get(form.held_by.kind)
    pixel = source.count * size_of(form.dtype)
    many = BLOCK**2 * pixel > LARGEST_TILE
    interleave = creation.get("INTERLEAVE", "BAND" if many else "PIXEL").upper()
    side = str(_side(pixel, interleave))
    profile: dict[str, Any] = {
        "driver": "GTiff",
        "width": target.width,
        "height": target.height,
        "count": source.count,
        "dtype": form.dtype,
        "crs": target.written_crs,
        "transform": target.written_transform,
        "nodata": form.nodata,
        "TILED": "YES",
        "BLOCKXSIZE": side,
        "BLOCKYSIZE": side,
        "INTERLEAVE": interleave,
        "COMPRESS": "DEFLATE",
        "BIGTIFF": "IF_SAFER",
    }
    if predictor is not None:
        profile["PREDICTOR"] = str(predictor)
    return profile


def _side(pixel: int, interleave: str) -> int:
    """Return the pixels of a side of a tile.

    Args:
        pixel: its bytes, in all bands.
        interleave: "PIXEL": a tile holds all bands; "BAND": one.
    """
    side = BLOCK
    while interleave == "PIXEL" and side > SMALLEST_TILE and side**2 * pixel > LARGEST_TILE:
        side //= 2
    return side


def _copy_description(source: DatasetReader, target: DatasetWriter, form: RasterForm) -> None:
    """Describe a raster, or one of the first bands only, as its source is described."""
    bands = slice(target.count)
    target.descriptions = source.descriptions[bands]
    target.colorinterp = [
        ColorInterp.gray if one == ColorInterp.palette and form.colours is None else one
        for one in source.colorinterp[bands]
    ]
    target.scales, target.offsets = source.scales[bands], source.offsets[bands]
    target.units = source.units[bands]
    target.update_tags(**lasting_tags(source.tags()) | {MOVED: __version__})
    for band in target.indexes:
        target.update_tags(band, **lasting_tags(source.tags(band)))
    if form.colours is not None:
        target.write_colormap(1, form.colours)


def _fill(reader: RegisteredReader, raster: str, target: DatasetWriter, progress: Progress) -> None:
    """Write all blocks; threads resample the next ones while one is compressed and written.

    Of rasters with many bands some bands at a time, so that memory does not grow with them.
    """
    form = reader.form
    pixel = target.count * size_of(form.dtype)
    side = _side(pixel, target.profile.get("interleave", "pixel").upper())
    masked = form.nodata is None and not form.alpha
    most = max(1, LARGEST_TILE // (side**2 * size_of(form.dtype)))
    first_bands = range(1, target.count + 1, most)
    parts = [range(band, min(band + most, target.count + 1)) for band in first_bands]
    work = list(product(blocks(reader.output, side), parts))
    with Handles(raster) as handles:

        def resampled(item: tuple[Window, range]) -> Pixels:
            block, bands = item
            with handles.open() as source:
                return reader.read(block, source, bands)

        progress.report(0.0)
        known = np.zeros(())
        for index, ((block, bands), (values, good)) in enumerate(
            zip(work, at_one_time(resampled, work), strict=True)
        ):
            window = rasterio.windows.Window(block.column, block.row, block.width, block.height)
            pixels = as_written(form.written(values, good, bands), form.dtype)
            target.write(pixels, list(bands), window=window)
            known = good.any(axis=0) | (False if bands[0] == 1 else known)
            if masked and bands[-1] == target.count:
                target.write_mask(known, window=window)
            progress.report((index + 1) / len(work))
