"""Folders that are made for outputs, and go again where none came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from model_core.errors import BadInputError, shown

_created: set[Path] = set()
"""Folders that were made for outputs that are not there yet."""


@contextmanager
def output_folder(folder: Path) -> Iterator[None]:
    """Create a folder for outputs; take it away again where nothing was put into it.

    Raises:
        BadInputError: the folder cannot be created.
    """
    missing: list[Path] = []
    try:
        missing = [p for p in (folder, *folder.parents) if not p.exists()]
        _created.update(missing)
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        remove_empty_folders(missing)
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise BadInputError(
            f"The output folder {shown(folder)} cannot be created ({why}); choose another one."
        ) from error
    try:
        yield
    finally:
        remove_empty_folders(missing)


def remove_empty_folders(folders: Iterable[Path] | None = None) -> None:
    """Take away folders that were made for outputs and have none.

    Args:
        folders: the innermost first; None: all that this process has made and that still wait.
    """
    every = sorted(_created, key=lambda p: -len(p.parts)) if folders is None else list(folders)
    for folder in every:
        with suppress(OSError):  # something is in it, or it was not made
            folder.rmdir()
        _created.discard(folder)
