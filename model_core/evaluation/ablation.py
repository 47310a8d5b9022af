"""Variants of the registration that only an ablation asks for.

``soma-flow`` leaves the affine refinement out: after the coarse search, the local field alone has
to follow what remains. It says what the affine stages are good for; no product offers it. Its
counterpart, the affine without the local field, is the method ``soma-affine``.
"""

from __future__ import annotations

import dataclasses

from model_core.evaluation.methods import Method
from model_core.evaluation.soma_method import SomaMethod, checksum
from model_core.network.soma import Soma
from model_core.registration.model import RegistrationModel, load_model


def build_soma_flow(model: str, device: str) -> Method:
    """Load a bundled model by its name, or a checkpoint by its path, without affine refinement.

    Raises:
        BadInputError: the model cannot be loaded.
    """
    loaded, _ = load_model(model, device)
    network = Soma(dataclasses.replace(loaded.network.settings, transform="flow"))
    network.load_state_dict(loaded.network.state_dict())
    name = f"{loaded.name}, flow alone ({checksum(loaded.network)})"
    return SomaMethod(RegistrationModel(network, loaded.device, loaded.name), name, local=True)
