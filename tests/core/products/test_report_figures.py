"""Pictures of the report."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from rasterio.io import MemoryFile

from model_core.products.report_figures import checkerboard, png_uri


def test_checkerboard_takes_squares_in_turn() -> None:
    board = checkerboard(np.zeros((64, 64, 3), np.uint8), np.full((64, 64, 3), 255, np.uint8))
    assert board[0, 0].tolist() == [0, 0, 0]
    assert board[0, 16].tolist() == board[16, 0].tolist() == [255, 255, 255]
    assert board[16, 16].tolist() == [0, 0, 0]


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (1, 1, 3)])
def test_png_is_lossless(shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    with MemoryFile(base64.b64decode(png_uri(image).partition(",")[2])) as file, file.open() as png:
        read = png.read()
    np.testing.assert_array_equal(read.transpose(1, 2, 0).reshape(shape), image)
