"""Sampling at positions: pixel centres at integers, borders, masks."""

from __future__ import annotations

import pytest
import torch

from model_core.geometry.pixels import cell_to_pixel, pixel_grid
from model_core.geometry.sampling import inside, resize_displacement, sample, sample_mask


def ramp(height: int, width: int) -> torch.Tensor:
    """An image (1, 2, H, W) whose values are its pixels' x and y."""
    return pixel_grid(height, width, torch.zeros(1)).permute(2, 0, 1)[None]


def test_an_image_of_positions_says_where_it_was_sampled() -> None:
    positions = torch.tensor([[[[0.0, 0.0], [5.0, 3.0], [2.25, 1.5], [4.75, 0.5]]]])
    found = sample(ramp(4, 6), positions)[0, :, 0].T
    assert torch.allclose(found, positions[0, 0], atol=1e-5)


def test_beyond_the_border_the_border_is_repeated() -> None:
    positions = torch.tensor([[[[-4.0, 1.0], [9.0, 2.0], [2.0, -3.0], [2.0, 8.0]]]])
    found = sample(ramp(4, 6), positions)[0, :, 0].T.tolist()
    expected = [[0, 1], [5, 2], [2, 0], [2, 3]]
    for point, wanted in zip(found, expected, strict=True):
        assert point == pytest.approx(wanted, abs=1e-5)


def test_inside_reaches_to_the_outer_edges_of_the_pixels() -> None:
    height, width = 4, 6
    edge = torch.tensor(
        [[[-0.5, 0.0], [-0.6, 0.0], [5.5, 0.0], [5.6, 0.0], [0.0, 3.5], [0.0, 3.6], [0.0, -0.6]]]
    )
    found = inside(edge, height, width)[0].tolist()
    assert found == [True, False, True, False, True, False, False]


def test_a_mask_is_valid_where_all_that_is_mixed_is_valid() -> None:
    mask = torch.ones(1, 1, 5, 5)
    mask[..., 2, 2] = 0
    positions = torch.tensor([[[[1.0, 2.0], [1.5, 2.0], [3.0, 2.0], [2.0, 2.0], [9.0, 2.0]]]])
    assert sample_mask(mask, positions)[0, 0, 0].tolist() == [1, 0, 1, 0, 0]


def test_a_linear_displacement_stays_what_it_is_between_cells() -> None:
    factor = 4
    cells = cell_to_pixel(pixel_grid(6, 8, torch.zeros(1)), factor)
    displacement = torch.stack([0.1 * cells[..., 0], -0.2 * cells[..., 1]])[None]
    found = resize_displacement(displacement, 24, 32, factor)[0]
    pixels = pixel_grid(24, 32, torch.zeros(1))
    inner = (slice(2, -2), slice(2, -2))  # within the outermost cell centres
    assert torch.allclose(found[0][inner], 0.1 * pixels[..., 0][inner], atol=1e-5)
    assert torch.allclose(found[1][inner], -0.2 * pixels[..., 1][inner], atol=1e-5)
    assert found[0, 0, 0] == pytest.approx(0.15)  # beyond them the value is kept
