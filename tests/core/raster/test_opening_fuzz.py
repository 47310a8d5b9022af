"""Random damage of files: what cannot be read is refused with one sentence that names the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasterio.transform import Affine

from model_core.errors import BadInputError
from model_core.geometry.grid import Grid
from model_core.products.displacement_raster import (
    read_displacement_raster,
    write_displacement_raster,
)
from model_core.raster.grid_checks import check_georeferencing
from model_core.workflows.match import plain_view
from tests.core.fuzzing import NUMBERS, assert_sentence, examples
from tests.core.products.fields import shifted
from tests.core.rasters import UTM, texture, write

PLACES = st.floats(0, 1)
DAMAGE = st.lists(st.tuples(PLACES, st.integers(0, 255)), max_size=6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files that are whole; the first part of a GeoTIFF says most of it."""
    folder = tmp_path_factory.mktemp("whole")
    values = (1000 * texture(80, 80))[None].astype(np.uint16)
    write(folder / "image.tif", values, compress="deflate", predictor=2, nodata=0)
    write_displacement_raster(shifted(2, 1), folder / "displacement.tif")
    return folder


def damaged(path: Path, damage: list[tuple[float, int]], head: float, kept: float) -> Path:
    """Write a copy with some bytes changed, most of them near its head, and cut off."""
    content = bytearray(path.read_bytes())
    for place, byte in damage:
        content[int(place * head * (len(content) - 1))] = byte
    copy = path.with_name("damaged.tif")
    copy.write_bytes(content[: int(kept * len(content))])
    return copy


@examples(150)
@given(DAMAGE, PLACES, st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0, 1.0, 1.0, 1.0]))
def test_damaged_images(
    folder: Path, damage: list[tuple[float, int]], head: float, kept: float
) -> None:
    path = damaged(folder / "image.tif", damage, head, kept)
    try:
        view = plain_view(path, "sar")
    except BadInputError as error:
        assert_sentence(str(error), "damaged.tif")
        return
    assert view.image.shape[1:] == view.valid.shape


@examples(100)
@given(DAMAGE, PLACES, st.sampled_from([0.5, 1.0, 1.0, 1.0]))
def test_damaged_displacement_rasters(
    folder: Path, damage: list[tuple[float, int]], head: float, kept: float
) -> None:
    path = damaged(folder / "displacement.tif", damage, head, kept)
    try:
        field = read_displacement_raster(path)
    except BadInputError as error:
        assert_sentence(str(error))
        return
    assert field.dx.shape == field.valid.shape


@examples(300)
@given(st.lists(NUMBERS, min_size=6, max_size=6), st.integers(1, 10**9))
def test_any_geotransform_has_an_inverse_or_is_refused(numbers: list[float], width: int) -> None:
    try:
        transform = Affine(*numbers)
    except OverflowError:  # an integer that no floating point holds is no geotransform
        return
    grid = Grid(UTM, transform, width, 100)
    try:
        check_georeferencing(grid, "image.tif")
    except BadInputError as error:
        assert_sentence(str(error))
        return
    corner = np.array([[0.0, 99.0]])
    assert np.allclose(grid.to_pixels(grid.to_map(corner)), corner, atol=0.1)
