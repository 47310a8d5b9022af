"""Paths that users give: whether they can be paths at all, and what lies there."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from model_core.errors import BadInputError, given, shown

LAYER = "|layername="
"""Between a GeoPackage's path and the name of a layer in it, as QGIS writes it."""

_SPECIFIC = {
    errno.EACCES: "ask for the right to open its folder, or choose another place",
    errno.EPERM: "ask for the right to open its folder, or choose another place",
    errno.ENAMETOOLONG: "choose a shorter name",
}


def checked_path(what: str, value: Any) -> str:
    """Return a path as text.

    Args:
        what: it is the path of, as the beginning of a sentence: "The sar image".
        value: a text or a path object.

    Raises:
        BadInputError: it is neither, or no file can have that name.
    """
    path = os.fspath(value) if isinstance(value, (str, os.PathLike)) else ""
    if not isinstance(path, str) or not path.strip() or "\0" in path:
        raise BadInputError(
            f"{what} is {given(value)}, which is not a path; give the path of a file."
        )
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        # GDAL takes UTF-8 only; Python holds other bytes of a name as surrogates.
        raise BadInputError(
            f"{what} is {shown(path)}, whose name is not in UTF-8; rename the file."
        ) from None
    return path


@contextmanager
def looking_at(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn the system's refusal to look at a path, or to make something there, into a sentence.

    Raises:
        BadInputError: a folder may not be looked into, or no file can have that name.
    """
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        # ValueError: a NUL or surrogates; RuntimeError: pathlib's word for links that turn round.
        number = error.errno if isinstance(error, OSError) else None
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        todo = _SPECIFIC.get(number or 0, "choose another place")
        raise BadInputError(f"{shown(path)} cannot be used ({reason}); {todo}.") from error


def exists(path: str | os.PathLike[str]) -> bool:
    """Return whether there is a file or folder.

    Raises:
        BadInputError: what :func:`looking_at` raises.
    """
    with looking_at(path):
        return _mode(path) is not None


def is_folder(path: str | os.PathLike[str]) -> bool:
    """Return whether there is a folder.

    Raises:
        BadInputError: what :func:`looking_at` raises.
    """
    with looking_at(path):
        return stat.S_ISDIR(_mode(path) or 0)


def is_file(path: str | os.PathLike[str]) -> bool:
    """Return whether there is a file.

    Raises:
        BadInputError: what :func:`looking_at` raises.
    """
    with looking_at(path):
        return stat.S_ISREG(_mode(path) or 0)


def resolved(path: str | os.PathLike[str]) -> Path:
    """Return the path with all links followed, whether there is something or not.

    Raises:
        BadInputError: what :func:`looking_at` raises.
    """
    with looking_at(path):
        return Path(path).resolve()


def absolute(path: str | os.PathLike[str]) -> Path:
    """Return the path from the root of the file system, with links as they are."""
    return Path(os.path.abspath(path))  # noqa: PTH100 (Path.resolve would follow links)


def _mode(path: str | os.PathLike[str]) -> int | None:
    # pathlib's own questions answer "no" where it may not look, from some version of Python on.
    try:
        return Path(path).stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
