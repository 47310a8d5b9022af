"""Removing what a worker was writing when it was ended."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from pathlib import Path

UNFINISHED = ".soma-unfinished-"
"""Start of the names of files being written; the same as in ``model_core/raster/output.py``."""

_IDENTIFIER = "[0-9a-f]" * 8


def remove_unfinished(outputs: Iterable[str]) -> list[Path]:
    """Delete the unfinished forms of these outputs, and nothing that another run is writing.

    Returns:
        The files that could not be deleted.
    """
    kept = []
    for output in outputs:
        path = Path(output)
        for left in path.parent.glob(f"{UNFINISHED}{_IDENTIFIER}-{glob.escape(path.name)}*"):
            try:
                left.unlink()
            except OSError:
                kept.append(left)
    return kept
