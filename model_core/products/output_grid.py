"""The grid of registered rasters: on the reference's pixels, or on larger or smaller ones."""

from __future__ import annotations

import math

import numpy as np
from rasterio import Affine

from model_core.geometry.grid import Grid
from model_core.geometry.pixels import image_centre
from model_core.geometry.projection import map_pixels
from model_core.raster.grid_checks import check_output_size

SEVERAL = 3.0
"""Ratio of pixel sizes from which a product on the reference's pixels would only be larger, by the
square of it, and show no more."""


def output_grid(
    working: Grid,
    reference: Grid,
    pixel_size: float | None = None,
    moving: Grid | None = None,
    choice: str = "auto",
) -> Grid:
    """Return the grid of the registered raster over the ground of the working grid.

    Args:
        working: on which the images were matched, aligned with the reference.
        reference: the reference's.
        pixel_size: of square pixels, in the unit of the reference's CRS; it goes before the choice.
        moving: of the raster that is moved; None: the reference's pixels are meant.
        choice: "reference": its own pixels; "moving": a whole number of these, or a whole part, so
            that they are about as large as the moving raster's; "auto": the same, where those are
            several times larger, else the reference's.

    Raises:
        BadInputError: no raster can have pixels of that size.
    """
    across, down = working.pixel_size
    if pixel_size is not None:
        wanted_across = wanted_down = pixel_size
    else:
        factor = 1.0 if moving is None else _factor(working, reference, moving, choice)
        wanted_across, wanted_down = (factor * side for side in reference.pixel_size)
    x, y = wanted_across / across, wanted_down / down
    width, height = working.width / x, working.height / y
    check_output_size(width, height, (working.width, working.height))
    return Grid(
        working.crs,
        working.transform * Affine.scale(x, y),
        max(1, round(width)),
        max(1, round(height)),
    )


def _factor(working: Grid, reference: Grid, moving: Grid, choice: str) -> float:
    """Return how many of the reference's pixels make a side of the output's."""
    ratio = working.pixel_size[0] / reference.pixel_size[0] * moving_pixel(working, moving)
    if choice == "reference" or working.crs is None or not math.isfinite(ratio):
        return 1.0
    if choice == "auto" and ratio < SEVERAL:
        return 1.0
    return math.floor(ratio + 1e-6) if ratio >= 1 else 1 / math.ceil(1 / ratio - 1e-6)


def moving_pixel(working: Grid, moving: Grid) -> float:
    """Return the shorter side of a pixel of the moving image, in pixels of the working grid, as it
    is at the middle of that; infinite where the image has no place there."""
    centre = np.array(image_centre(working.height, working.width))
    reach = np.array([working.width, working.height]) / 4
    steps = np.array([[[-1.0, -1.0], [1.0, -1.0]], [[-1.0, 1.0], [1.0, 1.0]]])
    seen = map_pixels(centre + steps * reach, working, moving)
    across = (seen[0, 1] - seen[0, 0] + seen[1, 1] - seen[1, 0]) / (4 * reach[0])
    down = (seen[1, 0] - seen[0, 0] + seen[1, 1] - seen[0, 1]) / (4 * reach[1])
    jacobian = np.stack([across, down], axis=1)
    if not np.isfinite(jacobian).all() or np.linalg.matrix_rank(jacobian) < 2:
        return math.inf
    return float(np.linalg.norm(np.linalg.inv(jacobian), axis=0).min())


def output_sentence(output: Grid, reference: Grid, name: str) -> str | None:
    """Return what a user should know of an output grid that is coarser than the reference; None
    where it is not.

    Args:
        output: of the registered raster.
        reference: the reference's.
        name: of the moving image.
    """
    factor = output.pixel_size[0] / reference.pixel_size[0]
    if factor < SEVERAL - 0.01:
        return None
    return (
        f"The registered raster has pixels of {factor:.6g} x {factor:.6g} of the reference's, "
        f"about as large as those of {name}; output_grid=reference gives the reference's own."
    )
