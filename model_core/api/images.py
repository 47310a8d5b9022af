"""Images in the forms that Python users have, made readable like a file.

Paths stay paths. Everything else becomes a GeoTIFF in memory (GDAL's ``/vsimem``), so that all
images are read in one way.
"""

from __future__ import annotations

import math
import os
import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.dtypes import check_dtype
from rasterio.errors import CRSError, NotGeoreferencedWarning
from rasterio.io import DatasetReader, DatasetWriter, MemoryFile
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT

from model_core.errors import BadInputError, first_line
from model_core.raster.opening import RASTER_ERRORS
from model_core.raster.pixel_types import as_written, name_of


class Raster(NamedTuple):
    """Pixels with their place on the map: what :func:`model_core.register` takes and gives.

    A plain tuple of the same three values is as good.

    Attributes:
        array: (H, W) or (bands, H, W); a masked array marks pixels without data, and so does NaN.
        transform: from pixel corners (column, row) to map coordinates, as rasterio's; None where
            nothing is known of its place.
        crs: reference system, as rasterio's or anything it understands, such as "EPSG:32630"; None
            where nothing is known of it. With a transform, images then lie by their coordinates.
    """

    array: Any
    transform: Affine | None = None
    crs: CRS | str | None = None


Image: TypeAlias = (
    str | os.PathLike[str] | DatasetReader | NDArray[Any] | tuple[Any, Any, Any] | Any
)
"""A path, an open rasterio dataset, a NumPy array, (array, transform, crs), or a DataArray."""

_FORMS = "a path, an open rasterio dataset, a DataArray, an array or (array, transform, crs)"

EVEN = 0.25
"""Pixels by which coordinates may differ from evenly spaced ones: in single precision they do."""

ma: Any = np.ma
"""NumPy before 2 has no types for masked arrays."""


class OpenImage:
    """An image that GDAL can read at ``path`` for as long as this object lives.

    Attributes:
        path: of the file, or of its copy in memory.
        given: the image as the caller gave it; what is made of it comes back in the same form.
    """

    def __init__(self, path: str, given: Image, memory: MemoryFile | None = None) -> None:
        """``memory`` is the copy in memory, given back when this object goes."""
        self.path = path
        self.given = given
        if memory is not None:
            weakref.finalize(self, memory.close)


def open_image(image: Image, name: str) -> OpenImage:
    """Make an image readable by path.

    Args:
        image: see :data:`Image`.
        name: of the image in sentences and in the report, where it has no file name: "SAR image".

    Raises:
        BadInputError: it is none of these, or its shape, type, transform or CRS cannot be used.
    """
    if isinstance(image, (str, os.PathLike)):
        return OpenImage(_stays(os.fspath(image)), image)
    if isinstance(image, (DatasetReader, DatasetWriter, WarpedVRT)):
        return _dataset(image, name)
    if is_data_array(image):
        return _data_array(image, name)
    if isinstance(image, tuple) and len(image) == 3:
        return _in_memory(Raster(*image), image, name)
    if hasattr(image, "__array__"):
        return _in_memory(Raster(image), image, name)
    raise BadInputError(f"The {name} is of the type {type(image).__name__}; give {_FORMS}.")


def is_data_array(image: Image) -> bool:
    """Return whether this is xarray's DataArray, without importing xarray."""
    return type(image).__name__ == "DataArray" and type(image).__module__.startswith("xarray")


def _import_rioxarray(name: str) -> Any:
    """Return the library by which DataArrays know their place on the map, as ``.rio``.

    Raises:
        BadInputError: rioxarray is not installed.
    """
    try:
        import rioxarray
    except ImportError as error:
        raise BadInputError(
            f"The {name} is a DataArray, whose place on the map only rioxarray knows, which is not "
            "installed; install it (pip install rioxarray) or give (array, transform, crs)."
        ) from error
    return rioxarray


def _dataset(dataset: DatasetReader | DatasetWriter | WarpedVRT, name: str) -> OpenImage:
    if dataset.closed:
        raise BadInputError(
            f"The dataset {Path(dataset.name).name} is closed; open it again, or give its path."
        )
    if isinstance(dataset, DatasetWriter):
        raise BadInputError(
            f"The dataset {Path(dataset.name).name} is open for writing; close it, give its path."
        )
    if isinstance(dataset, DatasetReader) and _can_be_opened_again(dataset):
        return OpenImage(_stays(dataset.name), dataset)
    memory = MemoryFile(filename=name)
    try:
        rasterio.shutil.copy(dataset, memory.name, driver="GTiff")
    except RASTER_ERRORS as error:
        raise BadInputError(
            f"The {name} cannot be read ({first_line(error)}); copy or export it again."
        ) from error
    return OpenImage(memory.name, dataset, memory)


def _can_be_opened_again(dataset: DatasetReader) -> bool:
    """Return whether a dataset's name gives the same pixels, also once the dataset is closed.

    It does not where the file is in memory, where Python reads it (opening that again can end the
    process), where its name is the XML of a virtual raster, and where options chose another view
    of the file, such as ``overview_level``.
    """
    fleeting = ("/vsimem/", "/vsipythonfilelike/", "/vsiriopener", "<")
    return not dataset.options and not dataset.name.startswith(fleeting)


def _stays(path: str) -> str:
    """Return a path that names the same file when the working directory has changed."""
    try:
        return str(Path(path).absolute()) if Path(path).exists() else path
    except OSError:  # such as a name that is too long; opening it says so
        return path


def _data_array(image: Any, name: str) -> OpenImage:
    rioxarray = _import_rioxarray(name)
    try:
        upright = image.transpose(..., image.rio.y_dim, image.rio.x_dim)
        crs, nodata = image.rio.crs, image.rio.nodata
        transform = _transform_of(upright, name)
        if crs is None and _counts_pixels(transform):
            transform = None
    except rioxarray.exceptions.RioXarrayError as error:
        raise BadInputError(
            f"The {name} is a DataArray without usable coordinates x and y "
            f"({first_line(error)}); give one as rioxarray.open_rasterio makes it."
        ) from error
    return _in_memory(Raster(upright.values, transform, crs), image, name, nodata)


def _transform_of(image: Any, name: str) -> Affine:
    """Return the transform that a DataArray's coordinates stand for.

    What rioxarray has noted of it is the file's, also where rows were turned round or left out
    since.

    Raises:
        BadInputError: the coordinates are not evenly spaced.
    """
    noted = image.rio.transform()
    if _agrees(image, noted):
        return noted
    turned = noted.b != 0 or noted.d != 0
    if not turned and _agrees(image, computed := image.rio.transform(recalc=True)):
        return computed
    raise BadInputError(
        f"The coordinates of the {name} are not evenly spaced, or are not those of its transform; "
        "resample it (rio.reproject), or give (array, transform, crs)."
    )


def _counts_pixels(transform: Affine) -> bool:
    """Return whether coordinates are the numbers of columns and rows, of edges or of centres."""
    numbers = (Affine.translation(offset, offset) for offset in (0.0, -0.5))
    return any(transform.almost_equals(one, 1e-6) for one in numbers)


def _agrees(image: Any, transform: Affine) -> bool:
    """Return whether coordinates, where there are any, are where a transform puts pixels."""
    # Of a turned grid they have two axes, and these names.
    pairs = (image.rio.x_dim, image.rio.y_dim), ("xc", "yc")
    names = next((pair for pair in pairs if set(pair) <= set(image.coords)), None)
    if names is None or transform.is_degenerate:
        return True
    x, y = (np.asarray(image.coords[name]) for name in names)
    if x.ndim == 1:
        x, y = np.meshgrid(x, y)
    columns, rows = ~transform * (x, y)
    height, width = x.shape
    off = np.abs(columns - 0.5 - np.arange(width)), np.abs(rows - 0.5 - np.arange(height)[:, None])
    return bool(max(off[0].max(), off[1].max()) < EVEN)


def _in_memory(raster: Raster, given: Image, name: str, nodata: float | None = None) -> OpenImage:
    values, valid = _bands(raster.array, name)
    transform, crs = _place(raster, name)
    memory = MemoryFile(filename=name)
    profile: dict[str, Any] = {
        "driver": "GTiff",
        "count": values.shape[0],
        "height": values.shape[1],
        "width": values.shape[2],
        "dtype": name_of(values.dtype),
        "nodata": nodata,
        "BIGTIFF": "IF_SAFER",
    }
    if transform is not None:
        profile |= {"crs": crs, "transform": transform}
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), _quiet():
        try:
            with memory.open(**profile) as dataset:
                dataset.write(as_written(values, dataset.dtypes[0]))
                if valid is not None:
                    dataset.write_mask(valid)
        except (*RASTER_ERRORS, ValueError) as error:
            raise BadInputError(
                f"The {name} cannot be used as a raster ({first_line(error)}); give {_FORMS}."
            ) from error
    return OpenImage(memory.name, given, memory)


def _bands(array: NDArray[Any], name: str) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Return the array as (bands, H, W) in a type of GDAL's, and where a masked array is valid.

    Raises:
        BadInputError: another number of axes, bands at the end, or no numbers.
    """
    try:
        values: Any = array if ma.isMaskedArray(array) else np.asarray(array)
    except (TypeError, ValueError, RuntimeError) as error:  # such as a tensor on a GPU
        raise BadInputError(
            f"The {name} cannot be made an array of NumPy's ({first_line(error)}); give one."
        ) from error
    if values.ndim not in (2, 3) or 0 in values.shape:
        raise BadInputError(
            f"The {name} is an array of shape {values.shape}; give (rows, columns) or "
            "(bands, rows, columns)."
        )
    if values.ndim == 3 and values.shape[2] <= 4 < values.shape[0]:
        raise BadInputError(
            f"The {name} is an array of shape {values.shape}, with its bands last; give them "
            "first: numpy.moveaxis(array, -1, 0)."
        )
    if values.ndim == 2:
        values = values[None]
    if values.dtype.kind not in "biufc":
        raise BadInputError(f"The {name} is an array of {values.dtype}; give one of numbers.")
    values = values.astype(_gdal_type(values.dtype), copy=False)
    if not ma.isMaskedArray(values):
        return np.asarray(values), None
    if values.dtype.kind in "fc":
        return values.filled(np.nan), None
    return values.data, ~ma.getmaskarray(values).any(axis=0)


def _gdal_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type of GDAL's, in this machine's byte order, that holds numbers of a type."""
    native = dtype.newbyteorder("=")
    if check_dtype(native):
        return native
    return np.dtype({"b": np.uint8, "c": np.complex128}.get(dtype.kind, np.float32))


def _place(raster: Raster, name: str) -> tuple[Affine | None, CRS | None]:
    """Return transform and CRS in rasterio's types: both, neither, or a transform alone.

    Raises:
        BadInputError: one of them is missing or is none.
    """
    transform, crs = raster.transform, raster.crs
    if crs is None and transform is None:
        return None, None
    if not isinstance(transform, Affine):
        raise BadInputError(
            f"The transform of the {name} is {transform!r}, not an affine.Affine; give one as "
            "rasterio's dataset.transform, or rasterio.transform.from_origin."
        )
    if not all(map(math.isfinite, transform)) or transform.is_degenerate:
        raise BadInputError(
            f"The transform of the {name} is {tuple(transform)[:6]}, which makes no pixels on a "
            "map; give one as rasterio's dataset.transform."
        )
    try:
        return transform, None if crs is None else CRS.from_user_input(crs)
    except CRSError as error:
        raise BadInputError(
            f"The CRS of the {name} is {crs!r}, which is unknown; give one as 'EPSG:32630'."
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Unreferenced images are an input like any other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield
