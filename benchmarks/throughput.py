"""How fast whole scenes are registered, stage by stage, beside gdalwarp and structure matching.

    python benchmarks/throughput.py                                # one pair of 10,980 px
    python benchmarks/throughput.py --sizes 512,1024,3072 --threads 2 --json growth.json
    python benchmarks/throughput.py --sizes 3072 --against 124c684 # two commits in turn

Pairs are built once and kept in ``build/throughput``. What the columns mean:
``docs/performance.md``. Every measurement runs in a process of its own, one after the other; let
nothing else run beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.compare_commits import compare
from benchmarks.measuring import Cost, Table, run_measured
from benchmarks.scene_pairs import FOLDER, ROOT, ScenePair, scene_pair

MATCH_SIZE = 512
OFFSET = 0.37
"""Pixels by which gdalwarp's grid lies beside the source's: else it would only copy."""

BUSY = 0.3
"""Load, as a share of the CPUs, from which a machine is too busy for measuring."""

SCENES = ("scene", "what", "wall s", "CPU s", "Mpx/s", "peak MB", "GPU MB", "GPU busy", "result")


@dataclass(frozen=True)
class Settings:
    """How everything is run.

    Attributes:
        device: "auto", "cpu" or "cuda".
        threads: of the CPU.
        baselines: gdalwarp and structure matching are measured, too.
    """

    device: str
    threads: int
    baselines: bool

    @property
    def environment(self) -> dict[str, str]:
        """Variables that limit the threads of torch and GDAL."""
        count = str(self.threads)
        return {"OMP_NUM_THREADS": count, "MKL_NUM_THREADS": count, "GDAL_NUM_THREADS": count}


def main() -> None:
    """Build the pairs, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=10980, metavar="PX", help="(%(default)s)")
    parser.add_argument("--sizes", help="several, as 512,1024,3072,10980,21960")
    parser.add_argument("--sar", type=Path, help="a SAR raster of one's own, with --optical")
    parser.add_argument("--optical", type=Path)
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--no-baselines", action="store_true", help="SOMA alone")
    parser.add_argument(
        "--against",
        nargs="+",
        metavar="COMMIT",
        help="an older commit; and, instead of the files as they are, a newer one",
    )
    parser.add_argument("--rounds", type=int, default=3, help="of --against (%(default)s)")
    parser.add_argument("--json", type=Path, help="all figures")
    options = parser.parse_args()
    settings = Settings(options.device, options.threads, not options.no_baselines)
    pairs = _pairs(options)
    if options.against:
        command = ["--device", settings.device]
        found = compare(pairs, options.against, options.rounds, command, settings.environment)
    else:
        found = measure(pairs, settings)
    if options.json:
        machine = {"machine": platform.machine(), "cpus": os.cpu_count()}
        text = json.dumps({**asdict(settings), **machine, **found}, indent=2)
        options.json.write_text(text + "\n", encoding="utf-8")


def _pairs(options: argparse.Namespace) -> dict[str, ScenePair]:
    """Return the pairs to measure, by name."""
    if options.sar and options.optical:
        return {options.optical.stem: ScenePair(options.sar, options.optical, False)}
    sizes = [int(size) for size in (options.sizes or str(options.size)).split(",")]
    return {f"{size} px": scene_pair(size) for size in sizes}


def measure(pairs: dict[str, ScenePair], settings: Settings) -> dict[str, Any]:
    """Measure pairs one after the other; print what is known after each."""
    table, found = Table(SCENES), {}
    if os.getloadavg()[0] > BUSY * (os.cpu_count() or 1):
        sys.stderr.write(
            f"Something else is running here (load {os.getloadavg()[0]:.1f}): believe CPU seconds "
            "only, and these not to the last digit.\n"
        )
    for name, pair in pairs.items():
        folder = FOLDER / "products"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "engine").mkdir(parents=True)
        load = os.getloadavg()[0]
        found[name] = {"load": load, **_scene(pair, folder, settings)}
        _add_rows(table, name, found[name])
        sys.stdout.write(f"\n{table}\n")
        sys.stdout.flush()
    matched = _match(settings) if settings.baselines else None
    if matched:
        sys.stdout.write(
            f"\n{MATCH_SIZE}-px match, images in memory, median: SOMA "
            f"{matched['soma']['wall']:.2f} s wall, {matched['soma']['cpu']:.2f} s CPU; MIND "
            f"structure matching {matched['mind']['wall']:.2f} s, {matched['mind']['cpu']:.2f} s; "
            f"ratio pair by pair {matched['ratio']:.2f}\n"
        )
    return {"scenes": found, "match": matched}


def _scene(pair: ScenePair, folder: Path, settings: Settings) -> dict[str, Any]:
    """Measure one pair: as a user does, stage by stage, and gdalwarp's output step."""
    files = ["--sar", str(pair.sar), "--optical", str(pair.optical), "--device", settings.device]
    program = [sys.executable, "-m", "model_core", "register", *files, "--out", str(folder / "out")]
    environment = settings.environment
    cost = run_measured(program, folder / "program.log", environment, ROOT)
    found: dict[str, Any] = {"program": asdict(cost)}
    engine = [*files, "--out", str(folder / "engine"), *(["--displaced"] if pair.displaced else [])]
    found["engine"] = _engine_run(["register", *engine], folder / "engine.log", settings)
    if settings.baselines:
        found["gdalwarp"] = gdalwarp(pair, folder, settings)
    return found


def _engine_run(arguments: list[str], log: Path, settings: Settings) -> dict[str, Any] | None:
    """Run a measurement in a process of its own; None where it failed, which stderr tells."""
    script = [sys.executable, "-W", "ignore", str(ROOT / "benchmarks" / "engine_run.py")]
    cost = run_measured([*script, *arguments], log, settings.environment)
    text = log.read_text(encoding="utf-8", errors="replace")
    if cost.code != 0:
        sys.stderr.write(f"engine_run.py {arguments[0]} ended with {cost.code}:\n{text}\n")
        return None
    found: dict[str, Any] = json.loads(text.splitlines()[-1])
    return found


def gdalwarp(pair: ScenePair, folder: Path, settings: Settings) -> dict[str, Any] | None:
    """Resample the SAR image to the optical grid with gdalwarp; None where it is not installed.

    Cubic and with the creation options of the registered raster, as the program does it; without a
    displacement field, which gdalwarp does not know: the whole grid is shifted instead.
    """
    import rasterio

    if shutil.which("gdalwarp") is None:
        return None
    with rasterio.open(pair.optical) as reference, rasterio.open(pair.sar) as sar:
        crs, bounds = reference.crs.to_wkt(), reference.bounds
        across, down = reference.res
        predictor = 3 if "float" in sar.dtypes[0] else 2
    extent = [
        bounds.left + OFFSET * across,
        bounds.bottom + OFFSET * down,
        bounds.right + OFFSET * across,
        bounds.top + OFFSET * down,
    ]
    creation = ["TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "COMPRESS=DEFLATE"]
    creation += [f"PREDICTOR={predictor}", "BIGTIFF=IF_SAFER"]
    command = ["gdalwarp", "-q", "-overwrite", "-multi", "-wo", f"NUM_THREADS={settings.threads}"]
    command += ["-r", "cubic", "-t_srs", crs, "-te", *map(str, extent)]
    command += ["-tr", str(across), str(down)]
    command += [word for option in creation for word in ("-co", option)]
    command += [str(pair.sar), str(folder / "gdalwarp.tif")]
    return asdict(run_measured(command, folder / "gdalwarp.log", settings.environment))


def _match(settings: Settings) -> dict[str, Any] | None:
    """Compare a match of two images in memory with structure matching, in turn."""
    pair = scene_pair(MATCH_SIZE)
    files = ["--sar", str(pair.sar), "--optical", str(pair.optical), "--device", settings.device]
    return _engine_run(["match", *files], FOLDER / "match.log", settings)


def _add_rows(table: Table, name: str, found: dict[str, Any]) -> None:
    program, engine = Cost(**found["program"]), found["engine"]
    pixels = engine["pixels"] if engine else 0

    def row(what: str, cost: Cost, *more: object) -> None:
        speed = pixels / 1e6 / cost.wall if pixels else None
        cells = (*more, None, None, None)[:3]
        table.add(name, what, cost.wall, cost.cpu, speed, cost.peak, *cells)

    row("program, files to files", program, None, None, f"exit code {program.code}")
    if engine is None:
        return
    stages = {stage: Cost(**cost) for stage, cost in engine["stages"].items()}
    for stage, cost in stages.items():
        row(f"  {stage}", cost)
    whole = Cost(
        sum(c.wall for c in stages.values()), sum(c.cpu for c in stages.values()), engine["peak"]
    )
    row("  all stages, warm", whole, engine["device_peak"], _busy(engine), _result(engine))
    if "registered" in engine:
        row("registered raster alone", Cost(**engine["registered"]))
    if found.get("gdalwarp"):
        row("gdalwarp -multi", Cost(**found["gdalwarp"]))


def _busy(engine: dict[str, Any]) -> str | None:
    return None if engine["busy"] is None else f"{100 * engine['busy']:.0f} %"


def _result(engine: dict[str, Any]) -> str:
    words = [engine["verdict"]]
    if engine["rmse_after"] is not None:
        words.append(f"RMSE {engine['rmse_after']:.2f} px")
    if engine["error"] is not None:
        words.append(f"error {engine['error']:.2f} px")
    return ", ".join(words)


if __name__ == "__main__":
    main()
