"""GDAL asked about creation options: a small raster is written with them and read back.

What it holds less than one that is written without them is what they would lose. This finds what no
list can: codecs that are not built in, formats that cannot hold floating point, nodata or the CRS,
those that only point to another file, and those of more than one file.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import DatasetReader, DatasetWriter

from model_core.errors import BadInputError, first_line, shown
from model_core.raster.creation_options import CreationOptions, nearest
from model_core.raster.creation_tables import COMPRESSIONS, LOSSY, TABLES
from model_core.raster.opening import RASTER_ERRORS
from model_core.raster.output import temporary_folder
from model_core.raster.pixel_types import as_written, numpy_type, read_bands
from model_core.raster.side_files import side_files

SIDE = 100
"""Pixels of a side of the small raster."""

BANDS = 6
"""Bands of the small raster, at most: to a format more are as good as these."""

FAILURES = (*RASTER_ERRORS, OSError, SystemError, TypeError, ValueError, AttributeError)
"""What rasterio raises where a driver gives it nothing that it knows to handle."""

Describe = Callable[[DatasetWriter], None]
"""Gives the bands of an open raster, or the first of them, names, colours, tags and so on."""

_UNKNOWN = re.compile(r"does not support creation option (\w+)")
_UNEXPECTED = re.compile(r"'(.*)' is an unexpected value for (\w+) creation option")
_OUR_OWN = re.compile(r"^CPLE_\w+ in |\S*soma-options-\S+[/\\](?=registered)")
"""In GDAL's words: rasterio's name of the kind of error, and the place of the small raster."""

_CODEC = re.compile(r"missing codec for (\w+)")


@dataclass(frozen=True)
class _Trial:
    """What came of a small raster: its content, files beside it that would not go with it, what
    GDAL warned of."""

    content: Mapping[str, Any]
    others: list[str]
    warned: list[str]


def try_options(
    options: CreationOptions, profile: Mapping[str, Any], masked: bool, describe: Describe
) -> None:
    """Write a small raster with creation options, and refuse them where something would be lost.

    Args:
        options: to try.
        profile: of the registered raster without options, as ``rasterio.open`` takes it.
        masked: whether the raster gets an internal mask.
        describe: what is done with the raster before its pixels are written.

    Raises:
        BadInputError: GDAL does not know or cannot do what is asked, or would drop something.
    """
    usual = CreationOptions("GTiff", {})
    values, valid = _pixels(profile, int(options.options.get("NBITS", "0")))
    small = dict(profile) | {"width": SIDE, "height": SIDE, "count": len(values)}
    content = (small, values, valid if masked else None, describe)
    try:
        with temporary_folder() as folder:
            plain = _written(usual, folder / "plain", *content)
            tried = _tried(options, folder / "tried", content)
    except OSError as error:
        raise BadInputError(
            f"The creation options cannot be tried in the folder for temporary files "
            f"({error.strerror or error}); free space there, or set TMPDIR to another folder."
        ) from error
    _check_warnings(options, [said for said in tried.warned if said not in plain.warned])
    trouble = _trouble(options, plain, tried)
    if trouble:
        raise BadInputError(
            f"{options} would lose something ({trouble}); leave it out, or choose another."
        )


def _tried(options: CreationOptions, folder: Path, content: tuple[Any, ...]) -> _Trial:
    """Write and read with options; raises BadInputError where GDAL cannot."""
    try:
        tried = _written(options, folder, *content)
    except FAILURES as error:
        reason = _OUR_OWN.sub("", first_line(error.__cause__ or error))
        codec = _CODEC.search(reason)
        if codec:
            reason = f"{codec[1]} is not built into GDAL here"
        raise BadInputError(
            f"{options} cannot be used ({reason}); leave it out, or choose another."
        ) from error
    return tried


def _written(
    options: CreationOptions,
    folder: Path,
    profile: Mapping[str, Any],
    values: NDArray[Any],
    valid: NDArray[np.bool_] | None,
    describe: Describe,
) -> _Trial:
    """Write the small raster into a new folder, in the way of the registered raster."""
    folder.mkdir()
    target, first = folder / "registered.tif", folder.with_name(folder.name + ".tif")
    # Without side files all must be in the raster itself.
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True, GDAL_PAM_ENABLED=False), _warnings() as said:
        written = target if options.direct else first
        with rasterio.open(written, "w", **options.profile(profile)) as dataset:
            describe(dataset)
            dataset.write(as_written(values, profile["dtype"]))
            if valid is not None:
                dataset.write_mask(valid)
        if not options.direct:
            rasterio.shutil.copy(first, target, driver=options.driver, **options.options)
            _check_alone(first, target)
        content = _content(target)
        others = sorted(set(folder.iterdir()) - {target, *side_files(target)})
    return _Trial(content, [path.name for path in others], said)


def _check_alone(first: Path, target: Path) -> None:
    """Delete what a raster was copied from; raises ValueError where nothing is left then."""
    if not target.exists():
        raise ValueError("it makes no file")
    _content(target)
    first.unlink()
    try:
        _content(target)
    except FAILURES:
        # Without a cause: this is what the sentence is to say.
        raise ValueError(f"{target.name} only points to another raster") from None


def _content(path: Path) -> dict[str, Any]:
    """Return what a raster holds, by what it is called in sentences."""
    with rasterio.open(path) as dataset:
        return {
            "the number of bands": dataset.count,
            "the size": dataset.shape,
            "the type of the pixels": dataset.dtypes,
            "the CRS": dataset.crs,
            "the geotransform": tuple(round(value, 9) for value in dataset.transform),
            "nodata": [str(value) for value in dataset.nodatavals],
            "the names of the bands": dataset.descriptions,
            "scales and offsets": (dataset.scales, dataset.offsets),
            "units": tuple(unit or "" for unit in dataset.units),
            "tags": _tags(dataset),
            "the mask": dataset.read_masks() > 0,
            "the meaning of bands": _meanings(dataset),
            "pixel values": read_bands(dataset, dataset.indexes),
        }


def _meanings(dataset: DatasetReader) -> set[tuple[int, str]]:
    """Return which bands are colours, classes or alpha, and the palette."""
    said = zip(dataset.indexes, (one.name for one in dataset.colorinterp), strict=True)
    found = {(band, name) for band, name in said if name not in ("gray", "undefined")}
    if (1, "palette") in found:
        found.add((0, str(dataset.colormap(1))))
    return found


def _tags(dataset: DatasetReader) -> set[tuple[int, str, str]]:
    return {
        (band, name, value)
        for band in (0, *dataset.indexes)
        for name, value in dataset.tags(band).items()
        if name != "AREA_OR_POINT"
    }


def _trouble(options: CreationOptions, plain: _Trial, tried: _Trial) -> str | None:
    """Return what a raster with options lacks, as a clause; None: nothing."""
    lossy = options.compression in LOSSY or {"DISCARD_LSB", "NBITS"} & set(options.options)
    lost = [
        what
        for what, value in plain.content.items()
        if not _holds(tried.content[what], value) and not (lossy and what == "pixel values")
    ]
    if lost:
        return f"{', '.join(lost)} would not be kept"
    return f"it needs further files, as {', '.join(tried.others)}" if tried.others else None


def _holds(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, set):
        return bool(wanted <= found)
    if isinstance(wanted, np.ndarray):
        return found.shape == wanted.shape and bool(((found == wanted) | (wanted != wanted)).all())
    return bool(found == wanted)


def _check_warnings(options: CreationOptions, warned: list[str]) -> None:
    """Refuse what GDAL only warns of."""
    table = TABLES.get(options.driver, {})
    for warning in warned:
        unknown, unexpected = _UNKNOWN.search(warning), _UNEXPECTED.search(warning)
        if unknown:
            raise BadInputError(
                f"{options.driver} has no creation option {unknown[1]}"
                f"{nearest(unknown[1], table)}; correct it, or leave it out."
            )
        if unexpected and unexpected[2] == "COMPRESS":
            others = ", ".join(c for c in COMPRESSIONS if c != unexpected[1].upper())
            raise BadInputError(
                f"COMPRESS={shown(unexpected[1])} is not built into GDAL here; choose another, of "
                f"{others}."
            )
        if unexpected or (table and options.options):
            raise BadInputError(
                f"{options} cannot be used ({first_line(ValueError(warning))}); "
                "leave it out, or choose another."
            )


def _pixels(profile: Mapping[str, Any], bits: int) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return noise over the whole range of a type, and where it is data: not in a corner."""
    shape = (min(profile["count"], BANDS), SIDE, SIDE)
    dtype = numpy_type(profile["dtype"])
    random = np.random.default_rng(0)
    if dtype.kind in "iu":
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        if bits:
            low, high = 0, min(high, 2**bits - 1)
        values = random.integers(low, high, shape, dtype, endpoint=True)
    else:
        values = random.normal(0, 100, shape).astype(dtype)
    valid = np.ones(shape[1:], bool)
    valid[: SIDE // 4, : SIDE // 4] = False
    nodata = profile.get("nodata")
    values[:, ~valid] = np.array(0 if nodata is None else nodata).astype(dtype)
    return values, valid


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """Collect what GDAL warns of, which rasterio only logs."""
    said: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: said.append(  # type: ignore[method-assign]
        _OUR_OWN.sub("", record.getMessage())
    )
    logger = logging.getLogger("rasterio")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            # That the georeferencing is lost is said by comparison.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            yield said
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
