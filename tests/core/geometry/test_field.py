"""The displacement field: affine and residual, at points and in windows."""

from __future__ import annotations

import numpy as np
import pytest

from model_core.geometry.field import ControlGrid, Field, affine_of_crop, transform
from model_core.geometry.window import Window

AFFINE = np.array([[1.02, 0.1, 3.0], [-0.05, 0.97, -8.0]])
GRID = ControlGrid(height=90, width=140, spacing=16)


def linear(points: np.ndarray) -> np.ndarray:
    """A displacement (..., 2) that bilinear interpolation between control points keeps."""
    x, y = points[..., 0], points[..., 1]
    return np.stack([0.05 * x - 0.02 * y + 1.5, 0.01 * x + 0.03 * y - 2.0], axis=-1)


def field() -> Field:
    residual = linear(GRID.positions()).transpose(2, 0, 1).astype(np.float32)
    return Field(AFFINE, GRID, residual)


def test_control_points_stand_at_the_centres_of_their_cells() -> None:
    assert GRID.shape == (6, 9)
    positions = GRID.positions()
    assert positions.shape == (6, 9, 2)
    assert positions[0, 0].tolist() == [7.5, 7.5]
    assert positions[2, 5].tolist() == [87.5, 39.5]


def test_an_affine_moves_points_as_its_matrix_says() -> None:
    points = np.array([[[10.0, 20.0]], [[0.0, 0.0]]])
    expected = [[[15.2, 10.9]], [[3.0, -8.0]]]
    assert np.allclose(transform(AFFINE, points), expected)
    assert np.allclose(Field(AFFINE, GRID).at(points), expected)


def test_the_residual_is_added_to_the_affine() -> None:
    points = np.array([[20.0, 30.0], [100.25, 41.5], [60.0, 70.0]])
    expected = transform(AFFINE, points) + linear(points)
    assert np.allclose(field().at(points), expected, atol=1e-4)


def test_points_of_any_shape_are_taken() -> None:
    points = np.array([20.0, 30.0])
    assert np.allclose(field().at(points), field().at(points[None, None])[0, 0])


@pytest.mark.parametrize("factor", [1, 4])
def test_a_window_gives_the_positions_of_its_own_pixels(factor: int) -> None:
    window = Window(row=3, column=6, height=5, width=8, factor=factor)
    found = field().window(window)
    assert found.shape == (5, 8, 2)
    assert np.allclose(found, field().at(window.positions()))


@pytest.mark.parametrize("factor", [1, 3])
def test_an_affine_between_crops_does_what_it_does_between_the_images(factor: int) -> None:
    origin = np.array([-5.0, 12.0])
    whole = affine_of_crop(AFFINE, origin, factor)
    crop = np.array([[4.0, 7.0], [30.0, 2.0]])

    def in_full(points: np.ndarray) -> np.ndarray:
        return (points + origin + 0.5) * factor - 0.5

    assert np.allclose(transform(whole, in_full(crop)), in_full(transform(AFFINE, crop)))
