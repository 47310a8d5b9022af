"""Files that are either complete or not there."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from model_core.errors import BadInputError, shown
from model_core.paths import checked_path, exists, is_folder, resolved

UNFINISHED = ".soma-unfinished-"
"""Part of the name of every file that is being written; such files may be deleted at any time."""

_writing: set[Path] = set()
"""Temporary paths of the files that this process is writing."""


@contextmanager
def atomic_writes(paths: Mapping[str, str | Path]) -> Iterator[dict[str, Path]]:
    """Give a temporary path beside each path; when the block ends all are renamed, or none is.

    When the block fails, or left a file out, everything written is deleted, with the side files
    that GDAL writes (``.aux.xml``).

    Raises:
        BadInputError: the disk is full, or a file is held by another program.
    """
    targets = {name: Path(path) for name, path in paths.items()}
    temporary = {
        name: target.with_name(f"{UNFINISHED}{uuid.uuid4().hex[:8]}-{target.name}")
        for name, target in targets.items()
    }
    current = ", ".join(target.name for target in targets.values())
    _writing.update(temporary.values())
    try:
        yield temporary
        for name, target in targets.items():
            current = target.name
            temporary[name].stat()
        for name, target in targets.items():
            current = target.name
            temporary[name].replace(target)
    except OSError as error:
        raise BadInputError(
            f"{current} could not be written ({error.strerror or error}); free space on the "
            "disk, or close the programs that hold the file."
        ) from error
    finally:
        _delete(temporary.values())
        _writing.difference_update(temporary.values())


def clean_up() -> None:
    """Delete all that is being written: for a process that is about to end without unwinding."""
    _delete(list(_writing))


def _delete(paths: Iterable[Path]) -> None:
    """Delete temporary files and what lies beside them."""
    for path in paths:
        for left in path.parent.glob(path.name + "*"):
            left.unlink(missing_ok=True)


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Do the same for one file."""
    with atomic_writes({"": path}) as temporary:
        yield temporary[""]


def check_outputs(outputs: Iterable[str], inputs: Iterable[str], needed_bytes: int = 0) -> None:
    """Refuse outputs that cannot be written, before any work is done.

    Raises:
        BadInputError: an output is one of the inputs or is named twice, its folder does not exist
            or cannot be written to, or the disk has less than ``needed_bytes`` free.
    """
    real_inputs = {resolved(path) for path in inputs}
    seen: set[Path] = set()
    for output in outputs:
        path = Path(checked_path("The output", output))
        folder, real = path.parent, resolved(path)
        if real in real_inputs:
            raise BadInputError(
                f"The output {path.name} is also an input and would be overwritten; "
                "choose another name."
            )
        if real in seen:
            raise BadInputError(f"{path.name} is named for two outputs; choose another name.")
        seen.add(real)
        if not is_folder(folder):
            raise BadInputError(f"The output folder {folder} does not exist; create it first.")
        if is_folder(path):
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


@contextmanager
def output_folder(folder: Path) -> Iterator[None]:
    """Create a folder for outputs; take it away again where nothing was put into it.

    Raises:
        BadInputError: the folder cannot be created.
    """
    missing = [p for p in (folder, *folder.parents) if not exists(p)]
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInputError(
                f"The output folder {shown(folder)} cannot be created ({error.strerror}); "
                "choose another one."
            ) from error
        yield
    finally:
        for created in missing:
            if created.is_dir() and not any(created.iterdir()):
                created.rmdir()
