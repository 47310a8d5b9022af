"""Small rasters for tests, written as users have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine

UTM = "EPSG:32630"
NORTH_UP = Affine(10.0, 0.0, 600_000.0, 0.0, -10.0, 4_400_000.0)


def write(
    path: Path,
    values: NDArray[Any],
    transform: Affine | None = NORTH_UP,
    crs: str | None = UTM,
    **profile: Any,
) -> Path:
    """Write (C, H, W) as a GeoTIFF (or what ``driver`` says) and return its path."""
    options: dict[str, Any] = {
        "driver": "GTiff",
        "count": values.shape[0],
        "height": values.shape[1],
        "width": values.shape[2],
        "dtype": values.dtype,
        "crs": crs,
    }
    if transform is not None:
        options["transform"] = transform
    with rasterio.open(path, "w", **(options | profile)) as dataset:
        dataset.write(values)
    return path


def texture(height: int, width: int, seed: int = 0) -> NDArray[np.float64]:
    """Return fields of random grey, (H, W) in [0, 1]: edges in all directions, no repetition."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    count = max(8, height * width // 700)
    sites = random.uniform(0, 1, (count, 2)) * [width, height]
    grey = random.uniform(0.1, 0.9, count)
    nearest = np.full((height, width), np.inf)
    image = np.zeros((height, width))
    for (cx, cy), value in zip(sites, grey, strict=True):
        distance = (x - cx) ** 2 + (y - cy) ** 2
        closer = distance < nearest
        nearest[closer] = distance[closer]
        image[closer] = value
    return image
