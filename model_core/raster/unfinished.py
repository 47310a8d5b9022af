"""Folders in which files are written until all of a run are complete, and what is left of them.

One lies beside the files of a run in each folder that it writes to, on the same disk, so that to
put a file in its place is to rename it. It holds

``lock``
    locked for as long as its process lives, so that others know whether it does;
``new``
    the files, under the names that they will have;
``old``
    what they replace, until all are in their places;
``moves.json``
    once all are complete: how they get there. From then on they do, if need be by the next run;
``part-of``
    where a run writes to several folders: which of them has its ``moves.json``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path

from model_core.raster.locks import HeldError, take, turn
from model_core.raster.moves import Move, from_json, go_on, to_json

UNFINISHED = ".soma-unfinished-"
"""Start of the names of these folders; the process's identifier and a random number follow."""

LOCK, NEW, OLD, MOVES, PART_OF = "lock", "new", "old", "moves.json", "part-of"

TRIES = 20


class UnfinishedFolder:
    """A folder of this process's own, in which it writes.

    Attributes:
        path: of the folder.
        new: where files are written.
        old: where what they replace is kept.
    """

    def __init__(self, beside: Path, whole: UnfinishedFolder | None = None) -> None:
        """Make one in a folder, and clear away those of processes that ended without doing so.

        Args:
            beside: the folder.
            whole: that of the same run in another folder, which has the ``moves.json``.

        Raises:
            OSError: it cannot be made.
        """
        clear_leftovers(beside)
        self.path, self._handle = _made(beside)
        self.new, self.old = self.path / NEW, self.path / OLD
        self.new.mkdir()
        self.old.mkdir()
        if whole is not None:
            (self.path / PART_OF).write_bytes(os.fsencode(whole.path))

    def plan(self, moves: Sequence[Move]) -> None:
        """Note where the files belong: all are complete, and will be moved whatever happens."""
        unfinished = self.path / (MOVES + ".part")
        unfinished.write_text(to_json(moves), encoding="ascii")
        flush(unfinished)
        unfinished.replace(self.path / MOVES)

    def give_up(self) -> None:
        """Give the lock back and leave the folder for the next run."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def delete(self) -> None:
        """Delete the folder with all that is in it."""
        self.give_up()
        _delete(self.path)


def flush(path: Path) -> None:
    """Have the system bring a file to its disk, and say where that fails.

    Raises:
        OSError: the disk is full or broken.
    """
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Have the system note the names of a folder's files; where it cannot, nothing is lost."""
    if os.name == "posix":
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def clear_leftovers(folder: Path) -> None:
    """Finish or delete what ended processes left in a folder; touch nothing of living ones."""
    with contextlib.suppress(OSError):  # a folder that may not be listed: it is only an attempt
        for path in folder.iterdir():
            if path.name.startswith(UNFINISHED) and path.is_dir():
                _clear(path)


def _made(beside: Path) -> tuple[Path, int | None]:
    """Make a folder and lock it, before another process takes it for one without an owner."""
    for _ in range(TRIES):
        path = beside / f"{UNFINISHED}{os.getpid()}-{uuid.uuid4().hex[:8]}"
        path.mkdir()
        try:
            handle = take(path / LOCK, create=True)
        except (HeldError, FileNotFoundError):
            continue
        if (path / LOCK).exists():
            return path, handle
        if handle is not None:
            os.close(handle)
    raise OSError(f"no folder could be made in {beside}")


def _clear(path: Path) -> None:
    """Finish or delete a folder, where its process has ended."""
    try:
        handle = take(path / LOCK, create=False)
    except FileNotFoundError:
        with contextlib.suppress(OSError):
            path.rmdir()  # as it was being made or deleted; nothing is in it
        return
    except OSError:  # its process lives, or this one may not look into it
        return
    if handle is None:
        return
    try:
        finished = _finish(path)
    finally:
        os.close(handle)
    if finished:
        _delete(path)


def _finish(path: Path) -> bool:
    """Move what was complete to where it belongs; return whether the folder may go."""
    if (path / PART_OF).is_file():
        whole = Path(os.fsdecode((path / PART_OF).read_bytes()))
        if whole.name.startswith(UNFINISHED):
            _clear(whole)
        return not whole.exists()
    if not (path / MOVES).is_file():
        return True
    try:
        moves = from_json((path / MOVES).read_text(encoding="ascii"))
        with turn({move.target.parent for move in moves}):
            go_on(moves)
    except (OSError, TypeError, ValueError):
        return False  # it keeps all files, for the next time or for a person
    return True


def _delete(path: Path) -> None:
    """Delete a folder, its lock last: what is deleted half can be deleted by others."""
    for name in (MOVES, MOVES + ".part", PART_OF):
        with contextlib.suppress(OSError):
            (path / name).unlink(missing_ok=True)
    for name in (NEW, OLD):
        shutil.rmtree(path / name, ignore_errors=True)
    with contextlib.suppress(OSError):
        (path / LOCK).unlink(missing_ok=True)
        path.rmdir()
