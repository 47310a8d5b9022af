"""``train``: a network from pairs."""

from __future__ import annotations

import argparse

from model_core.commands.options import add_device, add_threads, limit_threads, path


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "train",
        help="train a network on pairs whose alignment is known",
        description="Writes best.safetensors, last.safetensors, the state to resume from, and the "
        "logs into a folder. Several GPUs: torchrun --nproc-per-node N -m model_core train ...",
    )
    parser.add_argument(
        "--config", required=True, metavar="FILE",
        help="YAML file of settings, or soma-compact, soma or smoke for those that come with SOMA",
    )  # fmt: skip
    parser.add_argument("--out", type=path, required=True, metavar="FOLDER")
    parser.add_argument("--resume", action="store_true", help="go on with the run in the folder")
    parser.add_argument("--max-minutes", type=float, metavar="M", help="stop cleanly after these")
    add_threads(parser)
    add_device(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train, and say where the network is."""
    from model_core.commands.feedback import StandardErrorFeedback
    from model_core.device import choose_device
    from model_core.training.config import read_config
    from model_core.training.distributed import local_device
    from model_core.training.trainer import BEST, LAST, Trainer

    limit_threads(options.threads)
    feedback = StandardErrorFeedback()
    config = read_config(options.config)
    chosen, reason = choose_device(options.device)
    feedback.log(f"Device {chosen}: {reason}.")
    trainer = Trainer(config, options.out, local_device(chosen), feedback, options.resume)
    result = trainer.run(options.max_minutes)
    name = BEST if result.best is not None else LAST
    if result.finished:
        feedback.log(f"Finished; the network is {options.out / name}.")
    else:
        feedback.log(f"Stopped after step {result.step}; --resume goes on. So far: {name}.")
    return 0
