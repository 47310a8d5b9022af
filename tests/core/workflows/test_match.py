"""Plain images of unequal size, matched in memory and from files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from model_core.__main__ import main
from tests.core.rasters import NORTH_UP, UTM, write
from tests.core.workflows.scenes import Error, optical, sar_values

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

CUT = 24
"""Columns and rows that the SAR image lacks at its upper left."""


@pytest.fixture
def plain(tmp_path: Path) -> tuple[Path, Path]:
    """A SAR and an optical image without georeferencing; SAR pixel = optical pixel - CUT."""
    place = NORTH_UP * Affine.translation(CUT, CUT)
    values = sar_values(Error(), UTM, place, (270, 290))
    moving = write(tmp_path / "sar.tif", values, transform=None, crs=None)
    with rasterio.open(optical(tmp_path / "georeferenced.tif")) as dataset:
        reference = write(tmp_path / "optical.tif", dataset.read(), transform=None, crs=None)
    return moving, reference


def test_the_field_gives_the_sar_position_of_each_optical_pixel(
    plain: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sar, reference = plain
    result, field = tmp_path / "result.json", tmp_path / "field.npy"
    paths = ["--sar", str(sar), "--optical", str(reference), "--json", str(result)]
    assert main(["match", *paths, "--field", str(field)]) == 0
    said = capsys.readouterr().out
    assert "Verdict: registered" in said
    assert "Transformation: shift" in said
    positions = np.load(field)
    assert positions.shape == (320, 320, 2)
    y, x = np.mgrid[:320, :320]
    shift = positions - np.stack([x, y], axis=-1)
    known = np.isfinite(shift).all(axis=-1)
    assert not known[: CUT - 3].any()
    assert np.median(np.abs(shift[known] + CUT)) < 0.5
    record = json.loads(result.read_text(encoding="utf-8"))
    assert record["transformation"] == "shift"
    assert 0.9 < record["probability"] <= 1
    affine = np.array(record["affine"])
    assert affine @ [160, 160, 1] == pytest.approx([160 - CUT, 160 - CUT], abs=0.6)


def test_a_list_says_of_each_pair_what_became_of_it(
    plain: tuple[Path, Path], tmp_path: Path
) -> None:
    rows = ["id,sar_path,optical_path", "good,sar.tif,optical.tif", "bad,none.tif,optical.tif"]
    (tmp_path / "list.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    out = tmp_path / "results.jsonl"
    assert main(["match", "--pairs", str(tmp_path / "list.csv"), "--out", str(out)]) == 2
    good, bad = map(json.loads, out.read_text(encoding="utf-8").splitlines())
    assert (good["id"], good["verdict"]) == ("good", "registered")
    assert "does not exist" in bad["error"]
