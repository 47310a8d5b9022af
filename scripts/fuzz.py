"""Thousands of random requests: every run must end as the documentation says, whatever was asked.

From the project's root::

    .venv/bin/python -W ignore scripts/fuzz.py --count 2000 --seed 1

Each request takes images and settings at random from good ones and absurd ones, goes through the
command line's own ``main`` in this process, and must end with exit code 0, 2, 3 or 4; one that is
refused with exactly one sentence, and without a file. Two images are matched by the network when
they meet first, and then in one of ``--real`` runs; others take the alignment that was found
before, and write their products for good. Prints how many ended how; exits with 1 where one ended
otherwise, and names it, so that ``--only N`` with the same seed runs it again.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import random
import shutil
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fuzz_images import make_images

from model_core.__main__ import main as soma
from model_core.registration import start_points
from model_core.settings import SETTINGS
from model_core.workflows import register as workflow

FINE = (0, 2, 3, 4)
ABSURD = (
    "0", "-1", "1e400", "-1e5", "nan", "inf", "1e-300", "99999999999999999999", "", " ", "NaN",
    "0x10", "1,5", "true", "None", "[]", "../..", "\udcff", "a" * 300, "5e-324", "1e9", "2", "1.5",
)  # fmt: skip
GOOD = {
    "max_shift": ("5", "12.5", "50"), "max_rotation": ("0", "4"), "max_scale": ("1", "1.05"),
    "spacing": ("8", "1", "100000"), "min_certainty": ("0", "0.3", "1"), "sar_band": ("1",),
    "optical_bands": ("1", "3 2 1", "1 1 1"), "output_pixel_size": ("5", "10", "37.3"),
    "extent": ("600100 4399000 601000 4399900",), "model": ("fixed-descriptors", "soma-compact"),
    "creation_options": (
        "COMPRESS=ZSTD", "DRIVER=COG", "TFW=YES", "COMPRESS=LZW|PREDICTOR=1", "DRIVER=HFA",
        "NBITS=8",
        "PROFILE=BASELINE", "COMPRES=LZW", "DRIVER=VRT", "DRIVER=PNG", "BLOCKXSIZE=500", "TILED=NO",
        "BIGTIFF=NO", "COMPRESS=JPEG", "DRIVER=COG|BLOCKSIZE=abc", "NUM_THREADS=1e9", "=", "A=\0",
    ),
}  # fmt: skip
"""Values by setting; choices and files have their own."""


@dataclass
class Outcome:
    """How a run ended: its exit code, None where it did not; and what was wrong with it."""

    code: int | None
    wrong: str = ""


class Remembered:
    """Aligns two images once, and then gives the same alignment again for most."""

    def __init__(self, align: Callable[..., Any], real: int) -> None:
        self._align, self._real = align, real
        self._found: dict[tuple[Any, ...], Any] = {}
        self.runs = 0

    def __call__(self, start: Any, pair: Any, model: Any, bounds: Any, *rest: Any) -> Any:
        """Align, or remember."""
        self.runs += 1
        scenes = (getattr(reader, "scene", None) for reader in (pair.reference, pair.moving))
        key = (pair.size, rest[0], *(getattr(scene, "name", "") for scene in scenes))
        if key not in self._found or self.runs % self._real == 0:
            self._found[key] = self._align(start, pair, model, bounds, *rest)
        return self._found[key]


def value_of(name: str, dice: random.Random, files: list[str]) -> list[str]:
    """Return what is given on the command line for a setting: mostly one that can be meant."""
    setting = SETTINGS[name]
    if dice.random() < 0.25:
        return [dice.choice(ABSURD) for _ in range(dice.choice((1, 1, 1, 4)))]
    if setting.type == "path":
        return [dice.choice(files)]
    if setting.type == "flag":
        return []
    known = setting.choices or GOOD.get(name, ABSURD)
    return (
        dice.choice(known).split(" ")
        if name in ("extent", "optical_bands")
        else [dice.choice(known)]
    )


def arguments_of(dice: random.Random, folder: Path, files: dict[str, list[str]]) -> list[str]:
    """Return a random command line."""
    out = folder / dice.choice(("out", "out", "out", "out/a/b", "a" * 250, "taken", "d\udcffr"))
    image = [*files["good"] * 3, *files["odd"], *files["broken"]]
    command = dice.choice(("register",) * 6 + ("apply", "match"))
    if command == "apply":
        field = dice.choice([*files["fields"] * 4, *image])
        given = ["--displacement", field, "--raster", dice.choice(image), "--out", f"{out}.tif"]
        names = ["resampling", "creation_options"]
    else:
        pair = (
            (files["good"][0], files["good"][1])
            if dice.random() < 0.5
            else dice.choices(image, k=2)
        )
        target = ["--json", f"{out}.json"] if command == "match" else ["--out", str(out)]
        given = ["--sar", pair[0], "--optical", pair[1], *target]
        names = ["max_shift", "transform", "model"] if command == "match" else list(SETTINGS)
    for name in dice.sample(names, min(len(names), dice.choice((0, 0, 1, 1, 1, 2, 3)))):
        if name != "device":
            given += [f"--{name.replace('_', '-')}", *value_of(name, dice, image + files["broken"])]
    device = [] if command == "apply" else ["--device", "cpu"]
    model = ["--model", "fixed-descriptors"] if device and "--model" not in given else []
    return [command, *given, *device, *model]


def run(arguments: list[str], folder: Path) -> Outcome:
    """Run one command line and look at what came of it."""
    before = listing(folder)
    said, refused = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(refused):
            code = soma(arguments)
    except SystemExit as end:  # argparse: usage, and a line that says what is wrong
        code = end.code if isinstance(end.code, int) else 1
        lines = refused.getvalue().splitlines()
        return Outcome(code, "" if code == 2 and "error:" in lines[-1] else "argparse: no error")
    except BaseException:
        return Outcome(None, traceback.format_exc())
    sentences = refused.getvalue().splitlines()
    if code == 2 and not is_sentence(sentences[-1] if sentences else ""):
        return Outcome(code, f"not a sentence: {sentences[-1:]}")
    if code == 2 and listing(folder) != before:
        return Outcome(code, f"left: {sorted(listing(folder) - before)}")
    left = [name for name in listing(folder) if "soma-unfinished" in name]
    return Outcome(code, f"left: {left}" if left else "" if code in FINE else refused.getvalue())


def is_sentence(line: str) -> bool:
    """Return whether a line is what a person can read and act on."""
    return line.isprintable() and line.endswith(".") and 20 < len(line) < 1000


def listing(folder: Path) -> set[str]:
    """Return the files below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def check(count: int, seed: int, real: int, only: int | None) -> int:
    """Run all requests and print the table."""
    aligner = Remembered(start_points.align_beside, real)
    vars(workflow)["align_beside"] = aligner
    codes: Counter[int | None] = Counter()
    reasons: Counter[str] = Counter()
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="soma-fuzz-") as name:
        base = Path(name)
        files = make_images(base / "images", seed)
        for number in range(count):
            dice = random.Random(f"{seed} {number}")
            folder = base / "run"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            (folder / "taken").write_text("a file")
            arguments = arguments_of(dice, folder, files)
            if only not in (None, number):
                continue
            outcome = run(arguments, folder)
            codes[outcome.code] += 1
            reasons[arguments[0]] += 1
            if outcome.wrong or outcome.code not in FINE:
                wrong += 1
                print(f"{number}: {json.dumps(arguments)}\n{outcome.wrong}", flush=True)
    print(f"{sum(codes.values())} requests, {dict(reasons)}, aligned {aligner.runs}")
    for code, times in sorted(codes.items(), key=str):
        print(f"  exit {code}: {times}")
    print(f"  not as it should be: {wrong}")
    return int(wrong > 0)


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=2000, help="of requests")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--real", type=int, default=20, help="one in so many is matched for good")
    parser.add_argument("--only", type=int, help="number of the request to run")
    options = parser.parse_args()
    return check(options.count, options.seed, options.real, options.only)


if __name__ == "__main__":
    sys.exit(main())
