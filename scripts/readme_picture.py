"""Makes ``docs/registration.png`` from a pair that the project renders and registers itself."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import rasterio
from numpy.typing import NDArray
from plugin_files import ROOT

sys.path.insert(0, str(ROOT))

from model_core.products.report_figures import checkerboard, png_uri

PART = (slice(300, 640), slice(360, 780))
"""Rows and columns of the optical image that are shown: towns, a road, a lake, fields."""

GAP = 12


def core(*arguments: str) -> None:
    """Run a command of the core."""
    command = [sys.executable, "-W", "ignore", "-m", "model_core", *arguments]
    subprocess.run(command, cwd=ROOT, check=True)


def grey(path: Path) -> NDArray[np.uint8]:
    """Return the part of a SAR raster in dB as a grey picture."""
    with rasterio.open(path) as dataset:
        values = dataset.read(1)[PART]
    scaled = np.clip((values + 23) / 24 * 255, 0, 255).astype(np.uint8)
    return np.repeat(scaled[..., None], 3, axis=2)


def colours(path: Path) -> NDArray[np.uint8]:
    """Return the part of the optical raster in natural colours."""
    with rasterio.open(path) as dataset:
        values = dataset.read([3, 2, 1])[(slice(None), *PART)]
    return np.asarray(np.clip(values / 2500 * 255, 0, 255), np.uint8).transpose(1, 2, 0)


def main() -> int:
    """Render, register and draw: checkerboards before and after."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        core("simulate", "--out", str(folder), "--seed", "3")
        core(
            "register",
            f"--sar={folder / 'sar.tif'}",
            f"--optical={folder / 'optical.tif'}",
            f"--out={folder}",
        )
        optical = colours(folder / "optical.tif")
        before = checkerboard(optical, grey(folder / "sar.tif"))
        after = checkerboard(optical, grey(folder / "registered.tif"))
    between = np.full((optical.shape[0], GAP, 3), 255, np.uint8)
    picture = np.hstack([before, between, after])
    target = ROOT / "docs" / "registration.png"
    target.write_bytes(base64.b64decode(png_uri(picture).partition(",")[2]))
    sys.stdout.write(f"{target.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
