"""Images without a geotransform, as they come from a sensor: slanted, mirrored and bent.

Their pixels show the invented ground of ``NORTH_UP``; the truth is :func:`place`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.rpc import RPC

from model_core.geometry.crs import project
from model_core.geometry.grid import Grid
from model_core.geometry.pixels import window_pixels
from model_core.raster.interpolation import interpolate
from tests.core.rasters import NORTH_UP, UTM

WIDTH, HEIGHT = 400, 420
UTM_CRS, DEGREES = CRS.from_string(UTM), CRS.from_epsg(4326)
MIDDLE = np.array(NORTH_UP * (160, 160))
BEND = 9.0
"""Pixels by which the geometry differs from an affine one at the image's edges."""

RISE = 0.06
"""Pixels to the right by which a metre of height moves what is seen."""

MEAN_HEIGHT = 250.0


def place(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where pixel centres (..., 2) truly lie in UTM, at the mean height."""
    x, y = (pixels[..., 0] - WIDTH / 2), (pixels[..., 1] - HEIGHT / 2)
    bent_x = x + BEND * (y / HEIGHT * 2) ** 2 - 0.5 * BEND * x * y / WIDTH / HEIGHT * 4
    bent_y = y + BEND * (x / WIDTH * 2) ** 2 + 0.3 * BEND * (x / WIDTH * 2) ** 3
    angle = np.radians(193)
    east = np.cos(angle) * bent_x + np.sin(angle) * bent_y
    north = np.sin(angle) * bent_x - np.cos(angle) * bent_y
    return np.asarray(MIDDLE + 10.0 * np.stack([east, north], axis=-1))


def raw_scene(scene: Path, bands: list[int], shift: tuple[float, float]) -> NDArray[Any]:
    """Return bands (C, HEIGHT, WIDTH) of a real scene in UTM zone 30 as this geometry sees it,
    around the scene's middle, when it lies wrong by a shift in metres east and north."""
    with rasterio.open(scene) as dataset:
        values = dataset.read(bands)
        grid = Grid(dataset.crs, dataset.transform, dataset.width, dataset.height)
    middle = grid.to_map(np.array([grid.width / 2, grid.height / 2]))
    around = project(middle, grid.crs, UTM_CRS) - MIDDLE
    seen = grid.to_pixels(project(place(pixels()) + around - shift, UTM_CRS, grid.crs))
    found, valid = interpolate(values, np.isfinite(values), seen, "cubic")
    return np.where(valid, found, np.nan)


def points_of_scene(scene: Path) -> list[GroundControlPoint]:
    """Return where the pixels of :func:`raw_scene` claim to lie."""
    with rasterio.open(scene) as dataset:
        middle = project(
            np.array(dataset.transform * (dataset.width / 2 + 0.5, dataset.height / 2 + 0.5)),
            dataset.crs,
            UTM_CRS,
        )
    return control_points(around=middle - MIDDLE)


def pixels() -> NDArray[np.float64]:
    """Return the centres (HEIGHT, WIDTH, 2) of all pixels."""
    return window_pixels(0, 0, HEIGHT, WIDTH)


def write_raw(path: Path, values: NDArray[Any], **placed: Any) -> Path:
    """Write (C, H, W) as a GeoTIFF without geotransform; ``placed``: ``gcps`` and ``crs``, or
    ``rpcs``."""
    profile = {"driver": "GTiff", "width": WIDTH, "height": HEIGHT, "dtype": values.dtype}
    with rasterio.open(path, "w", count=len(values), **profile) as dataset:
        dataset.write(values)
        if "gcps" in placed:
            dataset.gcps = (placed["gcps"], placed["crs"])
        if "rpcs" in placed:
            dataset.rpcs = placed["rpcs"]
    return path


def control_points(
    rows: int = 10,
    columns: int = 21,
    crs: CRS = DEGREES,
    around: NDArray[np.float64] | float = 0.0,
) -> list[GroundControlPoint]:
    """Return points in rows and columns over the whole image, as a Sentinel-1 product has them."""
    x, y = np.meshgrid(np.linspace(0, WIDTH, columns), np.linspace(0, HEIGHT, rows))
    where = np.stack([x.ravel(), y.ravel()], axis=-1)
    on_map = project(place(where - 0.5) + around, UTM_CRS, crs)
    return [
        GroundControlPoint(row=row, col=column, x=east, y=north, z=MEAN_HEIGHT)
        for (column, row), (east, north) in zip(where.tolist(), on_map.tolist(), strict=True)
    ]


def coefficients() -> RPC:
    """Return RPCs of the same geometry, fitted; height moves pixels by ``RISE``."""
    x, y = np.meshgrid(np.linspace(-40, WIDTH + 40, 30), np.linspace(-40, HEIGHT + 40, 30))
    where = np.stack([x.ravel(), y.ravel()], axis=-1)
    degrees = project(place(where), UTM_CRS, DEGREES)
    low, high = degrees.min(axis=0), degrees.max(axis=0)
    offset, scale = (low + high) / 2, (high - low) / 2
    longitude, latitude = ((degrees - offset) / scale).T
    # The order of RPC00B: terms without height keep their places.
    terms = {
        0: longitude * 0 + 1, 1: longitude, 2: latitude, 4: longitude * latitude,
        7: longitude**2, 8: latitude**2, 11: longitude**3, 12: longitude * latitude**2,
        14: longitude**2 * latitude, 15: latitude**3,
    }  # fmt: skip
    numerators = []
    for axis, size in ((0, WIDTH), (1, HEIGHT)):
        wanted = (where[:, axis] - size / 2) / (size / 2)
        weights = np.linalg.lstsq(np.stack(list(terms.values()), axis=-1), wanted, rcond=None)[0]
        line = np.zeros(20)
        line[list(terms)] = weights
        numerators.append(line)
    numerators[0][3] = RISE * 500 / (WIDTH / 2)
    one = [1.0] + [0.0] * 19
    return RPC(
        height_off=MEAN_HEIGHT, height_scale=500.0,
        lat_off=offset[1], lat_scale=scale[1], long_off=offset[0], long_scale=scale[0],
        line_off=HEIGHT / 2, line_scale=HEIGHT / 2, samp_off=WIDTH / 2, samp_scale=WIDTH / 2,
        line_num_coeff=list(numerators[1]), line_den_coeff=one,
        samp_num_coeff=list(numerators[0]), samp_den_coeff=one,
        err_bias=None, err_rand=None,
    )  # fmt: skip


def height(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the height (...) in metres of places (..., 2) in UTM: a hill of 200 m."""
    distance = np.linalg.norm(points - MIDDLE, axis=-1)
    return np.asarray(MEAN_HEIGHT - 50 + 200 * np.exp(-((distance / 900) ** 2)))


def write_heights(path: Path) -> Path:
    """Write the heights as a raster in degrees, of 30 m."""
    west, south, east, north = -1.87, 39.69, -1.78, 39.76
    step = 0.0003
    x, y = np.meshgrid(np.arange(west, east, step), np.arange(north, south, -step))
    places = project(np.stack([x + step / 2, y - step / 2], axis=-1), DEGREES, UTM_CRS)
    values = height(places).astype(np.float32)
    transform = rasterio.Affine(step, 0, west, 0, -step, north)
    with rasterio.open(
        path, "w", driver="GTiff", count=1, dtype="float32", crs=DEGREES, transform=transform,
        width=values.shape[1], height=values.shape[0],
    ) as dataset:  # fmt: skip
        dataset.write(values, 1)
    return path


def seen_with_heights() -> NDArray[np.float64]:
    """Return the ground (HEIGHT, WIDTH, 2) that each pixel shows where heights move it."""
    where = pixels()
    ground = place(where)
    for _ in range(30):  # what lies higher appears farther to the right
        moved = where - np.stack(
            [RISE * (height(ground) - MEAN_HEIGHT), np.zeros(ground.shape[:2])], axis=-1
        )
        ground = place(moved)
    return ground


def write_geolocation(folder: Path, values: NDArray[Any], every: int = 4) -> Path:
    """Write values (C, H, W) as a VRT that names geolocation arrays, one place each ``every``."""
    raw = write_raw(folder / "swath.tif", values)
    rows, columns = HEIGHT // every, WIDTH // every
    x, y = np.meshgrid(np.arange(columns) * every, np.arange(rows) * every)
    # The places of the upper left corners, as GDAL takes them.
    corners = np.stack([x, y], axis=-1) - 0.5
    degrees = project(place(corners), UTM_CRS, DEGREES)
    for name, axis in (("longitude", 0), ("latitude", 1)):
        with rasterio.open(
            folder / f"{name}.tif", "w", driver="GTiff", count=1, dtype="float64",
            width=columns, height=rows,
        ) as dataset:  # fmt: skip
            dataset.write(degrees[..., axis], 1)
    bands = "".join(
        f'<VRTRasterBand dataType="Float32" band="{band}"><SimpleSource>'
        f"<SourceFilename>{raw}</SourceFilename><SourceBand>{band}</SourceBand>"
        "</SimpleSource></VRTRasterBand>"
        for band in range(1, len(values) + 1)
    )
    tags = {
        "X_DATASET": folder / "longitude.tif", "Y_DATASET": folder / "latitude.tif",
        "X_BAND": 1, "Y_BAND": 1, "PIXEL_OFFSET": 0, "LINE_OFFSET": 0,
        "PIXEL_STEP": every, "LINE_STEP": every, "SRS": "EPSG:4326",
    }  # fmt: skip
    items = "".join(f'<MDI key="{key}">{value}</MDI>' for key, value in tags.items())
    path = folder / "swath.vrt"
    path.write_text(
        f'<VRTDataset rasterXSize="{WIDTH}" rasterYSize="{HEIGHT}">'
        f'<Metadata domain="GEOLOCATION">{items}</Metadata>{bands}</VRTDataset>'
    )
    return path
