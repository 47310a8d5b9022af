"""Products of Sentinel-1 as they are delivered: calibrated to sigma nought by their own tables.

A product is a folder ``S1A_..._.SAFE`` with a manifest, a measurement (GeoTIFF with ground control
points) of each polarisation, and for each an annotation and a table of calibration. What is made of
it is a virtual raster in memory: a band for each polarisation, the squared measurement times the
gain of its place.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree  # nosec B405: see _parsed
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.io import DatasetReader, MemoryFile

from model_core.errors import BadInputError
from model_core.geometry.pixels import cell_to_pixel

MANIFEST = "manifest.safe"
GAIN_SIDE = 256
"""Pixels of a side of the table of gains: smooth, and finer than the product's own in one way."""

DOMAIN, COMPUTED, NOTE = "SOMA", "COMPUTED", "NOTE"
"""Of the metadata of what is made of a product."""

SAME = ("VV", "HH")
"""Polarisations that show more than the others."""

_in_memory: dict[str, tuple[MemoryFile, ...]] = {}
"""The rasters in memory that were made, by product; they are needed as long as it may be read."""


class ProductFiles(Protocol):
    """The files of a product, see ``archives.Files``."""

    def read(self, name: str) -> bytes:
        """Return the content of one."""

    def path(self, name: str) -> str:
        """Return what GDAL opens as one."""


@dataclass(frozen=True)
class Measurement:
    """One polarisation of a product.

    Attributes:
        polarisation: "VV", "VH", "HH" or "HV".
        raster: path for GDAL.
        calibration: (lines, pixels, table) with the amplitude of sigma nought 1; None: not there.
        points: pixels with their longitude, latitude and height.
    """

    polarisation: str
    raster: str
    calibration: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]] | None
    points: list[GroundControlPoint]


def product_raster(files: ProductFiles, manifest: str, name: str) -> str:
    """Return a raster in memory with the polarisations of a product as bands.

    Args:
        files: of the product.
        manifest: its path in them.
        name: of the product, for sentences.

    Raises:
        BadInputError: it is no product of detected images in ground range (GRD).
        OSError, ValueError: it is damaged.
    """
    measurements = _measurements(files, manifest, name)
    with rasterio.open(measurements[0].raster) as dataset:
        size = dataset.width, dataset.height
    key = measurements[0].raster
    gains = [_gain_raster(one, size) for one in measurements]
    bands = [
        _band(index, one, gain, size)
        for index, (one, gain) in enumerate(zip(measurements, gains, strict=True), 1)
    ]
    what = ", ".join(one.polarisation for one in measurements)
    how = "sigma nought by its own tables" if all(gains) else "as measured, without calibration"
    tags = {COMPUTED: "YES", NOTE: f"{name} is read as {what}: {how}."}
    items = "".join(f'<MDI key="{key}">{escape(value)}</MDI>' for key, value in tags.items())
    text = (
        f'<VRTDataset rasterXSize="{size[0]}" rasterYSize="{size[1]}">'
        f"{_points(measurements[0].points)}"
        f'<Metadata domain="{DOMAIN}">{items}</Metadata>{"".join(bands)}</VRTDataset>'
    )
    virtual = MemoryFile(text.encode(), filename=PurePosixPath(name).name)
    _in_memory[key] = (virtual, *(gain for gain in gains if gain is not None))
    return str(virtual.name)


def computed(dataset: DatasetReader) -> bool:
    """Return whether the pixels of a raster are computed from others: averages must be of them."""
    return COMPUTED in dataset.tags(ns=DOMAIN)


def note(dataset: DatasetReader) -> str:
    """Return what a user should know of how a product is read; empty for other rasters."""
    return str(dataset.tags(ns=DOMAIN).get(NOTE, ""))


def default_band(dataset: DatasetReader) -> int:
    """Return the band of a product that is matched where nobody chose one, from 1: that of one
    polarisation for both ways, or the first."""
    names = list(dataset.descriptions)
    return next((names.index(one) + 1 for one in SAME if one in names), 1)


def _grid_points(annotation: ElementTree.Element) -> list[GroundControlPoint]:
    """Return the points of an annotation whose place is known."""
    listed = annotation.findall("geolocationGrid/geolocationGridPointList/geolocationGridPoint")
    keys = ("line", "pixel", "longitude", "latitude", "height")
    found = [[float(one.findtext(key) or "nan") for key in keys] for one in listed]
    return [GroundControlPoint(*values) for values in found]


def _points(points: Sequence[GroundControlPoint]) -> str:
    """Return ground control points as a virtual raster has them."""
    found = []
    for index, point in enumerate(points, 1):
        place = {"Pixel": point.col, "Line": point.row, "X": point.x, "Y": point.y}
        numbers = " ".join(f'{key}="{value!r}"' for key, value in place.items())
        found.append(f'<GCP Id="{index}" {numbers} Z="{point.z or 0.0!r}"/>')
    projection = quoteattr(CRS.from_epsg(4326).to_wkt())
    return f"<GCPList Projection={projection}>{''.join(found)}</GCPList>"


def _measurements(files: ProductFiles, manifest: str, name: str) -> list[Measurement]:
    """Return the measurements of a product in its order, which is that of the bands in GDAL."""
    root = _parsed(files.read(manifest))
    data = {one.get("ID"): one for one in root.iter("dataObject")}
    described = {
        one.get("ID"): _text(one, "dataObjectPointer", "dataObjectID")
        for one in root.iter("metadataObject")
    }
    folder = PurePosixPath(manifest).parent
    found = []
    for unit in (one for one in root.iter() if one.tag.rsplit("}")[-1] == "contentUnit"):
        pointer = _text(unit, "dataObjectPointer", "dataObjectID")
        if unit.get("unitType") != "Measurement Data Unit" or pointer not in data:
            continue
        belonging = [data.get(described.get(one)) for one in unit.get("dmdID", "").split()]
        parts = {one.get("repID"): _href(one, folder) for one in belonging if one is not None}
        annotation = parts.get("s1Level1ProductSchema")
        if annotation is None:
            continue
        described_by = _parsed(files.read(annotation))
        header = described_by.find("adsHeader")
        kind, polarisation = (
            (header.findtext(key) or "") if header is not None else ""
            for key in ("productType", "polarisation")
        )
        if kind != "GRD":
            raise BadInputError(
                f"{name} is a Sentinel-1 product of the type {kind}, whose pixels lie in slant "
                "range; take the GRD product of the same pass, or terrain-correct this one first."
            )
        calibration = parts.get("s1Level1CalibrationSchema")
        table = None if calibration is None else _table(_parsed(files.read(calibration)))
        places = _grid_points(described_by)
        raster = files.path(_href(data[pointer], folder))
        found.append(Measurement(polarisation, raster, table, places))
    if not found or len({one.polarisation for one in found}) < len(found):
        raise BadInputError(
            f"{name} is no Sentinel-1 product with one image of each polarisation; take a GRD "
            "product, or choose a file inside of it."
        )
    return found


def _parsed(content: bytes) -> ElementTree.Element:
    """Return the root of an XML document.

    Raises:
        ValueError: it is none, or defines entities, with which a document can grow without end.
    """
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ValueError("its metadata defines entities")
    try:
        return ElementTree.fromstring(content)  # nosec B314: no entities
    except ElementTree.ParseError as error:
        raise ValueError(f"its metadata is no XML: {error}") from error


def _text(element: ElementTree.Element, child: str, attribute: str) -> str | None:
    found = element.find(child)
    return None if found is None else found.get(attribute)


def _href(data_object: ElementTree.Element, folder: PurePosixPath) -> str:
    location = data_object.find("byteStream/fileLocation")
    href = "" if location is None else location.get("href", "")
    if not href or ".." in PurePosixPath(href).parts or PurePosixPath(href).is_absolute():
        raise ValueError("its manifest names no file of it")
    return (folder / href).as_posix()


def _table(
    root: ElementTree.Element,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return lines (L,), pixels (P,) and the table (L, P) of sigma nought's calibration."""
    vectors = root.findall("calibrationVectorList/calibrationVector")
    lines = np.array([float(one.findtext("line") or "nan") for one in vectors])
    pixels, rows = (
        [np.array((one.findtext(key) or "").split(), np.float64) for one in vectors]
        for key in ("pixel", "sigmaNought")
    )
    if not vectors or min(len(one) for one in pixels) < 1:
        raise ValueError("its table of calibration is empty")
    columns = pixels[0]
    table = [np.interp(columns, at, row) for at, row in zip(pixels, rows, strict=True)]
    return lines, columns, np.array(table)


def _gain_raster(measurement: Measurement, size: tuple[int, int]) -> MemoryFile | None:
    """Return a small raster of what a squared measurement is multiplied by."""
    if measurement.calibration is None:
        return None
    lines, pixels, table = measurement.calibration
    width, height = (min(side, GAIN_SIDE) for side in size)
    x = cell_to_pixel(np.arange(width, dtype=np.float64), size[0] / width)
    y = cell_to_pixel(np.arange(height, dtype=np.float64), size[1] / height)
    across = np.array([np.interp(x, pixels, row) for row in table])
    amplitude = np.array([np.interp(y, lines, column) for column in across.T]).T
    memory = MemoryFile(filename="gain.tif")
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "width": width, "height": height}
    with memory.open(**profile) as dataset:
        dataset.write((1 / np.square(amplitude)).astype(np.float32), 1)
    return memory


def _band(index: int, one: Measurement, gain: MemoryFile | None, size: tuple[int, int]) -> str:
    """Return a band of the virtual raster."""
    whole = f'<DstRect xOff="0" yOff="0" xSize="{size[0]}" ySize="{size[1]}"/>'
    measured = (
        f"<SimpleSource><SourceFilename>{escape(one.raster)}</SourceFilename>"
        "<SourceBand>1</SourceBand></SimpleSource>"
    )
    name = f"<Description>{escape(one.polarisation)}</Description>"
    if gain is None:
        return f'<VRTRasterBand dataType="UInt16" band="{index}">{name}{measured}</VRTRasterBand>'
    with gain.open() as dataset:
        part = f'<SrcRect xOff="0" yOff="0" xSize="{dataset.width}" ySize="{dataset.height}"/>'
    gains = (
        f'<SimpleSource resampling="bilinear"><SourceFilename>{gain.name}</SourceFilename>'
        f"<SourceBand>1</SourceBand>{part}{whole}</SimpleSource>"
    )
    return (
        f'<VRTRasterBand dataType="Float32" band="{index}" subClass="VRTDerivedRasterBand">{name}'
        "<PixelFunctionType>mul</PixelFunctionType>"
        f"<SourceTransferType>Float64</SourceTransferType>{measured}{measured}{gains}"
        "</VRTRasterBand>"
    )
