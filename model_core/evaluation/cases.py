"""A case: the views that a method is asked to register, with the true answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from model_core.errors import BadInputError
from model_core.evaluation.deformation import LocalDeformation, deform
from model_core.evaluation.pairs import DatasetPair, stable_hash
from model_core.evaluation.protocols import VIEW_SHARE, EvaluationProtocol, TransformRange
from model_core.geometry.sampling import inside
from model_core.raster.view import View

LARGEST_VIEW = 512
"""Pixels: the side of the views where the images are large enough."""

SMALLEST_IMAGE = 192
"""Pixels: pairs with a shorter side are left out, where the protocol names no side of its own."""

SMALLEST_WHOLE = 64
"""Pixels: the same, where the images themselves are the views."""


LEAST_POINTS = 4
"""Points of the truth, or check points, that must lie in both views."""


@dataclass(frozen=True)
class Truth:
    """Where points of the optical view lie in the SAR view, both (N, 2) as (x, y) in pixels."""

    positions: NDArray[np.float64]
    targets: NDArray[np.float64]


@dataclass(frozen=True)
class SarView:
    """A SAR view of a case.

    Attributes:
        view: the view itself.
        to_image: (2, 3), pixel of the view to pixel of the SAR image, apart from ``local``.
        truth: None where the images show different places or the alignment is not known.
        overlap: bool (H, W) over the optical view: the pixel lies in this view, as far as the
            alignment is known. None for images of different places.
        local: what is added to ``to_image`` at a pixel of the view, in pixels; None: nothing.
    """

    view: View
    to_image: NDArray[np.float64]
    truth: Truth | None
    overlap: NDArray[np.bool_] | None
    local: LocalDeformation | None = None

    def image_positions(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where points (..., 2) of the view stand in the SAR image."""
        return deform(self.to_image, self.local, points)


@dataclass(frozen=True)
class Case:
    """One question to a method: how does the optical view lie on the SAR view (or on two)?

    Attributes:
        id: of the pair, or of both pairs where the SAR view is another's.
        protocol: that the case was drawn by.
        pair: that gives the optical view.
        optical: the reference view.
        sar_views: one, or two for an equivariance protocol.
        transform_range: the protocol's, for images of this size.
    """

    id: str
    protocol: EvaluationProtocol
    pair: DatasetPair
    optical: View
    sar_views: tuple[SarView, ...]
    transform_range: TransformRange


def on_data(view: View, positions: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which positions (..., 2) lie on pixels of a view that have data."""
    height, width = view.valid.shape
    flat = torch.from_numpy(positions.reshape(1, 1, -1, 2))
    on_view = inside(flat, height, width).numpy().reshape(positions.shape[:-1])
    column, row = np.moveaxis(np.rint(np.nan_to_num(positions)).astype(int), -1, 0)
    known = view.valid[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    return np.asarray(on_view & known)


class CannotCutError(BadInputError):
    """A protocol's case cannot be cut out of a pair; it is left out and counted."""


def view_side(protocol: EvaluationProtocol, side: int) -> int:
    """Return the side of the views cut from images whose shortest side is ``side``, in pixels."""
    if protocol.view_side is not None:
        return protocol.view_side
    return min(LARGEST_VIEW, int(protocol.view_share * side) // 8 * 8)


def smallest_image(protocol: EvaluationProtocol) -> int:
    """Return the shortest side of images that a protocol's views can be cut from, in pixels."""
    if protocol.whole:
        return SMALLEST_WHOLE
    if protocol.view_side is None:
        return SMALLEST_IMAGE
    return math.ceil(protocol.view_side / VIEW_SHARE)


def unrelated_partner(
    pair: DatasetPair, pairs: Sequence[DatasetPair], seed: int, smallest: int = SMALLEST_IMAGE
) -> DatasetPair | None:
    """Return a pair that shows other ground for certain; None: there is none.

    Of the same source and at least as large, where there is such a pair.

    Args:
        pair: whose optical image is used.
        pairs: to choose from.
        seed: of the choice.
        smallest: side of the partner's images, in pixels.
    """
    others = [o for o in pairs if o.side >= smallest and not pair.may_touch(o)]
    others = [o for o in others if o.source == pair.source] or others
    others = [o for o in others if o.side >= pair.side] or others
    return min(
        others,
        key=lambda other: stable_hash(f"{seed}:unrelated:{pair.id}:{other.id}"),
        default=None,
    )
