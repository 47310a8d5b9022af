"""Variants of the registration that only an ablation asks for.

``soma-flow`` leaves the affine refinement out: after the coarse search, the local field alone has
to follow what remains, until the last fit. It says what the affine stages are good for; no product
offers it. Its counterpart, the affine without the local field, is the method ``soma-affine``.
"""

from __future__ import annotations

import time

from model_core.evaluation.methods import Method, MethodResult
from model_core.evaluation.soma_method import checksum, to_method_result
from model_core.feedback import Feedback
from model_core.network.matcher_config import MatcherConfig
from model_core.raster.view import View
from model_core.registration.bounds import SearchBounds
from model_core.registration.engine import align_from
from model_core.registration.feature_cache import FeatureCache
from model_core.registration.model import RegistrationModel, load_model
from model_core.registration.refine import Refinement, Step
from model_core.registration.search import find_start
from model_core.registration.tiles import level_factors
from model_core.registration.transformation import FLOW
from model_core.workflows.match import plain_pair, to_pair_match


class FlowAlone:
    """The engine with the affine of the coarse search, which only the last fit refines."""

    def __init__(self, model: RegistrationModel, name: str) -> None:
        self.model = model
        self.name = name

    def __call__(self, sar: View, optical: View, bounds: SearchBounds) -> MethodResult:
        """See :class:`model_core.evaluation.methods.Method`."""
        started = time.perf_counter()
        pair = plain_pair(sar, optical)
        start = find_start(pair, self.model, bounds, follow=False)
        how = flow_refinement(pair.size, self.model.network.config)
        found = align_from(start, how, FeatureCache(pair, self.model), bounds, Feedback())
        seconds = time.perf_counter() - started
        return to_method_result(to_pair_match(found, pair, optical, seconds))


def flow_refinement(size: tuple[int, int], config: MatcherConfig) -> Refinement:
    """Return a refinement that keeps the affine it starts with."""
    steps = [Step(factor, config.flow_stages[0]) for factor in level_factors(*size)]
    steps += [Step(1, stage) for stage in config.flow_stages]
    return Refinement(tuple(steps), FLOW, keeps_affine=True)


def build_soma_flow(model: str, device: str) -> Method:
    """Load a bundled model by its name, or a checkpoint by its path, without affine refinement.

    Raises:
        BadInputError: the model cannot be loaded.
    """
    loaded, _ = load_model(model, device)
    return FlowAlone(loaded, f"{loaded.name}, flow alone ({checksum(loaded.network)})")
