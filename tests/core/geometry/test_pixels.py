"""Pixel positions, and the conversions between pixels and cells."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch

import model_core
from model_core.geometry.pixels import (
    cell_to_pixel,
    centre_offset,
    image_centre,
    pixel_grid,
    pixel_to_cell,
    window_pixels,
)


@pytest.mark.parametrize("factor", [1, 2, 4, 16, 3])
def test_a_cell_stands_at_the_mean_of_its_pixels(factor: int) -> None:
    pixels = np.arange(5 * factor, dtype=np.float64).reshape(5, factor)
    assert np.allclose(cell_to_pixel(np.arange(5.0), factor), pixels.mean(axis=1))
    assert np.allclose(pixel_to_cell(pixels.mean(axis=1), factor), np.arange(5.0))
    assert centre_offset(factor) == pixels[0].mean()


def test_tensors_and_a_factor_for_each_axis() -> None:
    cells = torch.tensor([[0.0, 0.0], [3.0, 1.0]])
    assert cell_to_pixel(cells, 2).tolist() == [[0.5, 0.5], [6.5, 2.5]]
    factors = np.array([2.0, 4.0])
    assert cell_to_pixel(cells.double().numpy(), factors).tolist() == [[0.5, 1.5], [6.5, 5.5]]


def test_positions_are_x_then_y() -> None:
    window = window_pixels(row=5, column=20, height=2, width=3)
    assert window.shape == (2, 3, 2)
    assert window[0, 0].tolist() == [20, 5]
    assert window[1, 2].tolist() == [22, 6]
    grid = pixel_grid(2, 3, torch.zeros(1))
    assert grid.shape == (2, 3, 2)
    assert grid[1, 2].tolist() == [2, 1]


def test_the_centre_of_an_image_is_the_mean_of_its_pixels() -> None:
    pixels = window_pixels(0, 0, 6, 9).reshape(-1, 2)
    assert image_centre(height=6, width=9) == tuple(pixels.mean(axis=0))


CONVERSION = re.compile(
    r"\+ 0\.5\) *[*/]"  # (x + 0.5) * s, (x + 0.5) / s
    r"|[*/] *\w+ - 0\.5\b"  # ... * s - 0.5
    r"|\(\w+(\.\w+)* - 1\) / (2\b|\(2)"  # (s - 1) / 2
)
"""What a conversion between pixels and cells looks like, in code."""

ELSEWHERE = {
    # The basis of the cosine transform, whose samples happen to lie at half integers too.
    "registration/cosines.py": 1,
    # Steps of the search, not pixels.
    "registration/hypotheses.py": 1,
    # Middles of the fields that are drawn on invented ground.
    "simulation/landscape.py": 2,
}


def test_nobody_else_converts_between_pixels_and_cells() -> None:
    core = Path(model_core.__file__).parent
    found = {}
    for file in sorted(core.rglob("*.py")):
        if file.parent.name == "geometry":
            continue
        code = re.sub(r'""".*?"""|#[^\n]*', "", file.read_text(encoding="utf-8"), flags=re.S)
        count = len(CONVERSION.findall(code))
        if count:
            found[file.relative_to(core).as_posix()] = count
    assert found == ELSEWHERE
