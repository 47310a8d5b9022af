"""Standard input and output of a command: there, able to say everything, and looked after."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from model_core.errors import BadInputError, first_line

_NEGATIVE = re.compile(r"-(\d+\.?\d*|\.\d+)[eE][+-]?\d+|-(inf|infinity|nan)", re.IGNORECASE)
"""Negative numbers that argparse takes for options, in Python before 3.14."""


def with_negative_numbers(arguments: Iterable[str]) -> list[str]:
    """Return arguments in which no negative number looks like an option: ``-1e5``, ``-inf``."""
    return [f" {one}" if _NEGATIVE.fullmatch(one) else one for one in arguments]


def prepare_streams() -> None:
    """Open what is closed of standard input, output and error, and let them say any text.

    A file that is opened while one of them is closed would take its place, and get what libraries
    print. A path may hold what the terminal's encoding does not have.
    """
    while (opened := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(opened)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            nothing = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (until the end)
            setattr(sys, name, nothing)
        elif getattr(stream, "errors", "") == "strict" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Write to standard output; a reader that has gone, as ``head`` does, is no error.

    Raises:
        BadInputError: standard output takes nothing, as on a full disk.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # What is left in the buffer must not fail once more when the program ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise BadInputError(
                f"What the command has to say cannot be written ({first_line(error)}); give it "
                "another standard output."
            ) from error
