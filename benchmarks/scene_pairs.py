"""Scene pairs of any size for measuring speed: a small scene, mirrored until it is large enough.

The small scene is the real one, ``volkov_T11SLT_1_3x3`` of the data folder, or a simulated one
where that is not there. A mirrored scene has no seams, but its misregistration would change its
sign at every fold. So the real misregistration is taken out first, by a polynomial, and a smooth
displacement that is known everywhere is put in.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from model_core.feedback import Feedback
from model_core.geometry.pixels import window_pixels
from model_core.geometry.sampling import sample
from model_core.raster.output import atomic_writes
from model_core.raster.written import create_raster
from model_core.simulation.scene_pair import FILES, SceneSettings, simulate

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "throughput"
"""Where pairs are kept for the next run; delete it when this file has changed."""

SCENE = "volkov_T11SLT_1_3x3"
SIMULATED_SIZE = 1536
BLOCK = 512

MISREGISTRATION = (
    (-1.751, 1.153, 0.121, 0.039, 8.523, -4.282, 0.446, -2.358, 0.524, 0.286),
    (0.943, 2.002, -0.726, 0.039, -0.646, -0.277, 0.034, 0.332, 0.205, -0.141),
)
"""Of the real scene: position in its SAR image less that in its optical image, in pixels, x and y:
the factors of :func:`_powers`. Fitted once to what the program itself found; what its relief leaves
beside them is below 0.8 px in x and 0.5 px in y on half of the scene."""

SHIFT = (5.0, -3.5)
WAVE, WAVE_LENGTH = 2.0, 3500.0
"""The known displacement: a shift, and the amplitude and length of a wave, all in pixels."""

Points = NDArray[np.float64]


@dataclass(frozen=True)
class ScenePair:
    """Two rasters to register.

    Attributes:
        sar, optical: their paths.
        displaced: the SAR image is displaced by :func:`known_displacement`: exactly on a simulated
            scene, to about a pixel on the real one.
    """

    sar: Path
    optical: Path
    displaced: bool


def known_displacement(points: Points) -> Points:
    """Return the position in the SAR image less that in the optical one, at points (..., 2)."""
    angle = 2 * np.pi * points / WAVE_LENGTH
    x = SHIFT[0] + WAVE * np.sin(angle[..., 1])
    y = SHIFT[1] + WAVE * np.sin(angle[..., 0])
    return np.stack([x, y], axis=-1)


def data_folder() -> Path:
    """Return the folder of the real data, whether it is there or not."""
    return Path(os.environ.get("SOMA_DATA", ROOT.parent / "shared" / "data"))


def scene_pair(size: int) -> ScenePair:
    """Return the pair of ``size`` × ``size`` pixels; it is built where it is not there yet."""
    scene = data_folder() / "scenes" / SCENE
    source = [scene.with_name(f"{SCENE}_{kind}.tif") for kind in ("s1vh", "s2rgb")]
    real = all(path.is_file() for path in source)
    name = SCENE if real else "simulated"
    sar, optical = (FOLDER / f"{name}_{size}_{kind}.tif" for kind in ("sar", "optical"))
    pair = ScenePair(sar, optical, True)
    if not (pair.sar.is_file() and pair.optical.is_file()):
        FOLDER.mkdir(parents=True, exist_ok=True)
        _build(pair, size, source if real else _simulated(), real)
    return pair


def _simulated() -> list[Path]:
    """Return a rendered pair without any displacement."""
    folder = FOLDER / "simulated"
    paths = [folder / name for name in FILES[:2]]
    if not all(path.is_file() for path in paths):
        folder.mkdir(parents=True, exist_ok=True)
        settings = SceneSettings(
            size=SIMULATED_SIZE, shift=(0.0, 0.0), rotation=0.0, local=0.0, relief=0.0, collar=0
        )
        simulate(settings, folder, Feedback())
    return paths


def _build(pair: ScenePair, size: int, source: list[Path], real: bool) -> None:
    with atomic_writes({"sar": pair.sar, "optical": pair.optical}) as temporary:
        for kind, path in zip(("sar", "optical"), source, strict=True):
            with rasterio.open(path) as file:
                values, profile = file.read(), _profile(file.profile, size)
            pixels = torch.from_numpy(values.astype(np.float32))[None]
            with create_raster(temporary[kind], **profile) as target:
                for row in range(0, size, BLOCK):
                    rows = min(BLOCK, size - row)
                    window = rasterio.windows.Window(0, row, size, rows)
                    where = window_pixels(row, 0, rows, size)
                    if kind == "sar":
                        where = sar_positions(where, values.shape[1], real)
                    else:
                        where = _mirrored(where, values.shape[1])
                    block = sample(pixels, torch.from_numpy(where)[None].float())[0].numpy()
                    whole = values.dtype.kind in "iu"
                    block = np.rint(block) if whole else block
                    target.write(block.astype(values.dtype), window=window)


def _profile(source: dict[str, Any], size: int) -> dict[str, Any]:
    return {
        "driver": "GTiff",
        "width": size,
        "height": size,
        "count": source["count"],
        "dtype": source["dtype"],
        "crs": source["crs"],
        "transform": source["transform"],
        "nodata": source["nodata"],
        "TILED": "YES",
        "BLOCKXSIZE": BLOCK,
        "BLOCKYSIZE": BLOCK,
        "COMPRESS": "DEFLATE",
        "PREDICTOR": 2 if np.dtype(source["dtype"]).kind in "iu" else 3,
        "BIGTIFF": "IF_SAFER",
        "NUM_THREADS": "ALL_CPUS",
    }


def sar_positions(points: Points, side: int, real: bool) -> Points:
    """Return where the source has what the SAR image shows at its pixels (..., 2)."""
    reference = points
    for _ in range(3):  # the displacement is smooth: each round is some hundred times closer
        reference = points - known_displacement(reference)
    places = _mirrored(reference, side)
    return places + misregistration(places) if real else places


def _mirrored(points: Points, side: int) -> Points:
    """Return the positions in an image of ``side`` pixels that is mirrored at its edges."""
    edges = np.mod(points + 0.5, 2 * side)
    return np.asarray(np.minimum(edges, 2 * side - edges) - 0.5)


def misregistration(points: Points) -> Points:
    """Return :data:`MISREGISTRATION` at points (..., 2) of the real scene."""
    return np.asarray(_powers(points) @ np.array(MISREGISTRATION).T)


def _powers(points: Points) -> Points:
    """Return the terms (..., 10) of a cubic polynomial, of coordinates in thousands of pixels."""
    x, y = points[..., 0] / 1000, points[..., 1] / 1000
    return np.stack([x**i * y**j for i in range(4) for j in range(4 - i)], axis=-1)
