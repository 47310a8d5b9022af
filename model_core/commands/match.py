"""``match``: plain images in, their affine and dense field out, for scripts and benchmarks."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_core.commands.register import EXIT_CODES
from model_core.errors import BadInputError
from model_core.workflows.request import DEFAULT_MODEL

if TYPE_CHECKING:
    from model_core.registration.model import RegistrationModel
    from model_core.workflows.match import PairMatch

COLUMNS = ("id", "sar_path", "optical_path")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "match",
        help="match plain images, one pair or a list",
        description="Gives the affine from optical to SAR pixels (pixel centres at integers). Exit "
        "code of one pair: 0 registered, 3 doubtful, 4 failed, 2 bad input; of a list: 0, or 2 "
        "where a pair could not be read (its line says why).",
    )
    parser.add_argument("--sar", help="SAR image")
    parser.add_argument("--optical", help="optical image")
    parser.add_argument("--json", type=Path, help="result of the pair")
    parser.add_argument(
        "--field",
        type=Path,
        help="NumPy file: float32 (H, W, 2), SAR position of each optical pixel, NaN where unknown "
        "and everywhere where the verdict is failed",
    )
    parser.add_argument("--pairs", type=Path, help=f"CSV with the columns {', '.join(COLUMNS)}")
    parser.add_argument("--out", type=Path, help="JSON lines, one a pair, for --pairs")
    parser.add_argument("--max-shift", type=float, default=60.0, metavar="PX")
    parser.add_argument("--max-rotation", type=float, default=25.0, metavar="DEG")
    parser.add_argument("--max-scale", type=float, default=1.1, metavar="RATIO")
    parser.add_argument("--transform", choices=("affine", "affine+flow"), default="affine+flow")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="bundled name or checkpoint file")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--threads", type=int, help="CPU threads")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Match one pair or a list of them."""
    import torch

    from model_core.raster.output import check_outputs
    from model_core.registration.model import load_model

    single = bool(options.sar and options.optical and options.json)
    if single == bool(options.pairs and options.out):
        raise BadInputError("Give --sar, --optical and --json, or --pairs and --out.")
    if options.threads is not None and options.threads < 1:
        raise BadInputError(f"--threads is {options.threads}; give 1 or more.")
    if options.threads:
        torch.set_num_threads(options.threads)
    outputs = [str(p) for p in (options.json, options.field, options.out) if p]
    inputs = [str(p) for p in (options.sar, options.optical, options.pairs) if p]
    check_outputs(outputs, inputs)
    matcher, reason = load_model(options.model, options.device)
    sys.stderr.write(f"{matcher.name} on {matcher.device}: {reason}.\n")
    return _one(matcher, options) if single else _many(matcher, options)


def _match(
    matcher: RegistrationModel, options: argparse.Namespace, sar: str, optical: str
) -> PairMatch:
    from model_core.registration.bounds import SearchBounds
    from model_core.workflows.match import match_pair, plain_view

    return match_pair(
        matcher,
        plain_view(sar, "sar"),
        plain_view(optical, "optical"),
        SearchBounds(options.max_shift, options.max_rotation, options.max_scale),
        options.transform == "affine+flow",
    )


def _record(found: PairMatch) -> dict[str, Any]:
    return {
        "affine": found.affine.tolist(),
        "verdict": found.verdict,
        "reasons": found.reasons,
        "inlier_ratio": found.inlier_ratio,
        "certainty": found.certainty,
        "seconds": found.seconds,
    }


def _one(matcher: RegistrationModel, options: argparse.Namespace) -> int:
    import numpy as np

    from model_core.raster.output import atomic_writes

    found = _match(matcher, options, options.sar, options.optical)
    paths = {"json": options.json} | ({"field": options.field} if options.field else {})
    with atomic_writes(paths) as temporary:
        text = json.dumps(_record(found), indent=2)
        temporary["json"].write_text(text + "\n", encoding="utf-8")
        if options.field:
            field = found.field if found.verdict != "failed" else np.full_like(found.field, np.nan)
            with temporary["field"].open("wb") as file:
                np.save(file, field)
    sys.stdout.write("\n".join([f"Verdict: {found.verdict}", *found.reasons]) + "\n")
    return EXIT_CODES[found.verdict]


def _many(matcher: RegistrationModel, options: argparse.Namespace) -> int:
    from model_core.raster.output import atomic_write

    code = 0
    with atomic_write(options.out) as temporary, temporary.open("w", encoding="utf-8") as file:
        for name, sar, optical in _read_pairs(options.pairs):
            try:
                record = _record(_match(matcher, options, sar, optical))
            except BadInputError as error:
                record, code = {"error": str(error)}, error.exit_code
            file.write(json.dumps({"id": name, **record}) + "\n")
    return code


def _read_pairs(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield id and paths; relative paths are relative to the list's folder."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(
            f"The list {path} cannot be read ({error}); give a CSV file."
        ) from error
    missing = [c for c in COLUMNS if not rows or rows[0].get(c) is None]
    if missing:
        raise BadInputError(
            f"The list {path.name} has no column or no rows for {', '.join(missing)}; its first "
            f"line must name the columns {', '.join(COLUMNS)}."
        )
    for row in rows:
        yield row["id"], str(path.parent / row["sar_path"]), str(path.parent / row["optical_path"])
