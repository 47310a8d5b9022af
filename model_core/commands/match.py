"""``match``: plain images in, their affine and dense field out, for scripts and benchmarks."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_core.commands.exit_codes import EXIT_CODES, EXIT_HELP
from model_core.commands.feedback import StandardErrorFeedback
from model_core.commands.options import (
    add_settings,
    add_threads,
    given_settings,
    limit_threads,
    path,
)
from model_core.commands.streams import say
from model_core.errors import BadInputError, first_line, shown
from model_core.settings import check_settings

if TYPE_CHECKING:
    from model_core.workflows.match import PairMatch

    Matching = Callable[[str, str], PairMatch]
    """Takes the paths of a SAR and an optical image."""

COLUMNS = ("id", "sar_path", "optical_path")

MATCH_SETTINGS = ("max_shift", "max_rotation", "max_scale", "transform", "model", "device")
"""Plain images have neither ground nor products."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "match",
        help="match plain images, one pair or a list",
        description="Gives the affine from optical to SAR pixels (pixel centres at integers). Exit "
        f"code of one pair: {EXIT_HELP}; of a list: 0, or 2 "
        "where a pair could not be read (its line says why).",
    )
    parser.add_argument("--sar", help="SAR image")
    parser.add_argument("--optical", help="optical image")
    parser.add_argument("--json", type=path, help="result of the pair")
    parser.add_argument(
        "--field",
        type=path,
        help="NumPy file: float32 (H, W, 2), SAR position of each optical pixel, NaN where unknown "
        "and everywhere where the verdict is failed",
    )
    parser.add_argument("--pairs", type=path, help=f"CSV with the columns {', '.join(COLUMNS)}")
    parser.add_argument("--out", type=path, help="JSON lines, one a pair, for --pairs")
    add_settings(parser, MATCH_SETTINGS)
    add_threads(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Match one pair or a list of them."""
    from model_core.raster.destination import check_outputs

    single = bool(options.sar and options.optical and options.json)
    if single == bool(options.pairs and options.out):
        raise BadInputError("Give --sar, --optical and --json, or --pairs and --out.")
    settings = check_settings(given_settings(options))
    limit_threads(options.threads)
    outputs = [str(p) for p in (options.json, options.field, options.out) if p]
    inputs = [str(p) for p in (options.sar, options.optical, options.pairs) if p]
    check_outputs(outputs, inputs)
    matching = _matching(settings)
    return _one(matching, options) if single else _many(matching, options)


def _matching(settings: Mapping[str, Any]) -> Matching:
    """Load the model, and return what matches a pair with it."""
    from model_core.registration.model import load_model
    from model_core.workflows.bounds import search_bounds
    from model_core.workflows.match import match_pair, plain_view

    model, reason = load_model(settings["model"], settings["device"])
    sys.stderr.write(f"{model.name} on {model.device}: {reason}.\n")
    bounds = search_bounds(settings, georeferenced=False)
    feedback = StandardErrorFeedback()

    def matching(sar: str, optical: str) -> PairMatch:
        views = plain_view(sar, "sar", feedback), plain_view(optical, "optical", feedback)
        return match_pair(model, *views, bounds, settings["transform"])

    return matching


def _record(found: PairMatch) -> dict[str, Any]:
    return {
        "affine": found.affine.tolist(),
        "verdict": found.verdict,
        "reasons": found.reasons,
        "inlier_ratio": found.inlier_ratio,
        "probability": found.probability,
        "transformation": found.kind,
        "certainty": found.certainty,
        "seconds": found.seconds,
    }


def _one(matching: Matching, options: argparse.Namespace) -> int:
    import numpy as np

    from model_core.raster.output import atomic_writes
    from model_core.registration.words import WORDS

    found = matching(options.sar, options.optical)
    paths = {"json": options.json} | ({"field": options.field} if options.field else {})
    with atomic_writes(paths) as temporary:
        text = json.dumps(_record(found), indent=2)
        temporary["json"].write_text(text + "\n", encoding="utf-8")
        if options.field:
            field = found.field if found.verdict != "failed" else np.full_like(found.field, np.nan)
            with temporary["field"].open("wb") as file:
                np.save(file, field)
    lines = [f"Verdict: {found.verdict}", *found.reasons]
    if found.verdict != "failed":
        lines.append(f"Transformation: {WORDS[found.kind]}")
    say("\n".join(lines) + "\n")
    return EXIT_CODES[found.verdict]


def _many(matching: Matching, options: argparse.Namespace) -> int:
    from model_core.raster.output import atomic_write

    code = 0
    with atomic_write(options.out) as temporary, temporary.open("w", encoding="utf-8") as file:
        for name, sar, optical in _read_pairs(options.pairs):
            try:
                record = _record(matching(sar, optical))
            except BadInputError as error:
                record, code = {"error": str(error)}, error.exit_code
            file.write(json.dumps({"id": name, **record}) + "\n")
    return code


def _read_pairs(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield id and paths; relative paths are relative to the list's folder."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise BadInputError(
            f"The list {shown(path)} cannot be read ({first_line(error)}); give a CSV file."
        ) from error
    missing = [c for c in COLUMNS if not rows or rows[0].get(c) is None]
    if missing:
        raise BadInputError(
            f"The list {path.name} has no column or no rows for {', '.join(missing)}; its first "
            f"line must name the columns {', '.join(COLUMNS)}."
        )
    for number, row in enumerate(rows, 2):
        if any(row.get(column) is None for column in COLUMNS):
            raise BadInputError(
                f"Line {number} of the list {path.name} has fewer values than columns; give "
                f"{', '.join(COLUMNS)} in each."
            )
        yield row["id"], str(path.parent / row["sar_path"]), str(path.parent / row["optical_path"])
