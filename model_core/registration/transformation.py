"""The transformations that can bring one image onto another, from the simplest to the freest."""

from __future__ import annotations

from typing import Literal, cast

import torch
from torch import Tensor

LinearKind = Literal["shift", "rigid", "similarity", "affine"]
"""A transformation of the whole image: a shift; with a rotation; with a scale; with shear and a
scale of its own along each axis."""

Kind = LinearKind | Literal["affine+flow"]
"""The same, or an affine and a smooth residual displacement."""

Transformation = Kind | Literal["auto"]
"""What a user asks for; "auto": the simplest kind that explains the images."""

LINEAR: tuple[LinearKind, ...] = ("shift", "rigid", "similarity", "affine")
"""Simplest first."""

FLOW: Kind = "affine+flow"

KINDS: tuple[Kind, ...] = (*LINEAR, FLOW)
"""Simplest first."""

PRIOR_SHARE = 1e-6
"""Weight of the prior, in units of all weight: what points leave open stays the identity's."""


def as_linear(kind: Kind) -> LinearKind | None:
    """Return a kind as one of the whole image; None for the one with a residual displacement."""
    return None if kind == FLOW else cast("LinearKind", kind)


def weighted_fit(
    kind: LinearKind, points: Tensor, targets: Tensor, weights: Tensor, aspect: float = 1.0
) -> Tensor:
    """Fit transformations of one kind by weighted least squares, in closed form.

    Args:
        kind: of the transformation.
        points: (B, N, 2) in pixels.
        targets: (B, N, 2) in pixels, where the transformation should put the points.
        weights: (B, N), at least 0.
        aspect: height of a pixel on the ground in units of its width; a rotation on the ground is
            none of pixels that are not square.

    Returns:
        (B, 2, 3) float64, mapping points to targets. With too little weight, or with points on one
        line, the undetermined part stays the identity's: a weak prior holds it.
    """
    scale = torch.tensor([1.0, aspect], dtype=torch.float64, device=points.device)
    points, targets, weights = points.double() * scale, targets.double() * scale, weights.double()
    share = (weights / weights.sum(1, keepdim=True).clamp_min(1e-12)).unsqueeze(-1)
    centre = (points * share).sum(1, keepdim=True)
    goal = centre + ((targets - points) * share).sum(1, keepdim=True)
    linear = _linear(kind, points - centre, targets - goal, share)
    linear = linear * scale / scale[:, None]
    centre, goal = centre / scale, goal / scale
    offset = goal.squeeze(1) - (linear @ centre.transpose(1, 2)).squeeze(-1)
    return torch.cat([linear, offset.unsqueeze(-1)], dim=-1)


def _linear(kind: LinearKind, points: Tensor, targets: Tensor, share: Tensor) -> Tensor:
    """Return the linear part (B, 2, 2) that maps centred points (B, N, 2) to centred targets."""
    identity = torch.eye(2, dtype=points.dtype, device=points.device).expand(len(points), 2, 2)
    if kind == "shift":
        return identity
    spread = (points.square() * share).sum((1, 2)).clamp_min(1.0)
    prior = PRIOR_SHARE * spread[:, None, None] * identity
    moments = (points * share).transpose(1, 2) @ points + prior
    crossed = (targets * share).transpose(1, 2) @ points + prior
    if kind == "affine":
        # Symmetric, and 2 x 2: written out, as a solver makes the host wait for the device.
        first, mixed, second = moments[:, 0, 0], moments[:, 0, 1], moments[:, 1, 1]
        adjugate = torch.stack([second, -mixed, -mixed, first], dim=-1).view(-1, 2, 2)
        determinant = first * second - mixed.square()
        return crossed @ adjugate / determinant[:, None, None]
    # The nearest multiple of a rotation: Umeyama, 1991, in the plane.
    along = crossed[:, 0, 0] + crossed[:, 1, 1]
    across = crossed[:, 1, 0] - crossed[:, 0, 1]
    if kind == "rigid":
        length = torch.hypot(along, across).clamp_min(1e-300)
    else:
        length = moments[:, 0, 0] + moments[:, 1, 1]
    cos, sin = along / length, across / length
    return torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], dim=-2)
