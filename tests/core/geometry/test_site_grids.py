"""Site grids, as surveyors lay them: CRSs of their own, which GDAL takes for one another."""

from __future__ import annotations

import numpy as np
import pytest
from rasterio.crs import CRS
from rasterio.transform import Affine

from model_core.geometry.crs import COORDINATES, same_crs
from model_core.geometry.grid import Grid
from model_core.geometry.projection import map_pixels, on_map_of, share_coordinates

AXES = 'AXIS["Easting",EAST],AXIS["Northing",NORTH]]'
SITE = CRS.from_wkt(f'LOCAL_CS["Site A",UNIT["metre",1],{AXES}')
OTHERS = [
    CRS.from_wkt(f'LOCAL_CS["Site B",UNIT["metre",1],{AXES}'),
    CRS.from_wkt(f'LOCAL_CS["Site A",UNIT["foot",0.3048],{AXES}'),
    CRS.from_epsg(32630),
    COORDINATES,
]


def grid(crs: CRS) -> Grid:
    return Grid(crs, Affine(10, 0, 1000, 0, -10, 9000), 100, 100)


@pytest.mark.parametrize("other", OTHERS, ids=["name", "unit", "UTM", "no CRS"])
def test_there_is_no_way_from_one_to_another(other: CRS) -> None:
    assert not same_crs(SITE, other)
    assert not share_coordinates(grid(SITE), grid(other))
    assert np.isinf(on_map_of(grid(other), np.array([[1500.0, 8500.0]]), grid(SITE))).all()


def test_one_site_grid_is_itself_and_is_written() -> None:
    again = CRS.from_wkt(SITE.to_wkt())
    assert same_crs(SITE, again)
    assert grid(SITE).written_crs == SITE
    assert grid(SITE).in_metres
    positions = np.array([[[3.0, 4.0]]])
    assert map_pixels(positions, grid(SITE), grid(again)).tolist() == positions.tolist()
    assert grid(COORDINATES).written_crs is None
