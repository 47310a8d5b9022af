"""Registers a scene with ``qgis_process run soma:register`` and compares the result with what is
known.

The scene is a real Sentinel-1 and Sentinel-2 pair where the data is there (SOMA_DATA, else
``../shared/data``), its SAR image displaced by a known shift; else a pair that the project renders.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from plugin_files import ROOT
from qgis_profile import qgis_environment

from model_core.geometry.grid import Grid
from model_core.products.displacement_field import DisplacementField
from model_core.products.displacement_raster import read_displacement_raster
from model_core.registration.engine import CERTAIN
from model_core.registration.words import percent

FOLDER = ROOT / "build" / "demo"
SCENE = "sen1floods11_spain"
INJECTED = (37.3, -21.6)
"""Pixels, to the right and down, by which the real scene's SAR image is displaced."""

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Demo:
    """A pair with what is known about it.

    Attributes:
        truth: map points (N, 2) on the reference, and its grid, to the true correction in metres.
    """

    sar: Path
    optical: Path
    description: str
    truth: Callable[[Points, Grid], Points]


def real_scene() -> Demo | None:
    """Return the real scene with its SAR image displaced, or None where the data is not there."""
    data = Path(os.environ.get("SOMA_DATA", ROOT.parent / "shared" / "data")) / "scenes"
    source, optical = data / f"{SCENE}_s1_vv_vh_db.tif", data / f"{SCENE}_s2_13band.tif"
    if not (source.is_file() and optical.is_file()):
        return None
    sar = FOLDER / "sar_displaced.tif"
    rasterio.shutil.copy(source, sar, driver="GTiff")
    # Only the geotransform changes: the shift is exact, without resampling.
    with rasterio.open(sar, "r+") as dataset:
        original = dataset.transform
        dataset.transform = original * rasterio.Affine.translation(*INJECTED)
        moved = np.array([dataset.transform.c - original.c, dataset.transform.f - original.f])

    def truth(points: Points, grid: Grid) -> Points:
        return grid.metres(np.broadcast_to(-moved, points.shape), points)

    text = (
        f"real Sentinel-1/-2 pair {SCENE}, SAR displaced by ({INJECTED[0]:+g}, {INJECTED[1]:+g}) px"
        " (the pair itself is aligned to about 0.9 px)"
    )
    return Demo(sar, optical, text, truth)


def simulated_scene() -> Demo:
    """Render a pair and return it."""
    folder = FOLDER / "simulated"
    command = [sys.executable, "-m", "model_core", "simulate", "--out", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    known = read_displacement_raster(folder / "truth_displacement.tif")

    def truth(points: Points, grid: Grid) -> Points:
        on_map = known.working.to_map(known.to_field().at(known.working.to_pixels(points)))
        return grid.metres(points - on_map, points)

    text = "pair rendered by the project (no real data was found)"
    return Demo(folder / "sar.tif", folder / "optical.tif", text, truth)


def run_algorithm(demo: Demo) -> tuple[dict[str, Any] | None, str]:
    """Run the algorithm; return its results, or None and what QGIS said where it failed."""
    products = {
        "OUTPUT": "registered.tif",
        "DISPLACEMENT_RASTER": "displacement.tif",
        "DISPLACEMENTS": "displacements.gpkg",
        "GCPS": "gcps.points",
        "REPORT": "report.html",
    }
    values = {"SAR": demo.sar, "OPTICAL": demo.optical}
    values |= {name: FOLDER / file for name, file in products.items()}
    shown = [f"{name}={_short(path)}" for name, path in values.items()]
    call = ["qgis_process", "--json", "run", "soma:register", "--"]
    sys.stdout.write(f"$ {shlex.join(call[:1] + call[2:] + shown)}\n")
    sys.stdout.flush()
    done = subprocess.run(
        [*call, *(f"{name}={path}" for name, path in values.items())],
        env=qgis_environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return None, done.stderr + done.stdout
    return json.loads(done.stdout[done.stdout.index("{") :])["results"], ""


def _short(path: Path) -> str:
    """Return a path within the project relative to it, and others as they are."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def compare(demo: Demo, field: DisplacementField) -> str:
    """Return how far the displacement found is from the true one, where it is certain."""
    points = field.working.to_map(field.control_grid.positions())
    true = demo.truth(points, field.working)
    found = field.displacement()
    sure = field.valid & (field.certainty >= CERTAIN)
    pixel = float(np.mean(field.working.ground_pixel_size))
    error = np.linalg.norm(found - true, axis=-1)[sure] / pixel
    east, north = np.median(true[sure], axis=0)
    found_east, found_north = np.median(found[sure], axis=0)
    return (
        f"Correction  known {east:+.1f} m east, {north:+.1f} m north; "
        f"found {found_east:+.1f} m, {found_north:+.1f} m (medians)\n"
        f"Error       {np.median(error):.2f} px median, {np.percentile(error, 90):.2f} px in 90 %"
    )


def main() -> int:
    """Run the demonstration."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    demo = real_scene() or simulated_scene()
    sys.stdout.write(f"Scene: {demo.description}\n")
    started = time.monotonic()
    results, said = run_algorithm(demo)
    if results is None:
        sys.stderr.write(f"{said}\nThe demonstration failed.\n")
        return 1
    field = read_displacement_raster(results["DISPLACEMENT_RASTER"])
    products = ["OUTPUT", "DISPLACEMENTS", "DISPLACEMENT_RASTER", "GCPS", "REPORT"]
    paths = "\n".join(_short(Path(results[name])) for name in products)
    sys.stdout.write(
        f"Verdict     {results['VERDICT']}, right with a probability of "
        f"{percent(results['PROBABILITY'])}\n"
        f"Transform   {results['TRANSFORMATION']}\n"
        f"RMSE        {results['RMSE_BEFORE']:.2f} px before, "
        f"{results['RMSE_AFTER']:.2f} px after\n"
        f"Shift       {results['MEDIAN_SHIFT_M']:.1f} m (median)\n"
        f"Inliers     {100 * results['INLIER_RATIO']:.0f} % of the verification windows\n"
        f"Coverage    {100 * results['COVERAGE']:.0f} % of the overlap\n"
        f"{compare(demo, field)}\n"
        f"Time        {time.monotonic() - started:.0f} s, with the start of QGIS and worker\n"
        f"\n{paths}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
