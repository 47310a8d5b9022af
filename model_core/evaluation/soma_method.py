"""The network under test, behind the interface of all methods."""

from __future__ import annotations

import hashlib

from model_core.evaluation.methods import Method, MethodResult
from model_core.network.soma import Soma
from model_core.raster.view import View
from model_core.registration.model import RegistrationModel, load_model
from model_core.registration.verdict import Limits
from model_core.workflows.match import match_pair


class SomaMethod:
    """A loaded network with the registration's own way of matching a pair."""

    def __init__(self, matcher: RegistrationModel, name: str, local: bool) -> None:
        self.matcher = matcher
        self.name = name
        self.local = local

    def __call__(
        self,
        sar: View,
        optical: View,
        max_shift: float,
        max_rotation: float,
        max_scale: float,
    ) -> MethodResult:
        """See :class:`model_core.evaluation.methods.Method`.

        The affine is given whatever the verdict is, so that accuracy and judgement are measured
        apart from each other.
        """
        bounds = Limits(max_shift, max_rotation, max_scale)
        found = match_pair(self.matcher, sar, optical, bounds, self.local)
        return MethodResult(
            affine=found.affine,
            field=found.field,
            certainty_map=found.certainty_map,
            verdict=found.verdict,
            certainty=found.certainty,
            seconds=found.seconds,
        )


def build_soma(model: str, device: str, local: bool) -> Method:
    """Load a bundled model by its name, or a checkpoint by its path.

    Args:
        local: with the local field; else the affine alone.

    The method's name holds a checksum of the weights and the configuration, so that results of
    networks that are called the same are never taken for each other's.

    Raises:
        BadInputError: the model cannot be loaded.
    """
    matcher, _ = load_model(model, device)
    title = matcher.name if local else f"{matcher.name}, affine alone"
    return SomaMethod(matcher, f"{title} ({_checksum(matcher.network)})", local)


def _checksum(network: Soma) -> str:
    digest = hashlib.sha256(repr(network.config).encode())
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().float().cpu().numpy().tobytes())
    return digest.hexdigest()[:8]
