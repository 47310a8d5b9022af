"""Two states of the program in turn on the same pairs; ``throughput.py --against`` calls it."""

from __future__ import annotations

import io
import shutil
import statistics
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.measuring import Cost, Table, run_measured
from benchmarks.scene_pairs import FOLDER, ROOT, ScenePair

COLUMNS = (
    "scene", "round", "before s", "after s", "wall ratio", "CPU ratio", "before MB", "after MB",
)  # fmt: skip


def checked_out(commit: str) -> Path:
    """Return a folder with the files of a commit; the repository's own state stays as it is."""
    git = ["git", "-C", str(ROOT)]
    name = [*git, "rev-parse", "--verify", "--short=12", f"{commit}^{{commit}}"]
    found = subprocess.run(name, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        raise SystemExit(f"There is no commit {commit}; give one that git log shows.")
    folder = FOLDER / "commits" / found.stdout.strip()
    if not (folder / "model_core").is_dir():
        archive = [*git, "archive", found.stdout.strip()]
        files = subprocess.run(archive, capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(files)) as tar:
            tar.extractall(folder)
    return folder


def compare(
    pairs: Mapping[str, ScenePair],
    commits: Sequence[str],
    rounds: int,
    options: Sequence[str],
    environment: Mapping[str, str],
) -> dict[str, Any]:
    """Register each pair with both states of the program in turn, files to files; print the ratios.

    Args:
        pairs: by name.
        commits: the one before; and the one after, or the files as they are now.
        rounds: how often each runs.
        options: of the command ``register``, beside the files.
        environment: variables for the program.
    """
    before = checked_out(commits[0])
    after = checked_out(commits[1]) if len(commits) > 1 else ROOT
    table, found = Table(COLUMNS), {}
    for name, pair in pairs.items():
        costs = []
        for number in range(1, rounds + 1):
            one = _register(before, pair, options, environment)
            other = _register(after, pair, options, environment)
            costs.append((one, other))
            _add(table, name, str(number), one, other)
            sys.stdout.write(f"\n{table}\n")
            sys.stdout.flush()
        wall = statistics.median(other.wall / one.wall for one, other in costs)
        cpu = statistics.median(other.cpu / one.cpu for one, other in costs)
        sys.stdout.write(f"{name}: median ratio {wall:.3f} of wall time, {cpu:.3f} of CPU time\n")
        rows = [[asdict(one), asdict(other)] for one, other in costs]
        found[name] = {"wall_ratio": wall, "cpu_ratio": cpu, "rounds": rows}
    return {"against": found}


def _add(table: Table, name: str, number: str, one: Cost, other: Cost) -> None:
    ratios = other.wall / one.wall, other.cpu / one.cpu
    table.add(name, number, one.wall, other.wall, *ratios, one.peak, other.peak)


def _register(
    program: Path, pair: ScenePair, options: Sequence[str], environment: Mapping[str, str]
) -> Cost:
    out, log = FOLDER / "compared", FOLDER / "compare.log"
    shutil.rmtree(out, ignore_errors=True)
    files = ["--sar", str(pair.sar), "--optical", str(pair.optical), "--out", str(out)]
    command = [sys.executable, "-m", "model_core", "register", *files, *options]
    # Python looks for model_core in the folder that it runs in, and for nothing of another state.
    cost = run_measured(command, log, {**environment, "PYTHONPATH": ""}, program)
    if cost.code not in (0, 3, 4):
        raise SystemExit(f"{program.name} could not register; {log} tells why.")
    return cost
