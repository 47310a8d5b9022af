"""Which pairs are trained on, and the folders of public data sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from model_core.errors import BadInputError
from model_core.training.batches import make_batch
from model_core.training.config import DataConfig, TrainingConfig
from model_core.training.data import PairSet, read_pairs
from model_core.training.folders import read_source


def _image(path: Path, bands: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(0).integers(0, 255, (bands, 16, 16), dtype=np.uint8)
    with rasterio.open(
        path, "w", driver="PNG", width=16, height=16, count=bands, dtype="uint8"
    ) as file:
        file.write(values)


@pytest.mark.parametrize(
    ("layout", "sar", "optical"),
    [
        (
            "sen1-2",
            "ROIs1158_spring/s1_7/ROIs1158_spring_s1_7_p30.png",
            "ROIs1158_spring/s2_7/ROIs1158_spring_s2_7_p30.png",
        ),
        ("osdataset", "512/train/sar12.png", "512/train/opt12.png"),
        ("whu-sen-city", "train/sar/a_1.png", "train/optical/a_1.png"),
        ("whu-sen-city", "trainA/wuhan_3.png", "trainB/wuhan_3.png"),
    ],
)
def test_layouts_find_their_partners(tmp_path: Path, layout: str, sar: str, optical: str) -> None:
    _image(tmp_path / sar, 1)
    _image(tmp_path / optical, 3)
    _image((tmp_path / sar).with_name("sar99.png"), 1)  # without partner
    pairs = read_source(DataConfig(str(tmp_path), layout=layout))  # type: ignore[arg-type]
    assert [(p.sar_path, p.optical_path) for p in pairs] == [(tmp_path / sar, tmp_path / optical)]
    assert pairs[0].alignment is not None
    assert np.array_equal(pairs[0].alignment, np.eye(3))


def test_a_folder_without_pairs_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="No pair of the layout sen1-2"):
        read_source(DataConfig(str(tmp_path), layout="sen1-2"))


def test_places_are_held_out_whole_and_val_is_never_read(manifest: Path) -> None:
    source = DataConfig(str(manifest), split="train", weight_after=0.25)
    pairs, held = read_pairs((source,), 0.1, 0)
    trained = {pair.region for pair in pairs.pairs}
    assert held
    assert not trained & {pair.region for pair in held}
    assert 0.02 < len(held) / (len(held) + len(pairs.pairs)) < 0.3
    rng = np.random.default_rng(0)
    drawn = [pairs.pairs[pairs.draw(rng)].id for _ in range(4000)]
    after = sum(name.endswith("_after") for name in drawn)
    before = sum(name.endswith("_before") for name in drawn)
    assert 0.15 < after / before < 0.35


def test_a_batch_follows_from_seed_and_step(few_pairs: PairSet, quick: TrainingConfig) -> None:
    matcher = quick.network().matcher
    one, again, other = (make_batch(quick, matcher, few_pairs, step, 0) for step in (1, 1, 2))
    assert one.local.reference.image.equal(again.local.reference.image)
    assert one.search.moving.image.equal(again.search.moving.image)
    assert not one.search.moving.image.equal(other.search.moving.image)
    assert other.heads
    assert not one.heads
    assert not make_batch(quick, matcher, few_pairs, 1, 1).search.moving.image.equal(
        one.search.moving.image
    )


def test_georeferenced_pairs_lie_on_one_grid(tmp_path: Path, scenes: Path) -> None:
    spain = scenes / "sen1floods11_spain_s1_vv_vh_db.tif"
    (tmp_path / "spain_sar.tif").symlink_to(spain)
    (tmp_path / "spain_optical.tif").symlink_to(scenes / "sen1floods11_spain_s2_13band.tif")
    pairs = read_source(DataConfig(str(tmp_path), layout="geotiff"))
    stored = PairSet(pairs, [1.0]).get(0)
    assert stored.sar.image.shape == (1, 512, 512)
    assert stored.optical.image.shape == (3, 512, 512)
