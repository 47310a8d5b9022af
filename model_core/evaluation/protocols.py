"""The protocols: which transformations a method is asked to find, and how large they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from model_core.registration.bounds import SearchBounds

FULL_RANGE_SIDE = 512
"""Pixels: shifts and local deformations are halved for images with a shorter side."""

VIEW_SHARE = 0.75
"""Side of a view in units of the image's shortest side."""

ProtocolType = Literal["pair", "equivariance", "unrelated"]


@dataclass(frozen=True)
class TransformRange:
    """The largest transformation of a protocol.

    Attributes:
        max_shift: in pixels, of the view's centre along x and along y.
        max_rotation: in degrees.
        max_scale: factor; scales lie between its inverse and it.
        local: longest displacement of the smooth local deformation, in pixels.
    """

    max_shift: float
    max_rotation: float
    max_scale: float
    local: float

    def halved(self) -> TransformRange:
        """Return the same with half the shift and half the local deformation."""
        return TransformRange(self.max_shift / 2, self.max_rotation, self.max_scale, self.local / 2)

    @property
    def search_bounds(self) -> SearchBounds:
        """What every method is told: the local deformation adds to the shift."""
        return SearchBounds(self.max_shift + self.local, self.max_rotation, self.max_scale)


@dataclass(frozen=True)
class EvaluationProtocol:
    """How cases are drawn.

    Attributes:
        name: for the command line and the tables.
        title: as tables and figures show it.
        transform_range: for images of at least 512 px.
        type: "pair": one SAR view of the same place, the local deformation in the optical view;
            "equivariance": two SAR views, cut and warped differently, the local deformation in the
            second; "unrelated": one SAR view of a different place.
        full_local: the local deformation always has its full length; else this is drawn.
        view_side: of the views, in pixels; None: by ``view_share``.
        view_share: side of a view in units of the image's shortest side, where it is not given.
        least_valid: share of a view's pixels that must have data; views without any gap are taken
            first.
        whole: the images themselves are the views, and lie on each other as they were given;
            ``transform_range`` is then the most that the truth may be.
    """

    name: str
    title: str
    transform_range: TransformRange
    type: ProtocolType = "pair"
    full_local: bool = False
    view_side: int | None = None
    view_share: float = VIEW_SHARE
    least_valid: float = 1.0
    whole: bool = False

    @property
    def needs_alignment(self) -> bool:
        """Whether the answer is judged against the pair's own alignment."""
        return self.type == "pair"

    def range_for(self, side: int) -> TransformRange:
        """Return the range for images whose shortest side is ``side`` pixels.

        Views of a given side count as cut from the smallest image that they fit into.
        """
        if self.view_side is not None:
            side = round(self.view_side / VIEW_SHARE)
        return self.transform_range if side >= FULL_RANGE_SIDE else self.transform_range.halved()


GAPS = 0.5
"""``least_valid`` of the protocols that also ask about views with gaps."""

_USUAL = (
    EvaluationProtocol("P1", "P1: rotation ±20°, shift ±50 px", TransformRange(50, 20, 1.0, 0)),
    EvaluationProtocol(
        "P2",
        "P2: shift ±20 px, rotation ±2°, scale ±2 %, local field up to 6 px",
        TransformRange(20, 2, 1.02, 6),
    ),
    EvaluationProtocol(
        "local",
        "Local deformation of 6 px, otherwise as P2",
        TransformRange(20, 2, 1.02, 6),
        full_local=True,
    ),
    EvaluationProtocol(
        "equivariance",
        "Equivariance: two SAR views, each as in P1",
        TransformRange(50, 20, 1.0, 0),
        type="equivariance",
    ),
    EvaluationProtocol(
        "local-equivariance",
        "Equivariance to local deformation: two SAR views as in P2, one deformed by 6 px",
        TransformRange(20, 2, 1.02, 6),
        type="equivariance",
        full_local=True,
    ),
    EvaluationProtocol(
        "unrelated",
        "Unrelated images, otherwise as P2",
        TransformRange(20, 2, 1.02, 0),
        type="unrelated",
    ),
)

_SPECIAL = (
    EvaluationProtocol(
        "P1-main",
        "P1-main: shift ±32 px, rotation ±5°, scale to 1.2",
        TransformRange(32, 5, 1.2, 0),
        least_valid=GAPS,
    ),
    EvaluationProtocol(
        "shift", "Shift alone, ±50 px", TransformRange(50, 0, 1.0, 0), least_valid=GAPS
    ),
    EvaluationProtocol(
        "scale",
        "Scale to 1.25, rotation ±10°, shift ±20 px",
        TransformRange(20, 10, 1.25, 0),
        # Larger views would fit into the image at the small scales only.
        view_share=0.6,
        least_valid=GAPS,
    ),
    EvaluationProtocol(
        "as-is",
        "Whole images, turned, scaled and shifted against each other as they were given",
        TransformRange(400, 180, 4.0, 0),
        whole=True,
    ),
    *(
        EvaluationProtocol(
            f"small-{side}",
            f"Views of {side} px: shift ±10 px, rotation ±2°, scale ±2 %",
            TransformRange(20, 2, 1.02, 0),
            view_side=side,
            least_valid=GAPS,
        )
        for side in (96, 128)
    ),
    *(
        EvaluationProtocol(
            f"unrelated-{side}",
            f"Unrelated images, views of {side} px",
            TransformRange(20, 2, 1.02, 0),
            type="unrelated",
            view_side=side,
            least_valid=GAPS,
        )
        for side in (96, 128, 384, 512)
    ),
)

PROTOCOLS = {protocol.name: protocol for protocol in (*_USUAL, *_SPECIAL)}

DEFAULT_PROTOCOLS = tuple(protocol.name for protocol in _USUAL)
"""What is asked unless protocols are named."""

PROTOCOL_SETS: dict[str, tuple[str, ...]] = {
    "small": ("small-96", "small-128"),
    "unrelated-sizes": tuple(p.name for p in PROTOCOLS.values() if p.type == "unrelated"),
    "all": tuple(PROTOCOLS),
}
"""Names that stand for several protocols."""


def expand(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of protocols, each once, with those of :data:`PROTOCOL_SETS` spelt out."""
    return tuple(dict.fromkeys(one for name in names for one in PROTOCOL_SETS.get(name, (name,))))
