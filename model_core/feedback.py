"""How the core talks to whoever runs it: progress, log, cancellation. The core never prints."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Progress:
    """The progress of one stage, passed on to a feedback.

    Attributes:
        feedback: who hears of it.
        stage: the stage's name.
        start: of the stage, as a fraction of the whole run.
        end: of the stage, as a fraction of the whole run.
        done: share of the stage that was done before.
        share: share of the stage that is reported here; see :meth:`part`.
    """

    feedback: Feedback
    stage: str
    start: float = 0.0
    end: float = 1.0
    done: float = 0.0
    share: float = 1.0

    def report(self, part: float) -> None:
        """Say that a part, in [0, 1], of what is reported here is done.

        Raises:
            CancelledError: the caller asked to stop.
        """
        self.feedback.raise_if_cancelled()
        of_stage = self.done + self.share * part
        fraction = self.start + (self.end - self.start) * of_stage
        self.feedback.progress(self.stage, round(100 * of_stage), 100, fraction)

    def part(self, done: float, share: float) -> Progress:
        """Return the progress of a part of this: after ``done`` of it, ``share`` of it."""
        return Progress(
            self.feedback,
            self.stage,
            self.start,
            self.end,
            self.done + self.share * done,
            self.share * share,
        )


STAGES = {
    "read": (0.0, 0.04),
    "coarse": (0.04, 0.14),
    "refine": (0.14, 0.68),
    "verify": (0.68, 0.84),
    "write": (0.84, 0.97),
    "report": (0.97, 1.0),
}
"""Where each stage of a registration starts and ends in the overall progress."""


def stage_progress(feedback: Feedback, stage: str) -> Progress:
    """Return the progress of one of :data:`STAGES`."""
    return Progress(feedback, stage, *STAGES[stage])
