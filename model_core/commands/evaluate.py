"""``evaluate``: networks and baseline methods on the same cases, with tables and figures."""

from __future__ import annotations

import argparse

from model_core.commands.options import add_device, add_threads, check_threads, path
from model_core.commands.streams import say
from model_core.settings import SETTINGS


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "evaluate",
        help="measure networks and other methods on pairs whose alignment is known",
        description="Writes results.jsonl, table.md, run.json and, where matplotlib is installed, "
        "figures/*.svg into a folder. Run again with the same folder to go on where it stopped, or "
        "to add methods or figures.",
    )
    parser.add_argument(
        "--pairs", type=path, action="append", required=True, metavar="MANIFEST",
        help="CSV of pairs: id, sar_path, optical_path, optional H_opt2sar or check_points; may be "
        "given several times",
    )  # fmt: skip
    parser.add_argument("--out", type=path, required=True, metavar="FOLDER")
    parser.add_argument("--split", help="rows of this split only")
    parser.add_argument("--source", action="append", help="rows of this source only; repeatable")
    parser.add_argument(
        "--protocols", help="separated by commas; without it: P1, P2, local, equivariance, "
        "local-equivariance, unrelated. Others: P1-main, shift, scale, as-is (whole images as they "
        "are given), small (views of 96 and 128 px), unrelated-sizes; all"
    )  # fmt: skip
    parser.add_argument(
        "--methods", help="separated by commas; 'soma' stands for the networks, 'soma-rigid', "
        "'soma-affine+flow' and so on for the same with one kind of transformation; without it: "
        "soma, soma-affine+flow and all baseline methods. 'soma-flow' is an ablation without "
        "affine refinement"
    )  # fmt: skip
    parser.add_argument(
        "--model", action="append", help="bundled name or checkpoint of a network; repeatable"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="pairs per source")
    parser.add_argument("--seed", type=int, default=0)
    add_threads(parser, default=2)
    add_device(parser, default="cpu")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Evaluate, and say where the table is."""
    from model_core.commands.feedback import StandardErrorFeedback
    from model_core.evaluation.methods import BASELINES, NETWORKS
    from model_core.evaluation.protocols import DEFAULT_PROTOCOLS
    from model_core.evaluation.run import EvaluationSettings, evaluate

    check_threads(options.threads)
    settings = EvaluationSettings(
        manifests=tuple(options.pairs),
        out=options.out,
        split=options.split,
        sources=tuple(options.source) if options.source else None,
        protocols=_names(options.protocols, DEFAULT_PROTOCOLS),
        methods=_names(options.methods, (*NETWORKS, *BASELINES)),
        models=tuple(options.model or (SETTINGS["model"].default,)),
        limit=options.limit,
        seed=options.seed,
        threads=options.threads,
        device=options.device,
    )
    table = evaluate(settings, StandardErrorFeedback())
    say(f"{table}\n")
    return 0


def _names(text: str | None, default: tuple[str, ...]) -> tuple[str, ...]:
    if text is None:
        return default
    return tuple(name.strip() for name in text.split(",") if name.strip())
