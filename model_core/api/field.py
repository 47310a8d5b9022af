"""The displacement field as arrays with their coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.transform import Affine

from model_core.products.displacement_field import DisplacementField, sign_of, unit_of


@dataclass(frozen=True)
class FieldArrays:
    """The displacement at control points; what xarray's Dataset holds, where xarray is missing.

    Attributes:
        x: coordinates of the control points on the map, towards east: (w,), or (h, w) where the
            grid is rotated against the map; columns of the reference, in pixels, where it is not
            georeferenced.
        y: the same towards north: (h,) or (h, w); rows of the reference where it is not
            georeferenced.
        dx: (h, w) float32, the correction of the moving image towards true east, in metres; along
            the map's x in its unit where the images have a geotransform and no CRS; in pixels to
            the right where they have neither. NaN where the images share no data.
        dy: the same towards north, or upwards.
        certainty: (h, w) float32 in [0, 1], the probability that the correction is right to a pixel
            there.
        residual: (h, w) float32, in reference pixels, between a control point's own measurement
            and the field; NaN where none was made.
        transform: of these arrays, as rasterio's.
        crs: of these arrays, as rasterio's; None where the images have none.
        unit: of dx and dy: "metre", "pixel", or nothing where the images do not say.
        sign: what dx and dy mean, in a sentence.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    dx: NDArray[np.float32]
    dy: NDArray[np.float32]
    certainty: NDArray[np.float32]
    residual: NDArray[np.float32]
    transform: Affine
    crs: CRS | None
    unit: str
    sign: str


def field_arrays(field: DisplacementField) -> FieldArrays:
    """Return a field as arrays, without data where the images share none."""
    grid = field.grid
    points = field.working.to_map(field.control_grid.positions())
    rotated = grid.transform.b != 0 or grid.transform.d != 0
    known = field.valid

    def masked(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.where(known, values, np.float32(np.nan)).astype(np.float32)

    return FieldArrays(
        x=points[..., 0] if rotated else points[0, :, 0],
        y=points[..., 1] if rotated else points[:, 0, 1],
        dx=masked(field.dx),
        dy=masked(field.dy),
        certainty=masked(field.certainty),
        residual=masked(field.residual),
        transform=grid.transform,
        crs=grid.written_crs,
        unit=unit_of(grid),
        sign=sign_of(grid),
    )


def as_dataset(arrays: FieldArrays) -> Any:
    """Return the same as xarray's Dataset, which rioxarray understands; the arrays without xarray.

    Coordinates of a rotated grid are called ``xc`` and ``yc``, (y, x).
    """
    try:
        import xarray
    except ImportError:
        return arrays
    unit = {"metre": "m", "pixel": "px"}.get(arrays.unit, "1")
    units = {"dx": unit, "dy": unit, "certainty": "1", "residual": "px"}
    variables = {
        name: (("y", "x"), getattr(arrays, name), {"units": unit, "grid_mapping": "spatial_ref"})
        for name, unit in units.items()
    }
    return xarray.Dataset(
        variables,
        coords=map_coordinates(arrays.x, arrays.y, arrays.transform, arrays.crs),
        attrs={"sign": arrays.sign},
    )


def map_coordinates(
    x: NDArray[np.float64], y: NDArray[np.float64], transform: Affine, crs: CRS | None
) -> dict[str, Any]:
    """Return coordinates of xarray's over the axes y and x, with the CRS where rioxarray looks."""
    if x.ndim == 2:
        coordinates: dict[str, Any] = {"xc": (("y", "x"), x), "yc": (("y", "x"), y)}
    else:
        coordinates = {"x": ("x", x), "y": ("y", y)}
    if crs is not None:
        place = {
            "crs_wkt": crs.to_wkt(),
            "spatial_ref": crs.to_wkt(),
            "GeoTransform": " ".join(repr(value) for value in transform.to_gdal()),
        }
        coordinates["spatial_ref"] = ((), 0, place)
    return coordinates
