"""Which part of a large raster its file stores: a sparse GeoTIFF leaves out what holds no data."""

from __future__ import annotations

from rasterio.io import DatasetReader

from model_core.raster.pixels import Extent

LARGE = 2**26
"""Pixels from which it matters: smaller images are read whole in no time."""


def stored_extent(dataset: DatasetReader) -> Extent:
    """Return the rows and columns around all blocks that the file of a raster stores.

    All of them where the raster is not large, is no GeoTIFF, or stores nothing.
    """
    whole = ((0, dataset.height), (0, dataset.width))
    if dataset.driver != "GTiff" or dataset.height * dataset.width < LARGE:
        return whole
    height, width = dataset.block_shapes[0]
    rows, columns = range(-(-dataset.height // height)), range(-(-dataset.width // width))

    def stored(row: int, column: int) -> bool:
        name = f"BLOCK_OFFSET_{column}_{row}"
        return any(dataset.get_tag_item(name, "TIFF", bidx=band) for band in dataset.indexes)

    # From outside inwards: where nothing is left out, few blocks are looked at.
    top = next((row for row in rows if any(stored(row, c) for c in columns)), None)
    if top is None:
        return whole
    bottom = next(row for row in reversed(rows) if any(stored(row, c) for c in columns))
    rows = range(top, bottom + 1)
    left = next(c for c in columns if any(stored(row, c) for row in rows))
    right = next(c for c in reversed(columns) if any(stored(row, c) for row in rows))
    return (
        (top * height, min((bottom + 1) * height, dataset.height)),
        (left * width, min((right + 1) * width, dataset.width)),
    )
