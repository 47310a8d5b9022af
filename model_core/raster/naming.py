"""What sentences call a raster: its file's name, and the image inside where there are several."""

from __future__ import annotations

import re
from pathlib import Path

from model_core.errors import shown

_DRIVER = re.compile(r"[A-Z][A-Z0-9_]{2,}")
_QUOTED = re.compile(r'([^"]*)"([^"]+)"(.*)')
_DRIVE = re.compile(r"[A-Za-z]")


def raster_name(path: str) -> str:
    """Return what sentences call a raster: ``two.nc (sigma0)`` for ``NETCDF:"/a/two.nc":sigma0``.

    Args:
        path: anything GDAL opens.
    """
    file, image = split_name(path)
    name = shown(Path(file).name or file)
    return f"{name} ({image})" if image else name


def split_name(path: str) -> tuple[str, str]:
    """Return the file of a path, and what names an image inside of it, empty where nothing does."""
    driver, _, rest = path.partition(":")
    if not _DRIVER.fullmatch(driver) or not rest or rest.startswith("//"):
        return path, ""
    quoted = _QUOTED.fullmatch(rest)
    if quoted:
        before, file, after = quoted.groups()
    else:
        before, file, after = _parts(rest)
    image = " ".join(re.sub(r"[:/]+", " ", f"{before} {after}").split())
    if driver.upper() == "GTIFF_DIR":
        image = f"page {image}"
    return file, shown(image)


def _parts(rest: str) -> tuple[str, str, str]:
    """Return what stands before the file, the file, and what stands after it."""
    words = rest.split(":")
    index = next((i for i, word in enumerate(words) if re.search(r"[./\\]", word)), 0)
    first = index
    if index and _DRIVE.fullmatch(words[index - 1]) and words[index][:1] in ("/", "\\"):
        first = index - 1  # C:\folder\file
    file = ":".join(words[first : index + 1])
    return ":".join(words[:first]), file, ":".join(words[index + 1 :])
