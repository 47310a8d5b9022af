"""The kinds of transformation, fitted by weighted least squares."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
import torch
from torch import Tensor

from model_core.geometry.affine import transform_points
from model_core.registration.transformation import (
    FLOW,
    KINDS,
    LINEAR,
    Kind,
    LinearKind,
    as_linear,
    weighted_fit,
)
from tests.core.registration.measured import on_ground, turn

AFFINE = np.array([[1.03, 0.12], [-0.07, 0.96]])
TRUTHS: dict[LinearKind, np.ndarray] = {
    "shift": np.eye(2),
    "rigid": turn(17.0),
    "similarity": 1.08 * turn(-23.0),
    "affine": AFFINE,
}
"""On the ground."""


def points(count: int = 200, seed: int = 0) -> Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.uniform(0, 1, (1, count, 2)) * [400, 250])


def truth(kind: LinearKind, aspect: float = 1.0) -> Tensor:
    """Return a transformation (1, 2, 3) of a kind, in pixels."""
    affine = np.column_stack([on_ground(aspect, TRUTHS[kind]), [4.0, -9.0]])
    return torch.from_numpy(affine)[None]


def fit(kind: LinearKind, source: Tensor, targets: Tensor, aspect: float = 1.0) -> Tensor:
    return weighted_fit(kind, source, targets, torch.ones(source.shape[:2]), aspect)


@pytest.mark.parametrize("aspect", [1.0, 2.0, 0.6])
@pytest.mark.parametrize("kind", LINEAR)
def test_exact_targets_give_the_exact_transformation(kind: LinearKind, aspect: float) -> None:
    source, wanted = points(), truth(kind, aspect)
    targets = transform_points(wanted, source)
    found = fit(kind, source, targets, aspect)
    assert torch.allclose(found, wanted, atol=1e-3)
    assert float((transform_points(found, source) - targets).norm(dim=-1).max()) < 1e-3


@pytest.mark.parametrize(("kind", "freer"), list(zip(LINEAR[:-1], LINEAR[1:], strict=True)))
def test_a_kind_does_not_give_more_than_its_own(kind: LinearKind, freer: LinearKind) -> None:
    """What the next one adds is left: on the ground, also where pixels are not square."""
    source = points()
    found = fit(kind, source, transform_points(truth(freer, 2.0), source), 2.0)[0, :, :2].numpy()
    linear = on_ground(1 / 2.0, found)
    if kind == "shift":
        assert linear.tolist() == np.eye(2).tolist()
    else:
        scale = np.sqrt(np.linalg.det(linear))
        assert linear.T @ linear == pytest.approx(scale**2 * np.eye(2), abs=1e-9)
        assert (scale == pytest.approx(1, abs=1e-9)) == (kind == "rigid")


@pytest.mark.parametrize("kind", LINEAR)
def test_the_fit_is_that_of_least_squares(kind: LinearKind) -> None:
    """No small change of any of the kind's parameters makes the weighted squares smaller."""
    source, rng = points(40), np.random.default_rng(3)
    targets = transform_points(truth("affine"), source) + torch.from_numpy(
        rng.normal(scale=3.0, size=(1, 40, 2))
    )
    weights = torch.from_numpy(rng.uniform(0.1, 1, (1, 40)))
    found = weighted_fit(kind, source, targets, weights)

    def squares(affine: Tensor) -> float:
        away = (transform_points(affine, source) - targets).square().sum(-1)
        return float((weights * away).sum())

    linear = found[0, :, :2].numpy()
    centre = (source * weights[..., None]).sum(1)[0].numpy() / float(weights.sum())
    changes = {
        "rigid": turn(0.02) @ linear - linear,
        "similarity": 4e-4 * linear,
        "affine": np.array([[0.0, 4e-4], [0.0, 0.0]]),
    }
    tried = [np.column_stack([np.zeros((2, 2)), one]) for one in ([0.02, 0.0], [0.0, 0.02])]
    for freed, change in changes.items():
        if KINDS.index(freed) <= KINDS.index(kind):
            tried.append(np.column_stack([change, -change @ centre]))
    for one in tried:
        for sign in (1, -1):
            assert squares(found + sign * torch.from_numpy(one)) > squares(found)


@pytest.mark.parametrize("kind", LINEAR)
def test_without_weight_points_do_not_count(kind: LinearKind) -> None:
    source = points()
    targets = transform_points(truth(kind), source)
    weights = torch.ones(1, 200)
    targets[:, :80] += 50
    weights[:, :80] = 0
    assert torch.allclose(weighted_fit(kind, source, targets, weights), truth(kind), atol=1e-3)
    nothing = weighted_fit(kind, source, targets, 0 * weights)
    assert torch.allclose(nothing[0], torch.eye(2, 3, dtype=torch.float64), atol=1e-9)


@pytest.mark.parametrize("aspect", [1.0, 2.0])
@pytest.mark.parametrize("kind", LINEAR)
def test_what_points_do_not_determine_stays_the_identity(kind: LinearKind, aspect: float) -> None:
    one = torch.tensor([[[10.0, 20.0]]])
    found = fit(kind, one, one + torch.tensor([3.0, -2.0]), aspect)
    assert torch.allclose(found[0, :, :2], torch.eye(2).double(), atol=1e-6)
    assert found[0, :, 2].tolist() == pytest.approx([3, -2], abs=1e-4)


@pytest.mark.parametrize("kind", LINEAR)
def test_points_on_a_line_tell_what_happens_along_it(kind: LinearKind) -> None:
    x = torch.arange(30.0, dtype=torch.float64)
    line = torch.stack([x, torch.full_like(x, 7.0)], dim=-1)[None]
    moved = transform_points(truth(kind), line)
    found = fit(kind, line, moved)
    assert torch.allclose(transform_points(found, line), moved, atol=1e-2)
    # Across the line an affine is open: there it is the identity's.
    expected = [0.0, 1.0] if kind == "affine" else truth(kind)[0, :, 1].tolist()
    assert found[0, :, 1].tolist() == pytest.approx(expected, abs=1e-3)


def test_points_almost_on_a_line_do_not_bend_the_answer() -> None:
    """Across the line there is as little evidence as the prior holds: half of it is taken."""
    x = torch.linspace(-100, 100, 201, dtype=torch.float64)
    y = torch.where(torch.arange(201) % 2 == 0, 1.0, -1.0).double() * 0.058
    line = torch.stack([x, y], dim=-1)[None]
    moved = line + torch.stack([10 * y, torch.zeros_like(y)], dim=-1)
    found = fit("affine", line, moved)
    assert float(found[0, 0, 1]) == pytest.approx(5.0, abs=0.5)
    assert float(found[0, 1, 1]) == pytest.approx(1.0, abs=0.01)


def test_each_item_of_a_batch_has_its_own_fit() -> None:
    source = torch.cat([points(seed=4), points(seed=5)])
    wanted = torch.cat([truth("similarity"), truth("rigid")])
    found = fit("similarity", source, transform_points(wanted, source))
    assert torch.allclose(found, wanted, atol=1e-3)


def test_kinds_are_the_linear_ones_and_one_with_a_local_field() -> None:
    assert get_args(LinearKind) == LINEAR
    assert KINDS == ("shift", "rigid", "similarity", "affine", "affine+flow")
    kinds: dict[Kind, LinearKind | None] = {kind: as_linear(kind) for kind in KINDS}
    assert kinds.pop(FLOW) is None
    assert kinds == {kind: kind for kind in LINEAR}
