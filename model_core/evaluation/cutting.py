"""Cuts cases out of aligned pairs.

Both views of a case are cut out of larger images, at independent positions, each sampled once, so
that neither a black border nor a shared pixel grid gives the answer away. The SAR view may be
rotated and scaled; the optical view, or the second SAR view, may carry a smooth local deformation.
All that is drawn depends on the protocol, the pair's identifier and the seed only.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from model_core.evaluation.cases import (
    LEAST_POINTS,
    CannotCutError,
    Case,
    SarView,
    Truth,
    on_data,
    smallest_image,
    view_side,
)
from model_core.evaluation.deformation import (
    LocalDeformation,
    apply_homography,
    deform,
    translation,
    undo_deform,
)
from model_core.evaluation.pairs import LoadedPair, stable_hash
from model_core.evaluation.protocols import EvaluationProtocol, TransformRange
from model_core.evaluation.whole import refuse_turned, whole_case
from model_core.geometry.pixels import image_centre, window_pixels
from model_core.geometry.sampling import sample, sample_mask
from model_core.raster.view import View

CANDIDATES = 20000
"""Positions drawn before a case is given up; a thousandth of them fits in the tightest protocol."""

ATTEMPTS = 8
"""Fitting positions tried until one is found where no pixel lacks data."""

_CORNERS = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]])


def build_case(
    protocol: EvaluationProtocol, pair: LoadedPair, seed: int, partner: LoadedPair | None = None
) -> Case:
    """Cut a case of a protocol out of a pair.

    Args:
        protocol: see ``protocols.PROTOCOLS``.
        pair: gives the optical view, and the SAR views.
        seed: of the whole run.
        partner: for unrelated images: the pair that gives the SAR view instead.

    Raises:
        CannotCutError: the images are too small, too many pixels have no data, or the images lie
            on each other as the protocol does not expect it.
        ValueError: a partner is missing, is of the same region, or is not wanted; or the protocol
            needs an alignment that the pair has not.
    """
    if (protocol.type == "unrelated") != (partner is not None):
        raise ValueError("a partner belongs to the protocol of unrelated images, and to no other")
    if partner is not None and partner.pair.may_touch(pair.pair):
        raise ValueError(f"{partner.pair.id} may show the place of {pair.pair.id}")
    if pair.pair.alignment is None and protocol.needs_alignment:
        raise ValueError(f"the alignment of {pair.pair.id} is not known")
    side = min(pair.side, partner.side) if partner else pair.side
    if side < smallest_image(protocol):
        raise CannotCutError(
            f"{pair.pair.id} has a side of {side} px, but {smallest_image(protocol)} are needed "
            "to cut views out of it; leave it out or give a larger image."
        )
    if protocol.whole:
        return whole_case(protocol, pair)
    if partner is None:
        refuse_turned(pair)
    rng = np.random.default_rng([seed, stable_hash(f"{protocol.name}:{pair.pair.id}")])
    plan = _CutPlan(
        protocol, protocol.range_for(side), pair, partner or pair, view_side(protocol, side)
    )
    return _Cutter(plan, rng).cut()


@dataclass(frozen=True)
class _CutPlan:
    """What a case is cut from: the two pairs give the optical and the SAR image."""

    protocol: EvaluationProtocol
    transform_range: TransformRange
    optical: LoadedPair
    sar: LoadedPair
    view_side: int

    @property
    def alignment(self) -> NDArray[np.float64]:
        """Optical pixel to SAR pixel (3, 3), as far as it is known."""
        known = self.optical.pair.alignment
        return np.eye(3) if known is None else known


@dataclass(frozen=True)
class _Position:
    """Where views are cut: their centres (2,), in pixels of the images."""

    optical: NDArray[np.float64]
    sar: list[NDArray[np.float64]]


class _Cutter:
    """Draws the warps of one case, finds positions where they fit, and cuts the views."""

    def __init__(self, plan: _CutPlan, rng: np.random.Generator) -> None:
        self.plan = plan
        self.protocol, self.transform_range = plan.protocol, plan.transform_range
        self.side = plan.view_side
        self.rng = rng
        self.centre = np.array(image_centre(self.side, self.side))
        equivariance = self.protocol.type == "equivariance"
        self.similarities = [self._draw_similarity() for _ in range(2 if equivariance else 1)]
        largest = self.transform_range.local
        length = largest * (1.0 if self.protocol.full_local else float(rng.uniform()))
        local = LocalDeformation.draw(rng, self.side, length) if largest > 0 else None
        self.optical_local = None if equivariance else local
        self.sar_locals = [None, local] if equivariance else [None]
        self.optical_margin = 0.0 if equivariance else length
        self.sar_margins = [0.0, length] if equivariance else [0.0]

    def _draw_similarity(self) -> NDArray[np.float64]:
        """Draw the rotation and scale (2, 2) of a SAR view."""
        angle = math.radians(self.rng.uniform(-1, 1) * self.transform_range.max_rotation)
        scale = math.exp(self.rng.uniform(-1, 1) * math.log(self.transform_range.max_scale))
        cos, sin = scale * math.cos(angle), scale * math.sin(angle)
        return np.array([[cos, -sin], [sin, cos]])

    def cut(self) -> Case:
        """Return the case at the first position without gaps; else with the fewest."""
        best: Case | None = None
        most = 0.0
        for position in self._positions():
            optical = self._sample(self.plan.optical.optical, self._optical_pixels(position))
            pixels = window_pixels(0, 0, self.side, self.side)
            sar = [
                self._sample(self.plan.sar.sar, deform(affine, local, pixels))
                for affine, local in zip(self._to_image(position), self.sar_locals, strict=True)
            ]
            share = min(float(view.valid.mean()) for view in (optical, *sar))
            if share <= most or share < self.protocol.least_valid:
                continue
            case = self._case(position, optical, sar)
            truths = [view.truth for view in case.sar_views if view.truth is not None]
            if any(len(truth.positions) < LEAST_POINTS for truth in truths):
                continue
            best, most = case, share
            if share == 1:
                break
        if best is not None:
            return best
        missing = f"with at most {1 - self.protocol.least_valid:.0%} missing"
        raise CannotCutError(
            f"No views of {self.side} px for the protocol {self.protocol.name}, {missing} "
            f"pixels and with check points where these are the truth, fit into "
            f"{self.plan.optical.pair.id}; leave it out or give a larger image."
        )

    def _positions(self) -> list[_Position]:
        """Draw positions and return some at which all views lie on their images."""
        rng, reach = self.rng, self.centre + self.optical_margin
        extent = _extent(self.plan.optical.optical)
        if (extent < 2 * reach).any():
            return []
        optical = rng.uniform(reach, extent - reach, (CANDIDATES, 2))
        fits = np.ones(CANDIDATES, dtype=bool)
        sar = []
        extent = _extent(self.plan.sar.sar)
        for linear, margin in zip(self.similarities, self.sar_margins, strict=True):
            half = np.abs(_CORNERS * self.centre @ linear.T).max(axis=0) + margin
            if self.protocol.type == "unrelated":
                centres = half + rng.uniform(size=(CANDIDATES, 2)) * (extent - 2 * half)
            else:
                # The optical view's centre lies in the SAR view at the view's centre + shift.
                shift = rng.uniform(-1, 1, (CANDIDATES, 2)) * self.transform_range.max_shift
                centres = apply_homography(self.plan.alignment, optical) - shift @ linear.T
            fits &= ((centres >= half) & (centres <= extent - half)).all(axis=1)
            sar.append(centres)
        chosen = np.flatnonzero(fits)[:ATTEMPTS]
        return [_Position(optical[i], [centres[i] for centres in sar]) for i in chosen]

    def _optical_shift(self, position: _Position) -> NDArray[np.float64]:
        """Return the affine (2, 3) from the optical view to its image, the deformation aside."""
        return translation(position.optical - self.centre)

    def _optical_pixels(self, position: _Position) -> NDArray[np.float64]:
        """Return where each pixel of the optical view is sampled in the optical image."""
        pixels = window_pixels(0, 0, self.side, self.side)
        return deform(self._optical_shift(position), self.optical_local, pixels)

    def _to_image(self, position: _Position) -> list[NDArray[np.float64]]:
        """Return the affines (2, 3) from the SAR views to the SAR image."""
        return [
            np.column_stack([linear, centre - linear @ self.centre])
            for linear, centre in zip(self.similarities, position.sar, strict=True)
        ]

    def _sample(self, view: View, positions: NDArray[np.float64]) -> View:
        where = torch.from_numpy(positions)[None]
        image = sample(torch.from_numpy(view.image)[None], where)[0].numpy()
        valid = sample_mask(torch.from_numpy(view.valid.astype(np.float32))[None, None], where)
        good = valid[0, 0].numpy() > 0
        return View(np.where(good, image, 0).astype(np.float32), good, view.modality)

    def _case(self, position: _Position, optical: View, sar: list[View]) -> Case:
        pair, partner = self.plan.optical.pair, self.plan.sar.pair.id
        sar_views = []
        for view, to_image, local in zip(
            sar, self._to_image(position), self.sar_locals, strict=True
        ):
            cut = SarView(view, to_image, None, None, local)
            if self.protocol.type != "unrelated":
                truth, overlap = self._truth(position, optical, cut)
                known = truth if pair.alignment is not None else None
                cut = dataclasses.replace(cut, truth=known, overlap=overlap)
            sar_views.append(cut)
        return Case(
            id=pair.id if partner == pair.id else f"{pair.id}+{partner}",
            protocol=self.protocol,
            pair=pair,
            optical=optical,
            sar_views=tuple(sar_views),
            transform_range=self.transform_range,
        )

    def _truth(
        self, position: _Position, optical: View, cut: SarView
    ) -> tuple[Truth, NDArray[np.bool_]]:
        pixels = window_pixels(0, 0, self.side, self.side)
        in_sar = apply_homography(self.plan.alignment, self._optical_pixels(position))
        targets = undo_deform(cut.to_image, cut.local, in_sar)
        overlap = optical.valid & on_data(cut.view, targets)
        points = self.plan.optical.pair.points
        if points is None:
            return Truth(pixels[overlap], targets[overlap]), overlap
        positions = undo_deform(self._optical_shift(position), self.optical_local, points[:, :2])
        at_points = undo_deform(cut.to_image, cut.local, points[:, 2:])
        seen = on_data(optical, positions) & on_data(cut.view, at_points)
        return Truth(positions[seen], at_points[seen]), overlap


def _extent(view: View) -> NDArray[np.float64]:
    """Return the position (x, y) of the last pixel of a view."""
    height, width = view.valid.shape
    return np.array([width, height]) - 1.0
