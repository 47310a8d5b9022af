"""One measurement of the engine in a process of its own; ``throughput.py`` starts it.

    python benchmarks/engine_run.py register --sar S --optical O --out DIR --displaced
    python benchmarks/engine_run.py match --sar S --optical O --repeats 5

Prints one line of JSON. The program is warm: libraries and network are loaded, and one small pair
has been through, before anything is timed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import model_core.__main__  # noqa: F401  (how OpenMP's threads wait is set before torch is loaded)

# isort: split
import numpy as np
import rasterio
import torch

from benchmarks.measuring import (
    DeviceWatch,
    StageClock,
    cuda_in_use,
    device_megabytes,
    reset_device_memory,
    timed,
    tree_memory,
)
from benchmarks.scene_pairs import known_displacement
from model_core.errors import CancelledError
from model_core.evaluation.methods import build_baseline
from model_core.feedback import Feedback
from model_core.products.finished_run import FinishedRun
from model_core.products.registry import in_folder
from model_core.raster.view import View
from model_core.registration.model import RegistrationModel, load_model
from model_core.settings import check_settings
from model_core.workflows.bounds import search_bounds
from model_core.workflows.match import match_pair, plain_view
from model_core.workflows.register import compute, open_scenes, write_products
from model_core.workflows.request import RegistrationRequest

WARM_UP = 192
"""Pixels of the side of the pair that warms up."""

BUSY_SECONDS = 20.0
"""Of matching that are profiled on a GPU."""


def main() -> None:
    """Measure what was asked for, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("register", "match"))
    parser.add_argument("--sar", required=True)
    parser.add_argument("--optical", required=True)
    parser.add_argument("--out", type=Path, help="folder for the products, which exists")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--displaced", action="store_true", help="as benchmarks/scene_pairs.py")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    found = register(options) if options.what == "register" else match(options)
    sys.stdout.write(json.dumps(found) + "\n")


def warm_model(device: str) -> RegistrationModel:
    """Load the bundled network and let it match something small, noise."""
    model, _ = load_model(check_settings({})["model"], device)
    generator = np.random.default_rng(0)
    valid = np.ones((WARM_UP, WARM_UP), bool)
    sar = generator.random((1, WARM_UP, WARM_UP), np.float32)
    optical = generator.random((3, WARM_UP, WARM_UP), np.float32)
    bounds = search_bounds(check_settings({}), georeferenced=False)
    match_pair(model, View(sar, valid, "sar"), View(optical, valid, "optical"), bounds)
    return model


def register(options: argparse.Namespace) -> dict[str, Any]:
    """Register a scene pair, stage by stage."""
    warm_model(options.device)
    reset_device_memory()
    request = RegistrationRequest(
        options.sar, options.optical, in_folder(options.out), {"device": options.device}
    )
    clock = StageClock()
    scenes = open_scenes(request)
    run = compute(request, scenes, clock)
    result = write_products(run, request.outputs, clock)
    clock.stop()
    peak, device_peak = tree_memory(os.getpid()), device_megabytes()
    found: dict[str, Any] = {
        "stages": {name: asdict(cost) for name, cost in clock.stages.items()},
        "pixels": scenes.grids.working.width * scenes.grids.working.height,
        "device": result.device,
        "peak": peak or None,
        "device_peak": device_peak,
        "verdict": result.verdict,
        "rmse_after": result.rmse_after_px,
        "error": displacement_error(run) if options.displaced else None,
    }
    if result.verdict != "failed":
        alone = {"registered": str(options.out / "alone.tif")}
        found["registered"] = asdict(timed(lambda: write_products(run, alone, Feedback())))
    return found | {"busy": busy_share(request)}


def displacement_error(run: FinishedRun) -> float:
    """Return the median distance, in pixels, between the field found and what was put in."""
    with rasterio.open(run.reference.path) as reference:
        assert (reference.height, reference.width) == run.pair.size
    field = run.alignment.field
    points = field.grid.positions()[run.alignment.fit.known]
    error = field.at(points) - points - known_displacement(points)
    return float(np.median(np.linalg.norm(error, axis=-1)))


def busy_share(request: RegistrationRequest) -> float | None:
    """Return how busy a CUDA device is while it matches; None on the CPU."""
    if not cuda_in_use():
        return None
    watch = DeviceWatch(BUSY_SECONDS)
    with suppress(CancelledError):
        compute(request, open_scenes(request), watch)
    return watch.share()


def match(options: argparse.Namespace) -> dict[str, Any]:
    """Match a pair that is in memory with SOMA and with MIND structure matching, in turn."""
    model = warm_model(options.device)
    views = plain_view(options.sar, "sar"), plain_view(options.optical, "optical")
    bounds = search_bounds(check_settings({}), georeferenced=False)
    mind = build_baseline("mind", torch.get_num_threads())
    mind(*views, bounds)
    costs: dict[str, list[Any]] = {"soma": [], "mind": []}
    for _ in range(options.repeats):
        costs["soma"].append(timed(lambda: match_pair(model, *views, bounds)))
        costs["mind"].append(timed(lambda: mind(*views, bounds)))
    ratios = [ours.wall / its.wall for ours, its in zip(costs["soma"], costs["mind"], strict=True)]
    middle = {
        name: {
            "wall": statistics.median(c.wall for c in some),
            "cpu": statistics.median(c.cpu for c in some),
        }
        for name, some in costs.items()
    }
    return {**middle, "ratio": statistics.median(ratios)}


if __name__ == "__main__":
    main()
