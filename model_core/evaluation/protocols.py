"""What is asked of a method: cases cut out of aligned pairs, with their true answers.

Both views of a case are cut out of larger images, at independent positions, each sampled once, so
that neither a black border nor a shared pixel grid gives the answer away. The SAR view may be
turned and scaled; the optical view, or the second SAR view, may carry a smooth local deformation.
All that is drawn depends on the protocol, the pair's identifier and the seed only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from model_core.errors import BadInputError
from model_core.evaluation.pairs import DatasetPair, LoadedPair, stable_hash
from model_core.geometry.sampling import inside, sample, sample_mask
from model_core.raster.view import View

LARGEST_VIEW = 512
"""Pixels: the side of the views where the images are large enough."""

VIEW_SHARE = 0.75
"""Side of a view in units of the image's shortest side."""

SMALLEST_IMAGE = 192
"""Pixels: pairs with a shorter side are left out."""

FULL_RANGE_SIDE = 512
"""Pixels: shifts and local deformations are halved for images with a shorter side."""

CANDIDATES = 20000
"""Positions drawn before a case is given up; a thousandth of them fits in the tightest protocol."""

ATTEMPTS = 8
"""Fitting positions tried until one is found where no pixel lacks data."""

LEAST_POINTS = 4
"""Points of the truth, or check points, that must lie in both views."""

Kind = Literal["pair", "equivariance", "unrelated"]


@dataclass(frozen=True)
class Limits:
    """The largest transformation of a protocol, which every method is told.

    max_shift: in pixels, of the view's centre along x and along y. max_rotation: in degrees.
    max_scale: factor; scales lie between its inverse and it. local: largest length of the smooth
    local deformation, in pixels.
    """

    max_shift: float
    max_rotation: float
    max_scale: float
    local: float

    def halved(self) -> Limits:
        """Return the same with half the shift and half the local deformation."""
        return Limits(self.max_shift / 2, self.max_rotation, self.max_scale, self.local / 2)

    @property
    def search(self) -> float:
        """Largest shift a method must expect of any pixel near the centre."""
        return self.max_shift + self.local


@dataclass(frozen=True)
class Protocol:
    """How cases are drawn.

    Attributes:
        name: for the command line and the tables. title: for people.
        limits: for images of at least 512 px.
        kind: "pair": one SAR view of the same place, the local deformation in the optical view;
            "equivariance": two SAR views, cut and warped differently, the local deformation in the
            second; "unrelated": one SAR view of a different place.
        full_local: the local deformation always has its largest length; else it is drawn.
    """

    name: str
    title: str
    limits: Limits
    kind: Kind = "pair"
    full_local: bool = False

    @property
    def needs_alignment(self) -> bool:
        """Whether the answer is judged against the pair's own alignment."""
        return self.kind == "pair"

    def limits_for(self, side: int) -> Limits:
        """Return the limits for images whose shortest side is ``side`` pixels."""
        return self.limits if side >= FULL_RANGE_SIDE else self.limits.halved()


PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        Protocol("P1", "P1: rotation ±20°, shift ±50 px", Limits(50, 20, 1.0, 0)),
        Protocol(
            "P2",
            "P2: shift ±20 px, rotation ±2°, scale ±2 %, local field up to 6 px",
            Limits(20, 2, 1.02, 6),
        ),
        Protocol(
            "local",
            "Local deformation of 6 px, otherwise as P2",
            Limits(20, 2, 1.02, 6),
            full_local=True,
        ),
        Protocol(
            "equivariance",
            "Equivariance: two SAR views, each as in P1",
            Limits(50, 20, 1.0, 0),
            kind="equivariance",
        ),
        Protocol(
            "local-equivariance",
            "Equivariance to local deformation: two SAR views as in P2, one deformed by 6 px",
            Limits(20, 2, 1.02, 6),
            kind="equivariance",
            full_local=True,
        ),
        Protocol(
            "unrelated",
            "Unrelated images, otherwise as P2",
            Limits(20, 2, 1.02, 0),
            kind="unrelated",
        ),
    )
}


@dataclass(frozen=True)
class Truth:
    """Where points of the optical view lie in the SAR view, both (N, 2) as (x, y) in pixels."""

    positions: NDArray[np.float64]
    targets: NDArray[np.float64]


@dataclass(frozen=True)
class LocalField:
    """A smooth deformation: a sum of cosine waves, all longer than 0.47 view sides.

    displacement at pixel v: ``sum_k amplitude_k * cos(v . wave_k + phase_k)``.
    """

    amplitudes: NDArray[np.float64]  # (K, 2), pixels
    waves: NDArray[np.float64]  # (K, 2), radians per pixel
    phases: NDArray[np.float64]  # (K,)

    def __call__(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the displacements (..., 2) at points (..., 2), in pixels."""
        return np.asarray(np.cos(points @ self.waves.T + self.phases) @ self.amplitudes)

    @staticmethod
    def draw(rng: np.random.Generator, side: int, length: float) -> LocalField:
        """Draw a field whose largest displacement on a view of ``side`` pixels is ``length``."""
        waves = rng.uniform(-1.5, 1.5, (6, 2)) * (2 * np.pi / side)
        field = LocalField(rng.normal(size=(6, 2)), waves, rng.uniform(0, 2 * np.pi, 6))
        largest = float(np.linalg.norm(field(view_pixels(side)), axis=-1).max())
        return LocalField(field.amplitudes * (length / largest), waves, field.phases)


@dataclass(frozen=True)
class SarSide:
    """A SAR view of a case.

    Attributes:
        view: the view.
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
    local: LocalField | None = None

    def image_positions(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where points (..., 2) of the view stand in the SAR image."""
        return _deformed(self.to_image, self.local, points)


@dataclass(frozen=True)
class Case:
    """One question to a method: how does the optical view lie on the SAR view (or on two)?"""

    id: str
    protocol: Protocol
    source: str
    place: str
    optical: View
    sides: tuple[SarSide, ...]
    limits: Limits


class CannotCutError(BadInputError):
    """A protocol's case cannot be cut out of a pair; it is left out and counted."""


def _translation(shift: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([np.eye(2), shift])


def _deformed(
    affine: NDArray[np.float64], local: LocalField | None, points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Map points (..., 2) by an affine (2, 3) and add the local field at the points."""
    mapped = apply_homography(affine, points)
    return mapped if local is None else mapped + local(points)


def _undeformed(
    affine: NDArray[np.float64], local: LocalField | None, points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the points (..., 2) that :func:`_deformed` maps to the given ones."""
    inverse = invert_affine(affine)
    found = apply_homography(inverse, points)
    if local is not None:
        # The field changes slowly, so the fixed-point iteration contracts at every step.
        for _ in range(30):
            found = apply_homography(inverse, points - local(found))
    return found


def view_pixels(side: int) -> NDArray[np.float64]:
    """Return the pixel centres (side, side, 2) of a view as (x, y)."""
    axis = np.arange(side, dtype=np.float64)
    return np.stack(np.meshgrid(axis, axis), axis=-1)


def apply_homography(
    matrix: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Map points (..., 2) by a (3, 3) homography, or by an affine (2, 3)."""
    mapped = points @ matrix[:2, :2].T + matrix[:2, 2]
    if matrix.shape[0] == 2:
        return np.asarray(mapped)
    return np.asarray(mapped / (points @ matrix[2, :2] + matrix[2, 2])[..., None])


def invert_affine(affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the inverse (2, 3) of an affine (2, 3)."""
    return np.linalg.inv(np.vstack([affine, [0.0, 0.0, 1.0]]))[:2]


def view_side(side: int) -> int:
    """Return the side of the views cut from images whose shortest side is ``side``, in pixels."""
    return min(LARGEST_VIEW, int(VIEW_SHARE * side) // 8 * 8)


def unrelated_partner(
    pair: DatasetPair, pairs: Sequence[DatasetPair], seed: int
) -> DatasetPair | None:
    """Return a pair that shows other ground for certain; None: there is none.

    Of the same source and at least as large, where there is such a pair.
    """
    others = [o for o in pairs if o.side >= SMALLEST_IMAGE and not pair.may_touch(o)]
    others = [o for o in others if o.source == pair.source] or others
    others = [o for o in others if o.side >= pair.side] or others
    return min(
        others,
        key=lambda other: stable_hash(f"{seed}:unrelated:{pair.id}:{other.id}"),
        default=None,
    )


def build_case(
    protocol: Protocol, pair: LoadedPair, seed: int, partner: LoadedPair | None = None
) -> Case:
    """Cut a case of a protocol out of a pair.

    Args:
        protocol: see :data:`PROTOCOLS`. pair: gives the optical view, and the SAR views.
        seed: of the whole run.
        partner: for unrelated images: the pair that gives the SAR view instead.

    Raises:
        CannotCutError: the images are too small, or too many pixels have no data.
        ValueError: a partner is missing, is of the same region, or is not wanted; or the protocol
            needs an alignment that the pair has not.
    """
    if (protocol.kind == "unrelated") != (partner is not None):
        raise ValueError("a partner belongs to the protocol of unrelated images, and to no other")
    if partner is not None and partner.pair.may_touch(pair.pair):
        raise ValueError(f"{partner.pair.id} may show the place of {pair.pair.id}")
    alignment = pair.pair.alignment
    if alignment is None:
        if protocol.needs_alignment:
            raise ValueError(f"the alignment of {pair.pair.id} is not known")
        alignment = np.eye(3)
    side = min(pair.side, partner.side) if partner else pair.side
    if side < SMALLEST_IMAGE:
        raise CannotCutError(
            f"{pair.pair.id} has a side of {side} px, but {SMALLEST_IMAGE} are needed to cut views "
            "out of it; leave it out or give a larger image."
        )
    rng = np.random.default_rng([seed, stable_hash(f"{protocol.name}:{pair.pair.id}")])
    limits = protocol.limits_for(side)
    cutter = _Cutter(protocol, limits, pair, partner or pair, alignment, view_side(side), rng)
    return cutter.cut()


class _Cutter:
    """Draws the warps of one case, finds positions where they fit, and cuts the views."""

    def __init__(
        self,
        protocol: Protocol,
        limits: Limits,
        optical: LoadedPair,
        sar: LoadedPair,
        alignment: NDArray[np.float64],
        side: int,
        rng: np.random.Generator,
    ) -> None:
        self.protocol, self.limits = protocol, limits
        self.optical, self.sar = optical, sar
        self.alignment = alignment
        self.side = side
        self.rng = rng
        self.centre = (side - 1) / 2
        count = 2 if protocol.kind == "equivariance" else 1
        self.turns = [self._draw_turn() for _ in range(count)]
        length = limits.local * (1.0 if protocol.full_local else float(rng.uniform()))
        local = LocalField.draw(rng, side, length) if limits.local > 0 else None
        in_sar = protocol.kind == "equivariance"
        self.optical_local = None if in_sar else local
        self.sar_locals = [None, local] if in_sar else [None]
        self.optical_margin = 0.0 if in_sar else length
        self.sar_margins = [0.0, length] if in_sar else [0.0]

    def _draw_turn(self) -> NDArray[np.float64]:
        angle = math.radians(self.rng.uniform(-1, 1) * self.limits.max_rotation)
        scale = math.exp(self.rng.uniform(-1, 1) * math.log(self.limits.max_scale))
        cos, sin = scale * math.cos(angle), scale * math.sin(angle)
        return np.array([[cos, -sin], [sin, cos]])

    def cut(self) -> Case:
        """Return the case at the first position that fits and has data everywhere."""
        for optical_centre, sar_centres in self._positions():
            shift = optical_centre - self.centre
            optical = self._sample(self.optical.optical, self._optical_pixels(shift))
            sar = [
                self._sample(self.sar.sar, _deformed(affine, local, view_pixels(self.side)))
                for affine, local in zip(self._to_image(sar_centres), self.sar_locals, strict=True)
            ]
            if all(view.valid.all() for view in (optical, *sar)):
                case = self._case(shift, optical, sar, sar_centres)
                truths = [side.truth for side in case.sides if side.truth is not None]
                if all(len(truth.positions) >= LEAST_POINTS for truth in truths):
                    return case
        raise CannotCutError(
            f"No views of {self.side} px for the protocol {self.protocol.name}, without missing "
            f"pixels and with check points where these are the truth, fit into "
            f"{self.optical.pair.id}; leave it out or give a larger image."
        )

    def _positions(self) -> list[tuple[NDArray[np.float64], list[NDArray[np.float64]]]]:
        """Draw centres of the views, in pixels of the images, and return some that fit."""
        rng, reach = self.rng, self.centre + self.optical_margin
        height, width = self.optical.optical.valid.shape
        extent = np.array([width, height]) - 1.0
        if (extent < 2 * reach).any():
            return []
        optical = rng.uniform(reach, extent - reach, (CANDIDATES, 2))
        fits = np.ones(CANDIDATES, dtype=bool)
        sar_centres = []
        height, width = self.sar.sar.valid.shape
        extent = np.array([width, height]) - 1.0
        corners = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]]) * self.centre
        for turn, margin in zip(self.turns, self.sar_margins, strict=True):
            half = np.abs(corners @ turn.T).max(axis=0) + margin
            if self.protocol.kind == "unrelated":
                centres = half + rng.uniform(size=(CANDIDATES, 2)) * (extent - 2 * half)
            else:
                # The optical view's centre lies in the SAR view at the view's centre + shift.
                shift = rng.uniform(-1, 1, (CANDIDATES, 2)) * self.limits.max_shift
                centres = apply_homography(self.alignment, optical) - shift @ turn.T
            fits &= ((centres >= half) & (centres <= extent - half)).all(axis=1)
            sar_centres.append(centres)
        chosen = np.flatnonzero(fits)[:ATTEMPTS]
        return [(optical[i], [centres[i] for centres in sar_centres]) for i in chosen]

    def _optical_pixels(self, shift: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where each pixel of the optical view is sampled in the optical image."""
        pixels = view_pixels(self.side)
        return _deformed(_translation(shift), self.optical_local, pixels)

    def _to_image(self, centres: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
        """Return the affines (2, 3) from the SAR views to the SAR image."""
        middle = np.array([self.centre, self.centre])
        return [
            np.column_stack([turn, centre - turn @ middle])
            for turn, centre in zip(self.turns, centres, strict=True)
        ]

    def _sample(self, view: View, positions: NDArray[np.float64]) -> View:
        where = torch.from_numpy(positions)[None]
        image = sample(torch.from_numpy(view.image)[None], where)[0].numpy()
        valid = sample_mask(torch.from_numpy(view.valid.astype(np.float32))[None, None], where)
        good = valid[0, 0].numpy() > 0
        return View(np.where(good, image, 0).astype(np.float32), good, view.modality)

    def _case(
        self,
        shift: NDArray[np.float64],
        optical: View,
        sar: list[View],
        sar_centres: list[NDArray[np.float64]],
    ) -> Case:
        sides = []
        known = self.optical.pair.alignment is not None
        for view, to_image, local in zip(
            sar, self._to_image(sar_centres), self.sar_locals, strict=True
        ):
            overlap = truth = None
            if self.protocol.kind != "unrelated":
                truth, overlap = self._truth(shift, to_image, local)
            sides.append(SarSide(view, to_image, truth if known else None, overlap, local))
        pair = self.optical.pair
        partner = self.sar.pair.id
        identifier = pair.id if partner == pair.id else f"{pair.id}+{partner}"
        return Case(
            identifier, self.protocol, pair.source, pair.place, optical, tuple(sides), self.limits
        )

    def _truth(
        self,
        shift: NDArray[np.float64],
        to_image: NDArray[np.float64],
        local: LocalField | None,
    ) -> tuple[Truth, NDArray[np.bool_]]:
        pixels = view_pixels(self.side)
        in_sar = apply_homography(self.alignment, self._optical_pixels(shift))
        targets = _undeformed(to_image, local, in_sar)
        overlap = self._within(targets)
        points = self.optical.pair.points
        if points is None:
            return Truth(pixels[overlap], targets[overlap]), overlap
        positions = _undeformed(_translation(shift), self.optical_local, points[:, :2])
        at_points = _undeformed(to_image, local, points[:, 2:])
        seen = self._within(positions) & self._within(at_points)
        return Truth(positions[seen], at_points[seen]), overlap

    def _within(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which points (..., 2) lie on a view."""
        flat = torch.from_numpy(points.reshape(1, 1, -1, 2))
        return np.asarray(inside(flat, self.side, self.side).numpy().reshape(points.shape[:-1]))
