"""The network under test, behind the interface of all methods."""

from __future__ import annotations

import hashlib

from model_core.evaluation.methods import Method, MethodResult
from model_core.network.soma import Soma
from model_core.raster.view import View
from model_core.registration.bounds import SearchBounds
from model_core.registration.model import RegistrationModel, load_model
from model_core.registration.transformation import Transformation
from model_core.workflows.match import PairMatch, match_pair


class SomaMethod:
    """A loaded network with the registration's own way of matching a pair."""

    def __init__(self, model: RegistrationModel, name: str, wanted: Transformation) -> None:
        self.model = model
        self.name = name
        self.wanted = wanted

    def __call__(self, sar: View, optical: View, bounds: SearchBounds) -> MethodResult:
        """See :class:`model_core.evaluation.methods.Method`.

        The affine is given whatever the verdict is, so that accuracy and judgement are measured
        apart from each other.
        """
        return to_method_result(match_pair(self.model, sar, optical, bounds, self.wanted))


def to_method_result(found: PairMatch) -> MethodResult:
    """Return what a registration found, in the form of all methods."""
    return MethodResult(
        affine=found.affine,
        field=found.field,
        certainty_map=found.certainty_map,
        verdict=found.verdict,
        certainty=found.probability,
        seconds=found.seconds,
    )


def build_soma(model: str, device: str, wanted: Transformation) -> Method:
    """Load a bundled model by its name, or a checkpoint by its path.

    The method's name holds a checksum of the weights and the configuration, so that results of
    networks that are called the same are never taken for each other's.

    Args:
        model: name or path.
        device: of the network.
        wanted: the kind of transformation.

    Raises:
        BadInputError: the model cannot be loaded.
    """
    loaded, _ = load_model(model, device)
    title = loaded.name if wanted == "auto" else f"{loaded.name}, {wanted}"
    return SomaMethod(loaded, f"{title} ({checksum(loaded.network)})", wanted)


def checksum(network: Soma) -> str:
    """Return eight hexadecimal digits that identify a configuration with its weights."""
    digest = hashlib.sha256(repr(network.config).encode())
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().float().cpu().numpy().tobytes())
    return digest.hexdigest()[:8]
