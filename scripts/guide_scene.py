"""The layers that the pictures of the guide show, and a basemap of the same ground."""

from __future__ import annotations

import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import rasterio
from plugin_files import ROOT
from rasterio.transform import from_bounds
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds

SEED = 3
LOOKS = 16
"""Of the rendered SAR image: speckle makes pictures of windows large."""

BRIGHT = 2200.0
"""Reflectance (times 10,000) that is white in the rendered optical image."""

ZOOMS = (12, 13, 14)
HALF_WORLD = 20037508.342789244
"""Metres of EPSG:3857 from the middle of the world to its edge."""

TILE = 256
BASEMAP = "Basemap"

LAYER = """<!DOCTYPE qgis-layer-definition>
<qlr>
<layer-tree-group>
<layer-tree-layer id="basemap" name="{name}" providerKey="wms" source="" checked="Qt::Checked"/>
</layer-tree-group>
<maplayers><maplayer type="raster">
<id>basemap</id><datasource>{source}</datasource><layername>{name}</layername>
<provider>wms</provider>
<srs><spatialrefsys><srsid>3857</srsid><srid>3857</srid><authid>EPSG:3857</authid></spatialrefsys></srs>
</maplayer></maplayers>
</qlr>
"""


def rendered_scene(folder: Path) -> list[Path]:
    """Render a pair and return its files: the SAR image, and the optical one in colour."""
    command = [sys.executable, "-W", "ignore", "-m", "model_core", "simulate"]
    subprocess.run(
        [*command, "--out", str(folder), "--seed", str(SEED), "--looks", str(LOOKS)],
        cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    with rasterio.open(folder / "optical.tif") as bands:
        profile, values = bands.profile, bands.read([3, 2, 1])
    profile.update(count=3, dtype="uint8", photometric="RGB")
    with rasterio.open(folder / "optical.tif", "w", **profile) as picture:
        picture.write(np.clip(values / BRIGHT * 255, 1, 255).astype(np.uint8))
    return [folder / "sar.tif", folder / "optical.tif"]


def real_scene(name: str, folder: Path) -> list[Path]:
    """Copy a real pair and return its files.

    Raises:
        FileNotFoundError: it is not there.
    """
    data = Path(os.environ.get("SOMA_DATA", ROOT.parent / "shared" / "data")) / "scenes"
    found = [*sorted(data.glob(f"{name}_s1*.tif")), *sorted(data.glob(f"{name}_s2*.tif"))]
    if len(found) != 2:
        raise FileNotFoundError(f"There is no scene {name} in {data}.")
    return [Path(shutil.copy(path, folder / path.name)) for path in found]


def cut_tiles(image: Path, folder: Path) -> None:
    """Cut an image of three bytes a pixel into the tiles of a basemap, and some around it."""
    with rasterio.open(image) as source:
        left, bottom, right, top = transform_bounds(source.crs, "EPSG:3857", *source.bounds)
        for zoom in ZOOMS:
            size = 2 * HALF_WORLD / 2**zoom
            ends = np.array([left, right, -top, -bottom])
            first_x, last_x, first_y, last_y = ((ends + HALF_WORLD) // size).astype(int)
            for x in range(first_x - 1, last_x + 2):
                for y in range(first_y - 1, last_y + 2):
                    corner = x * size - HALF_WORLD, HALF_WORLD - (y + 1) * size
                    box = (*corner, corner[0] + size, corner[1] + size)
                    place = {"transform": from_bounds(*box, TILE, TILE), "width": TILE}
                    with WarpedVRT(source, crs="EPSG:3857", height=TILE, **place) as tile:
                        pixels = tile.read()
                    pixels[:, (pixels == 0).all(axis=0)] = 255  # outside: as the empty map
                    path = folder / str(zoom) / str(x) / f"{y}.png"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    shape = {"width": TILE, "height": TILE, "count": 3, "dtype": "uint8"}
                    with rasterio.open(path, "w", driver="PNG", **shape) as picture:
                        picture.write(pixels)


@contextmanager
def basemap(image: Path, folder: Path) -> Iterator[Path]:
    """Serve an image as an XYZ basemap meanwhile; give the layer definition that QGIS opens."""
    cut_tiles(image, folder)
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(QuietHandler, directory=str(folder))
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/{{z}}/{{x}}/{{y}}.png"
        source = f"type=xyz&url={address}&zmin={ZOOMS[0]}&zmax={ZOOMS[-1]}"
        layer = folder / "basemap.qlr"
        layer.write_text(LAYER.format(name=BASEMAP, source=escape(source)), encoding="utf-8")
        try:
            yield layer
        finally:
            server.shutdown()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
