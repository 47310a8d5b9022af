"""A mesh of known places, as geolocation arrays are, places every pixel."""

from __future__ import annotations

import numpy as np
import pytest

from model_core.geometry.mesh import MeshLocator
from tests.core.located import HEIGHT, WIDTH, pixels, place

SOME = pixels()[::7, ::9].reshape(-1, 2)


def mesh(every: int = 4) -> MeshLocator:
    columns, rows = np.arange(0.0, WIDTH, every), np.arange(0.0, HEIGHT, every)
    nodes = place(np.stack(np.meshgrid(columns, rows), axis=-1))
    return MeshLocator(columns, rows, nodes, "a mesh")


def test_every_pixel_has_its_place_to_a_tenth() -> None:
    found = mesh().to_pixels(place(SOME))
    assert np.abs(found - SOME).max() < 0.1


def test_there_and_back() -> None:
    locator = mesh(1)
    assert np.abs(locator.to_pixels(locator.to_map(SOME)) - SOME).max() < 0.01


def test_what_a_node_does_not_know_is_unknown_around_it_only() -> None:
    columns, rows = np.arange(0.0, WIDTH, 4), np.arange(0.0, HEIGHT, 4)
    nodes = place(np.stack(np.meshgrid(columns, rows), axis=-1))
    nodes[:10] = np.nan
    locator = MeshLocator(columns, rows, nodes, "a mesh")
    found = locator.to_pixels(place(SOME))
    below = SOME[:, 1] > 45
    assert np.abs(found - SOME)[below].max() < 0.1
    assert np.isnan(found[SOME[:, 1] < 30]).all()


def test_a_row_is_no_mesh() -> None:
    with pytest.raises(ValueError, match="no mesh"):
        MeshLocator(np.arange(4.0), np.arange(1.0), np.zeros((1, 4, 2)), "a row")
