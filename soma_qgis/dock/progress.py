"""How long a run still takes, said only once there is ground to say it."""

from __future__ import annotations

from soma_qgis.i18n import tr

FIRST_SHARE = 0.15
"""Share done before which nothing is said: starting and reading tell little of what follows."""

FIRST_SECONDS = 3.0
INERTIA = 0.7
"""Weight of the estimate so far against the new one."""


class TimeLeft:
    """Estimates the seconds left from the share done."""

    def __init__(self) -> None:
        self._end: float | None = None

    def seconds(self, elapsed: float, share: float) -> float | None:
        """Return the seconds left after ``elapsed`` ones; None where that cannot be said yet."""
        if share < FIRST_SHARE or elapsed < FIRST_SECONDS:
            return None
        end = elapsed / share
        self._end = end if self._end is None else INERTIA * self._end + (1 - INERTIA) * end
        return max(0.0, self._end - elapsed)


def duration(seconds: float) -> str:
    """Return a duration in words: "8 s", "3 min", "1 h 20 min"."""
    if seconds < 60:
        return tr("{} s").format(max(1, round(seconds)))
    minutes = round(seconds / 60)
    if minutes < 60:
        return tr("{} min").format(minutes)
    return tr("{} h {} min").format(minutes // 60, minutes % 60)


def progress_line(stage: str, share: float, left: float | None) -> str:
    """Return the line over the progress bar."""
    parts = [stage, f"{100 * share:.0f} %"]
    if left is not None:
        parts.append(tr("about {} left").format(duration(left)))
    return " · ".join(parts)
