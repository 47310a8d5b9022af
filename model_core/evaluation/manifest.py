"""Manifests: CSV files that list pairs and say how their images lie on each other."""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.transform import array_bounds
from rasterio.warp import transform_bounds

from model_core.errors import BadInputError
from model_core.evaluation.metrics import best_affine
from model_core.evaluation.pairs import DatasetPair
from model_core.geometry.grid import Grid
from model_core.raster.scene import open_scene

PATCH_SIDE = 704
"""Pixels: larger pairs on a common grid are cut into patches of this side, from which views of 512
px can be cut out even when rotated by 20 degrees."""

SURE_PEAK_RATIO = 1.25
"""``cfog_ratio`` from which a manifest's ``cfog_dx, cfog_dy`` are applied."""

SHIFT_COLUMNS = ("cfog_dx", "cfog_dy", "cfog_ratio")
"""Of a residual shift and how sure it is; a row has all of them or none."""

POINT_COLUMNS = ("x_opt", "y_opt", "x_sar", "y_sar")
"""Of a file of check points."""

_PLACES = {
    # source: (place, region) as patterns of the identifier.
    "ombria": (r"ombria_(?:\d{4}[a-z]+)?\d+", r"ombria_(?:\d{4}[a-z]+|\d+)"),
    "volkov": (r"volkov_.+", r"volkov_\d+"),
    "sen12": (r"sen12_.+", r"sen12_.+(?=_p\d+)|sen12_.+"),
    "sdt": (r"sdt_p\d+", r"sdt"),
}


def read_manifest(path: str | Path, split: str | None = None) -> list[DatasetPair]:
    """Read a manifest of pairs: a CSV file with a header.

    Columns: ``id, sar_path, optical_path`` (paths relative to the manifest). Optional:

    - ``H_opt2sar``: optical pixel to SAR pixel; six or nine numbers, row by row, separated by
      blanks, commas or semicolons, or as a JSON list.
    - ``check_points``: a CSV file with the columns ``x_opt, y_opt, x_sar, y_sar``.
    - ``split``; ``source`` (else the manifest's folder); ``place``; ``region``; ``width, height``.
    - ``sensor`` of the SAR image and ``cover`` of the ground: words that tables are made by.
    - ``gsd``: metres per pixel of the optical image; else those of the georeferencing.
    - ``cfog_dx, cfog_dy, cfog_ratio``: the residual shift in SAR pixels, as an estimator sees it.
      The SAR position of an optical pixel is the nominal one (the matrix's answer, or that of the
      common grid) minus this shift, which is applied where the ratio says that the estimator is
      sure. Check points are measured themselves: a row with them has neither matrix nor shift.

    A row without a matrix or check points is a pair on one grid: that of the georeferencing, then
    with unknown residual alignment unless a shift is given, or that of the pixels.

    Args:
        path: of the CSV file.
        split: only rows of this split; None: all.

    Raises:
        BadInputError: the manifest or a file it names is missing or cannot be understood.
    """
    path = Path(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInputError(
            f"The manifest {path} cannot be read ({error}); give a CSV file of pairs."
        ) from error
    missing = {"id", "sar_path", "optical_path"} - set(rows[0] if rows else ())
    if missing:
        raise BadInputError(
            f"The manifest {path.name} lacks the column {min(missing)}; it needs id, sar_path and "
            "optical_path."
        )
    chosen = [row for row in rows if split is None or row.get("split") == split]
    if not chosen:
        found = ", ".join(sorted({row.get("split") or "none" for row in rows}))
        raise BadInputError(
            f"The manifest {path.name} has no pair of the split {split!r}, only of: {found}; "
            "choose one of these."
        )
    return [pair for row in chosen for pair in _pairs_of(row, path)]


def _pairs_of(row: Mapping[str, str | None], manifest: Path) -> Iterable[DatasetPair]:
    given = {name: value.strip() for name, value in row.items() if name and value and value.strip()}
    absent = [name for name in ("id", "sar_path", "optical_path") if name not in given]
    if absent:
        raise BadInputError(
            f"A row of {manifest.name} has no {absent[0]} ({given.get('id', 'no id')}); "
            "complete it."
        )
    _check_columns(given, manifest.name)
    pair = _unaligned_pair(given, manifest)
    on_grid = not {"H_opt2sar", "check_points"} & set(given)
    if on_grid and {"width", "height", "cfog_dx"} <= set(given):
        # Enough is known not to open thousands of files.
        height, width = (
            int(_number(given, name, manifest.name, 0)) for name in ("height", "width")
        )
        pair = dataclasses.replace(pair, alignment=_shift(given, manifest.name))
        return _patches(pair, height, width)
    sar = open_scene(pair.sar_path, "sar").grid
    optical = open_scene(pair.optical_path, "optical").grid
    pair = dataclasses.replace(
        pair,
        side=min(optical.height, optical.width),
        ground=_ground(optical),
        gsd=pair.gsd or _resolution(optical),
    )
    if "check_points" in given:
        points = _read_points(manifest.parent / given["check_points"])
        return [dataclasses.replace(pair, alignment=fit_affine(points), points=points)]
    if "H_opt2sar" in given:
        matrix = parse_matrix(given["H_opt2sar"], f"{pair.id} of {manifest.name}")
        # The matrix leads to the SAR image, where the shift is what it leaves.
        return [dataclasses.replace(pair, alignment=_shift(given, manifest.name) @ matrix)]
    common = sar.crs is not None and optical.crs is not None
    if not common and (sar.width, sar.height) != (optical.width, optical.height):
        raise BadInputError(
            f"The images of {pair.id} differ in size and nothing in {manifest.name} says "
            "how they lie on each other; add H_opt2sar or check_points."
        )
    known = None if common and "cfog_dx" not in given else _shift(given, manifest.name)
    pair = dataclasses.replace(pair, common_grid=common, alignment=known)
    return _patches(pair, optical.height, optical.width)


def _unaligned_pair(given: Mapping[str, str], manifest: Path) -> DatasetPair:
    """Return the pair of a row without what says how its images lie on each other."""
    folder = manifest.parent
    source = given.get("source", folder.resolve().name)
    place, region = _place_and_region(given["id"], source)
    place = given.get("place", place)
    return DatasetPair(
        id=given["id"],
        source=source,
        place=place,
        region=given.get("region", place if "place" in given else region),
        sar_path=folder / given["sar_path"],
        optical_path=folder / given["optical_path"],
        alignment=None,
        sensor=given.get("sensor"),
        cover=given.get("cover"),
        gsd=_number(given, "gsd", manifest.name, above=0.0) if "gsd" in given else None,
    )


def _ground(grid: Grid) -> tuple[float, float, float, float] | None:
    if grid.written_crs is None:
        return None
    bounds = array_bounds(grid.height, grid.width, grid.transform)
    west, south, east, north = transform_bounds(grid.crs, "EPSG:4326", *bounds)
    return west, south, east, north


def _resolution(grid: Grid) -> float | None:
    """Return the mean side of a pixel in metres; None without CRS."""
    return sum(grid.ground_pixel_size) / 2 if grid.in_metres else None


def _place_and_region(identifier: str, source: str) -> tuple[str, str]:
    patterns = _PLACES.get(source)
    if patterns is None:
        return identifier, identifier
    found = [re.match(pattern, identifier) for pattern in patterns]
    place, region = (match.group() if match else identifier for match in found)
    return place, region


def parse_matrix(text: str, what: str) -> NDArray[np.float64]:
    """Return six or nine numbers as a (3, 3) matrix; ``what`` names it in the error.

    Raises:
        BadInputError: other than six or nine finite numbers, or a singular matrix.
    """
    try:
        numbers = np.asarray(
            json.loads(text) if text.startswith("[") else re.split(r"[\s,;]+", text), dtype=float
        ).ravel()
    except (ValueError, TypeError) as error:
        raise BadInputError(
            f"The matrix H_opt2sar of {what} is not numeric; give 6 or 9 numbers row by row."
        ) from error
    if numbers.size not in (6, 9) or not np.isfinite(numbers).all():
        raise BadInputError(
            f"The matrix H_opt2sar of {what} has {numbers.size} numbers; give 6 or 9 finite ones, "
            "row by row."
        )
    matrix = np.concatenate([numbers, [0.0, 0.0, 1.0]])[:9].reshape(3, 3)
    if abs(np.linalg.det(matrix)) < 1e-9:
        raise BadInputError(
            f"The matrix H_opt2sar of {what} cannot be inverted; check its order (row by row)."
        )
    return matrix


def _read_points(path: Path) -> NDArray[np.float64]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            points = [[float(row[name]) for name in POINT_COLUMNS] for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError) as error:
        raise BadInputError(
            f"The check points {path} cannot be read ({error}); give a CSV file with the columns "
            f"{', '.join(POINT_COLUMNS)}."
        ) from error
    if len(points) < 4:
        raise BadInputError(
            f"{path.name} has {len(points)} check points; at least 4 are needed to judge an affine."
        )
    return np.asarray(points, dtype=np.float64)


def fit_affine(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the least-squares affine (3, 3) through check points (N, 4)."""
    return np.vstack([best_affine(points[:, :2], points[:, 2:]), [0.0, 0.0, 1.0]])


def _check_columns(given: Mapping[str, str], manifest: str) -> None:
    """Refuse a row whose columns contradict each other, where one would have to be ignored."""
    shift = [name for name in SHIFT_COLUMNS if name in given]
    absent = [name for name in SHIFT_COLUMNS if name not in given]
    if shift and absent:
        raise BadInputError(
            f"{given['id']} of {manifest} has {shift[0]} but no {absent[0]}; give all of "
            f"{', '.join(SHIFT_COLUMNS)}, or none."
        )
    other = "H_opt2sar" if "H_opt2sar" in given else "cfog_dx" if shift else None
    if other is not None and "check_points" in given:
        raise BadInputError(
            f"{given['id']} of {manifest} has both check_points and {other}, which may contradict "
            "each other; leave one of them empty."
        )


def _number(given: Mapping[str, str], name: str, manifest: str, above: float = -math.inf) -> float:
    try:
        value = float(given[name])
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > above):
        what = "a number" if math.isinf(above) else f"a number above {above:g}"
        raise BadInputError(
            f"{given['id']} of {manifest} has {given[name]!r} as {name}; give {what}."
        )
    return value


def _shift(given: Mapping[str, str], manifest: str) -> NDArray[np.float64]:
    """Return the translation (3, 3) of SAR pixels that undoes a sure residual shift."""
    alignment = np.eye(3)
    if "cfog_dx" in given:
        dx, dy, ratio = (_number(given, name, manifest) for name in SHIFT_COLUMNS)
        if ratio > SURE_PEAK_RATIO:
            alignment[:2, 2] = -dx, -dy
    return alignment


def _patches(pair: DatasetPair, height: int, width: int) -> list[DatasetPair]:
    """Cut a pair on one grid into patches that do not overlap, spread evenly; or leave it whole."""
    if max(height, width) <= PATCH_SIDE:
        return [dataclasses.replace(pair, side=min(height, width))]

    def starts(length: int) -> list[int]:
        count = max(1, length // PATCH_SIDE)
        gap = (length - count * PATCH_SIDE) / count
        return [max(0, round(gap / 2 + i * (PATCH_SIDE + gap))) for i in range(count)]

    size = min(PATCH_SIDE, height), min(PATCH_SIDE, width)
    return [
        dataclasses.replace(
            pair,
            id=f"{pair.id}@{row}_{column}",
            place=f"{pair.place}@{row}_{column}",
            window=(row, column, *size),
            side=min(size),
        )
        for row in starts(height)
        for column in starts(width)
    ]
