"""The errors a user may meet. Each carries one sentence: what, why, what to do next.

Every error that reaches a user derives from :class:`SomaError`; anything else is a defect and is
reported with its traceback. ``exit_code`` is what the command line exits with.
"""

from __future__ import annotations

import os
import reprlib
from typing import Any


class SomaError(Exception):
    """Base of all errors that are meant for the user; ``str(error)`` is the sentence to show."""

    exit_code = 2


class BadInputError(SomaError):
    """The request or a file in it cannot be used; nothing was written."""


class CancelledError(SomaError):
    """The caller asked to stop; nothing was left behind."""

    exit_code = 130


LONGEST_SHOWN = 200
"""Characters of a text of the user's in a sentence; of a longer one its two ends are shown."""

LONGEST_QUOTE = 300
"""Characters of a library's error in a sentence of ours."""


def shown(text: str | os.PathLike[str]) -> str:
    """Return a text or path as sentences show it: any terminal can print it, a person can read it.

    Control characters become spaces, and what is no text (a surrogate) its number.
    """
    plain = os.fspath(text).encode("utf-8", "backslashreplace").decode("utf-8")
    plain = "".join(sign if sign.isprintable() else " " for sign in plain)
    half = LONGEST_SHOWN // 2
    return plain if len(plain) <= LONGEST_SHOWN else f"{plain[:half]}...{plain[-half:]}"


def given(value: Any) -> str:
    """Return a value of any type as sentences show it."""
    try:
        return shown(reprlib.repr(value))
    except ValueError:  # Python writes out no integer of thousands of digits
        return f"of the type {type(value).__name__} and too long to show"


def first_line(error: BaseException) -> str:
    """Return what a library's error says, as a clause for a sentence of ours."""
    lines = (line.strip().rstrip(".") for line in str(error).splitlines())
    line = next(filter(None, lines), type(error).__name__)
    return line if len(line) <= LONGEST_QUOTE else f"{line[: LONGEST_QUOTE - 3]}..."
