"""Tie points lead to images that lie far apart, say nothing of their own, and are compared."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine

from model_core.errors import BadInputError
from model_core.feedback import Feedback
from model_core.products.registry import in_folder
from model_core.products.result import RegistrationResult
from model_core.workflows.register import register
from model_core.workflows.request import RegistrationRequest
from tests.core.rasters import NORTH_UP, UTM, texture, write
from tests.core.workflows.scenes import SIDE, Error, backscatter, field_error, optical, sar

FAR = Error(east=10_000.0, north=-7_000.0)
TURNED = Error(east=300.0, north=-200.0, degrees=-120.0)
PLACES = np.array([[40.0, 60.0], [270.0, 80.0], [150.0, 260.0]])
"""Pixels of the reference."""


def points(
    path: Path, error: Error, places: NDArray[np.float64] = PLACES, rough: float = 5.0
) -> Path:
    """Write tie points with an error of so many pixels."""
    new = np.array([NORTH_UP * (x + 0.5, y + 0.5) for x, y in places])
    old = error.claimed(new) + 10 * np.random.default_rng(3).normal(0, rough, new.shape)
    rows = [",".join(map(repr, map(float, (*a, *b)))) for a, b in zip(old, new, strict=True)]
    head = "moving_x,moving_y,reference_x,reference_y"
    path.write_text("\n".join([head, *rows]), encoding="utf-8")
    return path


def displaced(folder: Path, error: Error) -> Path:
    """Write a SAR image of all of the ground, whose georeferencing is wrong."""
    corners = np.array([NORTH_UP * (x, y) for x in (-50, SIDE + 50) for y in (-50, SIDE + 50)])
    claimed = error.claimed(corners)
    left, top = claimed[:, 0].min(), claimed[:, 1].max()
    width, height = (int(np.ptp(claimed[:, axis]) / 10) for axis in (0, 1))
    place = Affine(10, 0, left, 0, -10, top)
    return sar(folder / "sar.tif", error, UTM, place, (height, width), nodata=float("nan"))


def run(folder: Path, moving: Path, **settings: object) -> RegistrationResult:
    reference = optical(folder / "optical.tif")
    (folder / "out").mkdir(exist_ok=True)
    paths = in_folder(folder / "out")
    values = {name: str(one) if isinstance(one, Path) else one for name, one in settings.items()}
    return register(RegistrationRequest(str(moving), str(reference), paths, values), Feedback())


@pytest.mark.parametrize("error", [FAR, TURNED], ids=["far", "turned"])
def test_rough_points_lead_to_images_that_are_not_found_without(
    tmp_path: Path, error: Error
) -> None:
    moving = displaced(tmp_path, error)
    if error is FAR:
        with pytest.raises(BadInputError, match="do not overlap"):
            run(tmp_path, moving)
    else:
        assert run(tmp_path, moving).verdict == "failed"
    exact = points(tmp_path / "check.csv", error, rough=0.0)
    found = run(tmp_path, moving, tie_points=points(tmp_path / "a.csv", error), check_points=exact)
    assert found.verdict == "registered", found.reasons
    wrong, known = field_error(tmp_path / "out" / "displacement.tif", error)
    assert known > 0.9
    assert np.median(wrong) < 0.4
    assert np.percentile(wrong, 90) < 1.0
    check = found.check_points
    assert check is not None
    assert check.rmse_before_px > 20
    assert check.rmse_after_px is not None
    assert check.rmse_after_px < 1
    tie = found.tie_points
    assert tie is not None
    assert 2 < (tie.rmse_after_px or 0) < 12, "the points' own errors"
    # The moving image is there where the reference is, all of it.
    with rasterio.open(tmp_path / "out" / "registered.tif") as dataset:
        assert (dataset.read_masks(1) > 0).mean() > 0.98


def test_report_and_summary_show_each_point(tmp_path: Path) -> None:
    moving, error = displaced(tmp_path, FAR), FAR
    places = np.vstack([PLACES, [[200.0, 200.0]]])
    tie = points(tmp_path / "a.csv", error, places, rough=1.0)
    lines = tie.read_text().splitlines()
    x, rest = lines[3].split(",", 1)
    lines[3] = f"{float(x) + 900},{rest}"  # the third point is wrong by 90 px
    tie.write_text("\n".join(lines))
    found = run(tmp_path, moving, tie_points=tie)
    assert found.verdict == "registered", found.reasons
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    told = summary["tie_points"]["points"]
    assert [one["outlier"] for one in told] == [False, False, True, False]
    assert told[2]["left"][0] == pytest.approx(90, abs=3)
    assert told[2]["after"] == pytest.approx(90, abs=3)
    assert max(told[index]["after"] for index in (0, 1, 3)) < 4
    assert summary["check_points"] is None
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Tie points (4)" in page
    assert "Check points" not in page
    assert len(re.findall("outlier", page)) == 1


def test_a_wrong_start_is_not_called_a_registration(tmp_path: Path) -> None:
    moving = displaced(tmp_path, FAR)
    other = Error(FAR.east + 1300, FAR.north + 900)
    found = run(tmp_path, moving, tie_points=points(tmp_path / "a.csv", other))
    assert found.verdict == "failed"
    assert found.tie_points is not None
    assert found.tie_points.rmse_after_px is None


def test_unrelated_images_fail_with_points_too(tmp_path: Path) -> None:
    other = backscatter(texture(SIDE, SIDE, 77), 5)[None].astype(np.float32)
    place = NORTH_UP * Affine.translation(1000, 700)
    moving = write(tmp_path / "sar.tif", other, place)
    found = run(tmp_path, moving, tie_points=points(tmp_path / "a.csv", FAR))
    assert found.verdict == "failed"


def test_a_mask_of_the_reference_hides_the_same_ground_in_an_image_far_away(tmp_path: Path) -> None:
    covered = np.zeros((1, SIDE, SIDE), np.uint8)
    covered[:, :, :130] = 1
    mask = write(tmp_path / "mask.tif", covered)
    tie = points(tmp_path / "a.csv", TURNED)
    found = run(tmp_path, displaced(tmp_path, TURNED), tie_points=tie, mask=mask)
    assert found.verdict == "registered", found.reasons
    wrong, known = field_error(tmp_path / "out" / "displacement.tif", TURNED)
    assert known > 0.9
    assert np.median(wrong) < 0.6


def test_a_real_pair_a_thousand_pixels_away_is_registered_as_if_it_were_not(
    scenes: Path, tmp_path: Path
) -> None:
    source = scenes / "sen1floods11_spain_s1_vv_vh_db.tif"
    with rasterio.open(source) as dataset:
        values, place, crs = dataset.read(), dataset.transform, dataset.crs
    away = place * Affine.translation(1000, -600)
    moving = write(tmp_path / "far.tif", values, away, crs.to_string(), nodata=float("nan"))
    rows = []
    at, wrong = [(90, 100), (420, 160), (250, 430)], [(5, -3), (-4, 2), (1, 5)]
    for (x, y), error in zip(at, wrong, strict=True):
        rows.append([*(away * (x + error[0], y + error[1])), *(place * (x, y))])
    tie = tmp_path / "a.csv"
    lines = [",".join(map(repr, row)) for row in rows]
    tie.write_text("\n".join(["moving_x,moving_y,reference_x,reference_y", *lines]))
    reference = str(scenes / "sen1floods11_spain_s2_13band.tif")
    affines = []
    for sar_path, more in ((source, {}), (moving, {"tie_points": str(tie)})):
        request = RegistrationRequest(
            str(sar_path), reference, settings={"transform": "shift", **more}
        )
        found = register(request, Feedback())
        assert found.verdict == "registered", found.reasons
        affines.append(np.array(found.affine))
    apart = affines[1] - affines[0] - [[0, 0, 1000], [0, 0, -600]]
    # Without its georeferencing's help it is a large shift: here it is wrong by nothing else.
    assert np.linalg.norm(apart[:, 2]) < 0.3
