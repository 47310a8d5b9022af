"""Real Sentinel scenes: a known shift is recovered, a real misregistration is at least halved."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.transform import Affine
from rasterio.warp import calculate_default_transform, reproject

from model_core.__main__ import main
from model_core.geometry.grid import apply_transform
from model_core.geometry.metres import unit_lengths
from tests.conftest import ROOT
from tests.core.workflows.independent import residuals

SHIFT = (37.3, -21.6)
TURN = 3.0
LARGEST_MEMORY = 3e9


def misplaced(source: Path, target: Path) -> tuple[Affine, Affine]:
    """Write the SAR as if its content lay elsewhere, in EPSG:32630 at 12 m.

    Returns the true and the wrong geotransform of the source's pixels, in its own CRS.
    """
    with rasterio.open(source) as dataset:
        values, true, crs = dataset.read(), dataset.transform, dataset.crs
        width, height = dataset.width, dataset.height
    wrong = true * Affine.translation(*SHIFT) * Affine.rotation(TURN, pivot=(width / 2, height / 2))
    corners = np.array([wrong * c for c in ((0, 0), (width, 0), (0, height), (width, height))])
    (left, bottom), (right, top) = corners.min(axis=0), corners.max(axis=0)
    utm = CRS.from_epsg(32630)
    transform, columns, rows = calculate_default_transform(
        crs, utm, width, height, left, bottom, right, top, resolution=12
    )
    moved = np.full((len(values), rows, columns), np.nan, np.float32)
    reproject(
        values,
        moved,
        src_transform=wrong,
        src_crs=crs,
        dst_transform=transform,
        dst_crs=utm,
        src_nodata=np.nan,
        dst_nodata=np.nan,
        resampling=Resampling.cubic,
    )
    profile = {"driver": "GTiff", "count": len(values), "dtype": "float32", "nodata": np.nan}
    with rasterio.open(
        target, "w", width=columns, height=rows, crs=utm, transform=transform, **profile
    ) as dataset:
        dataset.write(moved)
    return true, wrong


def test_a_known_shift_of_a_real_scene_is_recovered(scenes: Path, tmp_path: Path) -> None:
    moved = tmp_path / "sar_misplaced.tif"
    true, wrong = misplaced(scenes / "sen1floods11_spain_s1_vv_vh_db.tif", moved)
    optical = scenes / "sen1floods11_spain_s2_13band.tif"
    arguments = ["--sar", str(moved), "--optical", str(optical), "--out", str(tmp_path / "out")]
    assert main(["register", *arguments]) == 0
    with rasterio.open(tmp_path / "out" / "displacement.tif") as dataset:
        dx, dy = dataset.read([1, 2])
        rows, columns = np.nonzero(dataset.read_masks(1))
        new = np.stack(dataset.xy(rows, columns), axis=-1)
    # The pixel that shows the ground at `new` claims to lie at `old`; metres on the ellipsoid.
    old = apply_transform(wrong * ~true, new)
    metres = np.stack(unit_lengths(CRS.from_epsg(4326), new[:, 1]), axis=-1)
    truth = (new - old) * metres
    found = np.stack([dx[rows, columns], dy[rows, columns]], axis=-1)
    pixel = np.array([true.a, -true.e]) * metres
    # As published, the pair itself is off by almost a pixel; an independent matching says by what.
    with rasterio.open(scenes / "sen1floods11_spain_s1_vv_vh_db.tif") as dataset:
        unmoved = dataset.read(1).astype(np.float64)
    own = -np.median(residuals(amplitude(optical, [4, 3, 2]), unmoved, spacing=64).shift, axis=0)
    assert np.linalg.norm(own) < 1.2
    error = np.linalg.norm((found - truth) / pixel - own * (1, -1), axis=1)
    assert len(error) > 3000
    assert np.median(error) < 0.6
    assert np.percentile(error, 90) < 1.2
    # The SAR lies too far east and north, so the correction goes west and south.
    assert (truth.mean(axis=0) < -150).all()
    assert np.abs(found.mean(axis=0) - truth.mean(axis=0)).max() < 10


def amplitude(path: Path, bands: list[int]) -> NDArray[np.float64]:
    with rasterio.open(path) as dataset:
        return np.asarray(dataset.read(bands).astype(np.float64).mean(axis=0))


@pytest.mark.slow
def test_a_large_scene_is_registered_within_time_and_memory(scenes: Path, tmp_path: Path) -> None:
    sar = scenes / "volkov_T11SLT_1_3x3_s1vh.tif"
    optical = scenes / "volkov_T11SLT_1_3x3_s2rgb.tif"
    # Not ru_maxrss: a process inherits that of the one that started it.
    script = (
        "import sys; from pathlib import Path; from model_core.__main__ import main; "
        "code = main(sys.argv[1:]); status = Path('/proc/self/status').read_text(); "
        "print(status.partition('VmHWM:')[2].split()[0]); sys.exit(code)"
    )
    arguments = ["--sar", str(sar), "--optical", str(optical), "--out", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-c", script, "register", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.splitlines()[-1]) * 1024 < LARGEST_MEMORY
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["seconds"] < 300
    reference = amplitude(optical, [1, 2, 3])
    before = residuals(reference, amplitude(sar, [1]))
    after = residuals(reference, amplitude(tmp_path / "out" / "registered.tif", [1]))
    assert (before.lead > 1.15).sum() > 100
    assert after.median() < before.median() / 2


def test_different_places_fail(scenes: Path, tmp_path: Path) -> None:
    """The SAR of a harbour, put on the ground of a mountain edge."""
    with rasterio.open(scenes / "volkov_tile_059_s1vh.tif") as dataset:
        values, profile = dataset.read(), dataset.profile
    with rasterio.open(scenes / "volkov_tile_035_s2rgb.tif") as dataset:
        profile.update(transform=dataset.transform, crs=dataset.crs)
    with rasterio.open(tmp_path / "elsewhere.tif", "w", **profile) as dataset:
        dataset.write(values)
    arguments = ["--sar", str(tmp_path / "elsewhere.tif"), "--out", str(tmp_path / "out")]
    optical = scenes / "volkov_tile_035_s2rgb.tif"
    assert main(["register", *arguments, "--optical", str(optical)]) == 4
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["summary.json"]
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["verdict"] == "failed"
