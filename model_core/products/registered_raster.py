"""The registered raster: every band of the moving image, moved once, on the reference's ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
import rasterio.windows
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, Resampling
from rasterio.io import DatasetReader, DatasetWriter

from model_core.errors import BadInputError, first_line
from model_core.feedback import Progress
from model_core.geometry.grid import Grid
from model_core.geometry.pixels import pixel_to_cell
from model_core.geometry.projection import map_pixels
from model_core.geometry.window import Window
from model_core.products.displacement_field import DisplacementField
from model_core.products.finished_run import FinishedRun
from model_core.raster.ahead import at_one_time
from model_core.raster.fill import Fill
from model_core.raster.grid_checks import check_output_size
from model_core.raster.interpolation import REACH, interpolate
from model_core.raster.opening import RASTER_ERRORS, open_raster, reading
from model_core.raster.output import atomic_write
from model_core.raster.pixels import Extent, block_means, covered_pixels
from model_core.raster.scene import grid_of
from model_core.settings import SETTINGS
from model_core.version import __version__

BLOCK = 512


def output_grid(working: Grid, reference: Grid, pixel_size: float | None) -> Grid:
    """Return the grid of the registered raster over the ground of the working grid.

    The reference's own pixels, or square ones of ``pixel_size`` in the unit of its CRS.

    Raises:
        BadInputError: no raster can have pixels of that size.
    """
    across, down = working.pixel_size
    if pixel_size is None:
        wanted_across, wanted_down = reference.pixel_size
    else:
        wanted_across = wanted_down = pixel_size
    x, y = wanted_across / across, wanted_down / down
    width, height = working.width / x, working.height / y
    check_output_size(width, height, (working.width, working.height))
    return Grid(
        working.crs,
        working.transform * rasterio.Affine.scale(x, y),
        max(1, round(width)),
        max(1, round(height)),
    )


def bytes_needed(path: str, target: Grid) -> int:
    """Return the size of the registered raster without compression."""
    with open_raster(path) as dataset:
        pixel = sum(np.dtype(dtype).itemsize for dtype in dataset.dtypes)
    return target.width * target.height * pixel


@dataclass(frozen=True)
class RasterOptions:
    """How a registered raster is made.

    Attributes:
        resampling: "nearest", "bilinear", "cubic", or "auto": nearest for classes (a palette),
            cubic for measured values.
        creation_options: of GDAL's GeoTIFF, ``"COMPRESS=ZSTD"``; ``"DRIVER=COG"`` makes a COG.
        dem: path of a raster with the height of the ground, for a raster that RPCs place.
    """

    resampling: str = "auto"
    creation_options: Sequence[str] = ()
    dem: str | None = None

    @staticmethod
    def of(settings: Mapping[str, Any]) -> RasterOptions:
        """Return the options that settings, which have been checked, ask for."""
        return RasterOptions(settings["resampling"], settings["creation_options"], settings["dem"])

    def method(self, dataset: DatasetReader) -> str:
        """Return the resampling of a raster: never "auto"."""
        if self.resampling != "auto":
            return self.resampling
        return "nearest" if ColorInterp.palette in dataset.colorinterp else "cubic"

    def driver_and_options(self) -> tuple[str, dict[str, str]]:
        """Return GDAL's driver and its creation options by name.

        Raises:
            BadInputError: an option is not of the form NAME=VALUE.
        """
        checked = SETTINGS["creation_options"].checked(tuple(self.creation_options))
        pairs = (option.split("=", 1) for option in checked)
        options = {name.strip().upper(): value.strip() for name, value in pairs}
        return options.pop("DRIVER", "GTiff"), options


class RegisteredReader:
    """Reads windows of a raster as they look once the registration moved it."""

    def __init__(
        self,
        source: DatasetReader,
        grid: Grid,
        field: DisplacementField,
        method: str,
        fill: Fill,
    ) -> None:
        """Take what is read.

        Args:
            source: the raster.
            grid: of its pixels.
            field: the registration.
            method: "nearest", "bilinear" or "cubic".
            fill: of the source; it is no data.
        """
        self.source = source
        self.fill = fill
        self.method = method
        self._source_grid = grid
        self._grids = field.grids
        self._field = field.to_field()

    def read(
        self, window: Window, source: DatasetReader | None = None
    ) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
        """Read a window of the output grid.

        Args:
            window: of the output grid, at full resolution.
            source: another handle of the same raster, for a thread of its own; None: the first one.

        Returns:
            All bands (C, height, width) in the raster's type, 0 where nothing is known; and
            (C, height, width) bool, where something is.

        Raises:
            BadInputError: the raster breaks off.
        """
        on_map = self._grids.output.to_map(window.positions())
        working = self._grids.working.to_pixels(on_map)
        positions = map_pixels(self._field.at(working), self._grids.working, self._source_grid)
        return _sample(source or self.source, positions, self.method, self.fill)


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
    driver, creation = options.driver_and_options()
    direct = driver == "GTiff"
    with open_raster(raster) as source, atomic_write(path) as temporary:
        grid = grid_of(source, options.dem)
        reader = RegisteredReader(source, grid, field, options.method(source), fill)
        profile = _profile(source, field.grids.output) | (creation if direct else {})
        # Drivers as COG only copy a whole file; it lies beside this one and is deleted with it.
        tiff = temporary if direct else temporary.with_name(temporary.name + ".gtiff")
        try:
            with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
                with rasterio.open(tiff, "w", **profile) as dataset:
                    _copy_description(source, dataset)
                    _fill(reader, raster, dataset, progress)
                if not direct:
                    rasterio.shutil.copy(tiff, temporary, driver=driver, **creation)
        except RASTER_ERRORS as error:
            raise BadInputError(
                f"{Path(path).name} could not be written ({first_line(error)}); "
                "check the creation options and the space on the disk."
            ) from error


def _profile(source: DatasetReader, target: Grid) -> dict[str, Any]:
    codes = {np.dtype(dtype).kind for dtype in source.dtypes}  # "f": floating point, "i", "u"
    predictor = {"f": 3, "i": 2, "u": 2}.get(next(iter(codes))) if len(codes) == 1 else None
    nodata = source.nodata
    if nodata is None and codes <= {"f"}:
        nodata = float("nan")
    profile: dict[str, Any] = {
        "driver": "GTiff",
        "width": target.width,
        "height": target.height,
        "count": source.count,
        "dtype": source.dtypes[0],
        "crs": target.crs,
        "transform": target.written_transform,
        "nodata": nodata,
        "TILED": "YES",
        "BLOCKXSIZE": str(BLOCK),
        "BLOCKYSIZE": str(BLOCK),
        "COMPRESS": "DEFLATE",
        "BIGTIFF": "IF_SAFER",
    }
    if predictor is not None:
        profile["PREDICTOR"] = str(predictor)
    return profile


def _copy_description(source: DatasetReader, target: DatasetWriter) -> None:
    target.descriptions = source.descriptions
    target.colorinterp = source.colorinterp
    target.scales, target.offsets = source.scales, source.offsets
    target.units = source.units
    kept = {k: v for k, v in source.tags().items() if k != "AREA_OR_POINT"}
    target.update_tags(**kept | {"SOMA_VERSION": __version__})
    for band in source.indexes:
        target.update_tags(band, **source.tags(band))
        if source.colorinterp[band - 1] == ColorInterp.palette:
            target.write_colormap(band, source.colormap(band))


def _fill(reader: RegisteredReader, raster: str, target: DatasetWriter, progress: Progress) -> None:
    """Write all blocks; threads resample the next ones while one is compressed and written."""
    masked = target.nodata is None and ColorInterp.alpha not in reader.source.colorinterp
    blocks = [
        Window(row, column, min(BLOCK, target.height - row), min(BLOCK, target.width - column))
        for row in range(0, target.height, BLOCK)
        for column in range(0, target.width, BLOCK)
    ]

    def resampled(block: Window) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
        with open_raster(raster) as source:  # a handle is for one thread at a time
            return reader.read(block, source)

    nothing = np.array(0 if target.nodata is None else target.nodata)
    progress.report(0.0)
    for index, (block, (values, good)) in enumerate(
        zip(blocks, at_one_time(resampled, blocks), strict=True)
    ):
        window = rasterio.windows.Window(block.column, block.row, block.width, block.height)
        target.write(np.where(good, values, nothing.astype(values.dtype)), window=window)
        if masked:
            target.write_mask(good.any(axis=0), window=window)
        progress.report((index + 1) / len(blocks))


def _sample(
    source: DatasetReader, positions: NDArray[np.float64], method: str, fill: Fill
) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    """Read what lies under pixel positions (h, w, 2) and interpolate it, all bands."""
    size = np.array([source.width, source.height])
    shape = (source.count, *positions.shape[:2])
    covered = covered_pixels(positions[..., 0], positions[..., 1], source.width, source.height)
    if covered is None:
        return np.zeros(shape, source.dtypes[0]), np.zeros(shape, bool)
    reach = REACH[method] + 1
    low, high = np.maximum(covered[0] - reach, 0), np.minimum(covered[1] + reach, size)
    factor = _factor(positions) if method != "nearest" else 1
    extent = ((int(low[1]), int(high[1])), (int(low[0]), int(high[0])))
    rows, columns = (-(-(b - a) // factor) for a, b in extent)
    with reading(Path(source.name).name):
        values, valid = _read(source, extent, (rows, columns), fill)
    # Where the factor does not divide the window, GDAL's last block is stretched with the others.
    factors = (high - low) / np.array([columns, rows])
    return interpolate(values, valid, pixel_to_cell(positions - low, factors), method)


def _read(
    source: DatasetReader, extent: Extent, shape: tuple[int, int], fill: Fill
) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    """Read all bands of an extent and their valid pixels (C, *shape), averaged to a shape."""
    whole = (extent[0][1] - extent[0][0], extent[1][1] - extent[1][0])
    dtype = np.dtype(source.dtypes[0])
    if fill and shape != whole and dtype.kind != "c":
        # GDAL would mix the fill into its averages.
        means, share = block_means(lambda part: _read_whole(source, part, fill), extent, shape)
        exact = np.rint(means) if dtype.kind in "iu" else means
        return exact.astype(dtype), share > 0.5
    if shape == whole:
        return _read_whole(source, extent, fill)
    how = Resampling.nearest if dtype.kind == "c" else Resampling.average
    out_shape = (source.count, *shape)
    values = source.read(window=extent, out_shape=out_shape, resampling=how)
    valid = source.read_masks(window=extent, out_shape=out_shape) > 0
    if values.dtype.kind in "fc":
        valid &= np.isfinite(values)
    return values, valid


def _read_whole(
    source: DatasetReader, extent: Extent, fill: Fill
) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    """Read all bands of an extent as they are, and which pixels (C, H, W) are data."""
    values = source.read(window=extent)
    valid = source.read_masks(window=extent) > 0
    if values.dtype.kind in "fc":
        valid &= np.isfinite(values)
    looked_at = values[[band - 1 for band in fill.bands]]
    return values, valid & ~fill.mask(looked_at, extent[0][0], extent[1][0])


def _factor(positions: NDArray[np.float64]) -> int:
    """Return how many source pixels lie between positions, at least 1: averaged, not skipped."""
    across, down = (np.diff(positions[..., axis], axis=1) for axis in (0, 1))
    steps = np.hypot(across, down)
    return max(1, int(np.nanmedian(steps) + 0.3)) if steps.size else 1
