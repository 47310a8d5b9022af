"""The files that an input is read from: its own, those of its container, and a VRT's sources."""

from __future__ import annotations

import contextlib
import re
import warnings
from pathlib import Path
from xml.etree import ElementTree

import rasterio
from rasterio.errors import NotGeoreferencedWarning

from model_core.raster.opening import RASTER_ERRORS

MOST = 20_000
"""Files; a mosaic of more is not followed to the last."""

_HEAD = 4096
_NAMES = {"SourceFilename", "SourceDataset", "SourceFileName", "Dataset", "FileName"}
"""Elements of VRTs, and of what is like them, that name a file."""


def files_of(source: str) -> set[Path]:
    """Return all files on disk that are read where a raster is read; what is none has none.

    Args:
        source: anything GDAL opens: a path, a subdataset, a file inside an archive, the XML of a
            virtual raster.
    """
    found: set[Path] = set()
    seen: set[str] = set()
    waiting = [source]
    while waiting and len(seen) < MOST:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        paths = _on_disk(name)
        found |= paths
        if name == source or Path(name) not in paths:
            waiting += _listed(name)
        for path in paths:
            waiting += _sources(_text(path), path.parent)
        if name.lstrip().startswith("<"):
            waiting += _sources(name, Path())
    return found


def _on_disk(name: str) -> set[Path]:
    """Return the existing file in a name: itself, or the archive or container that it names."""
    for candidate in _candidates(name):
        path = Path(candidate)
        while len(path.parts) > 1 or path.name:
            with contextlib.suppress(OSError, ValueError):
                if path.is_file():
                    return {path}
                if path.exists():
                    break
            path = path.parent
    return set()


def _candidates(name: str) -> list[str]:
    if name.lstrip().startswith("<"):
        return []
    quoted = [a or b for a, b in re.findall(r'"([^"]+)"|\{([^}]+)\}', name)]
    plain = re.sub(r"^(/vsi[a-z0-9]+/)+", "", re.sub(r"^vrt://", "", name).split("?")[0])
    plain = re.sub(r"^(zip|tar|gzip|file)(\+\w+)*://", "", plain).replace("!", "")
    parts = plain.split("|")[0].split(":")  # what follows a bar is a layer in the file
    # NETCDF:file:variable, GTIFF_DIR:1:file; a drive's letter on Windows is no driver.
    inner = [":".join(parts[i:j]) for i in range(len(parts)) for j in range(len(parts), i, -1)]
    return [name, *quoted, *inner]


def _listed(name: str) -> list[str]:
    """Return the files that GDAL says belong to a raster."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(name) as dataset:
                return [file for file in dataset.files if file != name]
    except (*RASTER_ERRORS, OSError, ValueError):
        return []  # reading it says why; here only its files are asked for


def _text(path: Path) -> str:
    """Return the text of a file that names others, empty where it is none."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        head = file.read(_HEAD)
        if re.search(rb"<(VRT|OGRVRT|GDAL\w*|METADATA)", head):
            return (head + file.read()).decode("utf-8", "replace")
    return ""


def _sources(text: str, folder: Path) -> list[str]:
    """Return the sources that XML names, as they are meant from where it lies."""
    if not text:
        return []
    try:
        elements = ElementTree.fromstring(text).iter()  # nosec B314 (GDAL reads it as well)
    except ElementTree.ParseError:
        return []
    sources = []
    for element in elements:
        name = (element.text or "").strip()
        if element.tag in _NAMES and name:
            sources += [name, str(folder / name)]
    return sources
