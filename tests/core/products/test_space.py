"""The space that is asked for is at least what the files take, and not many times of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_core.feedback import Feedback
from model_core.products.registered_raster import RasterOptions
from model_core.products.registry import in_folder
from model_core.products.space import registered_space, space_needed
from model_core.workflows.register import compute, open_scenes, write_products
from model_core.workflows.request import RegistrationRequest
from tests.core.rasters import write
from tests.core.workflows.scenes import Error, optical, sar_values


def test_no_product_takes_more_than_was_asked_for(tmp_path: Path) -> None:
    values = sar_values(Error(east=137.0))
    moving = write(tmp_path / "sar.tif", np.concatenate([values, values + 1]))
    outputs = in_folder(tmp_path / "out")
    settings = {"creation_options": ["COMPRESS=NONE"], "transform": "shift"}
    request = RegistrationRequest(
        str(moving), str(optical(tmp_path / "optical.tif")), outputs, settings
    )
    scenes = open_scenes(request)
    options = RasterOptions(creation_options=request.settings["creation_options"])
    needed = space_needed(outputs, str(moving), scenes.grids, options)
    (tmp_path / "out").mkdir()
    write_products(compute(request, scenes, Feedback()), outputs, Feedback())
    sizes = {path: Path(path).stat().st_size for path in outputs.values()}
    assert set(needed) == set(sizes)
    raster = outputs["registered"]
    # 320 px are written as a tile of 512.
    assert sizes[raster] > 2 * 512 * 512 * 4
    assert sizes[raster] < needed[raster] < 1.1 * sizes[raster]
    assert sizes[outputs["displacement_raster"]] <= needed[outputs["displacement_raster"]]
    others = set(outputs.values()) - {raster, outputs["displacement_raster"]}
    assert sum(sizes[path] for path in others) < sum(needed[path] for path in others)


@pytest.mark.parametrize(
    ("creation", "least", "most"),
    [
        ((), 1.0, 1.1),
        (("BLOCKXSIZE=1024", "BLOCKYSIZE=1024"), 4.0, 4.4),
        (("DRIVER=COG",), 1 + 4 / 3, 3.0),  # the file, its copy, and overviews on the way
    ],
)
def test_tiles_copies_and_overviews_count(
    tmp_path: Path, creation: tuple[str, ...], least: float, most: float
) -> None:
    path = write(tmp_path / "a.tif", np.zeros((3, 300, 300), np.int16))
    request = RegistrationRequest(str(path), str(optical(tmp_path / "optical.tif")))
    target = open_scenes(request).grids.output
    needed = registered_space(str(path), target, RasterOptions(creation_options=creation))
    tile = 512 * 512 * 3 * 2
    assert least * tile <= needed <= most * tile
