"""What the tests with random input share: few examples, the same in every run, and one sentence."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy


def examples(count: int) -> settings:
    """Return the settings of a test: so many examples, the same ones each time."""
    return settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def assert_sentence(text: str, names: str = "") -> None:
    """Check that an error is one sentence that a person can read, and what it must name."""
    assert names in text
    assert text.isprintable()
    assert text.endswith(".")
    assert 20 < len(text) < 1000


TEXTS = st.text(max_size=30) | st.sampled_from(["", " ", "\0", "\ud800", "a" * 5000, "../..", "-"])
NUMBERS = st.integers() | st.floats() | st.sampled_from([10**400, -(10**30), 1e308, 5e-324, True])
VALUES: SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
"""Whatever JSON can hold, and Python beside."""
