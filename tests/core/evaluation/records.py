"""Records of a network, for the tests of tables."""

from __future__ import annotations

from typing import Any

from model_core.evaluation.scoring import Record


def record(number: int, rmse: float | None, protocol: str = "P2", **more: Any) -> Record:
    """Return a record of a network that judges itself."""
    return Record(
        method="net",
        protocol=protocol,
        pair=f"p{number}",
        source="s",
        place=f"p{number}",
        seconds=0.1,
        rmse=rmse,
        **{"verdict": "registered", "view_side": 192, "answered": True, **more},
    )
