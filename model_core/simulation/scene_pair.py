"""Renders a SAR-optical pair of GeoTIFFs whose displacement is known exactly."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.transform import Affine
from rasterio.windows import Window

from model_core.errors import BadInputError
from model_core.feedback import Feedback
from model_core.geometry.crs import project
from model_core.geometry.grid import Grid
from model_core.geometry.metres import unit_lengths
from model_core.geometry.pixels import image_centre, pixel_to_cell, window_pixels
from model_core.geometry.projection import map_pixels
from model_core.products.displacement_field import (
    SIGN,
    DisplacementField,
    RegistrationGrids,
    to_displacement_field,
)
from model_core.products.displacement_raster import write_displacement_raster
from model_core.raster.destination import check_outputs
from model_core.raster.output import atomic_writes
from model_core.raster.written import create_raster
from model_core.simulation.distortion import Distortion, DistortionSettings, make_distortion
from model_core.simulation.landscape import BANDS, Landscape
from model_core.version import __version__

ROWS = 128
"""Rows rendered at once: memory depends on the width only."""

SAMPLES = 2
"""A pixel is the mean of this many places squared."""

NODATA_DB = -9999.0
NODATA_LINEAR = 0.0
REFLECTANCE_UNIT = 10000
SMALLEST_SIZE, LARGEST_SIZE = 64, 8192
HERE = (-3.9, 43.3)
"""Longitude and latitude, in degrees, where scenes lie unless a place is given."""

FILES = ("sar.tif", "optical.tif", "truth.json", "truth_displacement.tif")


@dataclass(frozen=True)
class SceneSettings:
    """What is rendered.

    Attributes:
        size: pixels of the optical image's side.
        pixel_size: of the optical image, in metres.
        seed: of everything random; the same settings give the same files.
        crs: of the optical image.
        sar_crs: of the SAR image; None: the same.
        sar_pixel_size: in metres; None: the optical image's.
        sar_grid_rotation: degrees by which the SAR raster's rows are rotated against its CRS.
        shift: the correction at the centre, in metres towards east and north.
        rotation: degrees by which the correction rotates the SAR image anticlockwise.
        scale: by which the correction enlarges the SAR image.
        local: amplitude of a smooth distortion, in optical pixels.
        relief: layover of the highest hill, in optical pixels.
        looks: of the speckle.
        unit: of the SAR values.
        collar: width in SAR pixels of the slanted nodata border; 0: none.
    """

    size: int = 1024
    pixel_size: float = 10.0
    seed: int = 0
    crs: str = "EPSG:32630"
    sar_crs: str | None = None
    sar_pixel_size: float | None = None
    sar_grid_rotation: float = 0.0
    shift: tuple[float, float] = (120.0, -80.0)
    rotation: float = 0.8
    scale: float = 1.0
    local: float = 1.5
    relief: float = 3.0
    looks: float = 4.0
    unit: Literal["db", "linear"] = "db"
    collar: int = 12

    def check(self) -> None:
        """Raise BadInputError for a value that cannot be rendered."""
        ranges = {
            "size": (SMALLEST_SIZE, LARGEST_SIZE),
            "pixel_size": (0.01, 10000),
            "sar_pixel_size": (0.01, 10000),
            "seed": (0, 2**32 - 1),
            "sar_grid_rotation": (-360, 360),
            "rotation": (-180, 180),
            "scale": (0.5, 2),
            "looks": (0.5, 10000),
            "local": (0, 100),
            "relief": (0, 100),
            "collar": (0, self.size // 4),
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise BadInputError(
                    f"{name.replace('_', ' ')} is {value:g}, outside {low:g} to {high:g}; "
                    "choose a value within."
                )
        if not all(map(math.isfinite, self.shift)):
            raise BadInputError(f"The shift is {self.shift}; give two finite numbers of metres.")
        if self.unit not in ("db", "linear"):
            raise BadInputError(f"The SAR unit is {self.unit!r}; choose db or linear.")


@dataclass(frozen=True)
class ScenePair:
    """The geometry of a pair and its truth; pixels are rendered when they are written."""

    settings: SceneSettings
    optical: Grid
    sar: Grid
    distortion: Distortion


def plan_scene(settings: SceneSettings) -> ScenePair:
    """Return grids and true displacement of a pair.

    Raises:
        BadInputError: a setting is out of its range, a CRS is unknown, or the displacement folds.
    """
    settings.check()
    optical_crs = _crs(settings.crs)
    sar_crs = optical_crs if settings.sar_crs is None else _crs(settings.sar_crs)
    optical = _grid_around(optical_crs, settings.size, settings.pixel_size, 0.0)
    sar_pixel = settings.sar_pixel_size or settings.pixel_size
    sar_size = max(SMALLEST_SIZE, round(settings.size * settings.pixel_size / sar_pixel))
    sar = _grid_around(sar_crs, sar_size, sar_pixel, settings.sar_grid_rotation)
    centre = optical.to_map(np.array(image_centre(settings.size, settings.size)))
    units = optical.map_units(np.array(settings.shift), centre)
    shift = optical.to_pixels(centre + units) - optical.to_pixels(centre)
    distortion = make_distortion(
        settings.size,
        DistortionSettings(
            shift=(float(shift[0]), float(shift[1])),
            rotation=settings.rotation,
            scale=settings.scale,
            local=settings.local,
            relief=settings.relief,
        ),
        np.random.default_rng([settings.seed, 1]),
    )
    return ScenePair(settings, optical, sar, distortion)


def simulate(settings: SceneSettings, folder: Path, feedback: Feedback) -> None:
    """Render a pair into a folder that exists: the files named in :data:`FILES`.

    ``optical.tif``: uint16, reflectance × 10000. ``sar.tif``: float32, with speckle and nodata.
    ``truth_displacement.tif``: in the form of the displacement raster of a registration, so that it
    can be applied. ``truth.json``: settings, affine and geometry.

    Raises:
        BadInputError: a setting cannot be rendered or the folder cannot be written to.
        CancelledError: on request; nothing is left.
    """
    pair = plan_scene(settings)
    paths = {name: folder / name for name in FILES}
    needed = {
        str(paths["optical.tif"]): pair.optical.width * pair.optical.height * 2 * len(BANDS),
        str(paths["sar.tif"]): pair.sar.width * pair.sar.height * 4,
    }
    check_outputs([str(path) for path in paths.values()], [], needed)
    landscape = Landscape(settings.size, np.random.default_rng([settings.seed, 2]))
    with atomic_writes(paths) as temporary:
        _write_optical(pair, landscape, temporary["optical.tif"], feedback)
        _write_sar(pair, landscape, temporary["sar.tif"], feedback)
        write_displacement_raster(_true_field(pair), temporary["truth_displacement.tif"])
        text = json.dumps(_truth(pair), indent=2)
        temporary["truth.json"].write_text(text + "\n", encoding="utf-8")


def _true_field(pair: ScenePair) -> DisplacementField:
    field = pair.distortion.field
    shape = field.grid.shape
    return to_displacement_field(
        grids=RegistrationGrids(working=pair.optical, moving=pair.sar, output=pair.optical),
        field=field,
        certainty=np.ones(shape, np.float32),
        residual=np.zeros(shape, np.float32),
        valid=np.ones(shape, bool),
    )


def _truth(pair: ScenePair) -> dict[str, Any]:
    return {
        "soma_version": __version__,
        "settings": dataclasses.asdict(pair.settings),
        "sign": SIGN,
        "affine": pair.distortion.field.affine.tolist(),
        "affine_meaning": "optical pixel (x, y), centres at integers, to the pixel of the optical "
        "grid where the SAR image's georeferencing shows the same ground; local displacement and "
        "layover, in truth_displacement.tif, come on top",
    }


def _crs(name: str) -> CRS:
    try:
        return CRS.from_user_input(name)
    except CRSError as error:
        raise BadInputError(f"The CRS {name!r} is unknown; give one as EPSG:32630.") from error


def _grid_around(crs: CRS, size: int, pixel_size: float, rotation: float) -> Grid:
    """Return a square grid around :data:`HERE`, with pixels of so many metres."""
    middle = project(np.array([[HERE]]), CRS.from_epsg(4326), crs)[0, 0]
    if not np.isfinite(middle).all():
        raise BadInputError(
            f"The CRS {crs.to_string()} cannot show longitude {HERE[0]}, latitude {HERE[1]}, "
            "where simulated scenes lie; choose another CRS."
        )
    east, north = (float(length) for length in unit_lengths(crs, middle[1]))
    corner = Affine.translation(-size / 2, -size / 2)
    pixels = Affine.rotation(rotation) * Affine.scale(pixel_size, -pixel_size) * corner
    transform = Affine.translation(*middle) * Affine.scale(1 / east, 1 / north) * pixels
    return Grid(crs, transform, size, size)


def _write_optical(pair: ScenePair, landscape: Landscape, path: Path, feedback: Feedback) -> None:
    grid = pair.optical
    random = np.random.default_rng([pair.settings.seed, 3])
    profile = {"count": len(BANDS), "dtype": "uint16", "predictor": 2}
    with create_raster(path, **_profile(grid), **profile) as dataset:
        dataset.descriptions = BANDS
        for window in _blocks(grid, feedback, 0.0, 0.5):
            mean = np.zeros((window.height, window.width, len(BANDS)), np.float32)
            for points in _samples(window):
                slope = pair.distortion.slope(points)
                mean += landscape.at(points, slope)[0] / SAMPLES**2
            noisy = mean * (1 + 0.01 * random.standard_normal(mean.shape, dtype=np.float32))
            digital = np.clip(np.rint(noisy * REFLECTANCE_UNIT), 1, 65535).astype(np.uint16)
            dataset.write(np.moveaxis(digital, -1, 0), window=window)


def _write_sar(pair: ScenePair, landscape: Landscape, path: Path, feedback: Feedback) -> None:
    grid, settings = pair.sar, pair.settings
    random = np.random.default_rng([settings.seed, 4])
    decibel = settings.unit == "db"
    nodata = NODATA_DB if decibel else NODATA_LINEAR
    profile = {"count": 1, "dtype": "float32", "nodata": nodata, "predictor": 3}
    with create_raster(path, **_profile(grid), **profile) as dataset:
        dataset.descriptions = ("VV",)
        dataset.units = ("dB" if decibel else "1",)
        for window in _blocks(grid, feedback, 0.5, 1.0):
            mean = np.zeros((window.height, window.width), np.float32)
            for points in _samples(window):
                shown_at = map_pixels(points, grid, pair.optical)
                ground = pair.distortion.ground_of(shown_at)
                power = landscape.at(ground, pair.distortion.slope(ground))[1]
                mean += 10 ** (power / 10) / SAMPLES**2
            # Speckle of L looks: intensity is gamma distributed with variance mean² / L.
            speckle = random.gamma(settings.looks, 1 / settings.looks, mean.shape)
            intensity = (mean * speckle).astype(np.float32)
            values = 10 * np.log10(np.maximum(intensity, 1e-6)) if decibel else intensity
            outside = _collar(grid, window, settings.collar)
            dataset.write(np.where(outside, np.float32(nodata), values), 1, window=window)


def _profile(grid: Grid) -> dict[str, Any]:
    return {
        "driver": "GTiff",
        "width": grid.width,
        "height": grid.height,
        "crs": grid.crs,
        "transform": grid.transform,
        "tiled": True,
        "blockxsize": 128,
        "blockysize": 128,
        "compress": "deflate",
    }


def _blocks(grid: Grid, feedback: Feedback, start: float, end: float) -> Iterator[Window]:
    """Yield windows of whole rows, and report progress between two fractions of the run."""
    tops = range(0, grid.height, ROWS)
    for index, top in enumerate(tops):
        feedback.raise_if_cancelled()
        yield Window(0, top, grid.width, min(ROWS, grid.height - top))
        part = (index + 1) / len(tops)
        feedback.progress("render", index + 1, len(tops), start + (end - start) * part)


def _samples(window: Window) -> Iterator[NDArray[np.float64]]:
    """Yield positions (h, w, 2) spread over each pixel of a window."""
    centres = window_pixels(window.row_off, window.col_off, window.height, window.width)
    for i in range(SAMPLES**2):
        # Samples are the pixels of a finer grid, of which this grid's pixels are the cells.
        yield centres + pixel_to_cell(np.array([i % SAMPLES, i // SAMPLES], np.float64), SAMPLES)


def _collar(grid: Grid, window: Window, width: int) -> NDArray[np.bool_]:
    """Return where (h, w) the slanted border without data lies, as a swath cut by its orbit."""
    pixels = window_pixels(window.row_off, window.col_off, window.height, window.width)
    x, y = pixels[..., 0], pixels[..., 1]
    along = y / grid.height
    left, right = width * (1 + along), grid.width - width * (2 - along)
    across = (x < left) | (x >= right) | (y < width / 2)
    return np.asarray(across & (width > 0))
