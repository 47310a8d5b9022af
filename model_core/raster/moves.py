"""Files that change their places together: all, or none."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import NamedTuple


class Move(NamedTuple):
    """One file's way.

    Attributes:
        source: where it is.
        target: where it belongs.
        aside: where what is at the target is kept until all files have moved.
    """

    source: Path
    target: Path
    aside: Path


class NotPutBackError(OSError):
    """Moves failed, and what had been moved could not be put back: nothing may be deleted."""


ENDING = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    if hasattr(signal, name)
]
"""Signals by which a process is asked to end."""


def move_all(moves: Sequence[Move]) -> None:
    """Move files in their order. Where one cannot be moved, those before it are put back.

    Raises:
        NotPutBackError: that was not possible either.
        OSError: a file could not be moved; all are where they were.
    """
    begun: list[Move] = []
    try:
        for move in moves:
            begun.append(move)
            _put_aside(move)
            move.source.replace(move.target)
    except OSError as error:
        try:
            for move in reversed(begun):
                _put_back(move)
        except OSError as worse:
            raise NotPutBackError(worse.errno, worse.strerror, worse.filename) from error
        raise


def go_on(moves: Sequence[Move]) -> None:
    """Finish what another process began with :func:`move_all` and could not end.

    Raises:
        OSError: a file cannot be moved; this can be tried again.
    """
    # A source may be there again: the old summary makes place for the new one.
    done = [index for index, move in enumerate(moves) if not os.path.lexists(move.source)]
    for move in moves[max(done, default=-1) + 1 :]:
        move.source.replace(move.target)


def _put_aside(move: Move) -> None:
    if not os.path.lexists(move.target):
        return
    if move.target.is_dir() and not move.target.is_symlink():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(move.target))
    try:
        # A second name, so that there is a file under the first one all the time.
        os.link(move.target, move.aside, follow_symlinks=False)
    except (OSError, NotImplementedError):  # no such thing on this disk
        move.target.replace(move.aside)


def _put_back(move: Move) -> None:
    if not os.path.lexists(move.source):
        move.target.replace(move.source)
    # What could not be moved away is at its target still, and only has a second name.
    if os.path.lexists(move.aside) and not os.path.lexists(move.target):
        move.aside.replace(move.target)


def to_json(moves: Sequence[Move]) -> str:
    """Return moves as text."""
    return json.dumps([[str(path) for path in move] for move in moves])


def from_json(text: str) -> list[Move]:
    """Return the moves of a text of :func:`to_json`.

    Raises:
        TypeError, ValueError: it is none.
    """
    return [Move(*map(Path, paths)) for paths in json.loads(text)]


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back the signals that end a process until the block has ended.

    Only the main thread is interrupted by signals; others have nothing to hold back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        came.append(number)

    before = {}
    for number in ENDING:
        handler = signal.getsignal(number)
        if handler not in (signal.SIG_IGN, None):  # None: not set from Python
            before[number] = handler
            signal.signal(number, note)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
