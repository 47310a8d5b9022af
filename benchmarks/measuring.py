"""What all measurements of speed share: processes with their cost, stages, the device, tables."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import torch
from torch.profiler import ProfilerActivity, profile

from model_core.feedback import Feedback

SAMPLING = 0.02
"""Seconds between two looks at the memory of a process."""

MEGABYTE = 1e6


@dataclass(frozen=True)
class Cost:
    """What a piece of work took.

    Attributes:
        wall, cpu: seconds; of the CPU in all threads and ended child processes.
        peak: largest resident memory of the process and its children together, in megabytes; None
            where the system does not tell.
        code: exit code of a process.
    """

    wall: float
    cpu: float
    peak: float | None = None
    code: int = 0


def run_measured(
    command: Sequence[str],
    log: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Cost:
    """Run a program to its end.

    Args:
        command: program and arguments.
        log: file for all it says.
        environment: variables beside those of this process.
        folder: to run it in; None: this process's.
    """
    with log.open("wb") as file:
        return _watched(command, file, {**os.environ, **(environment or {})}, folder)


def _watched(
    command: Sequence[str], log: IO[bytes], environment: Mapping[str, str], folder: Path | None
) -> Cost:
    began, peak = time.perf_counter(), 0.0
    child = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=folder)
    while True:
        ended, status, usage = os.wait4(child.pid, os.WNOHANG)
        if ended:
            break
        peak = max(peak, tree_memory(child.pid))
        time.sleep(SAMPLING)
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak or None, child.returncode)


def tree_memory(process: int) -> float:
    """Return the resident megabytes of a process and all its children; 0 where nobody tells.

    For a process alone it is the peak so far, which no look can miss.
    """
    children = list(_children(process))
    if not children:
        return _kilobytes(process, "VmHWM") * 1024 / MEGABYTE
    tree = [process, *children]
    return sum(_kilobytes(one, "VmRSS") for one in tree) * 1024 / MEGABYTE


def _children(process: int) -> Iterator[int]:
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            found = [int(word) for word in path.read_text(encoding="ascii").split()]
        except OSError:  # it has just ended
            continue
        for child in found:
            yield child
            yield from _children(child)


def _kilobytes(process: int, name: str) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except OSError:  # it has just ended, or this is not Linux
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)


def timed(work: Callable[[], Any]) -> Cost:
    """Run work in this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    synchronise()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def cuda_in_use() -> bool:
    """Return whether this process has used a CUDA GPU."""
    return bool(torch.cuda.is_initialized())  # type: ignore[no-untyped-call]


def synchronise() -> None:
    """Wait for the device, where there is one that runs on its own."""
    if cuda_in_use():
        torch.cuda.synchronize()


def device_megabytes() -> float | None:
    """Return the largest device memory reserved since the last reset; None without CUDA."""
    if not cuda_in_use():
        return None
    return torch.cuda.max_memory_reserved() / MEGABYTE


def reset_device_memory() -> None:
    """Give back what is not in use, and start the peak anew."""
    if cuda_in_use():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


class StageClock(Feedback):
    """A feedback that takes the time of each stage; :meth:`stop` ends the last one.

    The time until a stage reports for the first time is that of the stage before.
    """

    def __init__(self) -> None:
        self.stages: dict[str, Cost] = {}
        self.messages: list[str] = []
        self.fraction = 0.0
        self._stage: str | None = "read"
        self._began = self._now()

    def progress(self, stage: str, done: int, total: int, fraction: float) -> None:
        """Turn to the next stage where this is one."""
        self.fraction = fraction
        if stage != self._stage:
            self.stop()
            self._stage, self._began = stage, self._now()

    def log(self, message: str) -> None:
        """Keep a line meant for a person."""
        self.messages.append(message)

    def stop(self) -> None:
        """End the stage that is being timed."""
        if self._stage is not None:
            wall, cpu = (now - then for now, then in zip(self._now(), self._began, strict=True))
            before = self.stages.get(self._stage, Cost(0, 0))
            self.stages[self._stage] = Cost(before.wall + wall, before.cpu + cpu)
            self._stage = None

    @property
    def stage(self) -> str:
        """The stage that is being timed, or the last one."""
        return self._stage or list(self.stages)[-1]

    @staticmethod
    def _now() -> tuple[float, float]:
        synchronise()
        return time.perf_counter(), time.process_time()


class DeviceWatch(Feedback):
    """A feedback that measures how busy a CUDA device is while a pair is matched.

    The profiler keeps every operation of the device in memory, so that it watches some seconds
    only; then the run is cancelled. It makes the host slower: the true share is a little larger.
    """

    def __init__(self, seconds: float) -> None:
        """``seconds``: after which the run is cancelled."""
        self.limit = seconds
        self.began: float | None = None
        # Without a GPU there is nothing to see, but all of this can be tried.
        there = torch.cuda.is_available()
        self._record = profile(
            activities=[ProfilerActivity.CUDA if there else ProfilerActivity.CPU]
        )

    def progress(self, stage: str, done: int, total: int, fraction: float) -> None:
        """Begin where the matching begins."""
        if self.began is None and stage != "read":
            synchronise()
            self._record.start()
            self.began = time.perf_counter()

    def cancelled(self) -> bool:
        """Return whether enough was seen."""
        return self.began is not None and time.perf_counter() - self.began > self.limit

    def share(self) -> float | None:
        """Return the share of the time until now in which the device computed or copied.

        Call it once. None where nothing was matched; 0 without CUDA.
        """
        if self.began is None:
            return None
        synchronise()
        seconds = time.perf_counter() - self.began
        self._record.stop()
        return covered(device_spans(self._record)) / 1e6 / seconds


def device_spans(record: profile) -> list[tuple[float, float]]:
    """Return start and end, in microseconds, of what a CUDA device did under a profiler."""
    return [
        (event.time_range.start, event.time_range.end)
        for event in record.events() or []  # type: ignore[no-untyped-call]
        if event.device_type.name == "CUDA"
    ]


def covered(spans: Sequence[tuple[float, float]]) -> float:
    """Return the length of the union of intervals (start, end)."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


@dataclass
class Table:
    """Rows of figures, printed as a table that is also Markdown."""

    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        """Add a row; figures are shortened, None becomes nothing."""
        self.rows.append(tuple(shown(cell) for cell in cells))

    def __str__(self) -> str:
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows, strict=True)]
        lines = [self.columns, tuple("-" * width for width in widths), *self.rows]
        return "\n".join(
            "| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |"
            for line in lines
        )


def shown(value: object) -> str:
    """Return a cell: three figures of a number, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)
