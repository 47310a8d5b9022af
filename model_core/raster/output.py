"""Files that are either complete or not there: all of a run, or none."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from model_core.errors import BadInputError
from model_core.paths import absolute
from model_core.raster.locks import turn
from model_core.raster.moves import Move, NotPutBackError, move_all, uninterrupted
from model_core.raster.side_files import side_files
from model_core.raster.unfinished import UNFINISHED, UnfinishedFolder, flush, flush_folder

__all__ = [
    "EARLIER", "UNFINISHED", "atomic_write", "atomic_writes", "clean_up", "temporary_folder",
    "written_files",
]  # fmt: skip

EARLIER = "earlier-result"
"""Folder beside outputs, for those of an earlier run that a failed one makes place of."""

MOVING_PATIENCE = 2.0
"""Seconds in which files that are complete are put in place."""

_writing: dict[Path, UnfinishedFolder] = {}
"""Folders in which this process is writing; of a forked one its parent's."""

_temporary: set[str] = set()
"""Other folders of this process, to be deleted at its end."""

_owner = os.getpid()
_moving = threading.Lock()
_written: list[Path] = []


@contextmanager
def atomic_writes(
    paths: Mapping[str, str | Path], earlier: Iterable[str | Path] = ()
) -> Iterator[dict[str, Path]]:
    """Give a temporary path for each path; when the block ends all are put in place, or none is.

    With a file its side files are replaced (``.aux.xml``, ``.ovr``, world files): those that the
    block wrote beside it are put beside the new one, and those of the old one go. When the block
    fails, or left a file out, or a file cannot be put in its place, all is as it was before. When
    the process is ended while files are put in place, the next run into the folder goes on with it.

    Args:
        paths: of the files, by name.
        earlier: files of an earlier run that would be taken for this one's: where there are some,
            they and what stands at ``paths`` are moved to a folder :data:`EARLIER` beside them.

    Raises:
        BadInputError: the disk is full, or a file is held by another program.
    """
    targets = {name: absolute(path) for name, path in paths.items()}
    left = [path for path in map(absolute, earlier) if path.is_file()]
    folders: dict[Path, UnfinishedFolder] = {}
    try:
        for parent in sorted({path.parent for path in (*targets.values(), *left)}):
            whole = next(iter(folders.values()), None)
            folders[parent] = UnfinishedFolder(parent, whole)
            _note(folders[parent])
        temporary = {name: folders[path.parent].new / path.name for name, path in targets.items()}
        yield temporary
        for path in temporary.values():
            for file in (path, *side_files(path)):
                flush(file)
        if folders:
            _put_in_place(list(targets.values()), left, folders)
    except NotPutBackError as error:
        _give_up(folders.values())
        kept = ", ".join(str(folder.path) for folder in folders.values())
        raise BadInputError(
            f"{_failed_file(error, targets)} could be neither written nor put back "
            f"({error.strerror}); the older files are in {kept}."
        ) from error
    except OSError as error:
        raise BadInputError(
            f"{_failed_file(error, targets)} could not be written ({error.strerror or error}); "
            "free space on the disk, or close the programs that hold the file."
        ) from error
    finally:
        for folder in folders.values():
            if _writing.pop(folder.path, None):
                folder.delete()


def _give_up(folders: Iterable[UnfinishedFolder]) -> None:
    """Leave folders where they are, as they hold older files that could not be put back."""
    for folder in folders:
        _writing.pop(folder.path, None)
        folder.give_up()


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Do the same for one file; one that is written with others already is just given its path."""
    whole = Path(path)
    if any(whole.parent == folder.new for folder in _writing.values()):
        yield whole
        return
    with atomic_writes({"": path}) as temporary:
        yield temporary[""]


def clean_up() -> None:
    """Delete all that is being written: for a process that is about to end without unwinding."""
    if os.getpid() != _owner:
        return
    # What is complete gets the moment that it needs to come to its place, or the next run does it.
    for name in list(_temporary):
        shutil.rmtree(name, ignore_errors=True)
    if not _moving.acquire(timeout=MOVING_PATIENCE):
        return
    try:
        for path, folder in list(_writing.items()):
            _writing.pop(path, None)
            folder.delete()
    finally:
        _moving.release()


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Give a folder in the system's place for temporary files; :func:`clean_up` deletes it, too.

    Raises:
        OSError: there is no room for it.
    """
    with tempfile.TemporaryDirectory(prefix="soma-", ignore_cleanup_errors=True) as name:
        _temporary.add(name)
        try:
            yield Path(name)
        finally:
            _temporary.discard(name)


def written_files() -> list[Path]:
    """Return the files that this process has put in place so far."""
    return list(_written)


def _note(folder: UnfinishedFolder) -> None:
    global _owner
    if _owner != os.getpid():  # after a fork
        _owner = os.getpid()
        _writing.clear()
    _writing[folder.path] = folder


def _put_in_place(
    targets: Sequence[Path], left: Sequence[Path], folders: Mapping[Path, UnfinishedFolder]
) -> None:
    """Move complete files to their places, one run at a time in a folder.

    Raises:
        OSError: a file could not be moved; all are as they were.
    """
    with turn(folders), uninterrupted(), _moving, contextlib.ExitStack() as undo:
        moves = _Planned()
        if left:
            for path in (*left, *(path for path in targets if path.is_file())):
                place = path.with_name(EARLIER)
                if not place.is_dir():
                    place.mkdir()
                    undo.callback(_remove_if_empty, place)
                moves.add(path, place / path.name, folders[path.parent].old)
        for target in targets:
            folder = folders[target.parent]
            moves.add(folder.new / target.name, target, folder.old)
        next(iter(folders.values())).plan(moves.in_order())
        move_all(moves.in_order())
        undo.pop_all()
        for parent in folders:
            flush_folder(parent)
        _written.extend(targets)


class _Planned:
    """Moves of files with their side files, in the order that :func:`go_on` relies on."""

    def __init__(self) -> None:
        self._going: list[Move] = []
        self._coming: list[Move] = []

    def add(self, source: Path, target: Path, old: Path) -> None:
        """Plan to put a file in its place, and to take away what belonged to the one there.

        Args:
            source: where the file is.
            target: its place.
            old: a folder for what stands there.
        """
        arriving = [*side_files(source), source]
        coming = self._coming if source.parent.parent == old.parent else self._going
        names = {path.name for path in arriving}
        gone = {move.source for move in self._going}
        for path in side_files(target):
            if path.name not in names and path not in gone:
                self._going.append(Move(path, *self._aside(old, 2)))
        for path in arriving:
            coming.append(Move(path, target.with_name(path.name), *self._aside(old, 1)))

    def in_order(self) -> list[Move]:
        """Return all: what goes before what comes."""
        return [*self._going, *self._coming]

    def _aside(self, old: Path, count: int) -> list[Path]:
        """Return paths in a folder that no other move uses."""
        first = len(self._going) + len(self._coming)
        return [old / f"{first}-{number}" for number in range(count)]


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


def _failed_file(error: OSError, targets: Mapping[str, Path]) -> str:
    """Return the name of the file of which an error speaks; of all where it names none."""
    names = {path.name for path in targets.values()}
    for file in (error.filename, error.filename2):
        if isinstance(file, (str, bytes)) and (name := Path(os.fsdecode(file)).name) in names:
            return name
    return ", ".join(path.name for path in targets.values())
