"""Products of Sentinel-2 as they are delivered: a folder or zip with JPEG 2000 tiles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

METADATA = re.compile(r"MTD_MSIL(1C|2A)\.xml|S2[A-D]_OPER_MTD_SAFL1C_.*\.xml")
FINEST = ":10m:"
"""Part of the names of the images of 10 m inside of a product."""


def product_metadata(names: Sequence[str]) -> str | None:
    """Return the file, among those of a folder or archive, by which GDAL opens a product."""
    found = [one for one in names if METADATA.fullmatch(PurePosixPath(one).name)]
    return found[0] if len(found) == 1 else None


def finest_images(inside: Sequence[str]) -> list[str]:
    """Return the images of 10 m among those of a product, or all where it is no such product."""
    if not inside or not inside[0].startswith("SENTINEL2_"):
        return list(inside)
    return [one for one in inside if FINEST in one] or list(inside)
