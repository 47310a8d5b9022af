"""Certainty-weighted robust least squares: one transformation for many displacements."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from model_core.registration.transformation import LinearKind, weighted_fit

HYPOTHESES = 256
"""Minimal samples that are tried."""

JUDGES = 1000
"""Points by which the affines of minimal samples are judged, about."""


SMALLEST_TRIANGLE = 0.05
"""Twice the area of a minimal sample, in units of the box around all points."""


def squared_residuals(affine: Tensor, points: Tensor, targets: Tensor) -> Tensor:
    """Return the squared distances (B, N), in pixels, of the mapped points from their targets.

    Args:
        affine: (B, 2, 3).
        points: (B, N, 2) in pixels, or (1, N, 2) for all affines.
        targets: as the points.
    """
    # By coordinate: a sum over two numbers that lie side by side takes many times as long.
    total = torch.zeros((), dtype=torch.float64, device=affine.device)
    x, y = (points[..., i].double() for i in (0, 1))
    for axis in (0, 1):
        row = affine[:, axis, :, None].double()
        mapped = torch.addcmul(row[:, 2] - targets[..., axis].double(), row[:, 0], x)
        total = total + mapped.addcmul(row[:, 1], y).square()
    return total


def robust_fit(
    kind: LinearKind,
    points: Tensor,
    targets: Tensor,
    weights: Tensor,
    scale: float,
    aspect: float = 1.0,
    iterations: int = 8,
) -> tuple[Tensor, Tensor]:
    """Fit transformations of one kind that most of the weight agrees with.

    Minimal samples of three well-spread points, drawn with a fixed seed, are scored by the weight
    they explain; from the best, iteratively reweighted least squares (Geman-McClure, its scale
    narrowing to ``scale``) gives the closed-form, differentiable answer.

    Args:
        kind: of the transformation.
        points: (B, N, 2) in pixels.
        targets: (B, N, 2) in pixels, where the transformation should put the points.
        weights: (B, N), at least 0.
        scale: residual, in pixels, at which a point counts a quarter.
        aspect: of the pixels; see ``weighted_fit``.
        iterations: of the reweighting.

    Returns:
        affine (B, 2, 3), float64; and the robust weights (B, N) in [0, 1] of the last iteration,
        1 for a point that fits perfectly, without the input weights.
    """

    def fit(points: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        return weighted_fit(kind, points, targets, weights, aspect)

    affine = _best_sample(fit, points, targets, weights, scale)
    robust = torch.ones_like(weights, dtype=torch.float64)
    for i in range(iterations):
        squared = squared_residuals(affine, points, targets)
        robust = agreement(squared, narrowing(scale, i, iterations))
        affine = fit(points, targets, weights * robust)
    return affine, robust


def agreement(squared: Tensor, scale: float) -> Tensor:
    """Return how much points count, by their squared residuals: 1 at 0, a quarter at ``scale``."""
    return (1 + squared / scale**2).pow(-2)


def narrowing(scale: float, iteration: int, iterations: int) -> float:
    """Return the scale of an iteration: three times the last one at first, the last one at the end
    and in the two iterations before."""
    return scale * max(1.0, 3.0 * (1 - iteration / max(1, iterations - 3)))


@torch.no_grad()
def _best_sample(
    fit: Callable[[Tensor, Tensor, Tensor], Tensor],
    points: Tensor,
    targets: Tensor,
    weights: Tensor,
    scale: float,
) -> Tensor:
    """Return, per batch item, the fit to a three-point sample that explains most weight."""
    generator = torch.Generator(device="cpu").manual_seed(0)
    best = []
    for item in range(points.shape[0]):
        weight = weights[item].double().clamp_min(0)
        if int((weight > 0).sum()) < 3:
            best.append(fit(points[item, None], targets[item, None], weight[None])[0])
            continue
        draws = torch.multinomial(
            weight.cpu().float(), 3 * HYPOTHESES, replacement=True, generator=generator
        ).to(points.device)
        triple = draws.view(HYPOTHESES, 3)
        source = points[item][triple].double()
        target = targets[item][triple].double()
        models = fit(source, target, torch.ones_like(source[..., 0]))
        every = fit(points[item, None], targets[item, None], weight[None])
        models = torch.cat([models[spread_out(source, points[item])], every])
        # Windows of neighbouring points overlap: a thousand points tell as much as all.
        some = slice(None, None, max(1, len(weight) // JUDGES))
        squared = squared_residuals(models, points[item, None, some], targets[item, None, some])
        score = agreement(squared, scale) @ weight[some]
        best.append(models[score.argmax()])
    return torch.stack(best)


def spread_out(triples: Tensor, points: Tensor) -> Tensor:
    """Return which triples (K, 3, 2) of points (N, 2) lie so far apart that they fix an affine.

    Twice their triangle is to be more than a twentieth of the box around all points.
    """
    a, b = triples[:, 1] - triples[:, 0], triples[:, 2] - triples[:, 0]
    area = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).abs()
    extent = (points.amax(0) - points.amin(0)).double().prod()
    return area > SMALLEST_TRIANGLE * extent
