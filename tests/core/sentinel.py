"""A Sentinel-1 product as it is delivered, small: folder, manifest, measurements, annotations and
tables of calibration as the format has them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.core.located import DEGREES, HEIGHT, WIDTH, control_points, write_raw

NAME = "S1A_IW_GRDH_1SDV_20200101T055000_20200101T055025_030600_038123_ABCD.SAFE"
STEP = 40
"""Pixels between two values of a table of calibration."""


def amplitude(lines: NDArray[np.float64], pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the measured value of sigma nought 1: it falls across the swath."""
    return np.asarray(500.0 - 0.4 * pixels + 0.02 * lines)


def measured(sigma: NDArray[np.floating]) -> NDArray[np.uint16]:
    """Return the measurement (H, W) of sigma nought; 0 where there is none."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    return np.rint(np.nan_to_num(np.sqrt(sigma) * amplitude(y, x))).astype(np.uint16)


def write_product(
    folder: Path, sigma: dict[str, NDArray[np.floating]], kind: str = "GRD", tables: bool = True
) -> Path:
    """Write a product into a folder and return its own.

    Args:
        folder: to write into.
        sigma: sigma nought (HEIGHT, WIDTH) by polarisation, in small letters.
        kind: "GRD", or another type that it says it is.
        tables: whether it has tables of calibration.
    """
    product = folder / NAME
    for part in ("measurement", "annotation/calibration"):
        (product / part).mkdir(parents=True)
    stems = {}
    for number, (polarisation, values) in enumerate(sigma.items(), 1):
        stem = f"s1a-iw-grd-{polarisation}-20200101t055000-20200101t055025-030600-038123-00{number}"
        stems[polarisation] = stem
        raster = product / "measurement" / f"{stem}.tiff"
        write_raw(raster, measured(values)[None], gcps=control_points(), crs=DEGREES)
        annotation = product / "annotation" / f"{stem}.xml"
        annotation.write_text(_annotation(polarisation, kind))
        if tables:
            calibration = product / "annotation" / "calibration" / f"calibration-{stem}.xml"
            calibration.write_text(_calibration(polarisation))
    (product / "manifest.safe").write_text(_manifest(stems, tables))
    return product


def zipped(product: Path) -> Path:
    """Pack a product as it is downloaded, and return the zip."""
    path = product.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(product.rglob("*")):
            archive.write(file, file.relative_to(product.parent))
    return path


def _annotation(polarisation: str, kind: str) -> str:
    points = "".join(
        "<geolocationGridPoint><azimuthTime>2020-01-01T05:50:00.000000</azimuthTime>"
        f"<slantRangeTime>5.3e-03</slantRangeTime><line>{p.row:.0f}</line>"
        f"<pixel>{p.col:.0f}</pixel><latitude>{p.y:.15e}</latitude>"
        f"<longitude>{p.x:.15e}</longitude><height>{p.z:.6e}</height></geolocationGridPoint>"
        for p in control_points()
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<product>
  <adsHeader>
    <missionId>S1A</missionId><productType>{kind}</productType>
    <polarisation>{polarisation.upper()}</polarisation><mode>IW</mode><swath>IW</swath>
    <imageNumber>001</imageNumber>
  </adsHeader>
  <imageAnnotation><imageInformation>
    <outputPixels>16 bit Unsigned Integer</outputPixels>
    <numberOfSamples>{WIDTH}</numberOfSamples><numberOfLines>{HEIGHT}</numberOfLines>
  </imageInformation><processingInformation>
    <ellipsoidName>WGS84</ellipsoidName>
    <ellipsoidSemiMajorAxis>6.378137000000000e+06</ellipsoidSemiMajorAxis>
    <ellipsoidSemiMinorAxis>6.356752314245179e+06</ellipsoidSemiMinorAxis>
  </processingInformation></imageAnnotation>
  <geolocationGrid><geolocationGridPointList count="210">{points}</geolocationGridPointList>
  </geolocationGrid>
</product>
"""


def _calibration(polarisation: str) -> str:
    pixels = np.array([*range(0, WIDTH - 1, STEP), WIDTH - 1], np.float64)
    vectors = []
    for line in (-30, 100, 250, HEIGHT + 40):
        values = amplitude(np.full_like(pixels, line), pixels)
        shown = " ".join(f"{value:.6e}" for value in values)
        gamma = " ".join(f"{value * 0.9:.6e}" for value in values)
        vectors.append(
            f"<calibrationVector><line>{line}</line>"
            f'<pixel count="{len(pixels)}">{" ".join(f"{p:.0f}" for p in pixels)}</pixel>'
            f'<sigmaNought count="{len(pixels)}">{shown}</sigmaNought>'
            f'<betaNought count="{len(pixels)}">{gamma}</betaNought>'
            f'<gamma count="{len(pixels)}">{gamma}</gamma></calibrationVector>'
        )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<calibration>
  <adsHeader><polarisation>{polarisation.upper()}</polarisation></adsHeader>
  <calibrationInformation><absoluteCalibrationConstant>1.000000e+00</absoluteCalibrationConstant>
  </calibrationInformation>
  <calibrationVectorList count="{len(vectors)}">{"".join(vectors)}</calibrationVectorList>
</calibration>
"""


def _manifest(stems: dict[str, str], tables: bool) -> str:
    units, metadata, data = [], [], []

    def add(identifier: str, schema: str, href: str) -> None:
        data.append(
            f'<dataObject ID="{identifier}" repID="{schema}"><byteStream mimeType="text/xml">'
            f'<fileLocation locatorType="URL" href="./{href}"/></byteStream></dataObject>'
        )

    for stem in stems.values():
        short = stem.replace("-", "")
        described = [f"product{short}", *([f"calibration{short}"] if tables else [])]
        units.append(
            f'<xfdu:contentUnit unitType="Measurement Data Unit" repID="s1Level1MeasurementSchema" '
            f'dmdID="acquisitionPeriod {" ".join(f"{one}Annotation" for one in described)}">'
            f'<dataObjectPointer dataObjectID="{short}"/></xfdu:contentUnit>'
        )
        for one in described:
            metadata.append(
                f'<metadataObject ID="{one}Annotation" classification="DESCRIPTION">'
                f'<dataObjectPointer dataObjectID="{one}"/></metadataObject>'
            )
        add(short, "s1Level1MeasurementSchema", f"measurement/{stem}.tiff")
        add(described[0], "s1Level1ProductSchema", f"annotation/{stem}.xml")
        if tables:
            href = f"annotation/calibration/calibration-{stem}.xml"
            add(described[1], "s1Level1CalibrationSchema", href)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<xfdu:XFDU xmlns:xfdu="urn:ccsds:schema:xfdu:1" version="esa/safe/sentinel-1.0/sentinel-1/sar">
  <informationPackageMap>
    <xfdu:contentUnit unitType="SAFE Archive Information Package">
      {"".join(units)}
    </xfdu:contentUnit>
  </informationPackageMap>
  <metadataSection>{"".join(metadata)}</metadataSection>
  <dataObjectSection>{"".join(data)}</dataObjectSection>
</xfdu:XFDU>
"""
