"""The errors a user may meet. Each carries one sentence: what, why, what to do next.

Every error that reaches a user derives from :class:`SomaError`; anything else is a defect and is
reported with its traceback. ``exit_code`` is what the command line exits with.
"""

from __future__ import annotations


class SomaError(Exception):
    """Base of all errors that are meant for the user; ``str(error)`` is the sentence to show."""

    exit_code = 2


class BadInputError(SomaError):
    """The request or a file in it cannot be used; nothing was written."""


class CancelledError(SomaError):
    """The caller asked to stop; nothing was left behind."""

    exit_code = 130


def first_line(error: BaseException) -> str:
    """Return what a library's error says, short enough for a sentence of ours."""
    return next(iter(str(error).splitlines()), type(error).__name__)
