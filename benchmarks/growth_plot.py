"""How time and memory grow with the scene, as a picture, from ``throughput.py --json``.

    python benchmarks/throughput.py --sizes 512,1024,2048,3072 --json build/growth.json
    python benchmarks/growth_plot.py build/growth.json docs/growth.svg

Needs matplotlib.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from model_core.evaluation.figures import COLOURS, STYLE
from model_core.raster.output import atomic_write

LEAST = 4
"""Sizes from which a growth can be seen."""


def main() -> None:
    """Draw seconds of the CPU per stage, and peak memory, against megapixels."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figures", type=Path, help="JSON of throughput.py")
    parser.add_argument("picture", type=Path, help="SVG")
    options = parser.parse_args()
    scenes = json.loads(options.figures.read_text(encoding="utf-8"))["scenes"]
    engines = [scene["engine"] for scene in scenes.values() if scene["engine"]]
    if len(engines) < LEAST:
        parser.error(f"there are {len(engines)} sizes in {options.figures}; {LEAST} are needed")
    draw(sorted(engines, key=lambda engine: engine["pixels"]), options.picture)


def draw(engines: list[dict[str, Any]], path: Path) -> None:
    """Draw the runs of :mod:`benchmarks.engine_run`, in the order of their size."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    megapixels = [engine["pixels"] / 1e6 for engine in engines]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.0, 3.4), layout="constrained")
        time, memory = figure.subplots(1, 2)
        for colour, stage in zip(COLOURS, engines[0]["stages"], strict=False):
            seconds = [engine["stages"][stage]["cpu"] for engine in engines]
            time.loglog(megapixels, seconds, "o-", ms=3, color=colour, label=stage)
        whole = [sum(cost["cpu"] for cost in engine["stages"].values()) for engine in engines]
        time.loglog(megapixels, whole, "o-", ms=3, color="#000000", label="all stages")
        time.set(xlabel="megapixels", ylabel="CPU seconds")
        time.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
        memory.semilogx(megapixels, [engine["peak"] for engine in engines], "o-", ms=3)
        memory.set(xlabel="megapixels", ylabel="peak resident memory, MB")
        memory.set_ylim(bottom=0)
        with atomic_write(path) as temporary:
            figure.savefig(temporary, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
