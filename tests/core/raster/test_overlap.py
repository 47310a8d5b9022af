"""The common ground of two images, whatever their files say of where it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rasterio.transform import Affine

from model_core.errors import BadInputError
from model_core.geometry.crs import COORDINATES
from model_core.raster.overlap import common_grid
from model_core.raster.scene import Scene, open_scene
from tests.core.rasters import NORTH_UP, write

SIDE = 200


def scene(
    folder: Path, name: str, transform: Affine | None, crs: str | None, side: int = SIDE
) -> Scene:
    values = np.zeros((1, side, side), np.uint8)
    return open_scene(write(folder / name, values, transform, crs), "sar")


def test_without_a_crs_coordinates_say_where_images_lie(tmp_path: Path) -> None:
    reference = scene(tmp_path, "a.tif", NORTH_UP, None)
    moving = scene(tmp_path, "b.tif", NORTH_UP * Affine.translation(80, 60), None)
    grid = common_grid(reference, moving)
    assert grid.crs == COORDINATES
    assert grid.transform == NORTH_UP * Affine.translation(80, 60)
    assert (grid.width, grid.height) == (120, 140)


def test_without_a_crs_larger_pixels_make_the_grid_coarser(tmp_path: Path) -> None:
    reference = scene(tmp_path, "a.tif", NORTH_UP, None)
    moving = scene(tmp_path, "b.tif", NORTH_UP * Affine.scale(2), None, 100)
    grid = common_grid(reference, moving)
    assert grid.transform == NORTH_UP * Affine.scale(2)
    assert (grid.width, grid.height) == (100, 100)


@pytest.mark.parametrize(
    "transform",
    [
        NORTH_UP * Affine.translation(100, 100) * Affine.rotation(20),
        Affine(10, 0, 600_000, 0, 10, 4_398_000),  # rows run to the north
        Affine(10, 3, 600_000, 2, -10, 4_400_000),  # sheared
    ],
)
def test_rows_may_run_in_any_direction(tmp_path: Path, transform: Affine) -> None:
    for crs in ("EPSG:32630", None):
        reference = scene(tmp_path, "a.tif", transform, crs)
        # Half a pixel more, so that rounding does not decide which pixel is the first.
        moving = scene(tmp_path, "b.tif", transform * Affine.translation(50.5, 20.5), crs)
        grid = common_grid(reference, moving)
        assert np.allclose(grid.transform, transform * Affine.translation(50, 20))
        assert (grid.width, grid.height) == (150, 180)


def test_without_a_geotransform_pixels_are_shared(tmp_path: Path) -> None:
    reference = scene(tmp_path, "a.tif", None, None)
    moving = scene(tmp_path, "b.tif", None, None, 100)
    grid = common_grid(reference, moving)
    assert grid.crs is None
    assert (grid.width, grid.height) == (100, 100)


def test_what_soma_wrote_for_pixels_is_read_as_pixels(tmp_path: Path) -> None:
    """A part of an image without geotransform, moved once and to be moved again."""
    whole = scene(tmp_path, "a.tif", None, None)
    part = scene(tmp_path, "b.tif", Affine(1, 0, 30, 0, -1, -50), None, 100)
    assert part.grid.crs is None
    grid = common_grid(whole, part)
    assert grid.transform == Affine.translation(30, 50)
    assert (grid.width, grid.height) == (100, 100)


def test_a_crs_without_a_geotransform_says_nothing_of_the_place(tmp_path: Path) -> None:
    assert scene(tmp_path, "a.tif", None, "EPSG:32630").grid.crs is None


def test_one_with_a_geotransform_and_one_without_are_refused(tmp_path: Path) -> None:
    placed = scene(tmp_path, "placed.tif", NORTH_UP, None)
    plain = scene(tmp_path, "plain.tif", None, None)
    for pair in ((placed, plain), (plain, placed)):
        with pytest.raises(BadInputError, match=r"plain.tif is not georeferenced .*roughly first"):
            common_grid(*pair)


def test_one_with_a_crs_and_one_without_are_refused(tmp_path: Path) -> None:
    known = scene(tmp_path, "known.tif", NORTH_UP, "EPSG:32630")
    unknown = scene(tmp_path, "unknown.tif", NORTH_UP, None)
    for pair in ((known, unknown), (unknown, known)):
        with pytest.raises(BadInputError, match=r"unknown.tif has coordinates .*Assign Projection"):
            common_grid(*pair)


@pytest.mark.parametrize(
    ("crs", "transform", "far"),
    [
        # 1000 pixels to the east, less what the image itself covers: 800 pixels.
        ("EPSG:32630", NORTH_UP, "8.0 km"),
        ("EPSG:3857", Affine(10, 0, 0, 0, -10, 8_400_000), "4.0 km"),  # 60° N: half as long
        ("EPSG:4326", Affine(1e-4, 0, 10, 0, -1e-4, 60), "4.5 km"),
        (None, NORTH_UP, "7995 units"),
    ],
)
def test_how_far_images_lie_apart(tmp_path: Path, crs: str, transform: Affine, far: str) -> None:
    reference = scene(tmp_path, "a.tif", transform, crs)
    moving = scene(tmp_path, "b.tif", transform * Affine.translation(1000, 0), crs)
    with pytest.raises(BadInputError, match=f"they lie {far} apart"):
        common_grid(reference, moving)


def test_across_the_antimeridian_images_overlap(tmp_path: Path) -> None:
    degrees = Affine(0.001, 0, 179.9, 0, -0.001, -16)
    reference = scene(tmp_path, "a.tif", degrees, "EPSG:4326")
    there = Affine.translation(-360, 0) * degrees * Affine.translation(50, 20)
    moving = scene(tmp_path, "b.tif", there, "EPSG:4326")
    grid = common_grid(reference, moving)
    assert np.allclose(grid.transform, degrees * Affine.translation(50, 20))
    assert (grid.width, grid.height) == (150, 180)
