"""Results on disk: one JSON line per method and case, added as they come."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_core.errors import BadInputError
from model_core.evaluation.scoring import Record
from model_core.raster.output import atomic_write


@dataclass(frozen=True)
class LeftOut:
    """A case that no method was asked, and why."""

    protocol: str
    pair: str
    source: str
    reason: str


class ResultFile:
    """The results of a run, complete lines only.

    A run that was cut off may leave half a line, which is removed when the file is opened; every
    other line that cannot be understood is an error.
    """

    def __init__(self, path: Path) -> None:
        """Open or start a file.

        Raises:
            BadInputError: it holds something else.
        """
        self.path = path
        self.records: list[Record] = []
        self.left_out: list[LeftOut] = []
        if path.exists():
            self._load()

    def _load(self) -> None:
        text = self.path.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                self._take(json.loads(line))
            except (ValueError, TypeError) as error:
                raise BadInputError(
                    f"Line {number} of {self.path} is no result of this version ({error}); give "
                    "another folder for this run."
                ) from error
        if whole != text:
            with atomic_write(self.path) as temporary:
                temporary.write_text(whole, encoding="utf-8")

    def _take(self, data: dict[str, Any]) -> None:
        if "reason" in data:
            self.left_out.append(LeftOut(**data))
        else:
            self.records.append(Record.from_dict(data))

    def done(self) -> set[tuple[str, str, str]]:
        """Return (method, protocol, pair) of all records."""
        return {(r.method, r.protocol, r.pair) for r in self.records}

    def skipped(self) -> set[tuple[str, str]]:
        """Return (protocol, pair) of all cases that were left out."""
        return {(case.protocol, case.pair) for case in self.left_out}

    def add(self, result: Record | LeftOut) -> None:
        """Add a result, on disk when this returns."""
        data = result.to_dict() if isinstance(result, Record) else vars(result)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(data, allow_nan=False) + "\n")
        if isinstance(result, Record):
            self.records.append(result)
        else:
            self.left_out.append(result)
