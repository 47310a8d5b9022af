"""How the core talks to whoever runs it: progress, log, cancellation. The core never prints."""

from __future__ import annotations

from model_core.errors import CancelledError


class Feedback:
    """Receives progress and log lines, and may ask to stop. The base class ignores everything.

    Subclass and override. ``progress`` is called with the stage's name (``"read"``, ``"coarse"``,
    ``"refine"``, ``"verify"``, ``"write"``, ``"report"``), units done and units in all within the
    stage, and the overall fraction in [0, 1], which never decreases during a run.
    """

    def progress(self, stage: str, done: int, total: int, fraction: float) -> None:
        """Take note of progress."""

    def log(self, message: str) -> None:
        """Take a line meant for a person."""

    def cancelled(self) -> bool:
        """Return True when the run should stop as soon as it can."""
        return False

    def raise_if_cancelled(self) -> None:
        """Raise :class:`CancelledError` when the caller asked to stop; call it in every loop."""
        if self.cancelled():
            raise CancelledError("Cancelled; nothing was written.")
