"""Sentinel-2 products are opened as they are delivered: the bands of 10 m."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from model_core.raster.opening import open_raster
from model_core.raster.scene import open_scene
from model_core.raster.sentinel2 import finest_images, product_metadata

SIDE = 120
TILE = "L1C_T30SYJ_A014600_20200101T105441"
NAME = "S2A_MSIL1C_20200101T105441_N0208_R051_T30SYJ_20200101T110000.SAFE"
BANDS = {"B02": 10, "B03": 10, "B04": 10, "B08": 10, "B05": 20, "B01": 60}


def write_product(folder: Path) -> Path:
    """Write a small product of Level-1C and return its folder."""
    product = folder / NAME
    images = product / "GRANULE" / TILE / "IMG_DATA"
    images.mkdir(parents=True)
    files = []
    for number, (band, metres) in enumerate(BANDS.items(), 1):
        side = SIDE * 10 // metres
        stem = f"T30SYJ_20200101T105441_{band}"
        options = {"driver": "JP2OpenJPEG", "QUALITY": "100", "REVERSIBLE": "YES"}
        with rasterio.open(
            images / f"{stem}.jp2", "w", width=side, height=side, count=1, dtype="uint16",
            crs="EPSG:32630", transform=Affine(metres, 0, 7e5, 0, -metres, 42e5), **options,
        ) as dataset:  # fmt: skip
            dataset.write(np.full((1, side, side), 100 * number, np.uint16))
        files.append(f"<IMAGE_FILE>GRANULE/{TILE}/IMG_DATA/{stem}</IMAGE_FILE>")
    sizes = "".join(
        f'<Size resolution="{metres}"><NROWS>{SIDE * 10 // metres}</NROWS>'
        f"<NCOLS>{SIDE * 10 // metres}</NCOLS></Size>"
        f'<Geoposition resolution="{metres}"><ULX>700000</ULX><ULY>4200000</ULY>'
        f"<XDIM>{metres}</XDIM><YDIM>-{metres}</YDIM></Geoposition>"
        for metres in (10, 20, 60)
    )
    (product / "GRANULE" / TILE / "MTD_TL.xml").write_text(
        '<n1:Level-1C_Tile_ID xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/'
        'S2_PDI_Level-1C_Tile_Metadata.xsd"><n1:Geometric_Info><Tile_Geocoding>'
        "<HORIZONTAL_CS_NAME>WGS84 / UTM zone 30N</HORIZONTAL_CS_NAME>"
        f"<HORIZONTAL_CS_CODE>EPSG:32630</HORIZONTAL_CS_CODE>{sizes}"
        "</Tile_Geocoding></n1:Geometric_Info></n1:Level-1C_Tile_ID>"
    )
    (product / "manifest.safe").write_text("<xfdu:XFDU/>")
    (product / "MTD_MSIL1C.xml").write_text(
        '<n1:Level-1C_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/'
        'User_Product_Level-1C.xsd"><n1:General_Info><Product_Info>'
        f"<PRODUCT_URI>{NAME}</PRODUCT_URI><PRODUCT_TYPE>S2MSI1C</PRODUCT_TYPE>"
        "<Query_Options><PRODUCT_FORMAT>SAFE_COMPACT</PRODUCT_FORMAT></Query_Options>"
        "<Product_Organisation><Granule_List>"
        f'<Granule datastripIdentifier="S2A_OPER_MSI_L1C_DS_20200101T110000" '
        f'granuleIdentifier="S2A_OPER_MSI_L1C_TL_20200101T110000_A014600_T30SYJ_N02.08" '
        f'imageFormat="JPEG2000">{"".join(files)}</Granule>'
        "</Granule_List></Product_Organisation></Product_Info></n1:General_Info>"
        "</n1:Level-1C_User_Product>"
    )
    return product


def zipped(product: Path) -> Path:
    path = product.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(product.rglob("*")):
            archive.write(file, file.relative_to(product.parent))
    return path


@pytest.mark.parametrize("form", ["folder", "metadata", "zip"])
def test_the_bands_of_ten_metres(form: str, tmp_path: Path) -> None:
    product = write_product(tmp_path)
    path = {"folder": product, "metadata": product / "MTD_MSIL1C.xml"}.get(form) or zipped(product)
    scene = open_scene(path, "optical")
    assert (scene.count, scene.grid.width, scene.grid.height) == (4, SIDE, SIDE)
    assert scene.grid.transform == Affine(10, 0, 7e5, 0, -10, 42e5)
    assert scene.name == path.name
    with open_raster(str(path)) as dataset:
        red, green, blue = dataset.read(list(scene.bands))[:, SIDE // 2, SIDE // 2]
    assert (red, green, blue) == (300, 200, 100)


def test_metadata_is_found_among_the_files() -> None:
    names = ["S.SAFE/manifest.safe", "S.SAFE/MTD_MSIL2A.xml", "S.SAFE/GRANULE/L/MTD_TL.xml"]
    assert product_metadata(names) == "S.SAFE/MTD_MSIL2A.xml"
    assert product_metadata(["manifest.safe", "x.xml"]) is None


def test_images_of_other_products_are_all_looked_at() -> None:
    assert finest_images(["NETCDF:a:10m:b", "NETCDF:a:c"]) == ["NETCDF:a:10m:b", "NETCDF:a:c"]
    inside = ["SENTINEL2_L2A:a:10m:EPSG_32630", "SENTINEL2_L2A:a:20m:EPSG_32630"]
    assert finest_images(inside) == inside[:1]
