"""How far apart two images are expected to be."""

from __future__ import annotations

from model_core.settings import check_settings
from model_core.workflows.bounds import search_bounds


def test_georeferenced_images_are_expected_to_lie_closer() -> None:
    bounds = search_bounds(check_settings({}), georeferenced=True)
    assert (bounds.max_shift, bounds.max_rotation, bounds.max_scale) == (50, 4, 1)
    bounds = search_bounds(check_settings({}), georeferenced=False)
    assert (bounds.max_shift, bounds.max_rotation, bounds.max_scale) == (50, 25, 1.1)


def test_what_is_given_counts_for_both() -> None:
    settings = check_settings({"max_shift": 30, "max_rotation": 0, "max_scale": 1.2})
    for georeferenced in (True, False):
        bounds = search_bounds(settings, georeferenced)
        assert (bounds.max_shift, bounds.max_rotation, bounds.max_scale) == (30, 0, 1.2)


def test_the_shift_is_in_pixels_of_the_reference() -> None:
    assert search_bounds(check_settings({"max_shift": 30}), True, pixel=3.0).max_shift == 10
