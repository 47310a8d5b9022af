"""The network, loaded and on its device, taking views instead of tensors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model_core.device import choose_device
from model_core.network.affine_flow_matcher import Measurement
from model_core.network.checkpoint import load_network
from model_core.network.descriptors import DescribedImages, ImageBatch
from model_core.network.matcher_config import StageConfig
from model_core.network.soma import Soma
from model_core.raster.view import View


@dataclass(frozen=True)
class Nodes:
    """What a stage measured at the nodes of a tile's lattice; arrays are (h, w) unless said.

    displacement: (2, h, w) as (dx, dy), in pixels of the tile. certainty: in [0, 1]. sharpness:
    (3, h, w), how sharp the correlation's peak is; see ``Measurement``. agrees: the window's best
    match is the same from both sides (only of ``check``; else all True).
    """

    displacement: NDArray[np.float32]
    certainty: NDArray[np.float32]
    sharpness: NDArray[np.float32]
    support: NDArray[np.float32]
    agrees: NDArray[np.bool_]


class RegistrationModel:
    """A loaded network. Not thread-safe; one per process and device."""

    def __init__(self, network: Soma, device: torch.device, name: str) -> None:
        self.network = network.to(device).eval()
        self.device = device
        self.name = name

    def batch(self, view: View) -> ImageBatch:
        """Return a view as a batch of one on the device."""
        return ImageBatch(
            torch.from_numpy(view.image).to(self.device)[None],
            torch.from_numpy(view.valid.astype(np.float32)).to(self.device)[None, None],
            view.modality,
        )

    def describe(self, view: View) -> DescribedImages:
        """Return a view with its descriptors, which are made when they are first asked for."""
        return self.network.described(self.batch(view))

    @torch.inference_mode()
    def find_affine(
        self,
        reference: View,
        moving: View,
        max_shift: float,
        max_rotation: float,
        max_scale: float = 1.0,
    ) -> tuple[NDArray[np.float64], float]:
        """Return the affine (2, 3), reference pixel to moving pixel, and its score in [-1, 1]."""
        found = self.network.find_affine(
            self.batch(reference), self.batch(moving), max_shift, max_rotation, max_scale
        )
        return _numpy(found.affine[0]).astype(np.float64), found.score

    @torch.inference_mode()
    def find_start(
        self,
        reference: View,
        moving: View,
        max_shift: float,
        max_rotation: float,
        max_scale: float,
    ) -> tuple[NDArray[np.float64], float]:
        """Return the same, good to some pixels, for :meth:`measure` to go on from."""
        found = self.network.find_start(
            self.batch(reference), self.batch(moving), max_shift, max_rotation, max_scale
        )
        return _numpy(found.affine[0]).astype(np.float64), found.score

    @torch.inference_mode()
    def measure(
        self, reference: DescribedImages, warped: DescribedImages, stage: StageConfig
    ) -> Nodes:
        """Measure what displacement remains between two views on one grid."""
        return _nodes(self.network.measure(reference, warped, stage), None)

    @torch.inference_mode()
    def check(self, reference: DescribedImages, warped: DescribedImages) -> Nodes:
        """Search widely, in both directions, how two registered views still differ."""
        stage = self.network.config.check_stage
        forward, backward = self.network.matcher.measure_both(
            stage, reference.at(stage.stride), warped.at(stage.stride)
        )
        return _nodes(forward, backward)


def _nodes(forward: Measurement, backward: Measurement | None) -> Nodes:
    agrees = np.ones(forward.certainty.shape[1:], dtype=bool)
    if backward is not None:
        # The same displacement from the other side has the opposite sign.
        both = (forward.displacement + backward.displacement).norm(dim=1)[0]
        agrees = _numpy(both) < 3.0
    return Nodes(
        _numpy(forward.displacement[0]),
        _numpy(forward.certainty[0]),
        _numpy(forward.sharpness[0]),
        _numpy(forward.support[0]),
        agrees,
    )


def _numpy(tensor: Tensor) -> NDArray[np.float32]:
    return cast("NDArray[np.float32]", tensor.detach().float().cpu().numpy())


@lru_cache(maxsize=2)
def _cached(model: str, stamp: int, device: torch.device) -> RegistrationModel:
    network, name = load_network(model)
    return RegistrationModel(network, device, name)


def load_model(model: str, device: str) -> tuple[RegistrationModel, str]:
    """Return a matcher, kept warm for the next call, and why it runs where it does.

    Args:
        model: name of a bundled model or path of a checkpoint. device: "auto", "cpu" or "cuda".

    Raises:
        BadInputError: the model is unknown or its file is not sound; the device is not there.
    """
    chosen, reason = choose_device(device)
    file = Path(model)
    stamp = file.stat().st_mtime_ns if file.is_file() else 0  # a replaced file is loaded anew
    return _cached(model, stamp, chosen), reason
