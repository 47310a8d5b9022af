"""Small files for the tests of the evaluation."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from model_core.geometry.pixels import window_pixels
from tests.core.evaluation.synthetic import SIDE, texture


def write_image(path: Path, seed: int, shift: tuple[float, float] = (0.0, 0.0)) -> None:
    """Write an 8-bit texture; pixel p shows what the texture has at ``p - shift``."""
    values = texture(window_pixels(0, 0, SIDE, SIDE) - np.array(shift), seed)
    data = np.round(values * 254 + 1).astype(np.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path, "w", driver="GTiff", width=SIDE, height=SIDE, count=1, dtype="uint8"
        ) as file:
            file.write(data, 1)


def write_manifest(folder: Path, header: str, rows: Sequence[str]) -> Path:
    """Write a manifest of rows into a folder."""
    path = folder / "manifest.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path
