"""The log of a run: CSV always, TensorBoard where it is installed."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model_core.feedback import Feedback

TRAIN_LOG, VALIDATION_LOG = "train.csv", "validation.csv"
EVERY = 20
"""Steps over which the log's figures are means."""


class Log:
    """Writes ``train.csv`` (means over some steps) and ``validation.csv``."""

    def __init__(self, folder: Path, feedback: Feedback, step: int) -> None:
        """Go on after ``step``: what an interrupted run had logged beyond it is dropped."""
        self.folder = folder
        self.feedback = feedback
        self._sums: dict[str, list[float]] = {}
        for name in (TRAIN_LOG, VALIDATION_LOG):
            _keep_until(folder / name, step)
        self._board = _tensorboard(folder, feedback)

    def step(self, step: int, seconds: float, values: Mapping[str, float]) -> None:
        """Take the figures of a step."""
        for name, value in values.items():
            self._sums.setdefault(name, []).append(value)
        if step % EVERY:
            return
        means = {name: sum(v) / len(v) for name, v in self._sums.items()}
        self._sums = {}
        _append(self.folder / TRAIN_LOG, {"step": step, "seconds": round(seconds, 1), **means})
        self._show("train", step, means)
        if step % (10 * EVERY) == 0:
            shown = ", ".join(f"{name} {value:.4g}" for name, value in means.items())
            self.feedback.log(f"Step {step}, {seconds:.0f} s: {shown}.")

    def validation(self, step: int, values: Mapping[str, float]) -> None:
        """Take the figures of a validation."""
        _append(self.folder / VALIDATION_LOG, {"step": step, **values})
        self._show("validation", step, values)

    def _show(self, group: str, step: int, values: Mapping[str, float]) -> None:
        if self._board is not None:
            for name, value in values.items():
                if math.isfinite(value):
                    self._board.add_scalar(f"{group}/{name}", value, step)

    def close(self) -> None:
        """Finish the files."""
        if self._board is not None:
            self._board.close()


def _tensorboard(folder: Path, feedback: Feedback) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        feedback.log("TensorBoard is not installed: the log is CSV only.")
        return None
    return SummaryWriter(str(folder / "tensorboard"))


def _append(path: Path, row: Mapping[str, float]) -> None:
    fresh = not path.is_file()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row))
        if fresh:
            writer.writeheader()
        writer.writerow(row)


def _keep_until(path: Path, step: int) -> None:
    if not path.is_file():
        return
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows[:1] + [r for r in rows[1:] if int(r[0]) <= step])
