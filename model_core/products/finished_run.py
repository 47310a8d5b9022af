"""What products are made from: a registration that was computed, with nothing written yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_core.feedback import Progress
from model_core.products.displacement_field import DisplacementField
from model_core.products.result import RegistrationResult
from model_core.products.tie_points import TiePoints
from model_core.raster.fill import Fill
from model_core.raster.reader import ImagePair
from model_core.raster.scene import Scene
from model_core.registration.engine import Alignment


@dataclass(frozen=True)
class FinishedRun:
    """A computed registration. Products take what they need of it and change nothing.

    Attributes:
        reference: the reference raster as found on disk.
        moving: the moving raster as found on disk.
        fill: of the moving raster, which its file does not declare.
        pair: reads windows of both as the matching saw them, what was left out of it included.
        alignment: what the matching found, in pixels of the working grid.
        field: the same on the ground, in metres.
        tie_points: selected from the field, by the settings' spacing and smallest certainty.
        settings: all settings by name, checked.
        result: verdict and figures.
        progress: hears what of the writing is done, and is asked whether to stop.
    """

    reference: Scene
    moving: Scene
    fill: Fill
    pair: ImagePair
    alignment: Alignment
    field: DisplacementField
    tie_points: TiePoints
    settings: Mapping[str, Any]
    result: RegistrationResult
    progress: Progress
