"""A known error of the georeferencing is found, whatever form the two rasters have."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine

from model_core.errors import CancelledError
from model_core.feedback import Feedback
from model_core.products.registered_raster import RasterOptions
from model_core.products.registry import in_folder
from model_core.workflows.apply import apply_registration
from model_core.workflows.register import compute, open_scenes, register, write_products
from model_core.workflows.request import RegistrationRequest
from tests.core.rasters import NORTH_UP, UTM, write
from tests.core.workflows.scenes import SIDE, Error, field_error, optical, sar, sar_values

ERROR = Error(east=137.0, north=-84.0, degrees=1.0)


def request(
    folder: Path, sar_path: Path, optical_path: Path, **settings: object
) -> RegistrationRequest:
    return RegistrationRequest(str(sar_path), str(optical_path), in_folder(folder), settings)


def decibel(folder: Path) -> Path:
    values = 10 * np.log10(sar_values(ERROR))
    return write(folder / "sar.tif", np.nan_to_num(values, nan=-9999), nodata=-9999)


def amplitude(folder: Path) -> Path:
    values = np.nan_to_num(3000 * np.sqrt(sar_values(ERROR)))
    return write(folder / "sar.tif", values.astype(np.uint16), nodata=0)


def complex_values(folder: Path) -> Path:
    values = np.sqrt(sar_values(ERROR)) * np.exp(0.3j)
    return write(folder / "sar.tif", values.astype(np.complex64))


def linear(folder: Path) -> Path:
    return sar(folder / "sar.tif", ERROR)


def other_zone(folder: Path) -> Path:
    place = Affine(10, 0, 1_113_900, 0, -10, 4_424_500)
    return sar(folder / "sar.tif", ERROR, "EPSG:32629", place, (440, 440))


def degrees(folder: Path) -> Path:
    place = Affine(1.1e-4, 0, -1.8345, 0, -0.9e-4, 39.7455)
    return sar(folder / "sar.tif", ERROR, "EPSG:4326", place, (380, 400))


def rotated(folder: Path) -> Path:
    place = NORTH_UP * Affine.translation(-40, -40) * Affine.rotation(17, pivot=(200, 200))
    return sar(folder / "sar.tif", ERROR, UTM, place, (400, 400))


def other_pixels(folder: Path) -> Path:
    return sar(folder / "sar.tif", ERROR, UTM, NORTH_UP * Affine.scale(0.6), (540, 540))


def partial(folder: Path) -> Path:
    return sar(folder / "sar.tif", ERROR, UTM, NORTH_UP * Affine.translation(90, 50))


FORMS: list[Callable[[Path], Path]] = [
    linear,
    decibel,
    amplitude,
    complex_values,
    other_zone,
    degrees,
    rotated,
    other_pixels,
    partial,
]


@pytest.mark.parametrize("form", FORMS, ids=[form.__name__ for form in FORMS])
def test_a_known_error_is_found(form: Callable[[Path], Path], tmp_path: Path) -> None:
    reference = optical(tmp_path / "optical.tif")
    result = register(request(tmp_path, form(tmp_path), reference), Feedback())
    assert result.verdict == "registered", result.reasons
    wrong, known = field_error(tmp_path / "displacement.tif", ERROR)
    assert known > 0.9
    assert np.median(wrong) < 0.4
    assert np.percentile(wrong, 90) < 1.0
    assert result.rmse_after_px is not None
    assert result.rmse_after_px < 1.0 < 15 < (result.rmse_before_px or 0)


@pytest.mark.parametrize(("value", "nodata"), [(0.0, None), (0.0, -9999.0), (-9999.0, None)])
def test_undeclared_fill_is_named_and_is_no_data(
    tmp_path: Path, value: float, nodata: float | None
) -> None:
    values = 10 * np.log10(sar_values(ERROR)).astype(np.float32)
    missing = ~np.isfinite(values)
    missing[:, :, : SIDE // 3] = True
    moving = write(tmp_path / "sar.tif", np.where(missing, value, values), nodata=nodata)
    heard: list[str] = []

    class Listener(Feedback):
        def log(self, message: str) -> None:
            heard.append(message)

    result = register(request(tmp_path, moving, optical(tmp_path / "optical.tif")), Listener())
    assert result.verdict == "registered", result.reasons
    wrong, _ = field_error(tmp_path / "displacement.tif", ERROR)
    assert np.median(wrong) < 0.5
    [sentence] = [line for line in heard if "filled with" in line]
    assert sentence.startswith(f"sar.tif is filled with {value:g} (")
    with rasterio.open(tmp_path / "registered.tif") as dataset:
        found, known = dataset.read(1), dataset.read_masks(1) > 0
    assert 0.4 < known.mean() < 0.75
    assert np.abs(found[known] - np.median(values[~missing])).max() < 30
    assert not (found[known] == value).any()


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
def test_a_few_bad_pixels_do_not_sink_a_good_pair(tmp_path: Path, bad: float) -> None:
    reference = optical(tmp_path / "optical.tif")
    values = np.nan_to_num(sar_values(ERROR)).astype(np.float32)
    good = register(request(tmp_path, write(tmp_path / "sar.tif", values), reference), Feedback())
    values[:, np.random.default_rng(0).random(values.shape[1:]) < 0.01] = bad
    found = register(request(tmp_path, write(tmp_path / "sar.tif", values), reference), Feedback())
    assert found.verdict == good.verdict == "registered", found.reasons
    assert found.inlier_ratio > good.inlier_ratio - 0.05
    wrong, known = field_error(tmp_path / "displacement.tif", ERROR)
    assert known > 0.85
    assert np.median(wrong) < 0.5


def test_the_summary_says_what_was_done(tmp_path: Path) -> None:
    wanted = request(tmp_path, linear(tmp_path), optical(tmp_path / "optical.tif"))
    result = register(wanted, Feedback())
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    names = ["verdict", "rmse_before_px", "rmse_after_px", "median_shift_m", "inlier_ratio"]
    for name in [*names, "coverage", "seconds", "device", "model"]:
        assert summary[name] is not None
    assert 0.9 < summary["probability"] <= 1
    probable = summary["transformation_probability"]
    assert sum(probable.values()) == pytest.approx(1)
    assert summary["transformation"] == max(probable, key=probable.get)
    assert summary["settings"]["sar"] == wanted.sar
    assert 0 < summary["seconds"] <= result.seconds + 1
    assert summary["median_shift_m"] == pytest.approx(np.hypot(137, 84), rel=0.1)
    products = {"registered.tif", "displacement.tif", "displacements.gpkg", "gcps.points"}
    written = {p.name for p in tmp_path.iterdir()}
    assert written == {"optical.tif", "sar.tif", *products, "report.html", "summary.json"}


def test_the_optical_image_can_be_the_one_that_moves(tmp_path: Path) -> None:
    wanted = request(
        tmp_path, linear(tmp_path), optical(tmp_path / "optical.tif"), moving="optical"
    )
    result = register(wanted, Feedback())
    assert result.verdict == "registered"
    # Seen from the optical image, the correction has the opposite sign.
    with rasterio.open(tmp_path / "displacement.tif") as dataset:
        known = dataset.read_masks(1) > 0
        dx, dy = dataset.read([1, 2])
    assert np.median(dx[known]) == pytest.approx(137.0, abs=8)
    assert np.median(dy[known]) == pytest.approx(-84.0, abs=8)


def test_images_without_georeferencing_register_in_pixels(tmp_path: Path) -> None:
    rotated = Error(east=100.0, north=50.0, degrees=9.0)
    moving = write(tmp_path / "sar.tif", sar_values(rotated), transform=None, crs=None)
    with rasterio.open(optical(tmp_path / "georeferenced.tif")) as dataset:
        reference = write(tmp_path / "optical.tif", dataset.read(), transform=None, crs=None)
    result = register(request(tmp_path, moving, reference), Feedback())
    assert result.verdict == "registered", result.reasons
    assert result.affine is not None
    centre = np.array([SIDE / 2 - 0.5, SIDE / 2 - 0.5, 1.0])
    where = np.array(result.affine) @ centre
    # 100 m east is 10 pixels to the right, 50 m north is 5 pixels up.
    assert where == pytest.approx(centre[:2] + np.array([10, -5]), abs=0.7)


def test_the_saved_displacement_gives_the_same_raster_again(tmp_path: Path) -> None:
    wanted = request(tmp_path, linear(tmp_path), optical(tmp_path / "optical.tif"))
    register(wanted, Feedback())
    again, heard = tmp_path / "again.tif", Listener()
    displacement = str(tmp_path / "displacement.tif")
    apply_registration(displacement, wanted.sar, str(again), RasterOptions(), heard)
    assert heard.lines == []
    with rasterio.open(tmp_path / "registered.tif") as one, rasterio.open(again) as other:
        assert one.transform == other.transform
        first, second = one.read(1), other.read(1)
    assert np.array_equal(np.isnan(first), np.isnan(second))
    # The field is stored as float32 metres.
    assert np.nanmax(np.abs(first - second)) < 1e-3 * np.nanmax(np.abs(first))


class Listener(Feedback):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, message: str) -> None:
        self.lines.append(message)


def test_what_is_done_for_nothing_or_twice_is_said(tmp_path: Path) -> None:
    wanted = request(
        tmp_path, linear(tmp_path), optical(tmp_path / "optical.tif"), dem="optical.tif"
    )
    heard = Listener()
    register(wanted, heard)
    assert "The heights of the DEM are not used: neither image is placed by RPCs." in heard.lines
    saved, raster = str(tmp_path / "displacement.tif"), str(tmp_path / "registered.tif")
    twice, heard = str(tmp_path / "twice.tif"), Listener()
    apply_registration(saved, raster, twice, RasterOptions(dem=wanted.optical), heard)
    assert heard.lines[0].startswith("registered.tif was moved by SOMA before")
    assert heard.lines[1:] == [
        "The heights of the DEM are not used: the raster is not placed by RPCs."
    ]


def test_the_registered_raster_lies_on_the_reference(tmp_path: Path) -> None:
    wanted = request(tmp_path, linear(tmp_path), optical(tmp_path / "optical.tif"))
    register(wanted, Feedback())
    with rasterio.open(tmp_path / "registered.tif") as dataset:
        found = dataset.read(1)
        assert dataset.transform == NORTH_UP
        assert dataset.crs.to_string() == UTM
        assert dataset.dtypes == ("float32",)
    truth = sar_values(Error(), speckle=8)[0]
    both = np.isfinite(found) & np.isfinite(truth)
    moved = sar_values(ERROR)[0]

    def likeness(image: NDArray[np.float32]) -> float:
        return float(np.corrcoef(np.log(image[both]), np.log(truth[both]))[0, 1])

    assert likeness(np.clip(found, 1e-4, None)) > 0.5 > 0.25 > likeness(moved)


def test_the_same_request_gives_the_same_bytes(tmp_path: Path) -> None:
    reference, moving = optical(tmp_path / "optical.tif"), linear(tmp_path)
    fields = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        register(request(tmp_path / name, moving, reference), Feedback())
        fields.append((tmp_path / name / "displacement.tif").read_bytes())
    assert fields[0] == fields[1]


class CancelAt(Feedback):
    """Asks to stop once a stage is reached."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.reached = False

    def progress(self, stage: str, done: int, total: int, fraction: float) -> None:
        self.reached |= stage == self.stage

    def cancelled(self) -> bool:
        return self.reached


@pytest.mark.parametrize("stage", ["coarse", "refine", "verify", "write", "report"])
def test_cancelling_leaves_no_file(stage: str, tmp_path: Path) -> None:
    reference, moving = optical(tmp_path / "optical.tif"), linear(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(CancelledError):
        register(request(out, moving, reference), CancelAt(stage))
    assert list(out.iterdir()) == []


class Patient(Feedback):
    """Asks to stop when it is asked more often than its patience allows."""

    def __init__(self, patience: int) -> None:
        self.left = patience

    def cancelled(self) -> bool:
        self.left -= 1
        return self.left < 0


def test_cancelled_means_that_no_file_was_written_whenever_it_comes(tmp_path: Path) -> None:
    wanted = request(tmp_path / "out", linear(tmp_path), optical(tmp_path / "optical.tif"))
    run = compute(wanted, open_scenes(wanted), Feedback())
    out = tmp_path / "out"
    out.mkdir()
    for patience in range(100):
        try:
            write_products(run, wanted.outputs, Patient(patience))
        except CancelledError:
            assert list(out.iterdir()) == [], f"after {patience} questions"
        else:
            break
    assert len(list(out.iterdir())) == len(wanted.outputs)
    assert patience > 5


def test_progress_never_goes_back_and_ends_at_one(tmp_path: Path) -> None:
    seen: list[float] = []

    class Watch(Feedback):
        def progress(self, stage: str, done: int, total: int, fraction: float) -> None:
            seen.append(fraction)

    wanted = request(tmp_path, linear(tmp_path), optical(tmp_path / "optical.tif"))
    result = register(wanted, Watch())
    assert result.verdict == "registered"
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_the_computation_writes_nothing_and_products_can_be_written_later(tmp_path: Path) -> None:
    wanted = request(tmp_path, linear(tmp_path), optical(tmp_path / "optical.tif"))
    before = set(tmp_path.iterdir())
    run = compute(wanted, open_scenes(wanted), Feedback())
    assert set(tmp_path.iterdir()) == before
    assert run.result.verdict == "registered"
    assert dict(run.result.outputs) == {}
    # The ground lies 137 m too far east in the moving image.
    assert np.median(run.field.dx[run.field.valid]) == pytest.approx(-137.0, abs=8)
    only = {"gcps": str(tmp_path / "later.points")}
    result = write_products(run, only, Feedback())
    assert dict(result.outputs) == only
    assert {path.name for path in set(tmp_path.iterdir()) - before} == {"later.points"}


def test_progress_ends_at_one_also_where_no_report_is_wanted(tmp_path: Path) -> None:
    seen: list[tuple[str, float]] = []

    class Watch(Feedback):
        def progress(self, stage: str, done: int, total: int, fraction: float) -> None:
            seen.append((stage, fraction))

    moving, reference = linear(tmp_path), optical(tmp_path / "optical.tif")
    register(RegistrationRequest(str(moving), str(reference)), Watch())
    assert [fraction for _, fraction in seen] == sorted(fraction for _, fraction in seen)
    assert seen[-1] == ("report", 1.0)
