"""Bad input gets one sentence and a non-zero exit, and nothing is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from rasterio.transform import Affine

from model_core.__main__ import main
from model_core.products.displacement_raster import write_displacement_raster
from tests.core.products.fields import shifted
from tests.core.rasters import NORTH_UP, texture, write

SIDE = 160


def optical(folder: Path) -> Path:
    bands = np.stack([texture(SIDE, SIDE, 1)] * 3)
    return write(folder / "optical.tif", (1000 * bands).astype(np.uint16))


def sar(folder: Path) -> Path:
    return write(folder / "sar.tif", (20 * texture(SIDE, SIDE, 1) - 25)[None].astype(np.float32))


def missing(folder: Path) -> list[str]:
    return ["--sar", str(folder / "nothing.tif"), "--optical", str(optical(folder))]


def corrupt(folder: Path) -> list[str]:
    whole = sar(folder).read_bytes()
    (folder / "half.tif").write_bytes(whole[: len(whole) // 2])
    return ["--sar", str(folder / "half.tif"), "--optical", str(optical(folder))]


def not_a_raster(folder: Path) -> list[str]:
    (folder / "notes.tif").write_text("this is no raster", encoding="utf-8")
    return ["--sar", str(folder / "notes.tif"), "--optical", str(optical(folder))]


def apart(folder: Path) -> list[str]:
    far = Affine.translation(50_000, 0) * NORTH_UP
    path = write(folder / "far.tif", texture(SIDE, SIDE)[None].astype(np.float32), far)
    return ["--sar", str(path), "--optical", str(optical(folder))]


def one_without_georeference(folder: Path) -> list[str]:
    values = texture(SIDE, SIDE)[None].astype(np.float32)
    path = write(folder / "plain.tif", values, transform=None, crs=None)
    return ["--sar", str(path), "--optical", str(optical(folder))]


def all_nodata(folder: Path) -> list[str]:
    values = np.full((1, SIDE, SIDE), -9999, np.float32)
    path = write(folder / "empty.tif", values, nodata=-9999)
    return ["--sar", str(path), "--optical", str(optical(folder))]


def all_nan(folder: Path) -> list[str]:
    path = write(folder / "nan.tif", np.full((1, SIDE, SIDE), np.nan, np.float32))
    return ["--sar", str(path), "--optical", str(optical(folder))]


def constant(folder: Path) -> list[str]:
    path = write(folder / "flat.tif", np.full((1, SIDE, SIDE), 7, np.uint16))
    return ["--sar", str(path), "--optical", str(optical(folder))]


def too_small(folder: Path) -> list[str]:
    path = write(folder / "small.tif", texture(40, 40)[None].astype(np.float32))
    return ["--sar", str(path), "--optical", str(optical(folder))]


def wrong_band(folder: Path) -> list[str]:
    return ["--sar", str(sar(folder)), "--optical", str(optical(folder)), "--sar-band", "3"]


def unknown_model(folder: Path) -> list[str]:
    return ["--sar", str(sar(folder)), "--optical", str(optical(folder)), "--model", "magic"]


def wrong_extent(folder: Path) -> list[str]:
    box = ["0", "0", "10", "10"]
    return ["--sar", str(sar(folder)), "--optical", str(optical(folder)), "--extent", *box]


CASES: list[tuple[Callable[[Path], list[str]], str]] = [
    (missing, "does not exist"),
    (corrupt, "damaged"),
    (not_a_raster, "cannot be opened as a raster"),
    (apart, "do not overlap"),
    (one_without_georeference, "not georeferenced"),
    (all_nodata, "no valid pixel"),
    (all_nan, "no valid pixel"),
    (constant, "same value everywhere"),
    (too_small, "at least 64 x 64"),
    (wrong_band, "has no band 3"),
    (unknown_model, "magic"),
    (wrong_extent, "extent"),
]


def assert_refused(
    arguments: list[str], words: str, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["register", *arguments, "--out", str(out)])
    sentence = capsys.readouterr().err.strip().splitlines()[-1]
    assert code == 2
    assert words in sentence
    assert sentence.endswith(".")
    assert not out.exists() or not list(out.iterdir())


@pytest.mark.parametrize(("make", "words"), CASES, ids=[case.__name__ for case, _ in CASES])
def test_register_refuses(
    make: Callable[[Path], list[str]],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert_refused(make(tmp_path), words, tmp_path / "out", capsys)
    assert not (tmp_path / "out").exists()


def test_an_output_never_replaces_an_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = (20 * texture(SIDE, SIDE, 1) - 25)[None].astype(np.float32)
    (tmp_path / "out").mkdir()
    moving = write(tmp_path / "out" / "registered.tif", values)
    before = moving.read_bytes()
    arguments = ["--sar", str(moving), "--optical", str(optical(tmp_path))]
    assert main(["register", *arguments, "--out", str(tmp_path / "out")]) == 2
    assert "also an input" in capsys.readouterr().err
    assert moving.read_bytes() == before
    assert list((tmp_path / "out").iterdir()) == [moving]


def test_an_output_folder_that_is_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    arguments = ["--sar", str(sar(tmp_path)), "--optical", str(optical(tmp_path))]
    assert main(["register", *arguments, "--out", str(tmp_path / "taken")]) == 2
    assert "cannot be created" in capsys.readouterr().err


def test_a_full_disk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    full = type("Usage", (), {"free": 1000})()
    monkeypatch.setattr("model_core.raster.destination.shutil.disk_usage", lambda _: full)
    arguments = ["--sar", str(sar(tmp_path)), "--optical", str(optical(tmp_path))]
    assert_refused(arguments, "MB free", tmp_path / "out", capsys)


def test_unrelated_images_fail_and_give_no_raster(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = (20 * texture(SIDE, SIDE, 99) - 25)[None].astype(np.float32)
    path = write(tmp_path / "elsewhere.tif", values)
    out = tmp_path / "out"
    arguments = ["--sar", str(path), "--optical", str(optical(tmp_path)), "--out", str(out)]
    assert main(["register", *arguments]) == 4
    assert "failed" in capsys.readouterr().err
    assert [p.name for p in out.iterdir()] == ["summary.json"]


def test_match_needs_a_pair_or_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["match", "--sar", "a.png"]) == 2
    assert "--pairs" in capsys.readouterr().err


def test_a_list_with_wrong_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "list.csv").write_text("name,sar,optical\n1,a,b\n", encoding="utf-8")
    out = tmp_path / "results.jsonl"
    assert main(["match", "--pairs", str(tmp_path / "list.csv"), "--out", str(out)]) == 2
    assert "sar_path" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "id,sar_path,optical_path\n1,a,b\n2,a.tif\n",
            "Line 3 of the list list.csv has fewer values",
        ),
        ("id,sar_path,optical_path\n1,a\0b,c\n", "which is not a path|cannot be read"),
        ("id,sar_path,optical_path\n1," + "x" * 200_000 + ",b\n", "field larger than field limit"),
    ],
)
def test_a_list_with_lines_that_cannot_be(
    text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    out = tmp_path / "results.jsonl"
    assert main(["match", "--pairs", str(tmp_path / "list.csv"), "--out", str(out)]) == 2
    said = capsys.readouterr().err + (out.read_text() if out.exists() else "")
    assert re.search(words, said)


@pytest.mark.parametrize("option", ["COMPRES=ZSTD", "PROFILE=BASELINE", "DRIVER=VRT"])
def test_creation_options_are_checked_before_the_match(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model_core.workflows.register.compute", None)
    arguments = ["--sar", str(sar(tmp_path)), "--optical", str(optical(tmp_path)), "--co", option]
    assert_refused(arguments, "", tmp_path / "out", capsys)


def test_creation_options_are_checked_before_a_registration_is_applied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model_core.workflows.apply.write_registered", None)
    write_displacement_raster(shifted(1, 1), tmp_path / "displacement.tif")
    raster, out = sar(tmp_path), tmp_path / "moved.tif"
    paths = ["--displacement", str(tmp_path / "displacement.tif"), "--raster", str(raster)]
    assert main(["apply", *paths, "--out", str(out), "--co", "TFW=PERHAPS"]) == 2
    assert "PERHAPS is no value" in capsys.readouterr().err
    assert not out.exists()
