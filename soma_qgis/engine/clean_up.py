"""Removing what a worker was writing when it was ended."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

UNFINISHED = ".soma-unfinished-"
"""Start of the names of folders with files that are being written, before the identifier of the
process that writes; the same as in ``model_core/raster/unfinished.py``."""

COMPLETE = "moves.json"
"""In such a folder: its files are complete, and the next run puts them in their places."""


def remove_unfinished(outputs: Iterable[str], pid: int) -> list[Path]:
    """Delete what a worker was writing beside these outputs, and nothing of another process.

    Args:
        outputs: paths.
        pid: identifier of the worker, which has ended.

    Returns:
        The folders that could not be deleted.
    """
    kept = []
    for folder in {Path(output).parent for output in outputs}:
        for left in folder.glob(f"{UNFINISHED}{pid}-*"):
            if not (left / COMPLETE).exists():
                shutil.rmtree(left, ignore_errors=True)
                kept += [left] if left.exists() else []
    return kept
