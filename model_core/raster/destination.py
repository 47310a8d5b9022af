"""Where outputs are to be written: what speaks against it is said before any work is done."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from model_core.errors import BadInputError, shown
from model_core.paths import absolute, checked_path
from model_core.raster.side_files import side_files
from model_core.raster.source_files import files_of
from model_core.raster.unfinished import UNFINISHED, clear_leftovers


def check_outputs(
    outputs: Iterable[str], inputs: Iterable[str], needed: Mapping[str, int] | None = None
) -> None:
    """Refuse outputs that cannot be written, before any work is done.

    Args:
        outputs: paths of the files to write.
        inputs: what is read: anything that GDAL opens, or other files.
        needed: bytes that outputs may take on the disk, by path; others take next to nothing.

    Raises:
        BadInputError: an output is named twice, or is read: it is an input, by whichever name, a
            source of a virtual raster or the container of a subdataset, or belongs to one; it
            is no plain file, is write-protected, or its name is too long; its folder does not
            exist or cannot be written to; the disk has less space than is needed.
    """
    paths = [_absolute(output) for output in outputs]
    for path in paths:
        _check_place(path)
    for folder in {path.parent for path in paths}:
        clear_leftovers(folder)
        _check_writable(folder)
    _check_names(paths)
    read = {source: _identities(_with_side_files(files_of(source))) for source in inputs}
    for path in paths:
        for source, files in read.items():
            _check_not_read(path, source, files)
    _check_space(needed or {})


def _absolute(output: str) -> Path:
    return absolute(checked_path("The output", output))


def _check_place(path: Path) -> None:
    folder = path.parent
    try:
        if not stat.S_ISDIR(folder.stat().st_mode):
            raise BadInputError(
                f"{shown(folder)} is no folder; choose a folder for {shown(path.name)}."
            )
    except FileNotFoundError as error:
        raise BadInputError(
            f"The output folder {shown(folder)} does not exist; create it first."
        ) from error
    except (OSError, ValueError) as error:
        raise BadInputError(
            f"The output folder {shown(folder)} cannot be used ({_why(error)}); "
            "choose another folder."
        ) from error
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise BadInputError(
            f"The output {shown(path.name)} cannot be written ({_why(error)}); choose another name."
        ) from error
    if stat.S_ISDIR(mode):
        raise BadInputError(f"The output {shown(path)} is a folder; give a file name.")
    if not stat.S_ISREG(mode):
        raise BadInputError(f"The output {shown(path)} is no file but a device; give a file name.")
    if not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(path, os.W_OK):
        raise BadInputError(
            f"The output {shown(path)} is write-protected; choose another name, or allow writing "
            "to it."
        )


def _check_writable(folder: Path) -> None:
    try:
        with tempfile.TemporaryDirectory(prefix=f"{UNFINISHED}{os.getpid()}-", dir=folder):
            pass
    except OSError as error:
        raise BadInputError(
            f"The output folder {shown(folder)} cannot be written to ({_why(error)}); "
            "choose another folder."
        ) from error


def _check_names(paths: list[Path]) -> None:
    seen: set[str] = set()
    for path in paths:
        real = str(path.parent.resolve() / path.name)
        if real in seen or (real.casefold() in {s.casefold() for s in seen} and _one_case(path)):
            raise BadInputError(
                f"{shown(path.name)} is named for two outputs; choose another name."
            )
        seen.add(real)


def _one_case(path: Path) -> bool:
    """Return whether the disk takes capital letters and small ones for the same."""
    with tempfile.TemporaryDirectory(prefix=f"{UNFINISHED}{os.getpid()}-", dir=path.parent) as made:
        return Path(made).with_name(Path(made).name.upper()).exists()


Identity = tuple[int, int]


def _identity(path: Path) -> Identity | None:
    """Return what two names of one file have in common; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _with_side_files(files: Iterable[Path]) -> set[Path]:
    return {beside for file in files for beside in (file, *side_files(file))}


def _identities(files: Iterable[Path]) -> dict[Identity, Path]:
    return {identity: file for file in files if (identity := _identity(file))}


def _check_not_read(path: Path, source: str, files: Mapping[Identity, Path]) -> None:
    name = "a VRT" if source.lstrip().startswith("<") else shown(Path(source).name)
    found = files.get(_identity(path) or (-1, -1))
    if found is not None:
        which = f"is also an input ({name})" if found.name != name else "is also an input"
        raise BadInputError(
            f"The output {shown(path.name)} {which} and would be overwritten; choose another name."
        )
    for side in side_files(path):
        if (_identity(side) or (-1, -1)) in files:
            raise BadInputError(
                f"{shown(side.name)}, which the input {name} needs, would be taken for a part of "
                f"the output {shown(path.name)}; choose another name."
            )


def _check_space(needed: Mapping[str, int]) -> None:
    disks: dict[int, tuple[Path, int]] = {}
    for output, count in needed.items():
        folder = _absolute(output).parent
        device = folder.stat().st_dev
        disks[device] = folder, disks.get(device, (folder, 0))[1] + count
    for folder, count in disks.values():
        free = shutil.disk_usage(folder).free
        if free < count:
            raise BadInputError(
                f"The disk of {shown(folder)} has {free / 1e6:.1f} MB free, but up to "
                f"{count / 1e6:.1f} MB are needed; free some space or choose another folder."
            )


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
