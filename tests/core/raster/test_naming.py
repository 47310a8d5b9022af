"""Sentences call a raster by its file's name and the image inside."""

from __future__ import annotations

import pytest

from model_core.raster.naming import raster_name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/a/b/plain.tif", "plain.tif"),
        ("plain: 2 of 3.tif", "plain: 2 of 3.tif"),
        ("C:\\data\\plain.tif", "C:\\data\\plain.tif"),
        ('NETCDF:"/a/b/two.nc":sigma0_vv', "two.nc (sigma0_vv)"),
        ('NETCDF:"/a/a:b/two.nc":sigma0_vv', "two.nc (sigma0_vv)"),
        ('HDF5:"/a/x.h5"://group/sigma0', "x.h5 (group sigma0)"),
        ("GTIFF_DIR:2:/a/pages.tif", "pages.tif (page 2)"),
        ("GPKG:/a/b.gpkg:table", "b.gpkg (table)"),
        ("SENTINEL2_L2A:/a/MTD_MSIL2A.xml:10m:EPSG_32630", "MTD_MSIL2A.xml (10m EPSG_32630)"),
        ("/vsizip//a/x.zip/in/y.tif", "y.tif"),
        ("https://host/a/plain.tif?x=1", "plain.tif?x=1"),
    ],
)
def test_names(path: str, name: str) -> None:
    assert raster_name(path) == name
