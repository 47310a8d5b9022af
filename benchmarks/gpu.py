"""All that needs a GPU to be measured, in one run below eight minutes; ``gpu.sh`` starts it.

    DATA=folder bash benchmarks/gpu.sh                   # with a CUDA GPU
    DATA=folder DEVICE=cpu SMALL=1 bash benchmarks/gpu.sh   # tries the whole flow anywhere

``DATA`` has the folders ``scenes`` and ``pairs`` as the project's data has. Each measurement has
its own time; one that fails or takes too long says so in its row, and the others go on. The table
is printed last; with ``--json`` it is also written, after each measurement.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import model_core.__main__  # noqa: F401  (how OpenMP's threads wait is set before torch is loaded)

# isort: split
from benchmarks.gpu_bench import Bench, Measurement, Row, TimeUp
from benchmarks.gpu_measurements import MEASUREMENTS
from benchmarks.measuring import Table, reset_device_memory, synchronise
from model_core.errors import first_line

TOTAL = 450.0
"""Seconds for all, the start of Python not counted."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise :class:`TimeUp` in the block once ``seconds`` are over; again, should it be caught."""

    def stop(_signal: int, _frame: object) -> None:
        raise TimeUp(f"stopped after {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.01), 5.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def attempt(measurement: Measurement, bench: Bench, left: float) -> list[Row]:
    """Return the rows of a measurement; where it fails or takes too long, the last one says so.

    Args:
        measurement: to make.
        bench: what it needs.
        left: seconds that are left for all.
    """
    if left < measurement.needs:
        return [Row(measurement.title, f"skipped: {left:.0f} s are left")]
    rows: list[Row] = []
    try:
        with time_limit(min(measurement.seconds, left)):
            reset_device_memory()
            for row in measurement.run(bench):
                rows.append(row)  # at once: what comes after it may fail
            synchronise()
    except TimeUp as error:
        rows.append(Row(measurement.title, str(error)))
    except Exception as error:  # whatever it is: the others go on
        traceback.print_exc()
        words = f"failed: {type(error).__name__}: {first_line(error)[:160]}"
        rows.append(Row(measurement.title, words))
    return rows


def main() -> None:
    """Make all measurements, and print their table last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with scenes and pairs")
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--small", action="store_true", help="small sizes, to try the flow")
    parser.add_argument("--seconds", type=float, default=TOTAL, help="for all (%(default)g)")
    parser.add_argument("--only", help="measurements by name, as match,pairs")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    os.environ["SOMA_DATA"] = str(options.data.resolve())
    bench = Bench(options.data.resolve(), options.device, options.small)
    chosen = options.only.split(",") if options.only else list(MEASUREMENTS)
    began = time.perf_counter()
    table = Table(("measurement", "result", "seconds", "GPU MB"))
    records = []
    for name in chosen:
        started = time.perf_counter()
        rows = attempt(MEASUREMENTS[name], bench, options.seconds - (started - began))
        sys.stdout.write(f"{name}: {time.perf_counter() - started:.1f} s\n")
        for row in rows:
            table.add(row.what, row.result, row.seconds, row.device_peak)
            records.append({"name": name, **row._asdict()})
        sys.stdout.flush()
        if options.json:
            text = json.dumps({"rows": records, "profiles": bench.profiles}, indent=1)
            options.json.write_text(text, encoding="utf-8")
    for text in bench.profiles:
        sys.stdout.write(f"\n{text}\n")
    sys.stdout.write(f"\n{table}\n\nAll took {time.perf_counter() - began:.0f} s.\n")


if __name__ == "__main__":
    main()
