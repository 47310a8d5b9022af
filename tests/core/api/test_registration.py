"""Whatever form the images have, the registration is the command line's."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT

import model_core as soma
from model_core.__main__ import main
from model_core.api import plots
from model_core.feedback import Feedback
from model_core.products.displacement_raster import read_displacement_raster
from model_core.simulation.scene_pair import SceneSettings, simulate
from tests.core.api.images import as_masked

TRANSFORMATIONS = ("shift", "rigid", "similarity", "affine", "affine+flow")


def test_field_is_the_known_displacement(registration, pair):
    truth = read_displacement_raster(pair / "truth_displacement.tif")
    field = registration.field
    points = np.stack(np.meshgrid(np.asarray(field.x), np.asarray(field.y)), axis=-1)
    pixels = truth.working.to_pixels(points)
    expected = pixels - truth.to_field().at(pixels)
    found = np.stack([np.asarray(field.dx), -np.asarray(field.dy)], axis=-1) / 10.0
    certain = np.asarray(field.certainty) > 0.5
    assert certain.mean() > 0.5
    error = np.linalg.norm(found - expected, axis=-1)[certain]
    assert np.sqrt(np.mean(error**2)) < 1.0


def test_figures_are_those_of_the_command_line(registration, pair, tmp_path):
    images = ["--sar", str(pair / "sar.tif"), "--optical", str(pair / "optical.tif")]
    assert main(["register", *images, "--out", str(tmp_path / "a"), "--max-shift", "20"]) == 0
    saved = registration.save(tmp_path / "b")
    names = {path.name for path in (tmp_path / "a").iterdir()}
    assert {path.name for path in (tmp_path / "b").iterdir()} == names
    assert {path.name for path in saved.values()} == names
    for name in ("displacement.tif", "registered.tif"):
        with rasterio.open(tmp_path / "a" / name) as one, rasterio.open(saved_in(saved, name)) as b:
            np.testing.assert_array_equal(one.read(), b.read())
    assert registration.verdict == "registered"
    assert registration.figures["median_shift_m"] == pytest.approx(77.0, abs=5.0)
    assert registration.figures["rmse_after_px"] < 1.0 < registration.figures["rmse_before_px"]


def saved_in(saved: dict[str, Path], name: str) -> Path:
    return next(path for path in saved.values() if path.name == name)


def test_affine_leads_from_reference_to_moving_pixel(registration):
    assert registration.affine.shape == (2, 3)
    offset = registration.affine @ [128, 128, 1] - [128, 128]
    # Content that has to move east and south stands further west and north.
    assert offset == pytest.approx([-6.0, -4.0], abs=2.0)


@pytest.mark.parametrize("form", ["dataset", "masked", "nan", "vrt", "data_array"])
def test_every_form_of_an_image_gives_the_same(form, registration, pair, request):
    optical = pair / "optical.tif"
    with rasterio.open(pair / "sar.tif") as dataset:
        if form == "dataset":
            sar = dataset
        elif form == "masked":
            sar = as_masked(pair / "sar.tif")
        elif form == "nan":
            values = dataset.read(1, masked=True).filled(np.nan)
            sar = (values, dataset.transform, dataset.crs)
        elif form == "vrt":
            sar = WarpedVRT(dataset)
        else:
            sar = pytest.importorskip("rioxarray").open_rasterio(pair / "sar.tif")
        result = soma.register(sar, optical, max_shift=20)
    np.testing.assert_array_equal(result.field.dx, registration.field.dx)
    assert result.verdict == registration.verdict


def test_plain_arrays_share_the_pixel_plane(pair):
    with rasterio.open(pair / "sar.tif") as a, rasterio.open(pair / "optical.tif") as b:
        sar, optical = a.read(1, masked=True), b.read()
    result = soma.register(sar, optical, max_shift=20, model="fixed-descriptors")
    assert result.verdict == "registered"
    # In pixels: to the right, and up.
    assert np.nanmedian(result.field.dx) == pytest.approx(6.0, abs=1.5)
    assert np.nanmedian(result.field.dy) == pytest.approx(-4.0, abs=1.5)
    moved = result.warp()
    assert moved.array.shape == optical.shape[1:]
    assert moved.crs is None


def test_optical_image_moves_onto_a_rotated_grid(tmp_path):
    settings = SceneSettings(size=256, shift=(60.0, -40.0), sar_grid_rotation=12.0, collar=0)
    simulate(settings, tmp_path, Feedback())
    images = tmp_path / "sar.tif", tmp_path / "optical.tif"
    result = soma.register(*images, moving="optical", max_shift=20)
    assert result.verdict == "registered"
    field = result.field
    # What the SAR image would have to move, the other way round.
    assert np.nanmedian(field.dx) == pytest.approx(-60.0, abs=15.0)
    assert np.nanmedian(field.dy) == pytest.approx(40.0, abs=15.0)
    x, y = (field.xc, field.yc) if hasattr(field, "xc") else (field.x, field.y)
    with rasterio.open(images[0]) as sar:
        moved = result.warp()
        columns, rows = ~sar.transform * (np.asarray(x), np.asarray(y))
        assert sar.transform.almost_equals(moved.transform)
        assert moved.array.shape == (4, sar.height, sar.width)
    # Control points stand in the middle of 8 x 8 pixels, along the rotated rows.
    np.testing.assert_allclose(columns[:, 0], 4.0, atol=1e-6)
    np.testing.assert_allclose(rows[0], 4.0, atol=1e-6)


def test_real_arrays_with_a_known_error_of_their_place(scenes):
    """The georeferencing of a real SAR image is put wrong; the field says by how much."""
    with (
        rasterio.open(scenes / "sen1floods11_spain_s1_vv_vh_db.tif") as a,
        rasterio.open(scenes / "sen1floods11_spain_s2_13band.tif") as b,
    ):
        wrong = a.transform * Affine.translation(9, -5)
        sar = (a.read(1), wrong, a.crs)
        optical = (b.read([4, 3, 2]), b.transform, b.crs)
    result = soma.register(sar, optical, max_shift=20)
    assert result.verdict == "registered"
    assert result.affine is not None
    offset = result.affine @ [256, 256, 1] - [256, 256]
    assert offset == pytest.approx([9, -5], abs=1.5)


def test_the_field_is_unknown_where_the_images_share_no_data(pair):
    sar = as_masked(pair / "sar.tif")
    sar.array[:, :, :80] = np.ma.masked
    result = soma.register(sar, pair / "optical.tif", max_shift=20, model="fixed-descriptors")
    field = result.field
    unknown = np.isnan(np.asarray(field.dx))
    assert unknown[:, :2].all()
    assert not unknown[2:-2, 16:-2].any()
    for name in ("dy", "certainty"):
        np.testing.assert_array_equal(np.isnan(np.asarray(getattr(field, name))), unknown)
    assert np.isnan(np.asarray(field.residual))[unknown].all()


def test_warp_is_the_saved_raster(registration, tmp_path):
    moved = registration.warp()
    saved = as_masked(registration.save(tmp_path)["registered"])
    assert moved.transform == saved.transform
    assert moved.crs == saved.crs
    assert np.ma.getmaskarray(moved.array).any()
    np.testing.assert_array_equal(np.ma.getmaskarray(moved.array), np.ma.getmaskarray(saved.array))
    assert np.ma.allequal(moved.array, saved.array)


def test_warp_moves_another_image_of_another_pixel_size(registration, pair):
    coarse = as_masked(pair / "sar.tif")
    half = soma.Raster(coarse.array[0, ::2, ::2], coarse.transform * Affine.scale(2), coarse.crs)
    moved = registration.warp(half, resampling="nearest")
    assert moved.array.shape == (256, 256), "two axes in, two axes out"
    assert set(np.unique(moved.array.compressed())) <= set(np.unique(half.array.compressed()))


def test_warp_gives_data_arrays_for_data_arrays(registration, pair):
    rioxarray = pytest.importorskip("rioxarray")
    given = rioxarray.open_rasterio(pair / "sar.tif", masked=True).rename("backscatter")
    moved = registration.warp(given)
    plain = registration.warp(pair / "sar.tif")
    assert moved.dims == ("band", "y", "x")
    assert moved.name == "backscatter"
    assert moved.rio.crs == plain.crs
    assert moved.rio.transform() == plain.transform
    np.testing.assert_array_equal(moved.values, plain.array.filled(np.nan))


def test_field_is_a_dataset_that_rioxarray_understands(registration):
    pytest.importorskip("rioxarray")
    field = registration.field
    assert set(field.data_vars) == {"dx", "dy", "certainty", "residual"}
    assert field.rio.crs.to_epsg() == 32630
    assert field.rio.resolution() == (80.0, -80.0)
    assert field.dx.attrs["units"] == "m"


def test_apply_moves_an_array(registration, pair, tmp_path):
    raster = registration.save(tmp_path)["displacement_raster"]
    output = soma.apply(raster, as_masked(pair / "sar.tif"), tmp_path / "again.tif")
    np.testing.assert_array_equal(
        as_masked(output).array.filled(0), registration.warp().array.filled(0)
    )


def test_match_of_plain_arrays(pair):
    with rasterio.open(pair / "sar.tif") as a, rasterio.open(pair / "optical.tif") as b:
        found = soma.match(a.read(masked=True), b.read(), max_shift=20)
    assert found.verdict == "registered"
    x, y = found.affine @ [128, 128, 1] - [128, 128]
    assert (x, y) == pytest.approx((-6.0, -4.0), abs=2.0)
    assert found.field.shape == (256, 256, 2)
    np.testing.assert_allclose(found.field[128, 128], [128 + x, 128 + y], atol=1.5)
    known = np.isfinite(found.field).all(axis=-1)
    assert found.certainty == pytest.approx(found.certainty_map[known].mean(), abs=1e-6)
    assert 0.3 < found.certainty < 1


def test_a_loaded_model_is_used(pair):
    model = soma.load_model("fixed-descriptors", device="cpu")
    result = soma.register(pair / "sar.tif", pair / "optical.tif", model=model, max_shift=20)
    assert result.summary.model == model.title
    assert "fixed" in model.title


def test_html_is_the_head_of_the_report(registration):
    html = registration._repr_html_()
    assert "<strong>Registered</strong>" in html
    assert registration.reasons[0] in html
    assert f"{registration.figures['rmse_after_px']:.2f} px" in html
    assert "that the alignment is right to some 3 px" in html
    assert "chosen by what was measured" in html


def test_says_how_sure_it_is_and_what_was_found(registration):
    assert 0.9 < registration.probability <= 1
    assert registration.transformation in TRANSFORMATIONS
    probable = registration.summary.transformation_probability
    assert sum(probable.values()) == pytest.approx(1)
    assert max(probable, key=probable.get) == registration.transformation
    assert f", {registration.transformation}, RMSE" in repr(registration)


def test_a_transformation_that_is_asked_for_is_the_one(pair):
    result = soma.register(
        pair / "sar.tif", pair / "optical.tif", max_shift=20, transform="similarity"
    )
    assert result.transformation == "similarity"
    assert result.summary.transformation_probability is None
    assert "as asked for" in result._repr_html_()
    assert result.affine is not None
    (a, b), (c, d) = result.affine[:, :2]
    assert (a, b) == pytest.approx((d, -c))


def test_plot_shows_before_after_and_displacement(registration, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(plots, "arrow_scale", lambda *_: 3.0)
    figure = registration.plot()
    assert [axis.get_title() for axis in figure.axes][:2] == ["Before", "After"]
    before, after = (axis.images[0].get_array() for axis in figure.axes[:2])
    assert not np.array_equal(before, after)
    assert "px = " in figure.axes[2].get_title()
    (arrows,) = figure.axes[2].collections
    lengths = np.hypot(arrows.U, arrows.V) / arrows.scale
    three_times = 3 * registration.figures["median_shift_px"]
    assert np.median(lengths) == pytest.approx(three_times, rel=0.1)


def test_plot_says_what_is_missing(registration, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(soma.SomaError, match="needs matplotlib, which is not installed"):
        registration.plot()


def test_progress_goes_from_0_to_1(pair, tmp_path):
    seen: list[float] = []
    result = soma.register(
        pair / "sar.tif", pair / "optical.tif", max_shift=20, progress=lambda _, f: seen.append(f)
    )
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(set(seen)) > 3
    seen.clear()
    result.save(tmp_path, progress=lambda _, f: seen.append(f))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_feedback_can_cancel(pair):
    class Impatient(Feedback):
        def cancelled(self) -> bool:
            return True

    with pytest.raises(soma.CancelledError):
        soma.register(pair / "sar.tif", pair / "optical.tif", progress=Impatient())
