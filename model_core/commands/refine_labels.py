"""``refine-labels``: better labels for training, as a network sees them."""

from __future__ import annotations

import argparse

from model_core.commands.options import add_device, add_threads, limit_threads, path
from model_core.settings import SETTINGS


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "refine-labels",
        help="measure the residual alignment of training pairs",
        description="Writes a manifest of the pairs that a training configuration names, each with "
        "the alignment a network finds where it is sure of it, else with its own. Name the "
        "manifest in a configuration to train with it.",
    )
    parser.add_argument(
        "--config", required=True, metavar="FILE",
        help="YAML file of settings, or the name of one that comes with SOMA",
    )  # fmt: skip
    parser.add_argument("--out", type=path, required=True, metavar="CSV")
    parser.add_argument(
        "--model", default=SETTINGS["model"].default, help="bundled name or checkpoint file"
    )
    add_threads(parser)
    add_device(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Refine the labels of all pairs, and say how far they moved."""
    import numpy as np

    from model_core.commands.feedback import StandardErrorFeedback
    from model_core.raster.destination import check_outputs
    from model_core.registration.model import load_model
    from model_core.training.config import read_config
    from model_core.training.folders import read_source
    from model_core.training.refine_labels import write_refined_labels

    limit_threads(options.threads)
    feedback = StandardErrorFeedback()
    config = read_config(options.config)
    check_outputs([str(options.out)], [source.path for source in config.data])
    model, reason = load_model(options.model, options.device)
    feedback.log(f"{model.name} on {model.device}: {reason}.")
    every = [pair for source in config.data for pair in read_source(source)]
    pairs = [pair for pair in every if pair.window is None and not pair.common_grid]
    if len(pairs) < len(every):
        feedback.log(
            f"{len(every) - len(pairs)} patches of large or georeferenced images are left out; "
            "name their manifest beside the new one."
        )
    found = write_refined_labels(pairs, model, options.out, feedback)
    median = f", moved by {np.median(found.moved):.2f} px (median)" if found.moved.size else ""
    feedback.log(
        f"{found.moved.size} of {found.pairs} pairs have a refined alignment{median}; the others "
        f"keep their own. The manifest is {options.out}."
    )
    return 0
