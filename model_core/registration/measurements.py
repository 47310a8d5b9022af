"""What is measured between two images on one grid, as arrays on the host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model_core.network.affine_flow_matcher import Measurement
from model_core.network.feature_maps import FeatureMaps
from model_core.network.matcher_config import StageConfig
from model_core.registration.model import RegistrationModel
from model_core.registration.verdict_config import THRESHOLDS

Slices = tuple[slice, slice]


@dataclass(frozen=True)
class Measurements:
    """What a stage measured at control points; arrays are (h, w) unless said.

    Attributes:
        displacement: (2, h, w) as (dx, dy), in pixels of the images that were compared.
        certainty: in [0, 1].
        curvature: (3, h, w) as (xx, xy, yy), of the correlation's peak, per square pixel.
        support: in [0, 1], the share of the window that is valid in both images.
        consistent: (h, w) bool, the search from the other image's side names the same place (all
            True where only one side searched).
    """

    displacement: NDArray[np.float32]
    certainty: NDArray[np.float32]
    curvature: NDArray[np.float32]
    support: NDArray[np.float32]
    consistent: NDArray[np.bool_]

    @staticmethod
    def none(shape: tuple[int, int]) -> Measurements:
        """Return measurements of (h, w) control points where nothing was measured."""
        return Measurements(
            np.zeros((2, *shape), np.float32),
            np.zeros(shape, np.float32),
            np.zeros((3, *shape), np.float32),
            np.zeros(shape, np.float32),
            np.zeros(shape, bool),
        )

    def part(self, some: Slices) -> Measurements:
        """Return those of some rows and columns of control points."""
        return Measurements(
            self.displacement[(slice(None), *some)],
            self.certainty[some],
            self.curvature[(slice(None), *some)],
            self.support[some],
            self.consistent[some],
        )

    def put(self, some: Slices, values: Measurements) -> None:
        """Write measurements over some rows and columns of these."""
        self.displacement[(slice(None), *some)] = values.displacement
        self.certainty[some] = values.certainty
        self.curvature[(slice(None), *some)] = values.curvature
        self.support[some] = values.support
        self.consistent[some] = values.consistent


@torch.inference_mode()
def measure(
    model: RegistrationModel, reference: FeatureMaps, moving: FeatureMaps, stage: StageConfig
) -> Measurements:
    """Measure what displacement remains between two images on one grid."""
    return _on_host(model.network.measure(reference, moving, stage), None)


@torch.inference_mode()
def measure_both(
    model: RegistrationModel, reference: FeatureMaps, moving: FeatureMaps, stage: StageConfig
) -> Measurements:
    """Measure from both sides: what the reference looks for in the moving image, and back."""
    forward, backward = model.network.matcher.measure_both(
        stage, reference.at(stage.stride), moving.at(stage.stride)
    )
    return _on_host(forward, backward)


def _on_host(forward: Measurement, backward: Measurement | None) -> Measurements:
    consistent = np.ones(forward.certainty.shape[1:], dtype=bool)
    if backward is not None:
        # The same displacement from the other side has the opposite sign.
        both = (forward.displacement + backward.displacement).norm(dim=1)[0]
        consistent = _array(both) < THRESHOLDS.largest_disagreement
    return Measurements(
        _array(forward.displacement[0]),
        _array(forward.certainty[0]),
        _array(forward.curvature[0]),
        _array(forward.support[0]),
        consistent,
    )


def _array(tensor: Tensor) -> NDArray[np.float32]:
    return cast("NDArray[np.float32]", tensor.detach().float().cpu().numpy())
