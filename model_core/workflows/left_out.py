"""Ground that is kept out of the matching and of the verdict, as the settings say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_core.errors import BadInputError
from model_core.feedback import Feedback
from model_core.geometry.field import Field
from model_core.geometry.pixels import pixel_to_cell
from model_core.geometry.window import Window, downsampled_size
from model_core.raster.mask import EitherMask, Mask, MovedMask, share_left_out
from model_core.raster.mask_file import read_mask
from model_core.raster.reader import ImagePair, ScenePair
from model_core.raster.water import find_water
from model_core.registration.start_points import PointStart

NEARLY_ALL = 0.999
"""Share of the overlap above which nothing is left to match."""

LOOKED_AT = 1024
"""Pixels of the longer side of the images in which is looked for data under the mask."""


@dataclass(frozen=True)
class LeftOut:
    """What is left out.

    Attributes:
        mask: the ground; None: none.
        shares: of the overlap, by the setting that asked for it.
    """

    mask: Mask | None
    shares: Mapping[str, float]

    def of(self, whole: ScenePair, start: PointStart | None) -> ImagePair:
        """Return the images without the ground that is left out.

        In the moving image it lies where its georeferencing says, corrected by the start.

        Raises:
            BadInputError: nothing of an image would be left.
        """
        if self.mask is None:
            return whole
        moved = self.mask
        if start is not None:
            moved = MovedMask(self.mask, start.affine, whole.reference.grid)
        return ImagePair(whole.reference.without(self.mask), whole.moving.without(moved))

    def shown(self, whole: ImagePair, field: Field) -> NDArray[np.bool_]:
        """Return at which control points (h, w) of a field the mask covers ground that both images
        show.

        Args:
            whole: the images, the masked ground included.
            field: from the reference to the moving image.
        """
        if self.mask is None:
            return np.zeros(field.grid.shape, bool)
        factor = max(1, -(-max(whole.size) // LOOKED_AT))
        window = Window(0, 0, *downsampled_size(*whole.size, factor), factor)
        reference = whole.reference.read(window).valid
        both = reference & whole.moving.read(window, field.window(window)).valid
        both &= self.mask.covers(window.positions(), whole.reference.grid)
        cells = np.rint(pixel_to_cell(field.grid.positions(), factor)).astype(np.int64)
        x, y = (np.clip(cells[..., axis], 0, both.shape[1 - axis] - 1) for axis in (0, 1))
        return np.asarray(both[y, x])


def ground_left_out(
    settings: Mapping[str, Any], images: ScenePair, start: PointStart | None, feedback: Feedback
) -> LeftOut:
    """Return what of the overlap is left out.

    Args:
        settings: checked.
        images: all of them, on the grid over the overlap.
        start: what is known of the moving image's displacement.
        feedback: hears how much it is.

    Raises:
        BadInputError: a mask cannot be used, or nothing would be left.
    """
    working = images.reference.grid
    masks: list[Mask] = []
    shares: dict[str, float] = {}
    if settings["mask"] is not None:
        mask = read_mask(settings["mask"], working, feedback)
        share = share_left_out(mask, working)
        feedback.log(_of_mask(share))
        masks, shares["mask"] = [mask], share
    if settings["ignore_water"]:
        water = find_water(images, None if start is None else start.affine)
        share = share_left_out(water, working)
        feedback.log(f"Open water in both images: {100 * share:.1f} % of the overlap is left out.")
        masks.append(water)
        shares["ignore_water"] = share
    together = EitherMask(masks) if len(masks) > 1 else next(iter(masks), None)
    if together is not None and share_left_out(together, working) > NEARLY_ALL:
        raise BadInputError(
            "All of the ground that the images share is left out by the mask or as water, so that "
            "nothing is left to match; what a mask covers is left out, not what it leaves free."
        )
    return LeftOut(together, shares)


def _of_mask(share: float) -> str:
    if share > 0:
        return f"The mask leaves {100 * share:.1f} % of the overlap out of the matching."
    return (
        "The mask covers nothing of the ground that the images share, and changes nothing; check "
        "its CRS and its place."
    )
