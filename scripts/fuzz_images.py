"""Images for random requests: good ones, odd ones as people have them, and broken ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine

from model_core.products.displacement_raster import TAG
from tests.core.rasters import NORTH_UP, texture, write

SIDE = 128


def make_images(folder: Path, seed: int) -> dict[str, list[str]]:
    """Write all images.

    Returns:
        Paths by kind: "good" (a SAR image first, then its optical one), "odd", "broken", and
        "fields", displacement rasters and what claims to be one.
    """
    folder.mkdir()
    random = np.random.default_rng(seed)
    classes = texture(SIDE, SIDE, 1)
    sar = (20 * classes - 25 + random.normal(0, 1, classes.shape))[None].astype(np.float32)
    optical = (1000 * np.stack([classes] * 3)).astype(np.uint16)
    good = [write(folder / "sar.tif", sar), write(folder / "optical.tif", optical)]
    odd = _odd(folder, sar, optical)
    broken = _broken(folder, good[0].read_bytes(), random)
    fields = _fields(folder)
    return {
        "good": list(map(str, good)), "odd": list(map(str, odd)),
        "broken": [*map(str, broken), str(folder / "none.tif"), str(folder), "", "a" * 300,
                   "\udcff", "NETCDF:none.nc:band",
                   "/vsizip/none.zip/a.tif", "http://[", "<VRTDataset/>"],
        "fields": list(map(str, fields)),
    }  # fmt: skip


def _odd(folder: Path, sar: NDArray[Any], optical: NDArray[Any]) -> list[Path]:
    """Return images that are whole, and not like others."""

    def odd(name: str, values: NDArray[Any], *place: Any, **profile: Any) -> Path:
        return write(folder / f"{name}.tif", values, *place, **profile)

    nan, holes = np.full_like(sar, np.nan), sar.copy()
    holes[:, 20:60, 20:60] = np.nan
    return [
        odd("byte", (optical // 4).astype(np.uint8)),
        odd("complex", sar.astype(np.complex64)),
        odd("double", sar.astype(np.float64), nodata=-9999),
        odd("signed", (sar * 100).astype(np.int16), nodata=-32768),
        odd("many", np.repeat(sar, 20, axis=0)),
        odd("holes", holes),
        odd("nan", nan),
        odd("infinite", np.full_like(sar, np.inf)),
        odd("flat", np.full_like(optical, 7)),
        odd("small", sar[:, :40, :40]),
        odd("thin", sar[:, :3]),
        odd("plain", sar, None, None),
        odd("no_crs", sar, NORTH_UP, None),
        odd("degrees", sar, Affine(1e-4, 0, -1.83, 0, -1e-4, 39.74), "EPSG:4326"),
        odd("unrelated", (texture(SIDE, SIDE, 9) * 20 - 25)[None].astype(np.float32)),
        odd("elsewhere", sar, NORTH_UP * Affine.translation(9000, 0)),
        odd("turned", sar, NORTH_UP * Affine.rotation(20)),
        odd("south_up", sar, Affine(10, 0, 6e5, 0, 10, 4.398e6)),
        odd("degenerate", sar, Affine(0, 0, 10, 0, 0, 10)),
        odd("tiny_pixels", sar, Affine(1e-12, 0, 6e5, 0, -1e-12, 4.4e6)),
        odd("far", sar, Affine(10, 0, 1e300, 0, -10, 4.4e6)),
        odd("not_finite", sar, Affine(np.nan, 0, 6e5, 0, -10, 4.4e6)),
        odd("wrong_degrees", sar, NORTH_UP, "EPSG:4326"),
        odd("geocentric", sar, NORTH_UP, "EPSG:4978"),
        odd("moon", sar, Affine(1e-4, 0, -1.8, 0, -1e-4, 39.7), "+proj=longlat +R=1737400"),
        odd("polar", sar, NORTH_UP, "EPSG:3031"),
        odd("feet", sar, NORTH_UP, "EPSG:2263"),
    ]  # fmt: skip


def _broken(folder: Path, whole: bytes, random: np.random.Generator) -> list[Path]:
    """Return files that are no images any more."""
    made = {
        "half": whole[: len(whole) // 2],
        "empty": b"",
        "head": whole[:200],
        "text": b"no image",
    }
    for number in range(30):
        content = bytearray(whole)
        for place in random.integers(0, len(content) if number % 2 else 500, 4):
            content[place] = random.integers(256)
        made[f"flipped{number}"] = bytes(content)
    made["circle.vrt"] = (
        b'<VRTDataset rasterXSize="99" rasterYSize="99"><VRTRasterBand dataType="Byte" band="1">'
        b'<SimpleSource><SourceFilename relativeToVRT="1">circle.vrt.tif</SourceFilename>'
        b"</SimpleSource></VRTRasterBand></VRTDataset>"
    )
    for name, written in made.items():
        (folder / f"{name}.tif").write_bytes(written)
    return [folder / f"{name}.tif" for name in made]


def _fields(folder: Path) -> list[Path]:
    """Return displacement rasters: a right one, and some whose tags somebody changed."""
    from model_core.products.displacement_raster import write_displacement_raster
    from tests.core.products.fields import shifted

    right = folder / "displacement.tif"
    write_displacement_raster(shifted(2, 1), right)
    with rasterio.open(right) as dataset:
        tag = dataset.tags()[TAG]
    changes = {
        "deep": "[" * 10**4, "empty": "", "nan": tag.replace('"pixel": 1.0', '"pixel": NaN'),
        "huge": tag.replace('"width": 128', '"width": 1e999'), "list": "[1]", "step": tag.replace(
            '"step": 8', '"step": 0'), "crs": tag.replace("PROJCS", "NONSENSE"), "right": tag,
        "size": tag.replace('"height": 128', '"height": 999999999999'),
    }  # fmt: skip
    found = [right]
    for name, text in changes.items():
        path = folder / f"field_{name}.tif"
        path.write_bytes(right.read_bytes())
        with rasterio.open(path, "r+") as dataset:
            dataset.update_tags(**{TAG: text})
        found.append(path)
    return found
