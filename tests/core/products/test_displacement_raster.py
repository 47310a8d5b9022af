"""The displacement raster speaks for itself and brings the field back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.transform import Affine

from model_core.errors import BadInputError
from model_core.geometry.grid import Grid
from model_core.products.displacement_raster import (
    TAG,
    read_displacement_raster,
    write_displacement_raster,
)
from tests.core.products.fields import COORDINATES_GRID, DEGREES, PLAIN, UTM_GRID, shifted
from tests.core.rasters import texture, write


@pytest.mark.parametrize(
    "grid",
    [UTM_GRID, DEGREES, PLAIN, COORDINATES_GRID],
    ids=["utm", "degrees", "plain", "coordinates"],
)
@pytest.mark.parametrize("holes", [False, True])
def test_the_raster_brings_the_field_back(tmp_path: Path, grid: Grid, holes: bool) -> None:
    written = shifted(grid=grid, holes=holes)
    path = tmp_path / "displacement.tif"
    write_displacement_raster(written, path)
    found = read_displacement_raster(path)
    assert found.working == written.working
    assert np.array_equal(found.valid, written.valid)
    assert np.allclose(found.dx, written.dx)
    assert np.allclose(found.dy, written.dy)
    points = np.array([[0.0, 0.0], [60.3, 71.8], [127.0, 127.0]])
    assert np.allclose(found.to_field().at(points), points + np.array([3, 2]), atol=1e-4)


def test_the_raster_speaks_for_itself(tmp_path: Path) -> None:
    path = tmp_path / "displacement.tif"
    write_displacement_raster(shifted(holes=True), path)
    with rasterio.open(path) as dataset:
        assert dataset.descriptions == ("dx", "dy", "certainty", "residual")
        assert dataset.units[:2] == ("metre", "metre")
        assert "map_new = map_old + (dx, dy)" in dataset.tags()["SIGN_CONVENTION"]
        assert dataset.crs.to_epsg() == 32630
        assert dataset.res == (80.0, 80.0)
        assert not dataset.read_masks(1)[:4].any()


@pytest.mark.parametrize(
    ("crs", "transform", "unit"),
    [
        ("EPSG:32630", Affine(10, 0, 600_000, 0, -10, 4_400_000), 1.0),
        ("EPSG:3413", Affine(10, 0, 1_000_000, 0, -10, -500_000), 1.0),
        ("EPSG:2263", Affine(30, 0, 1_000_000, 0, -30, 200_000), 1200 / 3937),
    ],
)
def test_what_an_earlier_version_wrote_is_applied_as_it_was_meant(
    tmp_path: Path, crs: str, transform: Affine, unit: float
) -> None:
    """Format 1 had metres on the map, along its axes: 3 pixels to the left and 2 up."""
    grid = Grid(CRS.from_string(crs), transform, 128, 128)
    path = tmp_path / "displacement.tif"
    write_displacement_raster(shifted(grid=grid), path)
    with rasterio.open(path, "r+") as dataset:
        tags = json.loads(dataset.tags()[TAG])
        bands = dataset.read()
        bands[0], bands[1] = -3 * transform.a * unit, 2 * transform.a * unit
        dataset.write(bands)
        dataset.update_tags(**{TAG: json.dumps(tags | {"format": 1})})
    found = read_displacement_raster(path)
    points = np.array([[0.0, 0.0], [60.3, 71.8], [127.0, 127.0]])
    assert np.allclose(found.to_field().at(points), points + np.array([3, 2]), atol=1e-4)
    assert np.allclose(found.dx, shifted(grid=grid).dx, atol=1e-4)


def test_without_a_crs_the_file_has_none(tmp_path: Path) -> None:
    path = tmp_path / "displacement.tif"
    write_displacement_raster(shifted(grid=COORDINATES_GRID), path)
    with rasterio.open(path) as dataset:
        assert dataset.crs is None
        assert dataset.transform.c == 600_000
        assert dataset.units[:2] == (None, None)
        assert "no CRS" in dataset.tags()["SIGN_CONVENTION"]


def test_another_raster_is_no_displacement(tmp_path: Path) -> None:
    path = write(tmp_path / "image.tif", texture(64, 64)[None].astype(np.float32))
    with pytest.raises(BadInputError, match="not a displacement raster"):
        read_displacement_raster(path)


@pytest.mark.parametrize("tag", ["{", "null", "[]", '{"format": 1}', '{"format": 1, "pixel": {}}'])
def test_changed_tags_get_one_sentence(tmp_path: Path, tag: str) -> None:
    path = tmp_path / "displacement.tif"
    write_displacement_raster(shifted(), path)
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(**{TAG: tag})
    with pytest.raises(BadInputError, match="was changed after a registration wrote it"):
        read_displacement_raster(path)


def test_a_part_of_a_displacement_raster_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "displacement.tif"
    write_displacement_raster(shifted(), path)
    with rasterio.open(path) as dataset:
        profile, tags, bands = dataset.profile, dataset.tags(), dataset.read()
    profile.update(width=8, height=8)
    with rasterio.open(tmp_path / "part.tif", "w", **profile) as dataset:
        dataset.write(bands[:, :8, :8])
        dataset.update_tags(**tags)
    with pytest.raises(BadInputError, match="was changed after a registration wrote it"):
        read_displacement_raster(tmp_path / "part.tif")


def test_a_later_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "displacement.tif"
    write_displacement_raster(shifted(), path)
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(**{TAG: '{"format": 3}'})
    with pytest.raises(BadInputError, match=r"has format 3.* update SOMA"):
        read_displacement_raster(path)
