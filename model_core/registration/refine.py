"""Coarse to fine over a whole scene, in tiles; memory is bounded by the tile and the lattice."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_core.errors import BadInputError
from model_core.feedback import Feedback
from model_core.network.descriptors import DescribedImages
from model_core.network.matcher_config import StageConfig
from model_core.raster.reader import ImagePair
from model_core.raster.view import View
from model_core.registration.feature_maps import Descriptions
from model_core.registration.fit import Field, Fit, Lattice, fit_field
from model_core.registration.model import Nodes, RegistrationModel

COARSE_SIDE = 1024
"""Pixels of the longer side of the decimated overlap in which the global search is made."""

TILE = 640
"""Pixels of a tile's side, without its margin."""

FACTOR = 4
"""Largest step of resolution between two levels."""

LARGEST_DEPARTURE = 2.0
"""Pixels by which one tile's node may depart from its neighbours before it counts a quarter."""


@dataclass(frozen=True)
class Tile:
    """A part of the decimated grid: its core, without margin, in pixels; all tiles partition it."""

    row: int
    column: int
    height: int
    width: int


def levels(height: int, width: int) -> list[int]:
    """Return the decimations of the pyramid, coarse to fine, ending in 1."""
    coarsest = max(1, -(-max(height, width) // COARSE_SIDE))
    found = [coarsest]
    while found[-1] > 1:
        found.append(max(1, -(-found[-1] // FACTOR)) if found[-1] > FACTOR else 1)
    return found


def tiles(height: int, width: int, node: int) -> list[Tile]:
    """Return tiles that partition a grid; their borders lie on nodes."""
    side = TILE // node * node
    return [
        Tile(row, column, min(side, height - row), min(side, width - column))
        for row in range(0, height, side)
        for column in range(0, width, side)
    ]


def find_start(
    pair: ImagePair,
    matcher: RegistrationModel,
    max_shift: float,
    max_rotation: float,
    max_scale: float,
) -> tuple[Field, float]:
    """Search the whole, decimated overlap for the affine; returns it and its score in [-1, 1].

    Raises:
        BadInputError: the images have no valid pixel in common.
    """
    decimation = levels(*pair.size)[0]
    height, width = (-(-side // decimation) for side in pair.size)
    # What the shift may bring in from beyond the working grid is looked at too.
    margin = math.ceil(max_shift / decimation) + 1
    window = (-margin, -margin, height + 2 * margin, width + 2 * margin)
    reference = pair.reference.read(*window, decimation)
    moving = pair.moving.read(*window, decimation)
    if not (reference.valid & moving.valid).any():
        raise BadInputError(
            "The images have no valid pixel in common: where one has data the other has nodata; "
            "choose images that show the same ground."
        )
    rows, columns = _used(reference.valid | moving.valid)
    affine, score = matcher.find_start(
        _crop(reference, rows, columns),
        _crop(moving, rows, columns),
        max_shift / decimation,
        max_rotation,
        max_scale,
    )
    # From pixels of the cropped, decimated images to pixels: x = (x' + origin + 0.5) * d - 0.5.
    origin = np.array([columns.start, rows.start]) - margin
    shift = origin * decimation + (decimation - 1) / 2
    linear = affine[:, :2]
    offset = affine[:, 2] * decimation + shift - linear @ shift
    lattice = Lattice(*pair.size, decimation * 16)
    return Field(np.column_stack([linear, offset]), lattice), score


def _used(valid: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the rows and columns between which there are valid pixels."""
    rows, columns = np.flatnonzero(valid.any(axis=1)), np.flatnonzero(valid.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _crop(view: View, rows: slice, columns: slice) -> View:
    return View(
        np.ascontiguousarray(view.image[:, rows, columns]),
        np.ascontiguousarray(view.valid[rows, columns]),
        view.modality,
    )


def refine(
    described: Descriptions,
    matcher: RegistrationModel,
    field: Field,
    local: bool,
    feedback: Feedback,
    progress: Callable[[float], None],
) -> Fit:
    """Refine a field level by level, and twice at full resolution.

    At each level every tile of the moving image is sampled where the field so far says, and what
    remains is measured; all tiles together then give one affine and one smooth departure.

    Args:
        local: fit the smooth departure too; else only the affine. What the network itself leaves
            out (an ablation) is left out whatever is asked for.
        progress: called with the share of the work done, in [0, 1].
    """
    config = matcher.network.config
    transform = matcher.network.settings.transform
    local = local and transform != "affine"
    first = config.flow_stages[0] if transform == "flow" else config.affine_stages[1]
    plan = [(d, first) for d in levels(*described.pair.size)]
    plan += [(1, stage) for stage in (config.flow_stages if local else config.affine_stages[2:])]
    costs = [1 / decimation**2 for decimation, _ in plan]
    fit: Fit | None = None
    for index, (decimation, stage) in enumerate(plan):
        done = sum(costs[:index]) / sum(costs)
        share = costs[index] / sum(costs)

        def report(part: float, done: float = done, share: float = share) -> None:
            progress(done + share * part)

        final = index == len(plan) - 1
        fit = _level(described, matcher, field, decimation, stage, local, final, feedback, report)
        field = fit.field
    assert fit is not None
    return fit


def _level(
    described: Descriptions,
    matcher: RegistrationModel,
    field: Field,
    decimation: int,
    stage: StageConfig,
    local: bool,
    final: bool,
    feedback: Feedback,
    progress: Callable[[float], None],
) -> Fit:
    lattice = Lattice(*described.pair.size, stage.node * decimation)
    targets = np.zeros((*lattice.shape, 2))
    certainty = np.zeros(lattice.shape, np.float32)
    sharpness = np.zeros((3, *lattice.shape), np.float32)
    known = np.zeros(lattice.shape, bool)
    for tile, nodes in measure_tiles(
        described,
        matcher,
        field,
        decimation,
        stage,
        lambda reference, warped: matcher.measure(reference, warped, stage),
        feedback,
        progress,
    ):
        rows, columns = _nodes_of(tile, stage.node)
        points = lattice.positions()[rows, columns]
        step = nodes.displacement.transpose(1, 2, 0).astype(np.float64) * decimation
        targets[rows, columns] = field.at(points + step)
        certainty[rows, columns] = nodes.certainty
        sharpness[:, rows, columns] = nodes.sharpness
        known[rows, columns] = nodes.support > 0
    return fit_field(
        lattice,
        targets,
        certainty,
        sharpness,
        known,
        decimation,
        LARGEST_DEPARTURE * decimation,
        local,
        final,
        field.affine if matcher.network.settings.transform == "flow" else None,
    )


def _nodes_of(tile: Tile, node: int) -> tuple[slice, slice]:
    top, left = tile.row // node, tile.column // node
    return (
        slice(top, top + -(-tile.height // node)),
        slice(left, left + -(-tile.width // node)),
    )


def measure_tiles(
    described: Descriptions,
    matcher: RegistrationModel,
    field: Field,
    decimation: int,
    stage: StageConfig,
    measure: Callable[[DescribedImages, DescribedImages], Nodes],
    feedback: Feedback,
    progress: Callable[[float], None],
) -> Iterator[tuple[Tile, Nodes]]:
    """Read every tile with its margin, the moving image warped by the field, and measure it.

    Yields each tile with the nodes of its core; tiles without data in both images are left out.
    """
    node = stage.node
    margin = matcher.network.matcher.margin(stage) * node
    height, width = (-(-side // decimation) for side in described.pair.size)
    todo = tiles(height, width, node)
    alone = len(todo) == 1
    for index, tile in enumerate(todo):
        feedback.raise_if_cancelled()
        progress(index / len(todo))
        window = _around(tile, margin, height, width, node)
        reference = described.reference(window, decimation)
        if not reference.images.valid.any():
            continue
        warped = described.moving(window, decimation, field, stage.stride, keep=alone)
        if not (reference.images.valid * warped.images.valid).any():
            continue
        nodes = measure(reference, warped)
        above, left = (tile.row - window[0]) // node, (tile.column - window[1]) // node
        core = (
            slice(above, above + -(-tile.height // node)),
            slice(left, left + -(-tile.width // node)),
        )
        yield (
            tile,
            Nodes(
                nodes.displacement[(slice(None), *core)],
                nodes.certainty[core],
                nodes.sharpness[(slice(None), *core)],
                nodes.support[core],
                nodes.agrees[core],
            ),
        )
    progress(1.0)


def _around(
    tile: Tile, margin: int, height: int, width: int, node: int
) -> tuple[int, int, int, int]:
    """Return row, column, height and width of a tile with its margin, no further than the grid.

    It starts and ends on nodes; beyond the grid at most one of the images has data.
    """
    top, left = max(0, tile.row - margin), max(0, tile.column - margin)
    bottom = min(-(-height // node) * node, -(-(tile.row + tile.height) // node) * node + margin)
    right = min(-(-width // node) * node, -(-(tile.column + tile.width) // node) * node + margin)
    return top, left, bottom - top, right - left


@dataclass(frozen=True)
class CheckPoints:
    """What a wide, independent search finds after the registration, at check windows.

    points: (N, 2), reference pixels. remaining: (N, 2), displacement in pixels that the window's
    own best match still asks for. agrees: (N,), both search directions name the same place.
    windows: how many of them are independent of one another.
    """

    points: NDArray[np.float64]
    remaining: NDArray[np.float64]
    agrees: NDArray[np.bool_]
    windows: float


def check(
    described: Descriptions,
    matcher: RegistrationModel,
    field: Field,
    feedback: Feedback,
    progress: Callable[[float], None],
) -> CheckPoints:
    """Search widely around the finished field, tile by tile, in both directions."""
    stage = matcher.network.config.check_stage
    lattice = Lattice(*described.pair.size, stage.node)
    points, remaining, agrees = [], [], []
    for tile, nodes in measure_tiles(
        described, matcher, field, 1, stage, matcher.check, feedback, progress
    ):
        rows, columns = _nodes_of(tile, stage.node)
        usable = nodes.support > 0.6
        points.append(lattice.positions()[rows, columns][usable])
        remaining.append(nodes.displacement.transpose(1, 2, 0)[usable])
        agrees.append(nodes.agrees[usable])
    if not points:
        return CheckPoints(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0, bool), 0.0)
    count = sum(len(p) for p in points)
    # A Gaussian window of sigma s is as wide as a box of 2 s sqrt(pi).
    independent = count * stage.node**2 / (4 * np.pi * stage.window**2)
    return CheckPoints(
        np.concatenate(points),
        np.concatenate(remaining).astype(np.float64),
        np.concatenate(agrees),
        float(independent),
    )
