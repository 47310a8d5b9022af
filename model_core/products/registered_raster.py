"""The registered raster: every band of the moving image, moved once, on the reference's ground."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, Resampling
from rasterio.io import DatasetReader, DatasetWriter
from rasterio.windows import Window

from model_core.errors import BadInputError
from model_core.feedback import Feedback
from model_core.geometry.field import Field
from model_core.geometry.grid import Grid
from model_core.geometry.pixels import window_pixels
from model_core.geometry.projection import map_pixels
from model_core.products.displacement_raster import DisplacementField
from model_core.raster.interpolation import REACH, interpolate
from model_core.raster.output import atomic_write
from model_core.raster.scene import RASTER_ERRORS, grid_of, open_raster, reading
from model_core.version import __version__

BLOCK = 512


def default_resampling(dataset: DatasetReader) -> str:
    """Return "nearest" for classes (a palette), "cubic" for measured values."""
    return "nearest" if ColorInterp.palette in dataset.colorinterp else "cubic"


def output_grid(working: Grid, reference: Grid, pixel_size: float | None) -> Grid:
    """Return the grid of the registered raster over the ground of the working grid.

    The reference's own pixels, or square ones of ``pixel_size`` in the unit of its CRS.
    """
    across, down = working.pixel_size
    if pixel_size is None:
        wanted_across, wanted_down = reference.pixel_size
    else:
        wanted_across = wanted_down = pixel_size
    x, y = wanted_across / across, wanted_down / down
    return Grid(
        working.crs,
        working.transform * rasterio.Affine.scale(x, y),
        max(1, round(working.width / x)),
        max(1, round(working.height / y)),
    )


def bytes_needed(path: str, target: Grid) -> int:
    """Return the size of the registered raster without compression."""
    with open_raster(path) as dataset:
        pixel = sum(np.dtype(kind).itemsize for kind in dataset.dtypes)
    return target.width * target.height * pixel


def write_registered(
    moving: str,
    field: DisplacementField,
    target: Grid,
    path: str | Path,
    resampling: str | None,
    creation_options: Sequence[str],
    feedback: Feedback,
    progress: Callable[[float], None],
) -> None:
    """Resample a raster of the moving geometry once, by CRS change and displacement together.

    Bands, types, nodata, descriptions, colours, scales, offsets and tags are kept. Where a raster
    has no nodata value, floating point gets NaN, and integers an internal mask.

    Args:
        resampling: "nearest", "bilinear", "cubic", or None for the default of the raster.
        creation_options: of GDAL's GeoTIFF, ``"COMPRESS=ZSTD"``; ``"DRIVER=COG"`` makes a COG.

    Raises:
        BadInputError: the raster cannot be read or the options are wrong.
        CancelledError: on request; no file is left.
    """
    options = _options(creation_options)
    driver = options.pop("DRIVER", "GTiff")
    inner = field.to_field()
    with open_raster(moving) as source:
        method = resampling or default_resampling(source)
        profile = _profile(source, target)
        with atomic_write(path) as temporary:
            gtiff = (
                temporary if driver == "GTiff" else temporary.with_name(temporary.name + ".gtiff")
            )
            try:
                with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
                    with rasterio.open(
                        gtiff, "w", **(profile | (options if driver == "GTiff" else {}))
                    ) as dataset:
                        _copy_description(source, dataset)
                        _fill(source, dataset, field, inner, target, method, feedback, progress)
                    if driver != "GTiff":
                        rasterio.shutil.copy(gtiff, temporary, driver=driver, **options)
            except RASTER_ERRORS as error:
                raise BadInputError(
                    f"{Path(path).name} could not be written ({str(error).splitlines()[0]}); "
                    "check the creation options and the space on the disk."
                ) from error


def _options(creation_options: Sequence[str]) -> dict[str, str]:
    options = {}
    for option in creation_options:
        name, separator, value = option.partition("=")
        if not separator or not name.strip():
            raise BadInputError(
                f"The creation option {option!r} is not of the form NAME=VALUE; write it so."
            )
        options[name.strip().upper()] = value.strip()
    return options


def _profile(source: DatasetReader, target: Grid) -> dict[str, Any]:
    kinds = {np.dtype(kind).kind for kind in source.dtypes}
    predictor = {"f": 3, "i": 2, "u": 2}.get(next(iter(kinds))) if len(kinds) == 1 else None
    nodata = source.nodata
    if nodata is None and kinds <= {"f"}:
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
    target.update_tags(**kept, SOMA_VERSION=__version__)
    for band in source.indexes:
        target.update_tags(band, **source.tags(band))
        if source.colorinterp[band - 1] == ColorInterp.palette:
            target.write_colormap(band, source.colormap(band))


def _fill(
    source: DatasetReader,
    target: DatasetWriter,
    displacement: DisplacementField,
    field: Field,
    grid: Grid,
    method: str,
    feedback: Feedback,
    progress: Callable[[float], None],
) -> None:
    source_grid = grid_of(source)
    masked = target.nodata is None and ColorInterp.alpha not in source.colorinterp
    windows = [
        (row, column)
        for row in range(0, grid.height, BLOCK)
        for column in range(0, grid.width, BLOCK)
    ]
    fill = np.array(0 if target.nodata is None else target.nodata)
    for index, (row, column) in enumerate(windows):
        feedback.raise_if_cancelled()
        progress(index / len(windows))
        height, width = min(BLOCK, grid.height - row), min(BLOCK, grid.width - column)
        on_map = grid.to_map(window_pixels(row, column, height, width))
        working = displacement.working.to_pixels(on_map)
        positions = map_pixels(field.at(working), displacement.working, source_grid)
        values, good = _take(source, positions, method)
        window = Window(column, row, width, height)
        target.write(np.where(good, values, fill.astype(values.dtype)), window=window)
        if masked:
            target.write_mask(good.any(axis=0), window=window)
    progress(1.0)


def _take(
    source: DatasetReader, positions: NDArray[np.float64], method: str
) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    """Read what lies under pixel positions (h, w, 2) and interpolate it, all bands."""
    size = np.array([source.width, source.height])
    usable = np.isfinite(positions).all(axis=-1) & ((positions > -1) & (positions < size)).all(-1)
    shape = (source.count, *positions.shape[:2])
    if not usable.any():
        return np.zeros(shape, source.dtypes[0]), np.zeros(shape, bool)
    reach = REACH[method] + 1
    low = np.maximum(np.floor(positions[usable].min(axis=0)).astype(int) - reach, 0)
    high = np.minimum(np.ceil(positions[usable].max(axis=0)).astype(int) + reach + 1, size)
    factor = _factor(positions) if method != "nearest" else 1
    extent = ((int(low[1]), int(high[1])), (int(low[0]), int(high[0])))
    rows, columns = (-(-(b - a) // factor) for a, b in extent)
    out_shape = (source.count, rows, columns)
    complex_values = np.dtype(source.dtypes[0]).kind == "c"
    how = Resampling.average if factor > 1 and not complex_values else Resampling.nearest
    with reading(Path(source.name).name):
        values = source.read(window=extent, out_shape=out_shape, resampling=how)
        valid = source.read_masks(window=extent, out_shape=out_shape) > 0
    if values.dtype.kind in "fc":
        valid &= np.isfinite(values)
    scale = np.array([columns, rows]) / (high - low)
    return interpolate(values, valid, (positions - low + 0.5) * scale - 0.5, method)


def _factor(positions: NDArray[np.float64]) -> int:
    """Return how many source pixels lie between positions, at least 1: averaged, not skipped."""
    steps = np.linalg.norm(np.diff(positions, axis=1), axis=-1)
    return max(1, int(np.nanmedian(steps) + 0.3)) if steps.size else 1
