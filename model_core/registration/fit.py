"""The field while it is being found: an affine and, at lattice nodes, what departs from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from model_core.geometry.pixels import window_pixels
from model_core.geometry.sampling import sample
from model_core.raster.reader import window_positions
from model_core.registration.robust_affine import robust_affine
from model_core.registration.spline import smooth_field

Affine = NDArray[np.float64]


@dataclass(frozen=True)
class Lattice:
    """Nodes over an image of ``height`` × ``width`` pixels; node (i, j) covers step × step pixels
    and stands at their centre, pixel ``(j + 0.5) * step - 0.5``."""

    height: int
    width: int
    step: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of nodes."""
        return -(-self.height // self.step), -(-self.width // self.step)

    def positions(self) -> NDArray[np.float64]:
        """Return the pixel positions (h, w, 2) of the nodes as (x, y)."""
        return (window_pixels(0, 0, *self.shape) + 0.5) * self.step - 0.5


class Field:
    """Position in the moving image of every reference pixel: affine plus smooth departure."""

    def __init__(
        self, affine: Affine, lattice: Lattice, departure: NDArray[np.float32] | None = None
    ) -> None:
        """``affine`` (2, 3) and ``departure`` (2, h, w), both in pixels of the working grid."""
        self.affine = affine
        self.lattice = lattice
        self.departure = departure

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the positions (..., 2) in the moving image of reference points (..., 2)."""
        mapped = points @ self.affine[:, :2].T + self.affine[:, 2]
        if self.departure is not None:
            nodes = torch.from_numpy((points + 0.5) / self.lattice.step - 0.5)
            flat = nodes.reshape(1, 1, -1, 2).float()
            extra = sample(torch.from_numpy(self.departure)[None], flat)
            mapped = mapped + extra[0, :, 0].T.reshape(points.shape).double().numpy()
        return np.asarray(mapped)

    def window(
        self, row: int, column: int, height: int, width: int, decimation: int
    ) -> NDArray[np.float64]:
        """Return the positions (height, width, 2) for a window of the decimated grid.

        ``row``, ``column``, ``height`` and ``width`` count pixels of the grid decimated by
        ``decimation``; positions are in pixels of the full grid.
        """
        return self.at(window_positions(row, column, height, width, decimation))


@dataclass(frozen=True)
class Fit:
    """A field fitted to measurements at its nodes.

    weight: (h, w), certainty of the nodes that agree with the field, 0 elsewhere. departs: (h, w),
    distance in pixels of each node's own measurement from the field; NaN where none was made.
    known: (h, w) bool, both images have data around the node.
    """

    field: Field
    weight: NDArray[np.float32]
    departs: NDArray[np.float32]
    known: NDArray[np.bool_]


def fit_field(
    lattice: Lattice,
    targets: NDArray[np.float64],
    certainty: NDArray[np.float32],
    sharpness: NDArray[np.float32],
    known: NDArray[np.bool_],
    decimation: int,
    tolerance: float,
    local: bool,
    final: bool,
    given: Affine | None = None,
) -> Fit:
    """Fit an affine and, where ``local``, the smooth departure from it.

    Args:
        lattice: of the nodes. targets: (h, w, 2), the measured positions; anything where unknown.
        certainty: (h, w) in [0, 1], 0 where nothing was measured.
        sharpness: (3, h, w) of the matches, in the images in which was measured.
        known: (h, w) bool, see :class:`Fit`.
        decimation: of the images in which was measured.
        tolerance: departure, in pixels, from the neighbours at which a node counts a quarter.
        final: nothing will be measured again after this; see ``smooth_field``.
        given: the affine, where it is not to be fitted (the ablation "flow").
    """
    points = lattice.positions()
    measured_here = certainty > 0
    safe = np.where(measured_here[..., None], targets, points)
    weights = torch.from_numpy(certainty.reshape(1, -1).astype(np.float64))
    affine, robust = given, np.ones_like(certainty)
    if affine is None:
        affine_tensor, agreement = robust_affine(
            torch.from_numpy(points.reshape(1, -1, 2)),
            torch.from_numpy(safe.reshape(1, -1, 2)),
            weights,
            scale=max(tolerance, 2.0),
        )
        affine, robust = affine_tensor[0].numpy(), agreement[0].numpy().reshape(certainty.shape)
    rest = safe - (points @ affine[:, :2].T + affine[:, 2])
    if not local:
        departs = np.linalg.norm(rest, axis=-1)
        weight = certainty * robust
        return Fit(
            Field(affine, lattice),
            weight.astype(np.float32),
            np.where(measured_here, departs, np.nan).astype(np.float32),
            known,
        )
    measured = rest.transpose(2, 0, 1).astype(np.float32)
    per_pixel = np.float32(1 / decimation)
    smooth, factors = smooth_field(
        measured * per_pixel,
        certainty,
        sharpness,
        known,
        lattice.step / decimation,
        tolerance / decimation,
        final,
    )
    smooth = smooth * np.float32(decimation)
    departs = np.linalg.norm(measured - smooth, axis=0)
    return Fit(
        Field(affine, lattice, smooth),
        certainty * factors,
        np.where(measured_here, departs, np.nan).astype(np.float32),
        known,
    )
