"""The stages of a registration, and the part of the overall progress that each takes."""

from __future__ import annotations

from collections.abc import Callable

from model_core.feedback import Feedback

STAGES = {
    "read": (0.0, 0.04),
    "coarse": (0.04, 0.14),
    "refine": (0.14, 0.68),
    "verify": (0.68, 0.84),
    "write": (0.84, 0.97),
    "report": (0.97, 1.0),
}
"""Where each stage starts and ends in the overall progress."""


def stage_progress(feedback: Feedback, name: str) -> Callable[[float], None]:
    """Return a function that reports the share, 0 to 1, that is done of a stage."""
    low, high = STAGES[name]

    def report(share: float) -> None:
        feedback.progress(name, round(100 * share), 100, low + (high - low) * share)

    return report
