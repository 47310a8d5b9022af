"""A product is as fine as what it shows, and lies on the reference's pixels."""

from __future__ import annotations

import pytest
from rasterio.crs import CRS
from rasterio.transform import Affine

from model_core.geometry.grid import Grid
from model_core.products.output_grid import output_grid, output_sentence
from tests.core.rasters import NORTH_UP, UTM

ORTHOPHOTO = Grid(CRS.from_string(UTM), NORTH_UP * Affine.scale(0.1), 2000, 1600)  # 1 m
WORKING = Grid(ORTHOPHOTO.crs, NORTH_UP * Affine.translation(2, 1), 190, 150)  # 10 m


def image(across: float, down: float | None = None, turn: float = 0.0) -> Grid:
    """Return the grid of a moving image over the same ground, with pixels in metres."""
    scale = Affine.scale(across / 10, (down or across) / 10)
    return Grid(ORTHOPHOTO.crs, NORTH_UP * Affine.rotation(turn) * scale, 4000, 4000)


@pytest.mark.parametrize(
    ("moving", "choice", "expected"),
    [
        (image(10), "auto", 10),
        (image(10, turn=12), "auto", 10),
        (image(10.7), "auto", 10),  # a whole number of the reference's, and nothing lost
        (image(2.5), "auto", 1),
        (image(14, 3.2), "auto", 3),
        (image(10), "reference", 1),
        (image(2.5), "moving", 2),
        (image(0.5), "moving", 0.5),
        (image(0.4), "moving", 1 / 3),
        (image(0.5), "auto", 1),
        (Grid(CRS.from_epsg(4326), Affine(1e-4, 0, -2, 0, -1e-4, 39.8), 9000, 9000), "auto", 8),
    ],
)
def test_pixels_are_whole_numbers_of_the_references(
    moving: Grid, choice: str, expected: float
) -> None:
    found = output_grid(WORKING, ORTHOPHOTO, None, moving, choice)
    assert found.pixel_size == pytest.approx((expected, expected))
    assert (found.transform.c, found.transform.f) == (WORKING.transform.c, WORKING.transform.f)
    assert found.width == pytest.approx(1900 / expected, abs=0.5)
    assert found.height == pytest.approx(1500 / expected, abs=0.5)


def test_where_the_sizes_are_alike_nothing_of_the_reference_is_changed() -> None:
    grid = Grid(ORTHOPHOTO.crs, NORTH_UP, 190, 150)
    assert output_grid(grid, grid, None, image(10)) == grid
    assert output_grid(grid, grid, None, image(20)) == grid


def test_a_given_size_goes_before_the_choice() -> None:
    found = output_grid(WORKING, ORTHOPHOTO, 5.0, image(10), "reference")
    assert found.pixel_size == pytest.approx((5, 5))


def test_images_without_a_map_share_their_pixels() -> None:
    plain = Grid(None, Affine.identity(), 300, 200)
    assert output_grid(plain, plain, None, Grid(None, Affine.identity(), 90, 90), "moving") == plain


def test_a_coarser_product_is_said() -> None:
    coarse = output_grid(WORKING, ORTHOPHOTO, None, image(10))
    text = output_sentence(coarse, ORTHOPHOTO, "sar.tif")
    assert text
    assert "10 x 10 of the reference's" in text
    assert "sar.tif" in text
    assert "output_grid=reference" in text
    assert output_sentence(ORTHOPHOTO, ORTHOPHOTO, "sar.tif") is None
