"""The simulator's truth is the truth: everything else that is exact rests on it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.warp import Resampling, reproject

from model_core.__main__ import main
from model_core.errors import CancelledError
from model_core.feedback import Feedback
from model_core.products.displacement_raster import read_displacement_raster
from model_core.products.registered_raster import RasterOptions
from model_core.simulation.scene_pair import FILES, SceneSettings, plan_scene, simulate
from model_core.workflows.apply import apply_registration

SIZE = 160

NORTH_AS_ON_THE_GROUND = "+proj=tmerc +lat_0=43.3 +lon_0=-3.9 +k=1 +datum=WGS84"
"""Around the place of the scenes it shows every metre as it is, in its direction."""

PLAIN = SceneSettings(
    size=SIZE,
    shift=(0, 0),
    rotation=0,
    local=0,
    relief=0,
    looks=10000,
    collar=0,
)
"""No displacement, and practically no speckle: what is left is the ground."""


def render(settings: SceneSettings, folder: Path) -> Path:
    folder.mkdir()
    simulate(settings, folder, Feedback())
    return folder


def sar_of(folder: Path) -> NDArray[np.float32]:
    with rasterio.open(folder / "sar.tif") as dataset:
        return np.asarray(dataset.read(1))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(PLAIN, tmp_path_factory.mktemp("plain") / "scene")


def test_shift_has_the_sign_of_the_project(tmp_path: Path) -> None:
    """The correction goes 3 px east and 2 px south, so content lies 3 px west and 2 px north."""
    straight = dataclasses.replace(PLAIN, crs=NORTH_AS_ON_THE_GROUND)
    moved = render(dataclasses.replace(straight, shift=(30.0, -20.0)), tmp_path / "moved")
    still, shifted = sar_of(render(straight, tmp_path / "still")), sar_of(moved)
    aligned = np.abs(shifted[:-2, :-3] - still[2:, 3:])
    assert np.percentile(aligned, 99) < 0.3  # dB, the little speckle there is
    assert np.percentile(np.abs(shifted - still), 80) > 1
    with rasterio.open(moved / "truth_displacement.tif") as truth:
        dx, dy = truth.read([1, 2])
        assert truth.units[:2] == ("metre", "metre")
    np.testing.assert_allclose(dx, 30, atol=0.01)
    np.testing.assert_allclose(dy, -20, atol=0.01)


def test_the_truth_registers_the_image(plain: Path, tmp_path: Path) -> None:
    settings = dataclasses.replace(
        PLAIN, shift=(57.0, 43.0), rotation=3.0, scale=1.02, local=2.0, relief=3.0
    )
    moved = render(settings, tmp_path / "moved")
    registered = tmp_path / "registered.tif"
    apply_registration(
        str(moved / "truth_displacement.tif"),
        str(moved / "sar.tif"),
        str(registered),
        RasterOptions("bilinear"),
        Feedback(),
    )
    with rasterio.open(registered) as dataset:
        after = dataset.read(1)
        good = dataset.read_masks(1) > 0
    assert good.mean() > 0.8
    # Shading differs, because a plain scene has no hills leaning, but hills all the same.
    still = sar_of(plain)
    assert np.corrcoef(after[good], still[good])[0, 1] > 0.95
    assert np.corrcoef(sar_of(moved)[good], still[good])[0, 1] < 0.5


def test_the_field_is_inverted_exactly() -> None:
    pair = plan_scene(
        SceneSettings(size=512, rotation=20, scale=1.1, local=4, relief=5, shift=(400, -300))
    )
    points = np.random.default_rng(0).uniform(0, 511, (2000, 2))
    ground = pair.distortion.ground_of(points)
    np.testing.assert_allclose(pair.distortion.field.at(ground), points, atol=1e-3)
    assert np.abs(ground - points).max() > 30


def test_rotation_and_scale_are_those_of_the_correction() -> None:
    """Rotated anticlockwise by 90°, what the image shows to the right belongs above the centre."""
    pair = plan_scene(dataclasses.replace(PLAIN, rotation=90, scale=2.0))
    centre = (SIZE - 1) / 2
    shown_at = np.array([[centre + 10, centre]])
    expected = [[centre, centre - 20]]
    np.testing.assert_allclose(pair.distortion.ground_of(shown_at), expected, atol=1e-3)


def test_hills_lean_towards_the_radar(tmp_path: Path) -> None:
    settings = dataclasses.replace(PLAIN, relief=5.0, crs=NORTH_AS_ON_THE_GROUND)
    folder = render(settings, tmp_path / "hills")
    with rasterio.open(folder / "truth_displacement.tif") as truth:
        dx, dy = truth.read([1, 2])
    assert dx.min() >= -1e-3
    assert dx.max() == pytest.approx(50, abs=0.01)  # 5 px of 10 m: back to the east
    np.testing.assert_allclose(dy, 0, atol=0.01)


def test_another_geometry_shows_the_same_ground(plain: Path, tmp_path: Path) -> None:
    settings = dataclasses.replace(
        PLAIN, sar_crs="EPSG:4326", sar_pixel_size=8.0, sar_grid_rotation=12.0, shift=(70.0, 20.0)
    )
    folder = render(settings, tmp_path / "degrees")
    truth = read_displacement_raster(folder / "truth_displacement.tif")
    assert truth.grids.moving.crs is not None
    assert truth.grids.moving.crs.to_epsg() == 4326
    assert truth.grids.moving.transform.b != 0
    assert truth.grids.moving.width == SIZE * 10 / 8
    still = sar_of(plain)
    back = np.full_like(still, np.nan)
    with rasterio.open(folder / "sar.tif") as sar, rasterio.open(plain / "sar.tif") as target:
        transform = target.transform
        reproject(
            sar.read(1),
            back,
            src_transform=sar.transform,
            src_crs=sar.crs,
            dst_transform=transform,
            dst_crs=target.crs,
            dst_nodata=np.nan,
            resampling=Resampling.bilinear,
        )
    # Seven pixels east and two north are missing before the correction.
    inner = np.s_[40:-40, 40:-40]
    shifted = np.roll(back, (-2, 7), (0, 1))[inner]
    assert np.corrcoef(shifted.ravel(), still[inner].ravel())[0, 1] > 0.9
    assert np.corrcoef(back[inner].ravel(), still[inner].ravel())[0, 1] < 0.6


@pytest.mark.parametrize(("unit", "nodata"), [("db", -9999.0), ("linear", 0.0)])
def test_nodata_is_a_slanted_border(
    tmp_path: Path, unit: Literal["db", "linear"], nodata: float
) -> None:
    folder = render(dataclasses.replace(PLAIN, collar=8, unit=unit), tmp_path / "scene")
    with rasterio.open(folder / "sar.tif") as dataset:
        values, mask = dataset.read(1), dataset.read_masks(1) > 0
        assert dataset.nodata == nodata
        assert dataset.dtypes == ("float32",)
    np.testing.assert_array_equal(mask, values != nodata)
    assert np.isfinite(values).all()
    first = [int(row.argmax()) for row in mask[10:]]
    assert first[0] in (8, 9)
    assert first[-1] in (15, 16)
    assert mask[20:-20, 20:-20].all()
    assert (values[mask] < 0).any() == (unit == "db")
    with rasterio.open(folder / "optical.tif") as dataset:
        assert dataset.nodata is None
        assert dataset.dtypes == ("uint16",) * 4
        assert dataset.descriptions == ("blue", "green", "red", "nir")


def test_speckle_is_gamma_of_the_looks(tmp_path: Path, plain: Path) -> None:
    noisy = sar_of(render(dataclasses.replace(PLAIN, looks=4.0), tmp_path / "noisy"))
    ratio = 10 ** ((noisy - sar_of(plain)) / 10)
    assert ratio.mean() == pytest.approx(1, abs=0.02)
    assert ratio.var() == pytest.approx(1 / 4, abs=0.02)


def test_brightness_does_not_give_the_match_away(plain: Path) -> None:
    """Structure is shared; brightness is not, as between real sensors."""
    with rasterio.open(plain / "optical.tif") as dataset:
        for band in dataset.read().astype(float):
            assert abs(np.corrcoef(band.ravel(), sar_of(plain).ravel())[0, 1]) < 0.6


def test_seed_decides_everything(plain: Path, tmp_path: Path) -> None:
    again = render(PLAIN, tmp_path / "again")
    other = render(dataclasses.replace(PLAIN, seed=1), tmp_path / "other")
    for name in FILES:
        assert (again / name).read_bytes() == (plain / name).read_bytes()
    assert np.abs(sar_of(other) - sar_of(plain)).mean() > 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--size", "20"], "outside 64"),
        (["--crs", "EPSG:1"], "unknown"),
        (["--size", "64", "--relief", "100"], "folds"),
        (["--looks", "0"], "looks"),
        (["--seed", "-1"], "seed"),
        (["--shift", "nan", "3"], "shift"),
        (["--rotation", "inf"], "rotation"),
        (["--sar-grid-rotation", "nan"], "sar grid rotation"),
    ],
)
def test_impossible_settings_are_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main(["simulate", "--out", str(tmp_path / "scene"), *arguments]) == 2
    message = capsys.readouterr().err
    assert words in message
    assert message.count("\n") == 1
    assert not (tmp_path / "scene").exists()


def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    class Impatient(Feedback):
        def cancelled(self) -> bool:
            return True

    with pytest.raises(CancelledError):
        simulate(PLAIN, tmp_path, Impatient())
    assert list(tmp_path.iterdir()) == []


def test_command_writes_the_files_it_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "scene"
    assert main(["simulate", "--out", str(out), "--size", "64", "--shift", "40", "-30"]) == 0
    assert capsys.readouterr().out.split() == [str(out / name) for name in FILES]
    assert sorted(path.name for path in out.iterdir()) == sorted(FILES)
    truth = json.loads((out / "truth.json").read_text(encoding="utf-8"))
    assert truth["settings"]["shift"] == [40.0, -30.0]
    assert "map_new = map_old + (dx, dy)" in truth["sign"]
