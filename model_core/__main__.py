"""Entry point of ``soma`` and of ``python -m model_core``, which are the same."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path

from model_core.commands.stopping import ignore_signals, stop_on_signals
from model_core.commands.streams import prepare_streams, with_negative_numbers
from model_core.errors import user_error
from model_core.memory import LEAST_AT_START, check_memory
from model_core.version import __version__

# Threads that wait by spinning make torch five to ten times slower wherever another program, such
# as QGIS, wants a core too; GNU's may spin for some microseconds, as waking them takes longer than
# many an operation of a small image. Read when OpenMP loads, hence before any import of torch.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "300")

DESCRIPTION = "Registers SAR images to optical images, and what belongs to that."

COMMANDS = (
    "register", "match", "apply", "info", "train", "refine_labels", "evaluate", "simulate", "serve",
)  # fmt: skip
"""Names of modules in model_core.commands, in the order of the help."""


def commands_here() -> list[str]:
    """Return the commands whose module is here: the plugin's zip holds none for research."""
    folder = Path(__file__).resolve().parent / "commands"
    return [name for name in COMMANDS if (folder / f"{name}.py").is_file()]


def _called() -> str:
    """Return how the program was started, for its help."""
    name = Path(sys.argv[0]).stem
    return name if name == "soma" else "python -m model_core"


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with every command; each command's file adds its own options."""
    parser = argparse.ArgumentParser(prog=_called(), description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"SOMA {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in commands_here():
        import_module(f"model_core.commands.{name}").add_parser(commands)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command; a user's error is one sentence on stderr and a non-zero exit code."""
    prepare_streams()
    given = sys.argv[1:] if arguments is None else arguments
    try:
        if "torch" not in sys.modules:
            check_memory(LEAST_AT_START)
        options = build_parser().parse_args(with_negative_numbers(given))
        return int(options.run(options))
    except Exception as error:
        known = user_error(error)
        if known is None:
            raise
        sys.stderr.write(f"{known}\n")
        return known.exit_code


def program() -> int:
    """Run one command as a process of its own, which is to end in order whenever it is asked to."""
    stop_on_signals()
    code = main()
    ignore_signals()
    return code


if __name__ == "__main__":
    sys.exit(program())
