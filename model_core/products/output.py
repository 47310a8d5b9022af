"""Files that are either complete or not there."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from model_core.errors import BadInputError

UNFINISHED = ".soma-unfinished-"
"""Part of the name of every file that is being written; such files may be deleted at any time."""


@contextmanager
def finished(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; rename it when the block ends, delete it when it fails.

    Side files that GDAL writes (``.aux.xml``) are deleted with it.
    """
    target = Path(path)
    temporary = target.with_name(f"{UNFINISHED}{uuid.uuid4().hex[:8]}-{target.name}")
    try:
        yield temporary
        os.replace(temporary, target)
    finally:
        for left in target.parent.glob(temporary.name + "*"):
            left.unlink()


def check_outputs(outputs: Iterable[str], inputs: Iterable[str], needed_bytes: int = 0) -> None:
    """Refuse outputs that cannot be written, before any work is done.

    Raises:
        BadInputError: an output is one of the inputs or is named twice, its folder does not exist
            or cannot be written to, or the disk has less than ``needed_bytes`` free.
    """
    real_inputs = {Path(path).resolve() for path in inputs}
    seen: set[Path] = set()
    for output in outputs:
        path = Path(output)
        folder = path.parent
        if path.resolve() in real_inputs:
            raise BadInputError(
                f"The output {path.name} is also an input and would be overwritten; "
                "choose another name."
            )
        if path.resolve() in seen:
            raise BadInputError(f"{path.name} is named for two outputs; choose another name.")
        seen.add(path.resolve())
        if not folder.is_dir():
            raise BadInputError(f"The output folder {folder} does not exist; create it first.")
        if path.is_dir():
            raise BadInputError(f"The output {path} is a folder; give a file name.")
        probe = folder / f"{UNFINISHED}{uuid.uuid4().hex[:8]}-probe"
        try:
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise BadInputError(
                f"The output folder {folder} cannot be written to ({error.strerror}); "
                "choose another folder."
            ) from error
        free = shutil.disk_usage(folder).free
        if free < needed_bytes:
            raise BadInputError(
                f"The disk of {folder} has {free / 1e6:.0f} MB free, but up to "
                f"{needed_bytes / 1e6:.0f} MB are needed; free some space or choose another folder."
            )
