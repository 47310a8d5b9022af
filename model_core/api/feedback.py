"""ProgressListener of a run in Python: a function, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from model_core.errors import BadInputError
from model_core.feedback import Feedback

ProgressListener: TypeAlias = Callable[[str, float], None] | Feedback | None
"""A function of the stage's name and of the share that is done, 0 to 1; or a
:class:`~model_core.feedback.Feedback`, which also takes log lines and can cancel."""


@dataclass
class _FunctionFeedback(Feedback):
    """Tells a function about progress within a part of a run that goes from ``low`` to ``high``."""

    function: Callable[[str, float], None]
    low: float
    high: float

    def progress(self, stage: str, done: int, total: int, fraction: float) -> None:
        share = (fraction - self.low) / (self.high - self.low)
        self.function(stage, min(max(share, 0.0), 1.0))


def as_feedback(progress: ProgressListener, low: float = 0.0, high: float = 1.0) -> Feedback:
    """Return what the core reports to.

    Args:
        progress: as the caller gave it.
        low: overall fraction of the core's progress that the function is told as 0.
        high: overall fraction that it is told as 1.

    Raises:
        BadInputError: it is neither a function nor a Feedback.
    """
    if progress is None:
        return Feedback()
    if isinstance(progress, Feedback):
        return progress
    if not callable(progress) or isinstance(progress, type):
        raise BadInputError(
            f"progress is {progress!r}; give a function of the stage's name and the share that is "
            "done, or a Feedback."
        )
    return _FunctionFeedback(progress, low, high)
