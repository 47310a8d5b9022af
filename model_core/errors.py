"""The errors a user may meet. Each carries one sentence: what, why, what to do next.

Every error that reaches a user derives from :class:`SomaError`; anything else is a defect and is
reported with its traceback. ``exit_code`` is what the command line exits with.
"""

from __future__ import annotations

import errno
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


class OutOfMemoryError(SomaError):
    """The system gives no more memory; nothing was written."""

    def __init__(self) -> None:
        super().__init__(
            "The memory ran out; close other programs, or register a part of the images by giving "
            "an extent."
        )


_OF_MEMORY = (
    "allocate memory",  # torch, and the system
    "out of memory",  # CUDA, GDAL, SQLite
    "start new thread",  # Python, where there is no room for a thread's stack
    "failed to map segment",  # the loader of libraries
    "bad_alloc",
    "bad allocation",
    "create a primitive",  # oneDNN
)
"""What libraries say where the memory runs out, in small letters."""


def user_error(error: BaseException) -> SomaError | None:
    """Return what to tell the user of an error; None: it is a defect.

    An error that was raised because memory ran out is that, whatever became of it on the way.
    """
    known = error if isinstance(error, SomaError) else None
    while True:
        said = str(error).lower()
        if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
            return OutOfMemoryError()
        if not isinstance(error, SomaError) and any(words in said for words in _OF_MEMORY):
            return OutOfMemoryError()
        if error.__cause__ is None:
            return known
        error = error.__cause__


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
