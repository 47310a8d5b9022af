"""The variants of the registration for ablations."""

from __future__ import annotations

import numpy as np

from model_core.evaluation.ablation import build_soma_flow, flow_refinement
from model_core.evaluation.methods import MethodResult
from model_core.evaluation.run import EvaluationSettings
from model_core.evaluation.soma_method import build_soma
from model_core.registration.bounds import SearchBounds
from model_core.registration.model import load_model
from model_core.registration.search import find_start
from model_core.workflows.match import plain_pair
from tests.core.evaluation.synthetic import loaded_pair

SHIFT = np.array([5.4, -3.3])
ALIGNMENT = np.array([[1, 0, SHIFT[0]], [0, 1, SHIFT[1]], [0, 0, 1]])


def test_flow_alone_corrects_what_the_coarse_search_leaves() -> None:
    """The affine stays the coarse one before the last fit; the field around it finds the rest."""
    pair, bounds = loaded_pair(seed=2, alignment=ALIGNMENT), SearchBounds(16, 0, 1)
    flow = build_soma_flow("fixed-descriptors", "cpu")
    whole = build_soma("fixed-descriptors", "cpu", "affine+flow")
    alone, refined = (method(pair.sar, pair.optical, bounds) for method in (flow, whole))
    centre = np.array([[127.0, 127.0]])

    def error(result: MethodResult) -> float:
        found = result.positions(centre)
        assert found is not None
        return float(np.linalg.norm(found - centre - SHIFT))

    model, _ = load_model("fixed-descriptors", "cpu")
    start = find_start(plain_pair(pair.sar, pair.optical), model, bounds, follow=False)
    assert error(MethodResult(start.field.affine)) > 0.5 > error(alone)
    assert error(refined) < 0.5
    assert flow_refinement((256, 256), model.network.config).keeps_affine
    assert "flow alone" in flow.name
    assert flow.name != whole.name


def test_an_ablation_is_only_evaluated_when_it_is_named() -> None:
    methods = EvaluationSettings(manifests=(), out=None).methods  # type: ignore[arg-type]
    assert "soma-affine+flow" in methods
    assert "soma-flow" not in methods
    EvaluationSettings((), None, methods=("soma-flow",)).check()  # type: ignore[arg-type]
