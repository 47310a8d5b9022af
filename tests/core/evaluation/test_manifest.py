"""Manifests: whose alignment is what, and which images are of one place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_core.errors import BadInputError
from model_core.evaluation.manifest import parse_matrix, read_manifest
from model_core.evaluation.pairs import load_pair
from tests.core.evaluation.files import write_image, write_manifest

SHIFT = "cfog_dx,cfog_dy,cfog_ratio"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder with a SAR and an optical image of 256 px."""
    write_image(tmp_path / "s.tif", seed=1)
    write_image(tmp_path / "o.tif", seed=1)
    return tmp_path


def test_the_residual_shift_is_subtracted_where_it_is_sure(images: Path) -> None:
    """SAR position = nominal position - (cfog_dx, cfog_dy), above a peak ratio of 1.25."""
    manifest = write_manifest(
        images,
        "id,sar_path,optical_path,cfog_dx,cfog_dy,cfog_ratio",
        ["sure,s.tif,o.tif,1.5,-0.5,1.3", "unsure,s.tif,o.tif,1.5,-0.5,1.2"],
    )
    sure, unsure = read_manifest(manifest)
    assert sure.alignment is not None
    assert unsure.alignment is not None
    assert sure.alignment.tolist() == [[1, 0, -1.5], [0, 1, 0.5], [0, 0, 1]]
    assert unsure.alignment.tolist() == np.eye(3).tolist()


@pytest.mark.parametrize("size", ["", "256"])
def test_the_residual_shift_is_subtracted_from_the_matrix_answer(images: Path, size: str) -> None:
    """SAR position = H(optical position) - (cfog_dx, cfog_dy), with or without width and height."""
    header = "id,sar_path,optical_path,width,height,H_opt2sar,cfog_dx,cfog_dy,cfog_ratio"
    row = f"s.tif,o.tif,{size},{size},0 -2 30 2 0 -7"
    manifest = write_manifest(
        images, header, [f"sure,{row},1.5,-0.5,1.3", f"unsure,{row},1.5,-0.5,1.2"]
    )
    sure, unsure = read_manifest(manifest)
    assert sure.alignment is not None
    assert unsure.alignment is not None
    # Optical pixel (10, 20): the matrix says (-10, 13).
    assert (sure.alignment @ [10, 20, 1]).tolist() == [-11.5, 13.5, 1]
    assert (unsure.alignment @ [10, 20, 1]).tolist() == [-10, 13, 1]
    assert sure.side == 256


def test_matrices_and_check_points(images: Path) -> None:
    """Six or nine numbers in several spellings; points give the affine through them."""
    for text in ("1 0 5 0 1 -3", "1,0,5,0,1,-3", "[[1, 0, 5], [0, 1, -3]]", "1;0;5;0;1;-3;0;0;1"):
        assert parse_matrix(text, "x").tolist() == [[1, 0, 5], [0, 1, -3], [0, 0, 1]]
    for text in ("1 2 3", "1 0 5 0 1 nan", "a b c d e f", "0 0 0 0 0 0"):
        with pytest.raises(BadInputError, match="H_opt2sar of x"):
            parse_matrix(text, "x")
    lines = ["x_opt,y_opt,x_sar,y_sar", "0,0,2,3", "10,0,12,3", "0,10,2,13", "10,10,12,13"]
    (images / "p.csv").write_text("\n".join(lines), encoding="utf-8")
    manifest = write_manifest(
        images,
        "id,sar_path,optical_path,H_opt2sar,check_points",
        ['m,s.tif,o.tif,"1,0,5,0,1,-3",', "p,s.tif,o.tif,,p.csv"],
    )
    matrix, points = read_manifest(manifest)
    assert matrix.alignment is not None
    assert points.alignment is not None
    assert matrix.alignment[:2, 2].tolist() == [5, -3]
    np.testing.assert_allclose(points.alignment[:2, 2], [2, 3], atol=1e-9)
    assert points.points is not None


@pytest.mark.parametrize(
    ("header", "row", "split", "says"),
    [
        ("id,sar_path", "a,s.tif", None, "lacks the column optical_path"),
        ("id,sar_path,optical_path", "a,,o.tif", None, "has no sar_path"),
        ("id,sar_path,optical_path,split", "a,s.tif,o.tif,train", "val", "only of: train"),
        ("id,sar_path,optical_path", "a,nothing.tif,o.tif", None, "does not exist"),
        ("id,sar_path,optical_path,check_points", "a,s.tif,o.tif,no.csv", None, "cannot be read"),
        ("id,sar_path,optical_path,cfog_dx", "a,s.tif,o.tif,1", None, "but no cfog_dy"),
        (f"id,sar_path,optical_path,{SHIFT}", "a,s.tif,o.tif,1,x,2", None, "'x' as cfog_dy"),
        (f"id,sar_path,optical_path,{SHIFT}", "a,s.tif,o.tif,1,nan,2", None, "'nan' as cfog_dy"),
        (
            "id,sar_path,optical_path,gsd",
            "a,s.tif,o.tif,0",
            None,
            "'0' as gsd; give a number above",
        ),
        (
            f"id,sar_path,optical_path,check_points,{SHIFT}",
            "a,s.tif,o.tif,p.csv,1,1,2",
            None,
            "both check_points and cfog_dx",
        ),
        (
            "id,sar_path,optical_path,check_points,H_opt2sar",
            "a,s.tif,o.tif,p.csv,1 0 0 0 1 0",
            None,
            "both check_points and H_opt2sar",
        ),
    ],
)
def test_what_is_wrong_is_said(
    images: Path, header: str, row: str, split: str | None, says: str
) -> None:
    """One sentence each, never a traceback."""
    with pytest.raises(BadInputError, match=says):
        read_manifest(write_manifest(images, header, [row]), split)


def test_sensor_cover_and_resolution_are_read(images: Path, scenes: Path) -> None:
    """From the columns where they are given; the resolution else from the georeferencing."""
    manifest = write_manifest(
        images,
        "id,sar_path,optical_path,sensor,cover,gsd",
        ["known,s.tif,o.tif,TerraSAR-X,city,2.5", "bare,s.tif,o.tif,,,"],
    )
    known, bare = read_manifest(manifest)
    assert (known.sensor, known.cover, known.gsd) == ("TerraSAR-X", "city", 2.5)
    assert (bare.sensor, bare.cover, bare.gsd) == (None, None, None)
    by_id = {pair.id: pair for pair in read_manifest(scenes / "manifest.csv")}
    in_degrees = by_id["sen1floods11_spain"].gsd
    assert in_degrees is not None
    assert 8 < in_degrees < 10


def test_places_and_regions_of_the_data(pairs: Path) -> None:
    """Before and after are one place; an event is one region; patches of a scene do not overlap."""
    every = read_manifest(pairs / "manifest.csv")
    by_id = {pair.id: pair for pair in every}
    before, after = (by_id[f"ombria_2021france043_{when}"] for when in ("before", "after"))
    assert before.place == after.place
    assert before.region == "ombria_2021france"
    assert by_id["volkov_060_704_480"].region == "volkov_060"
    assert by_id["sdt_p08_Feb"].place == "sdt_p08"
    patches = [pair for pair in every if pair.id.startswith("sih_scene1@")]
    assert len(patches) == 6
    windows = [pair.window for pair in patches if pair.window]
    covered = np.zeros((1733, 2500), dtype=int)
    for row, column, height, width in windows:
        covered[row : row + height, column : column + width] += 1
        assert row + height <= 1733
        assert column + width <= 2500
    assert covered.max() == 1


def test_scenes_are_read_on_one_grid(scenes: Path) -> None:
    """Georeferenced scenes have no known alignment, and their patches are what the file holds."""
    every = read_manifest(scenes / "manifest.csv")
    large = [pair for pair in every if pair.id.startswith("volkov_T11SLT")]
    assert len(large) == 16
    assert all(pair.alignment is None for pair in large)
    loaded = load_pair(large[0])
    assert loaded.sar.image.shape == (1, 704, 704)
    assert loaded.optical.image.shape == (3, 704, 704)
    assert loaded.sar.valid.mean() > 0.95
