"""How far apart two images can be: what the settings say, and what stands where they do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_core.registration.verdict import Limits

GEOREFERENCED = {"max_rotation": 4.0, "max_scale": 1.0}
"""Degrees, and a factor: the georeferencing says which way north is and how large a pixel is."""

PLAIN = {"max_rotation": 25.0, "max_scale": 1.1}
"""The same for images without georeferencing."""


def search_bounds(settings: Mapping[str, Any], georeferenced: bool, pixel: float = 1.0) -> Limits:
    """Return the largest shift, rotation and scale to expect.

    Args:
        settings: checked; ``max_rotation`` and ``max_scale`` may be None.
        georeferenced: both images are.
        pixel: reference pixels per working pixel; the bounds are in working pixels.
    """
    usual = GEOREFERENCED if georeferenced else PLAIN
    rotation, scale = settings["max_rotation"], settings["max_scale"]
    return Limits(
        max_shift=settings["max_shift"] / pixel,
        max_rotation=usual["max_rotation"] if rotation is None else rotation,
        max_scale=usual["max_scale"] if scale is None else scale,
    )
