"""The search where rotation and scale may be anything: which hypotheses are tried in full."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch

from model_core.geometry.affine import affine_field, invert, similarity_about
from model_core.geometry.sampling import inside, sample
from model_core.network.checkpoint import load_network
from model_core.network.images import FeatureMap, ImageBatch
from model_core.network.soma import Soma
from model_core.registration import search
from model_core.registration.bounds import SearchBounds
from model_core.registration.hypotheses import hypothesis_list, hypothesis_scores
from model_core.registration.search import find_start
from model_core.registration.wide_search import KEPT, MOST_IN_FULL, likely_hypotheses
from tests.core.network.images import TINY, pair
from tests.core.registration.registering import as_model, error, image_pair

WIDE = SearchBounds(16.0, 180.0, 1.3)


def network() -> Soma:
    torch.manual_seed(0)
    return Soma(TINY).eval()


def turned(degrees: float, scale: float, side: int) -> torch.Tensor:
    """Return an affine (1, 2, 3) that rotates, scales and shifts an image."""
    middle = ((side - 1) / 2, (side - 1) / 2)
    affine = similarity_about(middle, torch.tensor([degrees]), torch.tensor([scale]))
    affine[..., 2] += torch.tensor([5.0, -7.0])
    return affine


@pytest.mark.parametrize("scale", [1.25, 0.8])
@pytest.mark.parametrize("degrees", [-97.0, 178.5, 46.0])
def test_an_image_that_is_turned_and_scaled_at_will_is_found(degrees, scale):
    truth = turned(degrees, scale, 192)
    start = find_start(image_pair(*pair(truth)), as_model(network()), WIDE)
    assert error(start.field, truth) < 4.0
    assert 0.2 < start.score <= 1
    assert start.rival < 1


def test_few_feature_maps_are_made_of_the_images_in_full(monkeypatch):
    """However wide the bounds are."""
    soma = network()
    made: list[int] = []
    describe = soma.feature_map

    def counted(images: ImageBatch, stride: int) -> FeatureMap:
        made.append(len(images.image))
        return describe(images, stride)

    monkeypatch.setattr(soma, "feature_map", counted)
    images = pair(turned(100.0, 1.2, 96), 96, 96)
    for bounds in (WIDE, SearchBounds(16.0, 180.0, 2.0)):
        made.clear()
        assert len(hypothesis_list(soma.config, bounds)) > 600
        find_start(image_pair(*images), as_model(soma), bounds)
        assert sum(made) <= 9 * KEPT + 1


@pytest.mark.parametrize(
    "largest", [(4.0, 1.0), (20.0, 1.1), (25.0, 1.1), (5.0, 1.2), (10.0, 1.25)]
)
def test_within_usual_bounds_all_hypotheses_are_tried_in_full(monkeypatch, largest):
    """Even the least likely; the calibration of the verdict rests on these searches."""
    soma = network()
    seen: list[torch.Tensor] = []
    scored = hypothesis_scores

    def recorded(describe, stride, images, tried, radius):
        seen.append(tried)
        return scored(describe, stride, images, tried, radius)

    monkeypatch.setattr(search, "hypothesis_scores", recorded)
    bounds = SearchBounds(8.0, *largest)
    find_start(image_pair(*pair(turned(0.0, 1.0, 96), 96, 96)), as_model(soma), bounds)
    (tried,) = seen
    assert torch.equal(tried, hypothesis_list(soma.config, bounds))
    assert len(tried) <= MOST_IN_FULL


def test_what_is_kept_are_places_with_their_neighbours():
    soma = network()
    tried = hypothesis_list(soma.config, WIDE)
    optical, sar = pair(turned(120.0, 1.17, 96), 96, 96)
    kept = likely_hypotheses(soma, (optical, sar), tried, 16.0)
    assert 9 <= len(kept) <= 9 * KEPT
    around = [[r, round(s, 2)] for r, s in kept.tolist()]
    assert all([r, s] in around for r in (116, 120, 124) for s in (0.08, 0.16, 0.24))
    whole = {tuple(one) for one in tried.tolist()}
    assert all(tuple(one) in whole for one in kept.tolist())


def read(path: Path, bands: int) -> torch.Tensor:
    """Read an 8-bit image as (1, bands, H, W) in [0, 1]."""
    with rasterio.open(path) as dataset:
        return torch.from_numpy(dataset.read(list(range(1, bands + 1)))).float()[None] / 255


def real_views(
    pairs: Path, row: dict[str, str], random: np.random.Generator, side: int = 120
) -> tuple[ImageBatch, ImageBatch, torch.Tensor]:
    """Cut an optical view and a SAR view, turned and scaled at will, from inside of a pair."""
    optical, sar = read(pairs / row["optical_path"], 3), read(pairs / row["sar_path"], 1)
    margin = (256 - side) // 2
    scale = math.exp(random.uniform(-1, 1) * math.log(1.3))
    truth = turned(random.uniform(-180, 180), scale, side)
    residual = torch.tensor([float(row["cfog_dx"]), float(row["cfog_dy"])])
    field = affine_field(invert(truth), side, side) + margin - residual
    assert bool(inside(field, 256, 256).all())
    valid = torch.ones(1, 1, side, side)
    cut = optical[..., margin : margin + side, margin : margin + side]
    return ImageBatch(cut, valid, "optical"), ImageBatch(sample(sar, field), valid, "sar"), truth


@torch.inference_mode()
def test_real_images_are_found_at_any_rotation(pairs: Path) -> None:
    soma, _ = load_network("soma-compact")
    with (pairs / "manifest.csv").open(encoding="utf-8") as file:
        sound = [
            row
            for row in csv.DictReader(file)
            if row["split"] == "train"
            and row["source"] == "volkov"
            and float(row["cfog_ratio"]) > 1.4
        ]
    random = np.random.default_rng(0)
    errors = []
    for row in (sound[i] for i in random.choice(len(sound), 6, replace=False)):
        optical, sar, truth = real_views(pairs, row, random)
        start = find_start(image_pair(optical, sar), as_model(soma), WIDE)
        errors.append(error(start.field, truth))
    # Of 40 such pairs of several sources four fifths were.
    assert np.mean(np.array(errors) < 8) > 0.6, np.round(errors, 1)
