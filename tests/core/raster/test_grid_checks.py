"""Geotransforms with which no place can be computed, and sizes that no raster can have."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from rasterio.crs import CRS
from rasterio.transform import Affine

from model_core.errors import BadInputError
from model_core.geometry.grid import Grid
from model_core.products.output_grid import output_grid
from model_core.raster.grid_checks import check_crs, check_georeferencing
from model_core.raster.scene import open_scene
from tests.core.rasters import NORTH_UP, UTM, write

WRONG = [
    (Affine(0, 0, 6e5, 0, 0, 4e6), "no area"),
    (Affine(10, 0, 6e5, 0, 0, 4e6), "no area"),
    (Affine(10, 10, 6e5, 10, 10, 4e6), "no area"),
    (Affine(10, 0, 6e5, 0, -5e-324, 4e6), "pixels of 4.94066e-324 are too small"),
    (Affine(5e-324, 0, 6e5, 0, -5e-324, 4e6), "no area"),
    (Affine(1e-12, 0, 6e5, 0, -1e-12, 4e6), "too small for coordinates of 4e+06"),
    (Affine(10, 0, 1e20, 0, -10, 4e6), "too small for coordinates of 1e+20"),
    (Affine(1e308, 0, 0, 0, -1e308, 0), "too"),
    (Affine(math.nan, 0, 6e5, 0, -10, 4e6), "not finite"),
    (Affine(10, 0, 6e5, 0, -10, -math.inf), "not finite"),
]


@pytest.mark.parametrize(("transform", "words"), WRONG)
def test_a_geotransform_that_cannot_be_right(transform: Affine, words: str) -> None:
    grid = Grid(UTM, transform, 200, 100)
    with pytest.raises(BadInputError, match=f"^flat.tif has a geotransform .*{re.escape(words)}"):
        check_georeferencing(grid, "flat.tif")


@pytest.mark.parametrize(
    "transform",
    [
        NORTH_UP,
        Affine(7.0, 7.0, 6e5, 7.0, -7.0, 4e6),
        Affine(2.7e-6, 0, -179.9, 0, -2.7e-6, 89.9),
        Affine(1e-3, 0, 6e5, 0, -1e-3, 4e6),
        Affine(10, 0, 6e5, 0, 2000, 4e6),
    ],
)
def test_geotransforms_that_files_have(transform: Affine) -> None:
    check_georeferencing(Grid(UTM, transform, 30000, 30000), "real.tif")


def test_a_file_with_such_a_geotransform_is_named(tmp_path: Path) -> None:
    values = np.ones((1, 80, 80), np.uint8)
    path = write(tmp_path / "flat.tif", values, Affine(0, 0, 10, 0, 0, 10))
    with pytest.raises(BadInputError, match=r"^flat\.tif .*; set its georeferencing anew\.$"):
        open_scene(path, "sar")


@pytest.mark.parametrize(
    ("crs", "words"),
    [
        ("EPSG:4978", "it is geocentric"),
        ("EPSG:5773", "it is of heights only"),
        ("EPSG:4326", ""),
        ("EPSG:32630+5773", ""),
        ("EPSG:4979", ""),
        ("+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=30 +lon_0=10", ""),
        ("+proj=longlat +R=1737400 +no_defs", ""),
        ('LOCAL_CS["Site grid",UNIT["metre",1],AXIS["East",EAST],AXIS["North",NORTH]]', ""),
    ],
)
def test_crss_in_which_no_raster_can_lie(crs: str, words: str) -> None:
    if not words:
        check_crs(CRS.from_user_input(crs), "a.tif")
        return
    with pytest.raises(BadInputError, match=rf"^a\.tif has a CRS in .*{words}.*warp it to a map"):
        check_crs(CRS.from_user_input(crs), "a.tif")


def test_a_unit_of_no_length() -> None:
    wkt = 'LOCAL_CS["Zero",UNIT["unknown",0],AXIS["Easting",EAST],AXIS["Northing",NORTH]]'
    with pytest.raises(BadInputError, match="whose unit has no length"):
        check_crs(CRS.from_wkt(wkt), "a.tif")


@pytest.mark.parametrize(
    ("pixel_size", "words"),
    [(1e-9, r"1e\+12 x 1e\+12 pixels.*larger output_pixel_size"), (1e5, "100 x 100 pixels.*small")],
)
def test_a_size_that_no_registered_raster_can_have(pixel_size: float, words: str) -> None:
    grid = Grid(UTM, NORTH_UP, 100, 100)
    with pytest.raises(BadInputError, match=words):
        output_grid(grid, grid, pixel_size)
