"""What a mask covers neither helps nor harms the matching, and is moved all the same."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray

from model_core.errors import BadInputError
from model_core.feedback import Feedback
from model_core.products.registry import in_folder
from model_core.workflows.register import register
from model_core.workflows.request import RegistrationRequest
from tests.core.rasters import write
from tests.core.workflows.scenes import SIDE, Error, field_error, optical, sar_values

ERROR = Error(east=70.0, north=-50.0)


class Heard(Feedback):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, message: str) -> None:
        self.lines.append(message)


def misleading() -> NDArray[np.bool_]:
    """Where the images show something that moves otherwise: 40 % of them."""
    found = np.zeros((SIDE, SIDE), bool)
    found[40:280, 110:] = True
    return found


def sar_with_clouds(path: Path) -> Path:
    """Write a SAR image whose misleading part is displaced by 12 px more than the rest."""
    values = sar_values(ERROR)
    other = sar_values(Error(east=ERROR.east - 120, north=ERROR.north))
    values = np.where(misleading(), other, values)
    return write(path, np.nan_to_num(10 * np.log10(values), nan=-9999), nodata=-9999)


def mask(folder: Path) -> Path:
    return write(folder / "mask.tif", misleading().astype(np.uint8)[None])


def run(folder: Path, **settings: object) -> tuple[float, dict[str, object], Heard]:
    heard = Heard()
    images = sar_with_clouds(folder / "sar.tif"), optical(folder / "optical.tif")
    sar, reference = map(str, images)
    request = RegistrationRequest(sar, reference, in_folder(folder / "out"), settings)
    (folder / "out").mkdir()
    register(request, heard)
    summary = json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))
    wrong = np.nan
    if summary["verdict"] != "failed":
        wrong = float(np.percentile(field_error(folder / "out" / "displacement.tif", ERROR)[0], 90))
    return wrong, summary, heard


def test_the_mask_keeps_what_misleads_out_of_the_result(tmp_path: Path) -> None:
    for name in ("without", "with"):
        (tmp_path / name).mkdir()
    wrong, _, _ = run(tmp_path / "without")
    assert not wrong < 2
    wrong, summary, heard = run(tmp_path / "with", mask=mask(tmp_path))
    assert summary["verdict"] == "registered"
    assert wrong < 1
    share = pytest.approx(misleading().mean(), abs=0.001)
    assert summary["left_out"] == {"mask": share}
    [line] = [line for line in heard.lines if "mask" in line]
    percent = f"{100 * misleading().mean():.1f} %"
    assert line == f"The mask leaves {percent} of the overlap out of the matching."
    out = tmp_path / "with" / "out"
    assert "Left out by the mask" in (out / "report.html").read_text(encoding="utf-8")
    # The masked ground is moved with the rest, and the field is defined there.
    with rasterio.open(out / "registered.tif") as dataset:
        assert (dataset.read_masks(1)[60:260, 130:300] > 0).all()
    with rasterio.open(out / "displacement.tif") as dataset:
        assert (dataset.read_masks(1) > 0).mean() > 0.9


def test_open_water_is_left_out_and_said(tmp_path: Path) -> None:
    sea = np.zeros((SIDE, SIDE), bool)
    sea[:, 180:] = True
    values = 10 * np.log10(np.nan_to_num(sar_values(ERROR), nan=0.01))
    random = np.random.default_rng(4)
    values = np.where(sea, -30 + random.normal(0, 1, sea.shape), values).astype(np.float32)
    with rasterio.open(optical(tmp_path / "land.tif")) as dataset:
        waves = random.integers(30, 60, dataset.shape)
        colours = np.where(sea, waves, dataset.read()).astype(np.uint16)
    paths = write(tmp_path / "sar.tif", values), write(tmp_path / "optical.tif", colours)
    heard = Heard()
    request = RegistrationRequest(str(paths[0]), str(paths[1]), settings={"ignore_water": True})
    result = register(request, heard)
    assert result.verdict == "registered", result.reasons
    share = result.left_out["ignore_water"]
    assert 0.3 < share < sea.mean()
    said = f"Open water in both images: {100 * share:.1f} % of the overlap is left out."
    assert said in heard.lines


def test_a_mask_beside_the_images_is_said_to_change_nothing(tmp_path: Path) -> None:
    away = write(
        tmp_path / "away.tif",
        np.ones((1, 64, 64), np.uint8),
        rasterio.Affine(10, 0, 700_000, 0, -10, 4_400_000),
    )
    _, summary, heard = run(tmp_path, mask=str(away), transform="shift")
    assert summary["left_out"] == {"mask": 0.0}
    assert any("covers nothing of the ground" in line for line in heard.lines)


def test_a_mask_over_everything_is_refused_and_nothing_written(tmp_path: Path) -> None:
    path = write(tmp_path / "all.tif", np.ones((1, SIDE, SIDE), np.uint8))
    with pytest.raises(BadInputError, match=r"All of the ground .* is left out"):
        run(tmp_path, mask=str(path))
    assert list((tmp_path / "out").iterdir()) == []
