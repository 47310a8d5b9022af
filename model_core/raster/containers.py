"""Several images in one file: which of them is meant."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from rasterio.io import DatasetReader

from model_core.errors import BadInputError, shown
from model_core.raster.naming import split_name
from model_core.raster.sentinel2 import finest_images

MOST_NAMED = 12
"""Images that a sentence names."""

MOST_OPENED = 64
"""Images of a file that are opened to see what they are."""

Open = Callable[[str], AbstractContextManager[DatasetReader]]


def image_inside(dataset: DatasetReader, name: str, open_one: Open) -> str | None:
    """Return the name of the one image in a container; None where the dataset is an image itself.

    Arrays that only say where the pixels of another image lie are no images.

    Args:
        dataset: as GDAL opened it.
        name: of the file, for sentences.
        open_one: opens an image by its name.

    Raises:
        BadInputError: it holds several images, or none.
    """
    inside = finest_images(_names(dataset))
    pages = dataset.driver == "GTiff" and len(inside) > 1
    if dataset.count and not pages:
        return None
    if not inside:
        raise BadInputError(f"{name} holds no image; choose another file.")
    if 1 < len(inside) <= MOST_OPENED:
        inside = _without_geolocation(inside, open_one)
    if len(inside) == 1:
        return inside[0]
    images = [split_name(one)[1] or one for one in inside]
    more = f" and {len(images) - MOST_NAMED} more" if len(images) > MOST_NAMED else ""
    raise BadInputError(
        f"{name} holds {len(images)} images ({', '.join(images[:MOST_NAMED])}{more}); give the one "
        f"that is meant by its full name, as {shown(inside[0])}, or in QGIS as a layer."
    )


def _names(dataset: DatasetReader) -> list[str]:
    """Return the images of a container by GDAL's own names, which rasterio changes."""
    tags = dataset.tags(ns="SUBDATASETS")
    keys = (f"SUBDATASET_{number}_NAME" for number in range(1, len(tags) + 1))
    return [tags[key] for key in keys if key in tags]


def _without_geolocation(inside: list[str], open_one: Open) -> list[str]:
    places: set[str] = set()
    for one in inside:
        with open_one(one) as dataset:
            tags = dataset.tags(ns="GEOLOCATION")
            places |= {tags[key] for key in ("X_DATASET", "Y_DATASET") if key in tags}
    return [one for one in inside if one not in places] or inside
