"""Images register wherever they lie, and whatever their files say of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from model_core.feedback import Feedback
from model_core.products.displacement_raster import read_displacement_raster
from model_core.products.registered_raster import RasterOptions
from model_core.simulation.scene_pair import SceneSettings, simulate
from model_core.workflows.apply import apply_registration
from model_core.workflows.register import register
from model_core.workflows.request import RegistrationRequest


def pair(folder: Path, crs: str) -> None:
    """Render images of which the SAR lies 60 m too far west and 40 m too far north."""
    settings = SceneSettings(
        size=256, crs=crs, shift=(60.0, -40.0), rotation=0, local=0, relief=0, collar=0
    )
    simulate(settings, folder, Feedback())


def placed(source: Path, target: Path, east: float, crs: str | None) -> str:
    """Write a raster farther east, or without its CRS."""
    with rasterio.open(source) as dataset:
        profile, values = dataset.profile, dataset.read()
        transform = Affine.translation(east, 0) * dataset.transform
    with rasterio.open(target, "w", **(profile | {"crs": crs, "transform": transform})) as dataset:
        dataset.write(values)
    return str(target)


def registered(folder: Path, sar: str, optical: str) -> None:
    """Register in ``folder``, and again from the displacement raster."""
    outputs = {name: str(folder / f"{name}.tif") for name in ("registered", "displacement_raster")}
    result = register(RegistrationRequest(sar, optical, outputs), Feedback())
    assert result.verdict == "registered"
    again = str(folder / "again.tif")
    apply_registration(outputs["displacement_raster"], sar, again, RasterOptions(), Feedback())
    with rasterio.open(outputs["registered"]) as one, rasterio.open(again) as other:
        assert one.crs == other.crs
        assert np.array_equal(one.read(), other.read(), equal_nan=True)


def test_across_the_antimeridian(tmp_path: Path) -> None:
    """The optical image goes on beyond 180°, the SAR image comes from below -180°."""
    pair(tmp_path, "EPSG:4326")
    # Rendered around 3.9° W.
    optical = placed(tmp_path / "optical.tif", tmp_path / "o.tif", 183.9, "EPSG:4326")
    sar = placed(tmp_path / "sar.tif", tmp_path / "s.tif", 183.9 - 360, "EPSG:4326")
    registered(tmp_path, sar, optical)
    found = read_displacement_raster(tmp_path / "displacement_raster.tif")
    assert np.median(found.dx[found.valid]) == pytest.approx(60, abs=5)
    assert np.median(found.dy[found.valid]) == pytest.approx(-40, abs=5)


def test_coordinates_without_a_crs(tmp_path: Path) -> None:
    pair(tmp_path, "EPSG:32630")
    paths = [
        placed(tmp_path / f"{name}.tif", tmp_path / f"{name[0]}.tif", 0, None)
        for name in ("sar", "optical")
    ]
    registered(tmp_path, *paths)
    found = read_displacement_raster(tmp_path / "displacement_raster.tif")
    # In the map's unit and along its axes: true north lies 0.6° to the right of its y.
    assert np.median(found.dx[found.valid]) == pytest.approx(60, abs=5)
    assert np.median(found.dy[found.valid]) == pytest.approx(-40, abs=5)
    with rasterio.open(tmp_path / "registered.tif") as dataset, rasterio.open(paths[1]) as given:
        assert dataset.crs is None
        assert dataset.transform == given.transform
