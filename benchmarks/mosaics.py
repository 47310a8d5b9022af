"""Puts neighbouring training pairs together again, to compare settings on views of 512 px.

    python benchmarks/mosaics.py --pairs $SOMA_DATA/pairs/manifest.csv --out build/mosaics
    python -m model_core evaluate --pairs build/mosaics/manifest.csv --methods soma \\
        --protocols P1,P2,equivariance,local-equivariance --out build/mosaics/results

The pairs of the source ``volkov`` were cut 256 px wide, every 224 px, out of larger tiles, and each
optical cut was shifted by what an estimator found, which the manifest's notes tell. Shifted back,
the cuts fit together; what is then between SAR and optical image is the real misregistration,
relief included. The check points of the manifest are tie points that CFOG and MIND agree on, as the
evaluation takes them for scenes; mosaics without are left out.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import rasterio
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from model_core.evaluation.consensus import align
from model_core.evaluation.manifest import POINT_COLUMNS
from model_core.evaluation.pairs import DatasetPair, load_pair
from model_core.geometry.pixels import pixel_grid
from model_core.geometry.sampling import sample, sample_mask
from model_core.network.filters import fill_invalid

SIDE, SPACING, OVERLAP = 256, 224, 32

Image = NDArray[np.float32]
Row = dict[str, str]


def read_cuts(manifest: Path) -> dict[int, dict[tuple[int, int], Row]]:
    """Return the rows of the training split by tile, then by row and column of the cut."""
    tiles: dict[int, dict[tuple[int, int], Row]] = defaultdict(dict)
    with manifest.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["source"] == "volkov" and row["split"] == "train":
                tile, top, left = (int(part) for part in row["id"].split("_")[1:])
                tiles[tile][top // SPACING, left // SPACING] = row
    return tiles


def largest_block(cuts: dict[tuple[int, int], Row]) -> tuple[int, int, int]:
    """Return row, column and size, in cuts, of the largest complete square."""
    best = (0, 0, 0)
    for row, column in sorted(cuts):
        size = 1
        while all((row + i, column + j) in cuts for i in range(size + 1) for j in range(size + 1)):
            size += 1
        best = max(best, (row, column, size), key=lambda block: block[2])
    return best


def read_image(path: Path) -> Image:
    """Return the bands (C, H, W) of an image."""
    with rasterio.open(path) as file:
        return np.asarray(file.read(), dtype=np.float32)


def unshifted(row: Row, image: Image) -> tuple[Image, Image]:
    """Return an optical cut where the tile had it, and its valid pixels (1, H, W)."""
    found = re.search(r"CFOG \(([-+.\d]+),([-+.\d]+)\)", row["notes"])
    if found is None:
        raise SystemExit(f"The notes of {row['id']} do not tell by how much it was shifted.")
    shift = torch.tensor([float(found[1]), float(found[2])])
    whole = torch.from_numpy(image)[None]
    where = pixel_grid(SIDE, SIDE, whole)[None] - shift
    moved = sample(whole, where)[0].numpy()
    return moved, sample_mask(torch.ones(1, 1, SIDE, SIDE), where)[0].numpy()


def put_together(cuts: list[tuple[int, int, Image, Image]], size: int) -> Image:
    """Return the mosaic of cuts (row, column, image, valid), feathered where they overlap."""
    side = (size - 1) * SPACING + SIDE
    ramp = np.minimum(np.arange(SIDE) + 1, SIDE - np.arange(SIDE)).clip(max=OVERLAP)
    feather = np.outer(ramp, ramp).astype(np.float32)
    total = np.zeros((cuts[0][2].shape[0], side, side), np.float32)
    weight = np.zeros((1, side, side), np.float32)
    for row, column, image, valid in cuts:
        place = (
            slice(None),
            slice(row * SPACING, row * SPACING + SIDE),
            slice(column * SPACING, column * SPACING + SIDE),
        )
        total[place] += image * valid * feather
        weight[place] += valid * feather
    mosaic = torch.from_numpy(total / np.maximum(weight, 1e-6))[None]
    filled = fill_invalid(mosaic, torch.from_numpy((weight > 0).astype(np.float32))[None])
    return np.asarray(filled[0].numpy().round().clip(0, 255))


def write_image(path: Path, image: Image) -> None:
    """Write bands (C, H, W) as 8 bit."""
    count, height, width = image.shape
    with rasterio.open(
        path, "w", driver="GTiff", count=count, height=height, width=width, dtype="uint8"
    ) as file:
        file.write(image.astype(np.uint8))


def write_check_points(pair: DatasetPair, path: Path) -> bool:
    """Write the tie points of a mosaic; returns whether there are any."""
    found = align(load_pair(pair), torch.get_num_threads())
    if found is None or found.pair.points is None:
        return False
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(POINT_COLUMNS)
        writer.writerows(np.round(found.pair.points, 3))
    return True


def main() -> None:
    """Write one mosaic per tile that has at least two by two cuts, and their manifest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=Path, required=True, help="manifest of the pairs")
    parser.add_argument("--out", type=Path, required=True, help="folder for the mosaics")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    folder = arguments.pairs.parent
    rows = []
    for tile, cuts in sorted(read_cuts(arguments.pairs).items()):
        top, left, size = largest_block(cuts)
        if size < 2:
            continue
        sar, optical = [], []
        for i in range(size):
            for j in range(size):
                row = cuts[top + i, left + j]
                image = read_image(folder / row["sar_path"])[:1]  # three alike
                sar.append((i, j, image, np.ones((1, SIDE, SIDE), np.float32)))
                optical.append((i, j, *unshifted(row, read_image(folder / row["optical_path"]))))
        name = f"mosaic_{tile:03d}"
        source = "mosaics of 480 px" if size == 2 else "mosaics of 704 px and more"
        files = [f"{name}_{what}" for what in ("sar.tif", "optical.tif", "points.csv")]
        paths = [arguments.out / file for file in files]
        write_image(paths[0], put_together(sar, size))
        write_image(paths[1], put_together(optical, size))
        pair = DatasetPair(
            id=name,
            source=source,
            place=name,
            region=name,
            sar_path=paths[0],
            optical_path=paths[1],
            alignment=None,
        )
        if write_check_points(pair, paths[2]):
            rows.append([name, *files, source])
    with (arguments.out / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "sar_path", "optical_path", "check_points", "source"])
        writer.writerows(rows)
    print(f"{len(rows)} mosaics in {arguments.out}")


if __name__ == "__main__":
    main()
