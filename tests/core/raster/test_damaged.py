"""Images that are cut off or have wrong bytes are read, or refused with one sentence."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from model_core.errors import BadInputError
from model_core.geometry.window import Window
from model_core.raster.fill_search import find_fill_of_raster
from model_core.raster.opening import open_raster
from model_core.raster.pixel_types import read_bands
from model_core.raster.reader import SceneReader
from model_core.raster.scene import open_scene
from tests.core.rasters import texture, write

SEED, FILES = 15, 200
SIDE = 96

FORMS: list[dict[str, Any]] = [
    {"compress": "deflate", "tiled": True, "blockxsize": 32, "blockysize": 32},
    {"compress": "lzw"},
    {"nodata": -9999.0},
    {"compress": "packbits"},
    {"driver": "PNG", "dtype": "uint8"},
]


def whole(folder: Path, form: dict[str, Any]) -> Path:
    kind = form.get("dtype", "float32")
    values = (100 * texture(SIDE, SIDE, 1))[None].astype(kind)
    return write(folder / "whole.tif", values, **form)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return a file's bytes cut off, or with some of them changed, most often in its head."""
    if chance.random() < 0.4:
        return content[: chance.randrange(len(content))]
    changed = bytearray(content)
    end = len(content) if chance.random() < 0.5 else min(400, len(content))
    for _ in range(chance.choice([1, 4, 40])):
        changed[chance.randrange(end)] = chance.randrange(256)
    return bytes(changed)


def read_all(path: Path) -> None:
    """Read a raster in all the ways in which a registration and its products do."""
    scene = open_scene(path, "sar")
    if scene.grid.width * scene.grid.height > 4_000_000:
        return  # a size that the damage made up, and nothing has to be read for
    with open_raster(str(path)) as dataset:
        find_fill_of_raster(dataset)
        read_bands(dataset, dataset.indexes)
        dataset.read_masks()
    reader = SceneReader(scene, scene.grid)
    reader.read(Window(0, 0, min(64, scene.grid.height), min(64, scene.grid.width)))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", FORMS, ids=lambda form: str(next(iter(form.values()))))
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, form: dict[str, Any]) -> None:
    chance = random.Random(SEED)
    content = whole(tmp_path, form).read_bytes()
    path, refused = tmp_path / "damaged.tif", 0
    for _ in range(FILES // len(FORMS)):
        path.write_bytes(damaged(content, chance))
        try:
            read_all(path)
        except BadInputError as error:
            sentence = str(error)
            assert sentence.endswith(".")
            assert "\n" not in sentence
            refused += 1
    assert refused > 0
