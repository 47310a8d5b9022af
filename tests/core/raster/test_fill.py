"""What is fill in the small is fill in every window of the full image, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest

from model_core.geometry.window import Window
from model_core.raster.ahead import ahead
from model_core.raster.fill import Fill, FillRegion
from model_core.raster.reader import SceneReader
from model_core.raster.scene import open_scene
from tests.core.raster.ground import amplitude, beyond_a_footprint
from tests.core.rasters import write

SIDE = 2304
"""More than twice the pixels in which fill is looked for."""


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> tuple[SceneReader, np.ndarray]:
    """Return a reader of 8-bit SAR with a turned footprint and dark pixels at 0 inside of it, and
    where its fill is."""
    small = amplitude(SIDE // 4, 1)
    speckle = np.random.default_rng(0).gamma(4, 1 / 4, (SIDE, SIDE))
    values = np.kron(small, np.ones((4, 4))) * speckle
    image = np.clip(2 + 100 * values, 1, 255).astype(np.uint8)
    image[np.random.default_rng(1).random(image.shape) < 0.02] = 0
    where = beyond_a_footprint(SIDE)
    image[where] = 0
    scene = open_scene(write(tmp_path_factory.mktemp("fill") / "sar.tif", image[None]), "sar")
    return SceneReader(scene, scene.grid), where


def test_full_windows_are_masked_to_the_pixel(turned) -> None:
    reader, where = turned
    windows = [Window(row, column, 300, 460) for row in (0, 700, 2000) for column in (0, 920, 1840)]
    for window, view in zip(windows, ahead(reader.read, windows), strict=True):
        rows = slice(window.row, window.row + window.height)
        columns = slice(window.column, window.column + window.width)
        fill = where[rows, columns]
        assert not (view.valid & fill).any()
        # Beside the fill a few scattered zeros are lost; inside, none is.
        assert (~view.valid & ~fill).mean() < 0.005


@pytest.mark.parametrize("factor", [2, 3, 4, 9])
def test_downsampled_windows_hold_no_mixture_of_fill_and_data(turned, factor: int) -> None:
    reader, where = turned
    side = SIDE // factor
    view = reader.read(Window(0, 0, side, side, factor))
    inside = where[: side * factor, : side * factor].reshape(side, factor, side, factor)
    share = inside.mean(axis=(1, 3))
    assert not view.valid[share > 0.5].any()
    assert view.valid[share == 0].mean() > 0.98
    # Along the edge the land is as bright as elsewhere: zeros would have darkened it.
    edge, land = view.valid & (share > 0), view.valid & (share == 0)
    assert abs(view.image[0][land].mean() - view.image[0][edge].mean()) < 0.1


def test_values_outside_of_the_region_are_data() -> None:
    region = np.zeros((4, 4), bool)
    region[:, 0] = True
    fill = Fill((1, 2), 8, 8, (FillRegion((0.0, 5.0), region, 0.25),))
    values = np.zeros((2, 8, 8), np.int16)
    values[1] = 5
    values[1, 3] = 4
    mask = fill.mask(values, 0, 0)
    assert mask[[0, 1, 2, 4, 5, 6, 7], :2].all()
    assert not mask[:, 2:].any()
    assert not mask[3].any(), "one band of it is another value"
    assert np.array_equal(fill.mask(values[:, 2:, 1:], 2, 1), mask[2:, 1:])


def test_the_sentence_names_values_and_shares() -> None:
    one = FillRegion((0.0, 0.0, 0.0), np.ones((2, 2), bool), 0.125)
    other = FillRegion((1.0, 2.0, 3.0), np.ones((2, 2), bool), 0.5)
    assert Fill((1, 2, 3), 9, 9, (one, other)).sentence("a.tif") == (
        "a.tif is filled with 0 (12.5 % of it) and 1/2/3 (50.0 % of it) at its border: "
        "taken as no data."
    )
