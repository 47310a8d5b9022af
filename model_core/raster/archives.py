"""Folders and archives that hold an image: what GDAL opens of them."""

from __future__ import annotations

import tarfile
import zipfile
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Protocol

from model_core.errors import BadInputError, first_line, shown
from model_core.paths import is_file, is_folder
from model_core.raster.sentinel1 import MANIFEST, product_raster
from model_core.raster.sentinel2 import product_metadata

IMAGES = (
    *(".tif", ".tiff", ".jp2", ".j2k", ".img", ".vrt", ".nc", ".h5", ".hdf5", ".hdf", ".he5"),
    *(".png", ".jpg", ".jpeg", ".gpkg", ".ntf", ".nitf", ".dim", ".n1", ".grd", ".asc", ".bil"),
)
"""Ends of the names of images in an archive."""

ARCHIVES = {".zip": "/vsizip/", ".tar": "/vsitar/", ".tar.gz": "/vsitar/", ".tgz": "/vsitar/"}
"""Ends of the names of archives, and what GDAL calls their contents by."""

MOST_NAMED = 12
"""Images that a sentence names."""


class Files(Protocol):
    """The files of a folder or archive, by their path in it, with ``/``."""

    def names(self) -> list[str]:
        """Return all of them."""

    def read(self, name: str) -> bytes:
        """Return the content of one."""

    def path(self, name: str) -> str:
        """Return what GDAL opens as one."""


class Folder:
    """The files of a folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> list[str]:
        """See :class:`Files`."""
        # A product lies in the folder itself or in one inside of it; other folders may be large.
        files = [*self._path.glob("*"), *self._path.glob("*.SAFE/*")]
        return sorted(one.relative_to(self._path).as_posix() for one in files if one.is_file())

    def read(self, name: str) -> bytes:
        """See :class:`Files`."""
        return (self._path / name).read_bytes()

    def path(self, name: str) -> str:
        """See :class:`Files`."""
        return str(self._path / name)


class Archive:
    """The files of a zip or tar."""

    def __init__(self, path: str, prefix: str) -> None:
        self._path, self._prefix = path, prefix

    def names(self) -> list[str]:
        """See :class:`Files`."""
        if self._prefix == "/vsizip/":
            with zipfile.ZipFile(self._path) as file:
                return sorted(name for name in file.namelist() if not name.endswith("/"))
        with tarfile.open(self._path) as tar:
            return sorted(one.name for one in tar.getmembers() if one.isfile())

    def read(self, name: str) -> bytes:
        """See :class:`Files`."""
        if self._prefix == "/vsizip/":
            with zipfile.ZipFile(self._path) as file:
                return file.read(name)
        with tarfile.open(self._path) as tar:
            found = tar.extractfile(name)
            return b"" if found is None else found.read()

    def path(self, name: str) -> str:
        """See :class:`Files`."""
        return f"{self._prefix}{self._path}/{name}"


def gdal_path(path: str) -> str:
    """Return what GDAL opens for a path: the path itself, the one image in an archive, or a product
    as its agency delivers it.

    Raises:
        BadInputError: a folder or archive holds no image, or several.
    """
    given = Path(path)
    archive = _archive(path)
    if archive is None and not is_folder(path) and not (given.name == MANIFEST and is_file(path)):
        return path
    whole = Path(archive[0]) if archive else given
    stamp = whole.stat().st_mtime_ns
    return _found(path, archive, stamp)


def _archive(path: str) -> tuple[str, str] | None:
    """Return the path of an archive that exists, and GDAL's prefix for it."""
    for end, prefix in ARCHIVES.items():
        inner = path[len(prefix) :] if path.startswith(prefix) else path
        if inner.lower().endswith(end) and is_file(inner):
            return inner, prefix
    return None


@lru_cache(maxsize=32)
def _found(path: str, archive: tuple[str, str] | None, stamp: int) -> str:
    """Do the work of :func:`gdal_path`; ``stamp`` is the time of the last change."""
    name = shown(Path(path).name)
    files: Files
    if archive:
        files = Archive(*archive)
    else:
        files = Folder(Path(path).parent if Path(path).name == MANIFEST else Path(path))
    try:
        names = files.names()
        product = _product(files, names, name)
    except (OSError, ValueError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise BadInputError(
            f"{name} cannot be read ({first_line(error)}); copy or download it again."
        ) from error
    if product is not None:
        return product
    if archive is None:
        raise BadInputError(f"{shown(path)} is a folder, not a raster; choose the file inside it.")
    images = [one for one in names if one.lower().endswith(IMAGES)]
    if len(images) == 1:
        return files.path(images[0])
    if not images:
        raise BadInputError(f"{name} holds no image; unpack it and choose the right file.")
    more = f" and {len(images) - MOST_NAMED} more" if len(images) > MOST_NAMED else ""
    raise BadInputError(
        f"{name} holds {len(images)} images ({', '.join(map(shown, images[:MOST_NAMED]))}{more}); "
        f"give the one that is meant, as {shown(files.path(images[0]))}."
    )


def _product(files: Files, names: list[str], name: str) -> str | None:
    """Return the raster of a Sentinel product; None where there is none."""
    metadata = product_metadata(names)
    if metadata:
        return files.path(metadata)
    manifests = [one for one in names if PurePosixPath(one).name == MANIFEST]
    if len(manifests) != 1:
        return None
    return product_raster(files, manifests[0], name)
