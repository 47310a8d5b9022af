"""What products are made from: a registration that was computed, with nothing written yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from model_core.feedback import Feedback
from model_core.products.displacement_field import DisplacementField
from model_core.products.result import RegistrationResult
from model_core.products.tie_points import TiePoints
from model_core.raster.reader import ImagePair
from model_core.raster.scene import Scene
from model_core.registration.engine import Found


def ignore_progress(share: float) -> None:
    """Take note of nothing."""


@dataclass(frozen=True)
class FinishedRun:
    """A computed registration. Products take what they need of it and change nothing.

    Attributes:
        reference, moving: the two rasters as found on disk.
        pair: reads windows of both as the matching saw them.
        alignment: what the matching found, in pixels of the working grid.
        field: the same on the ground, in metres.
        tie_points: selected from the field, by the settings' spacing and smallest certainty.
        settings: all settings by name, checked.
        result: verdict and figures.
        feedback: to ask whether to stop.
        progress: takes the share, 0 to 1, of the writing that is done.
    """

    reference: Scene
    moving: Scene
    pair: ImagePair
    alignment: Found
    field: DisplacementField
    tie_points: TiePoints
    settings: Mapping[str, Any]
    result: RegistrationResult
    feedback: Feedback
    progress: Callable[[float], None] = ignore_progress
