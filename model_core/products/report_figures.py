"""Pictures of the report: PNG as data URIs, and checkerboards of two images."""

from __future__ import annotations

import base64
import math
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

OVERVIEW_SIDE = 400
"""Pixels of the longer side from which a checkerboard has eight squares along it instead of four:
in details, edges must be long enough to be followed across a square's border."""


def png_uri(image: Image) -> str:
    """Return an image (H, W, 3) or (H, W) as a ``data:image/png`` URI (PNG, ISO/IEC 15948)."""
    height, width = image.shape[:2]
    rows = np.ascontiguousarray(image, dtype=np.uint8).reshape(height, -1)
    # Filter type 2 ("up") stores differences to the row above, which compress better.
    above = np.vstack([np.zeros((1, rows.shape[1]), np.uint8), rows[:-1]])
    filtered = np.hstack([np.full((height, 1), 2, np.uint8), rows - above])
    colour_type = 2 if image.ndim == 3 else 0
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(filtered.tobytes(), 6)), (b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )
    return "data:image/png;base64," + base64.b64encode(data).decode("ascii")


def checkerboard(one: Image, other: Image) -> Image:
    """Return squares of two images (H, W, 3) in turn; the upper left one is of ``one``."""
    height, width = one.shape[:2]
    longer = max(height, width)
    side = math.ceil(longer / (8 if longer >= OVERVIEW_SIDE else 4))
    rows, columns = np.indices((height, width)) // side
    return np.where(((rows + columns) % 2 == 0)[..., None], one, other).astype(np.uint8)


def grey(image: Image) -> Image:
    """Return an image (H, W, 3) as luminance (H, W), by the weights of ITU-R BT.601."""
    luminance = image @ np.array([0.299, 0.587, 0.114])
    return np.asarray(luminance.round(), dtype=np.uint8)
