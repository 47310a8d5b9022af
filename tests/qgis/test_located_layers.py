"""Layers of images without a geotransform, registered in QGIS as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from osgeo import gdal
from qgis.core import QgsProject, QgsRasterLayer

from soma_qgis.algorithms import base
from soma_qgis.dock.check import check_pair, overlap_text
from soma_qgis.engine.engine import Engine
from soma_qgis.layers.source import place_of, raster_source
from tests.core.located import (
    DEGREES,
    coefficients,
    control_points,
    pixels,
    place,
    points_of_scene,
    raw_scene,
    seen_with_heights,
    write_geolocation,
    write_heights,
    write_raw,
)
from tests.core.sentinel import write_product
from tests.core.workflows.scenes import Error, backscatter, field_error, ground, optical

from .conftest import Recorder

Run = Callable[..., dict[str, Any]]

SHIFT = (83.0, -57.0)


@pytest.fixture(autouse=True)
def empty_project() -> Iterator[None]:
    yield
    QgsProject.instance().removeAllMapLayers()


def layer(path: Path) -> QgsRasterLayer:
    """Add a raster to the project, as a person does."""
    added = QgsRasterLayer(str(path), path.stem)
    assert added.isValid()
    QgsProject.instance().addMapLayer(added)
    return added


def raw_sar(claimed: NDArray[np.float64]) -> NDArray[np.float32]:
    classes = ground(Error(*SHIFT).true(claimed))
    values = backscatter(np.nan_to_num(classes), 7)
    return np.where(np.isnan(classes), np.nan, values)[None].astype(np.float32)


@pytest.mark.slow
def test_a_raw_scene_with_ground_control_points(
    run: Run, scenes: Path, tmp_path: Path, real_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "shared_engine", lambda: real_engine)
    scene = scenes / "sen1floods11_spain_s1_vv_vh_db.tif"
    values = raw_scene(scene, [1, 2], SHIFT).astype(np.float32)
    sar = layer(write_raw(tmp_path / "grd.tif", values, gcps=points_of_scene(scene), crs=DEGREES))
    reference = layer(scenes / "sen1floods11_spain_s2_13band.tif")
    registered, log = str(tmp_path / "registered.tif"), Recorder()
    found = run("register", log, SAR=sar, OPTICAL=reference, OUTPUT=registered)
    assert found["VERDICT"] == "registered"
    assert any("grd.tif is placed by 210 ground control points" in line for line in log.lines)
    assert _away(registered, scene) < 1.5


def _away(registered: str, scene: Path) -> float:
    """Return how far, in pixels, a registered raster lies from the scene that it was made of."""
    moved = gdal.Open(registered)
    left, size, _, top, _, _ = moved.GetGeoTransform()
    inside = moved.GetRasterBand(1).ReadAsArray()
    margin = 6
    corners = (left - margin * size, top + margin * size)
    width, height = (n + 2 * margin for n in (moved.RasterXSize, moved.RasterYSize))
    box = (*corners, corners[0] + width * size, corners[1] - height * size)
    options = {"format": "MEM", "projWin": box, "width": width, "height": height, "bandList": [1]}
    truth = gdal.Translate("", str(scene), **options).ReadAsArray()
    known = np.isfinite(inside)
    best, where = -1.0, (0, 0)
    for dy in range(2 * margin + 1):
        for dx in range(2 * margin + 1):
            there = truth[dy : dy + inside.shape[0], dx : dx + inside.shape[1]]
            both = known & np.isfinite(there) & (there != 0)
            likeness = float(np.corrcoef(inside[both], there[both])[0, 1])
            if likeness > best:
                best, where = likeness, (dx - margin, dy - margin)
    assert best > 0.8
    return float(np.hypot(*where))


@pytest.mark.slow
def test_an_image_with_rpcs_and_heights(
    run: Run, tmp_path: Path, real_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "shared_engine", lambda: real_engine)
    values = raw_sar(seen_with_heights())
    sar = layer(write_raw(tmp_path / "rpc.tif", values, rpcs=coefficients()))
    heights = layer(write_heights(tmp_path / "dem.tif"))
    reference = layer(optical(tmp_path / "optical.tif"))
    outputs = {"OUTPUT": "registered.tif", "DISPLACEMENT_RASTER": "displacement.tif"}
    paths = {name: str(tmp_path / file) for name, file in outputs.items()}
    found = run("register", SAR=sar, OPTICAL=reference, DEM=heights, **paths)
    assert found["VERDICT"] == "registered"
    wrong, known = field_error(tmp_path / "displacement.tif", Error(*SHIFT))
    assert np.median(wrong) < 0.5
    assert known > 0.8
    again = {"DISPLACEMENT_RASTER": paths["DISPLACEMENT_RASTER"], "INPUT": sar, "DEM": heights}
    run("applyregistration", **again, OUTPUT=str(tmp_path / "again.tif"))
    first, second = (
        gdal.Open(str(tmp_path / name)).ReadAsArray() for name in ("registered.tif", "again.tif")
    )
    assert np.allclose(first, second, rtol=1e-3, equal_nan=True)


def test_the_worker_is_given_the_file_and_not_what_qgis_makes_of_it(tmp_path: Path) -> None:
    values = raw_sar(place(pixels()))
    points = write_raw(tmp_path / "grd.tif", values, gcps=control_points(), crs=DEGREES)
    rpcs = write_raw(tmp_path / "rpc.tif", values, rpcs=coefficients())
    product = write_product(tmp_path, {"vv": values[0], "vh": values[0] / 5})
    for path in (points, rpcs, product / "manifest.safe"):
        shown = layer(path)
        assert shown.crs().authid() == "EPSG:4326"
        assert shown.width() > 500  # QGIS has turned it north up
        assert raster_source(shown) == str(path)


def test_an_image_of_a_product_is_given_by_its_name(tmp_path: Path) -> None:
    product = write_product(tmp_path, {"vv": raw_sar(place(pixels()))[0]})
    name = f"SENTINEL1_CALIB:UNCALIB:{product / 'manifest.safe'}:IW_VV:AMPLITUDE"
    shown = QgsRasterLayer(name, "VV")
    assert shown.isValid()
    assert raster_source(shown) == name


def test_a_swath_with_geolocation_arrays_may_be_registered(tmp_path: Path) -> None:
    swath = layer(write_geolocation(tmp_path, raw_sar(place(pixels()))))
    reference = layer(optical(tmp_path / "optical.tif"))
    assert place_of(swath) == "arrays"  # QGIS itself shows its pixels
    for pair in ((reference, swath), (swath, reference)):
        found = check_pair(*pair)
        assert found.problem == ""
        assert overlap_text(found) == "swath lies where its geolocation arrays say."
    bare = layer(write_raw(tmp_path / "bare.tif", raw_sar(place(pixels()))))
    assert place_of(bare) == "pixels"
    assert "bare has no CRS" in check_pair(reference, bare).problem
