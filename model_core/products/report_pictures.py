"""Pictures of reference, moving and registered image on one grid, for the report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_core.geometry.field import Field
from model_core.geometry.window import Window, downsampled_size
from model_core.products.report_figures import Image
from model_core.raster.reader import ImagePair
from model_core.raster.view import View
from model_core.registration.fit import Fit

OVERVIEW_SIDE = 900
CHIP_SIDE = 256

STANDS_OUT = 0.02
"""By so much the least certain place must be less certain than the most certain one to be shown."""

QUADRANTS = (
    ("Upper left", 0, 0),
    ("Upper right", 0, 1),
    ("Lower left", 1, 0),
    ("Lower right", 1, 1),
)


@dataclass(frozen=True)
class Comparison:
    """Pictures of one place on one grid; arrays (H, W, 3) uint8.

    Attributes:
        title: what is shown.
        reference: the image that stays.
        before: the moving image as it came.
        after: the moving image registered; None where nothing was registered.
    """

    title: str
    reference: Image
    before: Image
    after: Image | None


def overview(pair: ImagePair, field: Field | None) -> tuple[Comparison, int]:
    """Return pictures of the whole overlap, and working pixels per picture pixel.

    ``field`` None: nothing was registered, so there is no "after".
    """
    factor = -(-max(pair.size) // OVERVIEW_SIDE)
    window = Window(0, 0, *downsampled_size(*pair.size, factor), factor)
    return _compare("The whole overlap", pair, field, window), factor


def chips(pair: ImagePair, fit: Fit, certainty: NDArray[np.float32]) -> tuple[Comparison, ...]:
    """Return details at full resolution: one a quarter of the overlap, and the least certain place
    where one stands out.

    In each quarter it is where the measurement was surest: there is something to see. The field is
    nearly as certain everywhere.

    Args:
        pair: the two images.
        fit: the field, and how sure its measurements are.
        certainty: (h, w), of the field at its control points; 0 where the images share no data.
    """
    pictures = []
    for title, row, column in places(fit.weight, certainty):
        centre = row * fit.field.grid.spacing, column * fit.field.grid.spacing
        sides = [min(CHIP_SIDE, side) for side in pair.size]
        top, left = (
            int(np.clip(at - side // 2, 0, whole - side))
            for at, side, whole in zip(centre, sides, pair.size, strict=True)
        )
        pictures.append(_compare(title, pair, fit.field, Window(top, left, *sides)))
    return tuple(pictures)


def places(
    weight: NDArray[np.float32], certainty: NDArray[np.float32]
) -> list[tuple[str, int, int]]:
    """Return title, row and column of the control points to show; arguments (h, w)."""
    height, width = certainty.shape
    found: list[tuple[str, int, int]] = []
    for name, down, right in QUADRANTS:
        top, left = down * height // 2, right * width // 2
        part = weight[top : top + -(-height // 2), left : left + -(-width // 2)]
        if part.size and part.max() > 0:
            row, column = divmod(int(part.argmax()), part.shape[1])
            there = certainty[top + row, left + column]
            found.append((f"{name}, certainty {there:.2f}", top + row, left + column))
    shared = np.where(certainty > 0, certainty, np.inf)
    if shared.min() < certainty.max() - STANDS_OUT:
        row, column = divmod(int(shared.argmin()), width)
        found.append((f"Least certain place, {shared.min():.2f}", row, column))
    return found


def _compare(title: str, pair: ImagePair, field: Field | None, window: Window) -> Comparison:
    after = None
    if field is not None:
        after = _picture(pair.moving.read(window, field.window(window)))
    return Comparison(
        title=title,
        reference=_picture(pair.reference.read(window)),
        before=_picture(pair.moving.read(window)),
        after=after,
    )


def _picture(view: View) -> Image:
    """Return a view as (H, W, 3) uint8; invalid pixels are black."""
    grey_or_colour = np.broadcast_to(view.image, (3, *view.image.shape[1:]))
    return np.asarray(np.rint(grey_or_colour.transpose(1, 2, 0) * 255).astype(np.uint8))
