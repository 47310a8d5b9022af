"""The measurements of ``gpu.py``: each a function that returns rows of its table."""

from __future__ import annotations

import copy
import csv
import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import timm
import torch
from torch.profiler import ProfilerActivity

from benchmarks.gpu_bench import Bench, Measurement, Row, TimeUp
from benchmarks.measuring import (
    DeviceWatch,
    StageClock,
    device_megabytes,
    reset_device_memory,
    timed,
)
from benchmarks.synchronisations import DEVICE_CALLS, SIZES, VALUES, calls, profiled
from model_core.__main__ import main as program
from model_core.errors import CancelledError, first_line
from model_core.feedback import Feedback
from model_core.geometry.field import Field
from model_core.registration.engine import Alignment
from model_core.registration.model import RegistrationModel
from model_core.workflows.match import PairMatch
from model_core.workflows.register import compute, open_scenes, register
from model_core.workflows.request import RegistrationRequest

REPEATS = 20
TOP = 12
BUSY_SECONDS = 15.0
MEMORY_SHARES = (0.7, 0.35)
"""Of what a scene takes, to which the device's memory is limited."""


def align_scene(files: tuple[str, str], device: str, feedback: Feedback) -> Alignment:
    """Register a scene pair and write nothing."""
    request = RegistrationRequest(*files, {}, {"device": device})
    return compute(request, open_scenes(request), feedback).alignment


def timed_alignment(files: tuple[str, str], device: str) -> tuple[Alignment, float]:
    """Return the alignment of a scene pair and the seconds it took."""
    found: list[Alignment] = []
    cost = timed(lambda: found.append(align_scene(files, device, Feedback())))
    return found[0], cost.wall


def machine(bench: Bench) -> list[Row]:
    """Say what it runs on."""
    name = torch.cuda.get_device_name() if bench.device == "cuda" else "no GPU asked for"
    versions = (
        f"torch {torch.__version__}, timm {timm.__version__}, rasterio {rasterio.__version__}, "
        f"numpy {np.__version__}"
    )
    cpus = f"{os.cpu_count()} CPUs, {torch.get_num_threads()} threads"
    return [Row("machine", f"{name}; {cpus}; {versions}")]


def agreement(bench: Bench) -> Iterator[Row]:
    """Compare the fields that both devices find on the real scenes."""
    for name, files in bench.scenes().items():
        align_scene(files, bench.device, Feedback())  # warm
        exact, on_cpu = timed_alignment(files, "cpu")
        reset_device_memory()
        found, seconds = timed_alignment(files, bench.device)
        words = f"{field_difference(exact.field, found.field)}; {exact.verdict}/{found.verdict}"
        title = f"CPU against {bench.device}, {name}"
        yield Row(title, f"{words}; CPU {on_cpu:.2f} s", seconds, device_megabytes())


def field_difference(one: Field, other: Field) -> str:
    """Say by how much two fields differ at the control points of the first."""
    points = one.grid.positions()
    return distances(one.at(points), other.at(points))


def distances(one: Any, other: Any) -> str:
    """Say how far apart positions (..., 2) are, in pixels; unknown ones are left out."""
    apart = np.linalg.norm(one - other, axis=-1)
    apart = apart[np.isfinite(apart)]
    return (
        f"field differs by {np.median(apart):.4f} px (median), {np.percentile(apart, 99):.4f} "
        f"(99 %), {apart.max():.4f} (largest)"
    )


def match(bench: Bench) -> list[Row]:
    """Time the match of two images of 512 px in memory."""
    bench.match()
    bench.match()
    seconds = [timed(bench.match).wall for _ in range(3 if bench.small else REPEATS)]
    spread = f"fastest {min(seconds):.3f} s, slowest {max(seconds):.3f} s"
    return [
        Row(
            f"{bench.views[1].valid.shape[1]}-px match, warm, median of {len(seconds)}",
            spread,
            statistics.median(seconds),
            device_megabytes(),
        )
    ]


def pairs(bench: Bench) -> list[Row]:
    """Count the pairs of 256 px that ``match --pairs`` does in a second, files to files."""
    with (bench.data / "pairs" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["width"] == "256"]
    wanted = rows[: 3 if bench.small else 60]
    with tempfile.TemporaryDirectory() as folder:

        def run(some: list[dict[str, str]]) -> None:
            listed, out = Path(folder, "pairs.csv"), Path(folder, "out.jsonl")
            write_pairs(listed, some, bench.data / "pairs")
            arguments = ["match", "--pairs", str(listed), "--out", str(out)]
            code = program([*arguments, "--device", bench.device])
            if code != 0:
                raise RuntimeError(f"match --pairs ended with {code}: {out.read_text()[:200]}")

        run(wanted[:2])
        reset_device_memory()
        seconds = timed(lambda: run(wanted)).wall
    rate = f"{len(wanted) / seconds:.1f} pairs/s, model loaded before"
    return [Row(f"match --pairs, {len(wanted)} of 256 px", rate, seconds, device_megabytes())]


def write_pairs(path: Path, rows: list[dict[str, str]], folder: Path) -> None:
    """Write a list for ``match --pairs`` with absolute paths."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "sar_path", "optical_path"])
        for row in rows:
            writer.writerow([row["id"], folder / row["sar_path"], folder / row["optical_path"]])


def precision(bench: Bench) -> Iterator[Row]:
    """Compare the field of a 512-px match between encoders in float32 and in fewer bits."""
    exact = bench.match()
    for dtype in (torch.bfloat16, torch.float16):
        name = str(dtype).removeprefix("torch.")
        try:
            network = copy.deepcopy(bench.model.network)
            assert network.learned is not None
            network.learned.to(dtype)
            model = RegistrationModel(network, bench.model.device, name)
            found: list[PairMatch] = []
            bench.match(model)
            seconds = timed(lambda m=model, f=found: f.append(bench.match(m))).wall  # type: ignore[misc]
            result = distances(exact.field, found[0].field)
            yield Row(f"encoders in {name}", f"{result}; {found[0].verdict}", seconds)
        except Exception as error:  # the other type goes on
            yield Row(f"encoders in {name}", f"failed: {type(error).__name__}: {error}")


def profiler(bench: Bench) -> list[Row]:
    """Profile a scene: the largest operations on device and host, and how often the host waits."""
    name, files = list(bench.scenes().items())[-1]
    activities = [ProfilerActivity.CPU]
    if bench.device == "cuda":
        activities.append(ProfilerActivity.CUDA)
    averages = profiled(lambda: align_scene(files, bench.device, Feedback()), activities)
    for key, what in (("self_device_time_total", "device"), ("self_cpu_time_total", "host")):
        largest = sorted(averages, key=lambda event: -getattr(event, key))[:TOP]
        lines = [
            f"{getattr(event, key) / 1e3:10.1f} ms {event.count:8d} calls  {event.key[:90]}"
            for event in largest
        ]
        bench.profiles.append("\n".join([f"{name}, by {what} time:", *lines]))
    counts = calls(averages, VALUES + SIZES + DEVICE_CALLS)
    words = ", ".join(f"{key} {count}" for key, count in counts.items() if count)
    return [Row(f"operations that wait or start, {name}", words)]


def busy(bench: Bench) -> list[Row]:
    """Measure how busy the device is in the first seconds of matching a larger scene."""
    size = 512 if bench.small else 3072
    request = bench.request(size)
    watch = DeviceWatch(2.0 if bench.small else BUSY_SECONDS)
    try:
        with suppress(CancelledError):
            compute(request, open_scenes(request), watch)
    finally:  # a profiler that still ran would break the next one
        share = watch.share() or 0.0
    words = f"busy {100 * share:.1f} % of the matching, or of its first {watch.limit:g} s"
    return [Row(f"device while it matches {size} px", words)]


def scene(bench: Bench, size: int) -> list[Row]:
    """Register a scene from files to files, all products, the program being warm."""
    with tempfile.TemporaryDirectory() as folder:
        request = bench.request(size, Path(folder))
        reset_device_memory()
        clock, found = StageClock(), []
        try:
            seconds = timed(lambda: found.append(register(request, clock))).wall
        except TimeUp as error:
            clock.stop()
            done = f"{error} at {100 * clock.fraction:.0f} % ({clock.stage}); {stages(clock)}"
            return [Row(f"{size} px, files to files", done, None, device_megabytes())]
    clock.stop()
    result = f"{found[0].verdict}, RMSE {found[0].rmse_after_px:.2f} px; {stages(clock)}"
    return [Row(f"{size} px, files to files, warm", result, seconds, device_megabytes())]


def stages(clock: StageClock) -> str:
    """Return the seconds of each stage in words."""
    return ", ".join(f"{name} {cost.wall:.1f}" for name, cost in clock.stages.items())


def medium_scene(bench: Bench) -> list[Row]:
    """Register 3072 px."""
    return scene(bench, 512 if bench.small else 3072)


def large_scene(bench: Bench) -> list[Row]:
    """Register 10,980 px."""
    return scene(bench, 768 if bench.small else 10980)


def little_memory(bench: Bench) -> Iterator[Row]:
    """Say what happens where the device has too little memory for a scene; nothing is asserted."""
    name, files = list(bench.scenes().items())[-1]
    reset_device_memory()
    align_scene(files, bench.device, Feedback())
    taken = device_megabytes() or 0.0
    for share in MEMORY_SHARES:
        limit = share * taken
        reset_device_memory()
        if bench.device == "cuda":
            whole = torch.cuda.get_device_properties(0).total_memory / 1e6
            torch.cuda.set_per_process_memory_fraction(limit / whole)
        clock = StageClock()
        try:
            found = align_scene(files, bench.device, clock)
            words = f"ran through, {found.verdict}"
        except Exception as error:  # whatever it is, it is the answer
            said = first_line(error)[:100]
            words = f"ended at {100 * clock.fraction:.0f} %: {type(error).__name__}: {said}"
        finally:
            if bench.device == "cuda":
                torch.cuda.set_per_process_memory_fraction(1.0)
        said = "; ".join(line for line in clock.messages if "memory" in line.lower())
        words += f"; it said: {said}" if said else "; it said nothing of memory"
        title = f"{name} in {limit:.0f} of {taken:.0f} MB"
        yield Row(title, words, None, device_megabytes())


MEASUREMENTS = {
    "machine": Measurement("machine", machine, 20),
    "match": Measurement("512-px match", match, 40),
    "pairs": Measurement("match --pairs", pairs, 60),
    "agreement": Measurement("CPU against the device", agreement, 70),
    "precision": Measurement("reduced precision", precision, 30),
    "medium": Measurement("3072 px, files to files", medium_scene, 100),
    "busy": Measurement("device while it matches", busy, 45, needs=30),
    "profiler": Measurement("profile of a scene", profiler, 75, needs=20),
    "memory": Measurement("little device memory", little_memory, 45, needs=20),
    "large": Measurement("10,980 px, files to files", large_scene, 400, needs=45),
}
"""By name, in the order in which they are made: what matters most comes first."""
