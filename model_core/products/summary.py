"""The summary: verdict, figures, settings and versions as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from model_core.products.finished_run import FinishedRun


def write(run: FinishedRun, path: Path) -> None:
    """Write the result of a run."""
    text = json.dumps(run.result.to_dict(), indent=2, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
