"""Configurations of networks, and those of older files."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from model_core.network.config import PRESETS, SomaConfig
from model_core.network.matcher_config import LEARNED, MatcherConfig
from tests.core.network.images import TINY


def test_configurations_survive_json_and_impossible_ones_are_refused():
    for config in (*PRESETS.values(), TINY, replace(TINY, fge=None, learned=False)):
        assert SomaConfig.from_json(config.to_json()) == config
    for name in ("hf-hub:someone/resnet", "efficientnet_b0", "../resnet"):
        text = TINY.to_json().replace('"test_resnet"', f'"{name}"')
        with pytest.raises(ValueError, match="not a resnet"):
            SomaConfig.from_json(text)
    for text in ("", "[]", "{}", '{"preset": "soma"}', TINY.to_json().replace("gate", "gait")):
        with pytest.raises(ValueError, match=r".+"):
            SomaConfig.from_json(text)


def test_configurations_of_format_1_are_read():
    """Their settings had other names; those that no registration used are left out."""
    data = json.loads(TINY.to_json())
    names = {"spacing": "node", "detail_window": "detail"}

    def older(value):
        if isinstance(value, list):
            return [older(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {names.get(key, key): older(item) for key, item in value.items()}

    data = older(data) | {"transform": "affine+flow"}
    gone = {"flow_smoothing": 24.0, "flow_prior": 0.15, "chance": 0.16, "sure_certainty": 0.4}
    matcher = data["matcher"] | gone
    del matcher["verdict_weights"]
    matcher["check_stage"] = matcher.pop("verification_stage")
    matcher["check_tolerance"] = matcher.pop("verification_tolerance")
    found = SomaConfig.from_json(json.dumps(data | {"matcher": matcher}))
    assert found.matcher.verdict_weights == LEARNED.verdict_weights
    assert replace(found, matcher=TINY.matcher) == TINY
    plain = SomaConfig.from_json(json.dumps(data | {"matcher": matcher, "head_channels": 0}))
    assert plain.matcher.verdict_weights == MatcherConfig().verdict_weights


@pytest.mark.parametrize("weights", [[1.0] * 6, [1.0] * 6 + [float("nan")]])
def test_weights_of_the_verdict_that_cannot_be_used_are_refused(weights):
    data = json.loads(TINY.to_json())
    matcher = data["matcher"] | {"verdict_weights": weights}
    with pytest.raises(ValueError, match="finite weights"):
        SomaConfig.from_json(json.dumps(data | {"matcher": matcher}))


def test_a_network_of_format_1_without_flow_is_refused():
    """It was made for an ablation, and would now register otherwise than it says."""
    data = json.loads(TINY.to_json()) | {"transform": "affine"}
    with pytest.raises(ValueError, match="transform"):
        SomaConfig.from_json(json.dumps(data))


def test_the_weights_of_the_verdict_travel_with_a_network():
    matcher = replace(TINY.matcher, verdict_weights=(-1.0, 2.0, 0.5, 0.25, 4.0, -3.0, 1.5))
    config = replace(TINY, matcher=matcher)
    assert SomaConfig.from_json(config.to_json()).matcher.verdict_weights == matcher.verdict_weights
