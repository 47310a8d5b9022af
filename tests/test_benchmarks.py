"""The measuring of speed: what it counts is right, and one failure does not end a run.

The speed itself is not asserted here, but for one figure that no machine changes: how often the
host would wait for the device.
"""

from __future__ import annotations

import csv
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch

from benchmarks.compare_commits import checked_out
from benchmarks.gpu import attempt
from benchmarks.gpu_bench import Bench, Measurement, Row
from benchmarks.measuring import StageClock, Table, covered, run_measured
from benchmarks.scene_pairs import known_displacement, sar_positions, scene_pair
from benchmarks.synchronisations import VALUES, TransfersToHost, calls, profiled
from model_core.feedback import STAGES, stage_progress
from model_core.registration.model import load_model
from model_core.settings import check_settings
from model_core.workflows.bounds import search_bounds
from model_core.workflows.match import match_pair, plain_view

ROOT = Path(__file__).resolve().parent.parent

MOST_WAITS = {"aten::_local_scalar_dense": 83, "aten::item": 83, "aten::is_nonzero": 46}
MOST_TRANSFERS = 90
"""In one match of 256 px. Lower them when the engine waits less often; never raise them."""


def test_a_match_makes_the_host_wait_no_more_often_than_known(pairs: Path, capsys) -> None:
    with (pairs / "manifest.csv").open(newline="", encoding="utf-8") as file:
        row = next(row for row in csv.DictReader(file) if row["split"] == "val")
    paths = pairs / row["sar_path"], pairs / row["optical_path"]
    views = plain_view(paths[0], "sar"), plain_view(paths[1], "optical")
    settings = check_settings({})
    model, _ = load_model(settings["model"], "cpu")
    bounds = search_bounds(settings, georeferenced=False)
    match_pair(model, *views, bounds)  # what is computed once in a process is not counted
    waits = calls(profiled(lambda: match_pair(model, *views, bounds)), VALUES)
    with TransfersToHost() as transfers:
        match_pair(model, *views, bounds)
    with capsys.disabled():
        print(f"\nOne match of 256 px waits for {dict(waits)}, and for {dict(transfers.counts)}")
    assert {name: count for name, count in waits.items() if count > MOST_WAITS[name]} == {}
    assert transfers.counts.total() <= MOST_TRANSFERS


def test_waiting_for_a_value_is_counted() -> None:
    """The test above says nothing if the operations have other names by now."""
    number = torch.ones(1)
    waits = calls(profiled(lambda: [number.item(), bool(number > 0), number.tolist()]))
    assert waits["aten::item"] == 2
    assert waits["aten::is_nonzero"] == 1
    with TransfersToHost() as transfers:
        number.cpu().numpy()
        number.tolist()
    assert dict(transfers.counts) == {"cpu": 1, "numpy": 1, "tolist": 1}


def test_time_that_overlaps_counts_once() -> None:
    assert covered([(5, 6), (0, 2), (1, 3), (1, 2)]) == 4
    assert covered([]) == 0


def test_the_stages_fill_the_whole_run() -> None:
    clock, began = StageClock(), time.perf_counter()
    for stage in STAGES:
        stage_progress(clock, stage).report(0.0)
        time.sleep(0.02 if stage == "refine" else 0.001)
        stage_progress(clock, stage).report(1.0)
    clock.stop()
    wall = time.perf_counter() - began
    assert list(clock.stages) == list(STAGES)
    assert max(clock.stages, key=lambda stage: clock.stages[stage].wall) == "refine"
    assert sum(cost.wall for cost in clock.stages.values()) == pytest.approx(wall, abs=0.005)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the memory")
def test_the_memory_of_children_counts(tmp_path: Path) -> None:
    take = "import time; kept = bytes(1) * {size}; time.sleep(0.4)"
    child = [sys.executable, "-c", take.format(size=60_000_000)]
    parent = take.format(size=50_000_000)
    both = f"import subprocess; child = subprocess.Popen({child!r}); {parent}; child.wait()"
    cost = run_measured([sys.executable, "-c", both], tmp_path / "log")
    assert cost.code == 0
    assert cost.peak is not None
    assert 110 < cost.peak < 200
    assert cost.wall > 0.4 > cost.cpu


def test_the_exit_code_and_the_words_of_a_program_are_kept(tmp_path: Path) -> None:
    code = "import sys; sys.stderr.write('no such scene'); sys.exit(3)"
    assert run_measured([sys.executable, "-c", code], tmp_path / "log").code == 3
    assert (tmp_path / "log").read_text() == "no such scene"


def test_a_measurement_that_fails_or_takes_too_long_has_a_row(tmp_path: Path, capfd) -> None:
    def broken(_bench: Bench) -> Iterator[Row]:
        yield Row("half", "done")
        raise ValueError("no such kernel\nmore")

    def slow(_bench: Bench) -> list[Row]:
        time.sleep(5)
        return []

    bench, began = Bench(tmp_path, "cpu", True), time.perf_counter()
    done, failed = attempt(Measurement("one", broken, 5), bench, 100)
    (late,) = attempt(Measurement("two", slow, 0.2), bench, 100)
    (left_out,) = attempt(Measurement("three", slow, 0.2, needs=50), bench, 20)
    assert time.perf_counter() - began < 3
    assert done.result == "done"
    assert failed.result == "failed: ValueError: no such kernel"
    assert late.result.startswith("stopped after")
    assert left_out.result == "skipped: 20 s are left"
    assert "no such kernel" in capfd.readouterr().err


def test_the_sar_image_shows_what_the_displacement_says() -> None:
    reference = np.random.default_rng(0).uniform(0, 4000, (50, 2))
    shown = sar_positions(reference + known_displacement(reference), 10_000, real=False)
    assert np.abs(shown - reference).max() < 1e-4
    mirrored = sar_positions(reference + known_displacement(reference), 1000, real=False)
    assert mirrored.min() >= -0.5
    assert mirrored.max() <= 999.5
    assert (
        np.abs(mirrored[reference[:, 0] < 999, 0] - reference[reference[:, 0] < 999, 0]).max()
        < 1e-4
    )


def test_a_pair_is_built_from_the_real_scene(scenes: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("benchmarks.scene_pairs.FOLDER", tmp_path)
    pair = scene_pair(96)
    with rasterio.open(pair.sar) as sar, rasterio.open(pair.optical) as optical:
        assert sar.shape == optical.shape == (96, 96)
        assert sar.crs == optical.crs
        assert sar.profile["compress"] == optical.profile["compress"] == "deflate"
        assert optical.count == 3
        assert sar.read().std() > 5
    built = pair.sar.stat().st_mtime_ns
    assert scene_pair(96).sar.stat().st_mtime_ns == built


@pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(), reason="no repository here"
)
def test_a_commit_is_checked_out_beside_the_repository(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("benchmarks.compare_commits.FOLDER", tmp_path)
    assert (checked_out("HEAD") / "model_core" / "__main__.py").is_file()
    with pytest.raises(SystemExit, match="There is no commit nowhere"):
        checked_out("nowhere")


def test_a_table_is_markdown() -> None:
    table = Table(("what", "s"))
    table.add("a", 0.12345)
    table.add("bc", None)
    assert str(table).splitlines() == [
        "| what | s     |",
        "| ---- | ----- |",
        "| a    | 0.123 |",
        "| bc   |       |",
    ]
