"""What images of unusual shape cost: many bands, very wide, very tall, large and nearly empty.

    python benchmarks/shapes.py                     # all of them
    python benchmarks/shapes.py --only sparse,wide --against 124c684

Images are built once and kept in ``build/shapes``. Each is registered by the command line in a
process of its own, and its wall time and peak memory are printed; the peak of the small image says
what the program itself takes. Let nothing else run beside it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine
from rasterio.windows import Window

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.compare_commits import checked_out
from benchmarks.measuring import Table, run_measured

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "shapes"
TEN_METRES = Affine(10.0, 0.0, 600_000.0, 0.0, -10.0, 4_400_000.0)
SHIFT = 6
"""Pixels between the two images of a pair."""


def ground(height: int, width: int, seed: int = 0) -> NDArray[np.float32]:
    """Return fields of random reflectance, (height, width) in [0, 1], with crooked edges."""
    random = np.random.default_rng(seed)
    rows, columns = np.arange(height)[:, None], np.arange(width)[None]
    bend = 9 * np.sin(rows / 23) + 9 * np.cos(columns / 31)
    cells = random.random((height // 40 + 3, width // 40 + 3), np.float32)
    row = ((rows + bend) / 40 + 1).astype(np.int32)
    return np.asarray(cells[row, ((columns - bend) / 40 + 1).astype(np.int32)])


def pair(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return a SAR image in dB and an optical one of the same ground, some pixels apart."""
    seen = ground(height + SHIFT, width + SHIFT)
    speckle = np.random.default_rng(1).gamma(4, 0.25, (height, width)).astype(np.float32)
    sar = 10 * np.log10((0.02 + seen[:height, :width]) * speckle)
    return sar, (20 + 200 * seen[SHIFT:, SHIFT:]).astype(np.uint8)


def write(path: Path, values: NDArray[np.generic], bands: int = 1, **profile: object) -> None:
    """Write one image as so many equal bands."""
    height, width = values.shape
    how = {"driver": "GTiff", "width": width, "height": height, "crs": "EPSG:32630", **profile}
    with rasterio.open(
        path, "w", count=bands, dtype=values.dtype, transform=TEN_METRES, **how
    ) as target:
        for band in range(1, bands + 1):
            target.write(values, band)


def many_bands(folder: Path, side: int, bands: int) -> None:
    """Write a pair whose SAR image has many bands."""
    sar, optical = pair(side, side)
    write(folder / "sar.tif", sar, bands)
    write(folder / "optical.tif", optical)


def of_shape(folder: Path, height: int, width: int) -> None:
    """Write a pair in strips, as GDAL writes GeoTIFFs when nobody asks for tiles."""
    sar, optical = pair(height, width)
    write(folder / "sar.tif", sar, compress="deflate")
    write(folder / "optical.tif", optical, compress="deflate")


def sparse(folder: Path, side: int, filled: int) -> None:
    """Write a large SAR image that holds data in one place, and an optical one of that place."""
    sar, optical = pair(filled, filled)
    profile: dict[str, Any] = {"driver": "GTiff", "width": side, "height": side, "count": 1}
    profile |= {"tiled": True, "sparse_ok": True, "bigtiff": True, "compress": "deflate"}
    profile |= {"dtype": sar.dtype, "crs": "EPSG:32630", "nodata": -99}
    place = Affine.translation(-(side // 3), -(side // 2))
    with rasterio.open(folder / "sar.tif", "w", transform=TEN_METRES * place, **profile) as target:
        target.write(sar, 1, window=Window(side // 3, side // 2, filled, filled))
    write(folder / "optical.tif", optical)


SHAPES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "small": ("256 px, one band", lambda folder: many_bands(folder, 256, 1)),
    "bands": ("256 px, 300 bands", lambda folder: many_bands(folder, 256, 300)),
    "more": ("512 px, 240 bands", lambda folder: many_bands(folder, 512, 240)),
    "wide": ("200,000 x 300 px in strips", lambda folder: of_shape(folder, 300, 200_000)),
    "tall": ("300 x 200,000 px in strips", lambda folder: of_shape(folder, 200_000, 300)),
    "sparse": ("200,000 px, 1,000 of them filled", lambda folder: sparse(folder, 200_000, 1000)),
}


def built(name: str) -> Path:
    """Return the folder of a pair, which is built where it is not there yet."""
    folder = FOLDER / name
    if not (folder / "ready").exists():
        folder.mkdir(parents=True, exist_ok=True)
        SHAPES[name][1](folder)
        (folder / "ready").touch()
    return folder


def main() -> None:
    """Build, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default=",".join(SHAPES), help="some of %(default)s")
    parser.add_argument("--against", metavar="COMMIT", help="an older commit, measured first")
    options = parser.parse_args()
    table = Table(("image", "code", "wall s", "CPU s", "peak MB", "exit code"))
    commits = [options.against, None] if options.against else [None]
    names = options.only.split(",")
    for name in names:
        folder = built(name)
        for commit in commits:
            code = checked_out(commit) if commit else ROOT
            command = [sys.executable, "-W", "ignore", "-m", "model_core", "register"]
            images = ["--sar", str(folder / "sar.tif"), "--optical", str(folder / "optical.tif")]
            target = ["--out", str(folder / "out"), "--device", "cpu"]
            cost = run_measured(
                [*command, *images, *target], folder / "log", {"PYTHONPATH": str(code)}, code
            )
            row = (cost.wall, cost.cpu, cost.peak, cost.code)
            table.add(SHAPES[name][0], commit or "as it is", *row)
            sys.stdout.write(f"{table}\n" if name == names[-1] and commit is None else "")


if __name__ == "__main__":
    main()
