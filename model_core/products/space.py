"""The space that products may take on the disk, as they are written and before compression."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from model_core.geometry.grid import Grid
from model_core.geometry.window import downsampled_size
from model_core.products.displacement_field import RegistrationGrids
from model_core.products.registered_pixels import BLOCK
from model_core.products.registered_raster import RasterOptions
from model_core.raster.opening import open_raster
from model_core.raster.pixel_types import common_type, size_of

FINEST_SPACING = 4
"""Working pixels from one control point to the next: no network measures closer."""

DISPLACEMENT_TILE, DISPLACEMENT_PIXEL = 256, 4 * 4

OVERVIEWS = 4 / 3
"""Of a raster with overviews of a half, a quarter, ..."""

TABLES = 1.01
"""Of a raster with the positions of its tiles, and what compression adds to noise."""

OTHERS = 4_000_000
"""Bytes for vectors, control points, report and summary together."""


def space_needed(
    outputs: Mapping[str, str], moving: str, grids: RegistrationGrids, options: RasterOptions
) -> dict[str, int]:
    """Return the bytes that the products of a registration may take, by path.

    Args:
        outputs: paths by the product's name.
        moving: path of the moving image.
        grids: of the registration.
        options: of the registered raster.
    """
    found = {
        "registered": lambda: registered_space(moving, grids.output, options),
        "displacement_raster": lambda: displacement_space(grids.working),
    }
    needed = {path: found[name]() for name, path in outputs.items() if name in found}
    others = [path for name, path in outputs.items() if name not in found]
    return needed | dict.fromkeys(others, OTHERS // max(1, len(others)))


def registered_space(raster: str, target: Grid, options: RasterOptions) -> int:
    """Return the bytes that a registered raster takes while it is written.

    Tiles are written whole also where the raster ends within them. A driver that copies, such as
    that of COGs, needs the space of the whole file, of the copy, and of overviews on the way.

    Args:
        raster: path of the raster that is moved.
        target: the grid it is moved to.
        options: how it is written.
    """
    with open_raster(raster) as dataset:
        # A mask has a bit for each pixel.
        pixel = dataset.count * size_of(common_type(dataset.dtypes)) + 1 / 8
    creation = options.creation
    given = (creation.options.get(name, "") for name in ("BLOCKXSIZE", "BLOCKYSIZE", "BLOCKSIZE"))
    side = max(BLOCK, *(int(text) if text.isdecimal() else 0 for text in given))
    plain = _padded(target.width, target.height, side) * pixel
    whole = plain if creation.direct else plain + OVERVIEWS * plain + (OVERVIEWS - 1) * plain
    return int(whole * TABLES)


def displacement_space(working: Grid) -> int:
    """Return the bytes of a displacement raster over a grid."""
    height, width = downsampled_size(working.height, working.width, FINEST_SPACING)
    return int(_padded(width, height, DISPLACEMENT_TILE) * DISPLACEMENT_PIXEL * TABLES)


def _padded(width: int, height: int, side: int) -> int:
    return ceil(width / side) * ceil(height / side) * side * side
