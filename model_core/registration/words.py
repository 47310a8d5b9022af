"""How messages name the kinds of transformation, and say probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from model_core.registration.transformation import FLOW, Kind

WORDS: dict[Kind, str] = {
    "shift": "shift",
    "rigid": "shift and rotation",
    "similarity": "shift, rotation and scale",
    "affine": "affine",
    FLOW: "affine and local field",
}

LEAST_SAID = 0.01
"""Kinds that are less probable are not named."""


def percent(share: float) -> str:
    """Return a probability in percent, never rounded to certainty."""
    if share > 0.99:
        return "more than 99 %"
    return f"{100 * share:.0f} %" if share >= 0.01 else "less than 1 %"


def other_kinds(kind: str, probability: Mapping[str, float]) -> str:
    """Return the kinds beside one, with their probabilities, the most probable first; empty where
    all are improbable."""
    ranked = sorted(probability.items(), key=lambda one: -one[1])
    return ", ".join(
        f"{WORDS[cast('Kind', other)]} {percent(share)}"
        for other, share in ranked
        if other != kind and share >= LEAST_SAID
    )
