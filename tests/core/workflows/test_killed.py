"""A run that is killed, at whichever moment, leaves the old result or the new one, and it whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from model_core.products.registry import PRODUCTS
from tests.core.workflows.killing import WHOLE, WRITING

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.slow
def test_killed_at_forty_moments_a_run_leaves_the_old_result_or_the_new_one(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.core.workflows.killing", str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    )
    *runs, end = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(runs) == WRITING + WHOLE == 40
    files = sorted(product.file for product in PRODUCTS.values())
    for run in runs:
        assert run["state"] in ("old", "new"), run
        assert run["names"] == files
        assert run["state"] == "old" or not run["ran"] or run["left"]
    assert sum(run["ran"] for run in runs) > 25
    assert sum(run["left"] for run in runs) > 10
    # Each run clears away what the one before it left, and the last one what there was at all.
    assert max(run["left"] for run in runs) <= 2
    assert end == {"leftovers": []}
