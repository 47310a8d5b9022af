"""Loading networks."""

from __future__ import annotations

from model_core.errors import BadInputError
from model_core.network.matcher_config import MatcherConfig
from model_core.network.soma import Soma


def load_network(model: str) -> tuple[Soma, str]:
    """Return the network of a name or file, and its name for people."""
    if model != "soma-compact":
        raise BadInputError(f"There is no model {model!r}; choose soma-compact.")
    return Soma(MatcherConfig()), model
