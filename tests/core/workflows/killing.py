"""A process that has the model loaded, and kills children of its own while they register.

Run as a module, because torch's threads do not survive a fork: it uses one.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from model_core.feedback import Feedback
from model_core.products.finished_run import FinishedRun
from model_core.products.registry import in_folder
from model_core.raster.unfinished import MOVES, UNFINISHED, clear_leftovers
from model_core.workflows import register as workflow
from model_core.workflows.request import RegistrationRequest
from tests.core.workflows.scenes import Error, optical, sar

SEED = 15
WRITING, WHOLE = 36, 4
"""Runs that are killed while they write, and at any moment."""


def inodes(folder: Path) -> dict[str, int]:
    """Return the files that a person sees, each with what tells an old from a new one."""
    return {path.name: path.stat().st_ino for path in folder.glob("[!.]*")}


def leftovers(folder: Path) -> list[Path]:
    return list(folder.glob(f"{UNFINISHED}*"))


def killed(work: Callable[[], object], after: float) -> bool:
    """Do something in a child and kill it after some seconds; return whether it still ran."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def main(folder: Path) -> None:
    """Print a line of JSON for each run: what became of the folder."""
    torch.set_num_threads(1)
    out = folder / "out"
    out.mkdir()
    images = sar(folder / "sar.tif", Error(east=137.0)), optical(folder / "optical.tif")
    settings = {"max_shift": 20, "transform": "shift"}
    request = RegistrationRequest(str(images[0]), str(images[1]), in_folder(out), settings)
    scenes = workflow.open_scenes(request)
    kept: list[FinishedRun] = []

    def everything() -> None:
        kept[:] = [workflow.compute(request, scenes, Feedback())]
        writing()

    def writing() -> None:
        workflow.write_products(kept[0], request.outputs, Feedback())

    times = {everything: seconds(everything), writing: seconds(writing)}
    moments = random.Random(SEED)
    for work in [writing] * WRITING + [everything] * WHOLE:
        before = inodes(out)
        ran = killed(work, moments.uniform(0, 1.05 * times[work]))
        left = leftovers(out)
        # Killed while files were put in place: the next run goes on with it.
        planned = any((path / MOVES).exists() for path in left)
        if planned:
            clear_leftovers(out)
        after = inodes(out)
        new = [after.get(name) != inode for name, inode in before.items()]
        print(json.dumps({
            "ran": ran, "left": len(left), "planned": planned, "names": sorted(after),
            "state": "old" if not any(new) else "new" if all(new) else "mixed",
        }), flush=True)  # fmt: skip
    writing()
    print(json.dumps({"leftovers": [path.name for path in leftovers(out)]}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
