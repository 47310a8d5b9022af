"""Progress of the command line: one line on stderr that is rewritten on a terminal."""

from __future__ import annotations

import sys

from model_core.feedback import Feedback


class StandardErrorFeedback(Feedback):
    """Shows stage and percentage where a person looks on, and log lines always."""

    def __init__(self) -> None:
        self.interactive = sys.stderr.isatty()

    def progress(self, stage: str, done: int, total: int, fraction: float) -> None:
        """Rewrite the progress line."""
        if self.interactive:
            end = "\n" if fraction >= 1 else ""
            sys.stderr.write(f"\r\x1b[K{100 * fraction:3.0f} % {stage}{end}")
            sys.stderr.flush()

    def log(self, message: str) -> None:
        """Write a line of its own."""
        sys.stderr.write(f"\r\x1b[K{message}\n" if self.interactive else f"{message}\n")
