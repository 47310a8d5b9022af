"""One transformation for many displacements, in spite of those that are wrong."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from model_core.geometry.affine import transform_points
from model_core.registration.robust_fit import (
    agreement,
    narrowing,
    robust_fit,
    spread_out,
    squared_residuals,
)
from model_core.registration.transformation import LINEAR, LinearKind
from tests.core.registration.measured import on_ground, turn

TRUTH = torch.tensor([[[1.03, 0.12, 4.0], [-0.07, 0.96, -9.0]]], dtype=torch.float64)


def points(count: int = 200, seed: int = 0) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.uniform(0, 1, (1, count, 2)) * [400, 250])


def test_residuals_are_squared_distances_in_pixels() -> None:
    source = points(3)
    targets = transform_points(TRUTH, source) + torch.tensor([3.0, -4.0])
    assert squared_residuals(TRUTH, source, targets)[0].tolist() == pytest.approx([25.0] * 3)


def test_almost_half_of_the_points_may_be_wrong() -> None:
    source = points()
    rng = np.random.default_rng(1)
    targets = transform_points(TRUTH, source)
    targets += torch.from_numpy(rng.normal(scale=0.3, size=(1, 200, 2)))
    wrong = torch.from_numpy(rng.uniform(size=(1, 200)) < 0.45)
    targets[wrong] = torch.from_numpy(rng.uniform(0, 400, (int(wrong.sum()), 2)))
    found, agreement = robust_fit("affine", source, targets, torch.ones(1, 200), scale=2.0)
    error = transform_points(found, source) - transform_points(TRUTH, source)
    assert float(error.norm(dim=-1).max()) < 0.5
    assert float(agreement[~wrong].mean()) > 0.9
    assert float(agreement[wrong].mean()) < 0.1


def test_the_answer_is_the_same_every_time() -> None:
    source = points()
    targets = transform_points(TRUTH, source) + torch.randn(1, 200, 2)
    first, second = (
        robust_fit("affine", source, targets, torch.ones(1, 200), 2.0)[0] for _ in range(2)
    )
    assert torch.equal(first, second)


def test_agreement_is_one_for_a_perfect_fit_and_a_quarter_at_the_scale() -> None:
    found = agreement(torch.tensor([0.0, 4.0, 36.0]), scale=2.0)
    assert found.tolist() == pytest.approx([1.0, 0.25, 0.01])


def test_the_scale_narrows_from_three_times_to_itself() -> None:
    scales = [narrowing(2.0, i, 8) for i in range(8)]
    assert scales[0] == pytest.approx(6.0)
    assert scales == sorted(scales, reverse=True)
    assert scales[1] == pytest.approx(4.8)
    assert scales[4:] == pytest.approx([2.0] * 4)


def test_three_points_are_spread_out_or_not_wherever_they_lie() -> None:
    """The box is 100 × 40: twice a triangle is to be above 200."""
    box = torch.tensor([[1000.0, 500.0], [1100.0, 540.0], [1050.0, 510.0]])
    corner = torch.tensor([1010.0, 505.0])
    triples = torch.stack(
        [
            corner + torch.tensor([[0.0, 0.0], [30.0, 0.0], [0.0, 7.0]]),  # 210
            corner + torch.tensor([[0.0, 0.0], [30.0, 0.0], [0.0, 6.0]]),  # 180
            corner + torch.tensor([[0.0, 0.0], [20.0, 8.0], [60.0, 24.0]]),  # on one line
            corner + torch.tensor([[0.0, 0.0], [20.0, 8.0], [10.0, 16.0]]),  # 240
            corner + torch.tensor([[0.0, 0.0], [10.0, 16.0], [20.0, 8.0]]),  # the other way round
        ]
    )
    assert spread_out(triples.double(), box).tolist() == [True, False, False, True, True]


def test_each_item_of_a_batch_has_its_own_answer() -> None:
    source = torch.cat([points(seed=4), points(seed=5)])
    other = torch.tensor([[[0.98, -0.05, -20.0], [0.1, 1.02, 15.0]]], dtype=torch.float64)
    truths = torch.cat([TRUTH, other])
    targets = transform_points(truths, source)
    targets[:, ::3] += 60.0
    found, _ = robust_fit("affine", source, targets, torch.ones(2, 200), scale=2.0)
    assert torch.allclose(found, truths, atol=0.02)


TURNED = np.column_stack([on_ground(2.0, turn(9.0)), [4.0, -9.0]])


def test_a_rotation_is_found_among_outliers_on_the_ground() -> None:
    """Pixels are twice as high as wide: among square ones this would be no rotation."""
    source, rng = points(), np.random.default_rng(2)
    truth = torch.from_numpy(TURNED)[None]
    targets = transform_points(truth, source)
    targets += torch.from_numpy(rng.normal(scale=0.2, size=(1, 200, 2)))
    wrong = torch.from_numpy(rng.uniform(size=(1, 200)) < 0.4)
    targets[wrong] = torch.from_numpy(rng.uniform(0, 400, (int(wrong.sum()), 2)))
    found, agreement = robust_fit("rigid", source, targets, torch.ones(1, 200), 2.0, aspect=2.0)
    away = transform_points(found, source) - transform_points(truth, source)
    assert float(away.norm(dim=-1).max()) < 0.3
    linear = on_ground(1 / 2.0, found[0, :, :2].numpy())
    assert linear.T @ linear == pytest.approx(np.eye(2), abs=1e-9)
    assert float(agreement[~wrong].mean()) > 0.9
    assert float(agreement[wrong].mean()) < 0.1


@pytest.mark.parametrize("kind", LINEAR)
def test_outliers_that_agree_with_each_other_do_not_move_any_kind(kind: LinearKind) -> None:
    """A third of the points moved elsewhere, all alike: the others are more."""
    source, rng = points(), np.random.default_rng(6)
    targets = source + torch.tensor([5.0, 2.0])
    targets[:, torch.from_numpy(rng.uniform(size=200) < 0.33)] += 14.0
    found, _ = robust_fit(kind, source, targets, torch.ones(1, 200), 2.0)
    assert (
        float(
            (transform_points(found, source) - source - torch.tensor([5.0, 2.0])).norm(dim=-1).max()
        )
        < 0.1
    )


def test_few_points_are_fitted_as_they_are() -> None:
    source = torch.tensor([[[10.0, 20.0], [200.0, 40.0]]], dtype=torch.float64)
    targets = source + torch.tensor([3.0, -2.0])
    found, agreement = robust_fit("similarity", source, targets, torch.ones(1, 2), 2.0)
    assert torch.allclose(transform_points(found, source), targets, atol=1e-3)
    assert agreement.min() > 0.99
