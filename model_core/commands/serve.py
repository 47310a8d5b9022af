"""``serve``: work for another program that sends jobs on standard input."""

from __future__ import annotations

import argparse
import os

POLITENESS = 5
"""Added to the process's niceness: the window of the program that asks must stay usable."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "serve",
        help="work for another program, such as QGIS",
        description="Takes jobs as JSON lines on standard input and answers on standard output, "
        "until the input ends. model_core/worker/protocol.py describes the messages.",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until told to stop or until standard input ends."""
    from model_core.worker.server import Server
    from model_core.worker.stdio import claim_stdio

    if hasattr(os, "nice"):  # not on Windows
        os.nice(POLITENESS)
    Server(*claim_stdio()).serve()
    return 0
