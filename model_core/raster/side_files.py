"""Files that belong to another one by their name: what GDAL, QGIS and SQLite keep beside it."""

from __future__ import annotations

import os
from pathlib import Path

_ADDED = (
    ".aux.xml",  # statistics, histograms, and what a format cannot hold
    ".ovr",
    ".ovr.aux.xml",
    ".ovr.msk",
    ".msk",
    ".msk.ovr",
    ".aux",
    "-wal",  # of SQLite, and so of a GeoPackage
    "-shm",
    "-journal",
)
"""Endings after the whole name: what is beside a file under such a name is read as its own."""


def side_files(path: Path) -> list[Path]:
    """Return the side files that a file has; styles (``.qml``) are the user's, and none of them.

    World files and rational polynomials share only the stem with their file: they may belong to
    another one where it is not there itself, and then are none.
    """
    names = [path.name + ending for ending in _ADDED]
    if _there(path):
        names += _by_stem(path)
    there = [path.with_name(name) for name in names if _there(path.with_name(name))]
    # A case-insensitive disk has one file under two of these names.
    return list({side.stat().st_ino: side for side in reversed(there)}.values())


def _there(path: Path) -> bool:
    # Not Path.is_file: with an ending more a name may be too long.
    return os.path.isfile(path)  # noqa: PTH113


def _by_stem(path: Path) -> list[str]:
    extension = path.suffix[1:]
    if not extension:
        return []
    world = [f"{extension[0]}{extension[-1]}w", f"{extension}w"]
    endings = [f".{ending}" for ending in world] + [f".{ending.upper()}" for ending in world]
    return [path.stem + ending for ending in (*endings, ".RPB", "_RPC.TXT", "_rpc.txt")]
