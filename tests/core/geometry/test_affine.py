"""Affines composed, inverted, downsampled and compared at points."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from model_core.geometry.affine import (
    affine_field,
    at_stride,
    compose,
    homogeneous,
    identity_affine,
    invert,
    similarity_about,
    transform_points,
)
from model_core.geometry.pixels import cell_to_pixel

FIRST = torch.tensor([[[1.1, 0.2, 3.0], [-0.3, 0.9, -5.0]]], dtype=torch.float64)
SECOND = torch.tensor([[[0.8, -0.5, -7.0], [0.4, 1.2, 2.0]]], dtype=torch.float64)
POINTS = torch.tensor([[[0.0, 0.0], [10.0, 0.0], [0.0, 20.0], [-3.5, 7.25]]], dtype=torch.float64)


def close(one: Tensor, other: Tensor) -> bool:
    return torch.allclose(one, other, atol=1e-9)


def test_a_point_is_moved_by_the_rows_of_the_matrix() -> None:
    moved = transform_points(FIRST, POINTS)[0]
    assert moved[0].tolist() == [3.0, -5.0]
    assert moved[1].tolist() == pytest.approx([14.0, -8.0])
    assert moved[2].tolist() == pytest.approx([7.0, 13.0])


def test_each_affine_of_a_batch_moves_its_own_points() -> None:
    both = transform_points(torch.cat([FIRST, SECOND]), POINTS.expand(2, -1, -1))
    assert close(both[:1], transform_points(FIRST, POINTS))
    assert close(both[1:], transform_points(SECOND, POINTS))


def test_composition_applies_the_inner_one_first() -> None:
    expected = transform_points(FIRST, transform_points(SECOND, POINTS))
    assert close(transform_points(compose(FIRST, SECOND), POINTS), expected)
    assert not close(transform_points(compose(SECOND, FIRST), POINTS), expected)


def test_the_inverse_takes_back() -> None:
    assert close(transform_points(invert(FIRST), transform_points(FIRST, POINTS)), POINTS)
    assert close(compose(invert(FIRST), FIRST), identity_affine(1, FIRST))
    assert homogeneous(FIRST)[0, 2].tolist() == [0, 0, 1]


def test_a_field_is_the_affine_at_every_pixel() -> None:
    field = affine_field(FIRST, 4, 6)
    assert field.shape == (1, 4, 6, 2)
    at = torch.tensor([[[5.0, 2.0]]], dtype=torch.float64)
    assert close(field[0, 2, 5], transform_points(FIRST, at)[0, 0])


def test_a_similarity_keeps_its_centre_and_turns_x_towards_y() -> None:
    centre = (40.0, 25.0)
    angles, scales = torch.tensor([90.0, 0.0]), torch.tensor([1.0, 2.0])
    quarter, twice = similarity_about(centre, angles, scales).double().split(1)
    points = torch.tensor([[centre, (50.0, 25.0), (40.0, 30.0)]], dtype=torch.float64)
    rotated = transform_points(quarter, points)[0]
    expected = torch.tensor([centre, (40.0, 35.0), (35.0, 25.0)], dtype=torch.float64)
    assert torch.allclose(rotated, expected, atol=1e-4)
    larger = transform_points(twice, points)[0].tolist()
    assert larger == [[40.0, 25.0], [60.0, 25.0], [40.0, 35.0]]


@pytest.mark.parametrize("stride", [1, 2, 4, 3])
def test_between_cells_an_affine_does_what_it_does_between_pixels(stride: int) -> None:
    small = at_stride(FIRST, stride)
    at_pixels = transform_points(FIRST, cell_to_pixel(POINTS, stride))
    assert close(cell_to_pixel(transform_points(small, POINTS), stride), at_pixels)
    assert close(at_stride(small, 1 / stride), FIRST)
