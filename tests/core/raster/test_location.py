"""Where images without geotransform lie, as their files say it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.transform import Affine

from model_core.errors import BadInputError
from model_core.geometry.crs import project
from model_core.geometry.grid import Grid
from model_core.geometry.located import LocatedGrid
from model_core.raster.opening import open_raster
from model_core.raster.overlap import common_grid
from model_core.raster.scene import grid_of, open_scene
from tests.core import rasters
from tests.core.located import (
    DEGREES,
    HEIGHT,
    UTM_CRS,
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

NOTHING = np.zeros((1, HEIGHT, WIDTH), np.uint8)
SOME = pixels()[::25, ::25]


def grid(path: Path, dem: Path | None = None) -> Grid:
    with open_raster(str(path)) as dataset:
        return grid_of(dataset, None if dem is None else str(dem))


def error(found: Grid, truth: Any) -> float:
    """Return by how many pixels a grid errs at most of where pixels lie in UTM."""
    assert isinstance(found, LocatedGrid)
    return float(np.abs(found.to_pixels(project(truth, UTM_CRS, found.crs)) - SOME).max())


def test_ground_control_points(tmp_path: Path) -> None:
    raw = write_raw(tmp_path / "raw.tif", NOTHING, gcps=control_points(), crs=DEGREES)
    found = grid(raw)
    assert error(found, place(SOME)) < 0.05
    assert found.crs == CRS.from_epsg(32630)


def test_ground_control_points_on_a_map_keep_its_crs(tmp_path: Path) -> None:
    crs = CRS.from_epsg(3857)
    raw = write_raw(tmp_path / "raw.tif", NOTHING, gcps=control_points(crs=crs), crs=crs)
    found = grid(raw)
    assert error(found, place(SOME)) < 0.05
    assert found.crs == crs


def test_rpcs_with_and_without_heights(tmp_path: Path) -> None:
    raw = write_raw(tmp_path / "raw.tif", NOTHING, rpcs=coefficients())
    assert error(grid(raw), place(SOME)) < 0.2
    seen = seen_with_heights()[::25, ::25]
    assert error(grid(raw), seen) > 5
    assert error(grid(raw, write_heights(tmp_path / "dem.tif")), seen) < 0.2


def test_geolocation_arrays(tmp_path: Path) -> None:
    assert error(grid(write_geolocation(tmp_path, NOTHING)), place(SOME)) < 0.1


def test_a_geotransform_goes_before_points(tmp_path: Path) -> None:
    raw = rasters.write(tmp_path / "both.tif", NOTHING)
    with rasterio.open(raw, "r+") as dataset:
        dataset.rpcs = coefficients()
    found = grid(raw)
    assert not isinstance(found, LocatedGrid)
    assert found.transform == rasters.NORTH_UP


def test_points_across_the_antimeridian(tmp_path: Path) -> None:
    x, y = np.meshgrid(np.linspace(0, WIDTH, 5), np.linspace(0, HEIGHT, 5))
    points = [
        GroundControlPoint(
            row, column, (179.98 + column * 1e-4 + 180) % 360 - 180, -17 - row * 1e-4
        )
        for column, row in zip(x.ravel(), y.ravel(), strict=True)
    ]
    found = grid(write_raw(tmp_path / "raw.tif", NOTHING, gcps=points, crs=DEGREES))
    beyond = np.array([[-180 + 1e-4 * (300 - 200), -17 - 1e-4 * 50]])
    where = found.to_pixels(project(beyond, DEGREES, found.crs))
    assert where[0] == pytest.approx([299.5, 49.5], abs=0.1)


def test_points_without_a_crs_are_refused(tmp_path: Path) -> None:
    raw = write_raw(tmp_path / "raw.tif", NOTHING, gcps=control_points(2, 2), crs=CRS())
    with pytest.raises(BadInputError, match=r"raw\.tif has ground control points without a CRS"):
        open_scene(raw, "sar")


def test_two_points_are_refused(tmp_path: Path) -> None:
    raw = write_raw(tmp_path / "raw.tif", NOTHING, gcps=control_points(1, 2), crs=DEGREES)
    with pytest.raises(BadInputError, match=r"raw\.tif .*fewer than three points"):
        open_scene(raw, "sar")


def test_points_of_which_one_is_no_number_are_used_without_it(tmp_path: Path) -> None:
    points = control_points()
    points[7].x = np.nan
    raw = write_raw(tmp_path / "raw.tif", NOTHING, gcps=points, crs=DEGREES)
    assert error(grid(raw), place(SOME)) < 0.05


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("lat_off", np.nan, "not complete"),
        ("long_scale", 0.0, "give no place"),
        ("samp_den_coeff", [0.0] * 20, "give no place"),
        ("samp_num_coeff", [0.0] * 20, "has no place on the map"),
        ("lat_scale", 1000.0, "has no place on the map"),
    ],
)
def test_rpcs_that_say_no_place_are_refused(
    name: str, value: object, words: str, tmp_path: Path
) -> None:
    rpcs = coefficients()
    setattr(rpcs, name, value)
    with pytest.raises(BadInputError, match=words):
        open_scene(write_raw(tmp_path / "raw.tif", NOTHING, rpcs=rpcs), "sar")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("longitude.tif", "none.tif", r"none\.tif does not exist"),
        ('"PIXEL_STEP">4', '"PIXEL_STEP">0', "no mesh"),
        ('"PIXEL_STEP">4', '"PIXEL_STEP">x', "could not convert"),
        ("EPSG:4326", "nonsense", "cannot be used"),
        ('key="Y_DATASET"', 'key="Z"', "of one axis only"),
    ],
)
def test_arrays_that_say_no_place_are_refused(
    old: str, new: str, words: str, tmp_path: Path
) -> None:
    swath = write_geolocation(tmp_path, NOTHING)
    swath.write_text(swath.read_text().replace(old, new))
    with pytest.raises(BadInputError, match=words):
        open_scene(swath, "sar")


def test_fill_in_arrays_is_no_place(tmp_path: Path) -> None:
    swath = write_geolocation(tmp_path, NOTHING)
    with rasterio.open(tmp_path / "longitude.tif", "r+") as dataset:
        values = dataset.read(1)
        values[:30] = -999
        dataset.write(values, 1)
    found = grid(swath)
    assert isinstance(found, LocatedGrid)
    below = SOME[6:]
    assert np.abs(found.to_pixels(place(below)) - below).max() < 0.1


def test_heights_of_elsewhere_are_refused(tmp_path: Path) -> None:
    raw = write_raw(tmp_path / "raw.tif", NOTHING, rpcs=coefficients())
    far = rasters.write(tmp_path / "dem.tif", NOTHING, Affine(10, 0, 0, 0, -10, 0))
    with pytest.raises(BadInputError, match=r"dem\.tif know none under the image"):
        grid(raw, far)
    nowhere = rasters.write(tmp_path / "plain.tif", NOTHING, None, None)
    with pytest.raises(BadInputError, match=r"plain\.tif have no CRS"):
        grid(raw, nowhere)


def test_an_extent_is_in_the_crs_that_the_file_states(tmp_path: Path) -> None:
    raw = write_raw(tmp_path / "raw.tif", NOTHING, gcps=control_points(), crs=DEGREES)
    scene = open_scene(raw, "sar")
    whole = common_grid(scene, scene)
    box = (-1.83, 39.72, -1.81, 39.74)
    part = common_grid(scene, scene, box)
    assert part.crs == whole.crs == CRS.from_epsg(32630)
    corners = part.to_map(np.array([[-0.5, -0.5], [part.width - 0.5, part.height - 0.5]]))
    (west, north), (east, south) = project(corners, part.crs, DEGREES)
    assert [west, south, east, north] == pytest.approx(box, abs=1e-3)
    assert part.width < whole.width / 2
