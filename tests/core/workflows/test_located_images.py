"""Images without a geotransform are registered as they come, and resampled once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray

from model_core.errors import BadInputError
from model_core.feedback import Feedback
from model_core.products.registered_raster import RasterOptions
from model_core.products.registry import in_folder
from model_core.products.result import RegistrationResult
from model_core.workflows.apply import apply_registration
from model_core.workflows.register import register
from model_core.workflows.request import RegistrationRequest
from tests.core.located import (
    DEGREES,
    HEIGHT,
    WIDTH,
    coefficients,
    control_points,
    pixels,
    place,
    seen_with_heights,
    write_geolocation,
    write_heights,
    write_raw,
)
from tests.core.sentinel import write_product, zipped
from tests.core.workflows.scenes import Error, backscatter, field_error, ground, optical

ERROR = Error(east=83.0, north=-57.0)


class Log(Feedback):
    """Keeps what a user is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, message: str) -> None:
        self.lines.append(message)


def raw_sar(claimed: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return intensity (1, H, W) of pixels that claim to lie at places in UTM."""
    classes = ground(ERROR.true(claimed))
    values = backscatter(np.nan_to_num(classes), 7)
    return np.where(np.isnan(classes), np.nan, values)[None].astype(np.float32)


def run(folder: Path, sar: Path, feedback: Feedback, **settings: object) -> RegistrationResult:
    reference = optical(folder / "optical.tif")
    out = folder / "out"
    out.mkdir()
    request = RegistrationRequest(str(sar), str(reference), in_folder(out), settings)
    return register(request, feedback)


def check_moved(folder: Path, result: RegistrationResult) -> None:
    """Check that the displacement is the error, and that the raster shows the true ground."""
    assert result.verdict == "registered", result.reasons
    wrong, _ = field_error(folder / "out" / "displacement.tif", ERROR)
    assert np.median(wrong) < 0.5
    with rasterio.open(folder / "out" / "registered.tif") as dataset:
        values, known = dataset.read(1), dataset.read_masks(1) > 0
        rows, columns = np.mgrid[: dataset.height, : dataset.width]
        places = np.stack(dataset.xy(rows.ravel(), columns.ravel()), axis=-1)
    truth = backscatter(ground(places).reshape(values.shape), 1)
    likeness = np.corrcoef(np.log(values[known].clip(1e-6)), np.log(truth[known]))[0, 1]
    # Speckle of both; a pixel beside its place makes it less than 0.6.
    assert likeness > 0.7
    assert known.mean() > 0.8


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RegistrationResult, Log]:
    """A Sentinel-1 product as it is downloaded, registered: its folder, the result, the log."""
    folder, log = tmp_path_factory.mktemp("raw"), Log()
    values = raw_sar(place(pixels()))[0]
    sar = zipped(write_product(folder, {"vv": values, "vh": values / 5}))
    return folder, run(folder, sar, log), log


def test_a_product_of_sentinel_1_in_its_zip(raw: tuple[Path, RegistrationResult, Log]) -> None:
    folder, result, log = raw
    check_moved(folder, result)
    assert any(".zip is placed by 210 ground control points" in line for line in log.lines)
    assert any("as VV, VH: sigma nought" in line for line in log.lines)
    with rasterio.open(folder / "out" / "registered.tif") as dataset:
        assert dataset.descriptions == ("VV", "VH")
        co, cross = np.nanmean(dataset.read(masked=True), axis=(1, 2))
    assert co == pytest.approx(np.nanmean(raw_sar(place(pixels()))), rel=0.1)
    assert cross == pytest.approx(co / 5, rel=0.05)


def test_rpcs_with_heights_and_the_registration_applied_again(tmp_path: Path) -> None:
    sar = write_raw(tmp_path / "rpc.tif", raw_sar(seen_with_heights()), rpcs=coefficients())
    dem = str(write_heights(tmp_path / "dem.tif"))
    check_moved(tmp_path, run(tmp_path, sar, Feedback(), dem=dem))
    saved, again = str(tmp_path / "out" / "displacement.tif"), tmp_path / "again.tif"
    apply_registration(saved, str(sar), str(again), RasterOptions(dem=dem), Feedback())
    with rasterio.open(again) as one, rasterio.open(tmp_path / "out" / "registered.tif") as other:
        assert np.allclose(one.read(1), other.read(1), rtol=1e-3, equal_nan=True)
    with pytest.raises(BadInputError, match=r"mean height of 250 m instead of .*dem\.tif.*DEM\."):
        apply_registration(saved, str(sar), str(again), RasterOptions(), Feedback())


def test_geolocation_arrays(tmp_path: Path) -> None:
    check_moved(
        tmp_path,
        run(tmp_path, write_geolocation(tmp_path, raw_sar(place(pixels()))), Feedback()),
    )


def test_a_raw_image_as_the_reference(tmp_path: Path) -> None:
    values = raw_sar(place(pixels()))
    sar = write_raw(tmp_path / "grd.tif", values, gcps=control_points(), crs=DEGREES)
    result = run(tmp_path, sar, Feedback(), moving="optical")
    assert result.verdict == "registered", result.reasons
    with rasterio.open(tmp_path / "out" / "registered.tif") as dataset:
        moved, known = dataset.read(1).astype(float), dataset.read_masks(1) > 0
        assert dataset.crs.to_epsg() == 32630
        assert dataset.transform.b == dataset.transform.d == 0
        rows, columns = np.mgrid[: dataset.height, : dataset.width]
        places = np.stack(dataset.xy(rows.ravel(), columns.ravel()), axis=-1)
    # The optical image now lies where the raw one claims its ground to be.
    classes = ground(ERROR.true(places)).reshape(moved.shape)
    known &= ~np.isnan(classes)
    assert np.corrcoef(moved[known], classes[known])[0, 1] > 0.9


def test_points_lead_from_raw_pixels_to_corrected_ground(
    raw: tuple[Path, RegistrationResult, Log],
) -> None:
    table = np.loadtxt(raw[0] / "out" / "gcps.points", delimiter=",", skiprows=2)
    new, counted = table[:, :2], table[:, 2:4] * [1, -1]
    wrong = place(counted - 0.5) - ERROR.claimed(new)
    assert np.median(np.linalg.norm(wrong, axis=1)) < 5  # metres, half a pixel


def test_another_geometry_is_refused_when_a_registration_is_applied(
    raw: tuple[Path, RegistrationResult, Log], tmp_path: Path
) -> None:
    other = control_points()
    for point in other:
        point.x += 0.001
    values = np.ones((1, HEIGHT, WIDTH), np.float32)
    moved = write_raw(tmp_path / "other.tif", values, gcps=other, crs=DEGREES)
    saved = str(raw[0] / "out" / "displacement.tif")
    for raster in (moved, raw[0] / "optical.tif"):
        with pytest.raises(BadInputError, match="not of the moving image's geometry"):
            apply_registration(
                saved, str(raster), str(tmp_path / "no.tif"), RasterOptions(), Feedback()
            )
