"""The bundled networks register real SAR-optical pairs, the fixed descriptors alone among them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch
from torch import Tensor

from model_core.geometry.affine import affine_field, compose, invert, similarity_about
from model_core.geometry.sampling import inside, sample
from model_core.network.checkpoint import load_network
from model_core.network.images import ImageBatch
from model_core.network.soma import Soma
from model_core.registration.bounds import SearchBounds
from tests.core.registration.registering import error, register

# What georeferenced users have, at half the shifts because the images are small.
SIDE = 200
MAX_SHIFT = 10.0
MAX_ROTATION = 2.0
BOUNDS = SearchBounds(14.0, 2.5, 1.0)

SOURCES = ("volkov", "sen12", "sdt", "ombria")
PER_SOURCE = 4


@pytest.fixture(scope="module")
def rows(pairs: Path) -> list[dict[str, str]]:
    """Return a few training pairs of each source whose alignment is known well."""
    with (pairs / "manifest.csv").open(encoding="utf-8") as file:
        sound = [
            row
            for row in csv.DictReader(file)
            if row["split"] == "train" and row["width"] == "256" and float(row["cfog_ratio"]) > 1.4
        ]
    random = np.random.default_rng(0)
    chosen: list[dict[str, str]] = []
    for source in SOURCES:
        mine = [row for row in sound if row["source"] == source]
        chosen += [mine[i] for i in random.choice(len(mine), PER_SOURCE, replace=False)]
    return chosen


@pytest.fixture(scope="module", params=["soma-compact", "fixed-descriptors"])
def network(request: pytest.FixtureRequest) -> Soma:
    """Return a bundled network."""
    return load_network(request.param)[0]


def read(path: Path, bands: int) -> Tensor:
    """Return an 8-bit image as (1, bands, H, W) in [0, 1]."""
    with rasterio.open(path) as dataset:
        return torch.from_numpy(dataset.read(list(range(1, bands + 1)))).float()[None] / 255


def views(
    pairs: Path, row: dict[str, str], random: np.random.Generator
) -> tuple[ImageBatch, ImageBatch, Tensor]:
    """Cut an optical and a rotated, shifted SAR view out of a pair; return them and the truth.

    Both views lie inside the images: no border tells the transform.
    """
    optical = read(pairs / row["optical_path"], 3)
    sar = read(pairs / row["sar_path"], 1)
    margin = (256 - SIDE) // 2
    middle = (SIDE - 1) / 2
    degrees = torch.tensor([float(random.uniform(-MAX_ROTATION, MAX_ROTATION))])
    truth = similarity_about((middle, middle), degrees, torch.ones(1))
    truth[..., 2] += torch.from_numpy(random.uniform(-MAX_SHIFT, MAX_SHIFT, 2)).float()
    # The SAR position of an optical pixel is the nominal one less the residual shift.
    residual = torch.tensor([float(row["cfog_dx"]), float(row["cfog_dy"])])
    field = affine_field(invert(truth), SIDE, SIDE) + margin - residual
    valid = torch.ones(1, 1, SIDE, SIDE)
    cut = optical[..., margin : margin + SIDE, margin : margin + SIDE]
    moved = sample(sar, field)
    assert bool(inside(field, 256, 256).all())
    return ImageBatch(cut, valid, "optical"), ImageBatch(moved, valid, "sar"), truth


@torch.inference_mode()
def test_bundled_networks_register_real_pairs(pairs, rows, network):
    random = np.random.default_rng(1)
    errors = []
    for row in rows:
        optical, sar, truth = views(pairs, row, random)
        found = register(network, optical, sar, BOUNDS, "affine")
        errors.append(error(found.field, truth))
    # Of 40 such pairs 34 were within 2 px, with a median of 0.8 px.
    assert np.mean(np.array(errors) < 2) >= 0.75, np.round(errors, 2)
    assert np.median(errors) < 1.1, np.round(errors, 2)


@torch.inference_mode()
def test_two_warps_of_one_real_image_give_one_answer(pairs, rows, network):
    """Equivariance: needs no truth."""
    random = np.random.default_rng(2)
    gaps = []
    for row in rows[::2]:  # half of each source
        first, second = (views(pairs, row, random) for _ in range(2))
        fields = []
        for optical, sar, truth in (first, second):
            found = register(network, optical, sar, BOUNDS, "affine")
            affine = torch.from_numpy(found.field.affine)[None]
            fields.append(affine_field(compose(invert(truth.double()), affine), SIDE, SIDE))
        gaps.append(float((fields[0] - fields[1]).norm(dim=-1).mean()))
    assert np.median(gaps) < 1.0, np.round(gaps, 2)


@torch.inference_mode()
def test_unrelated_real_images_are_not_certain(pairs, rows, network):
    random = np.random.default_rng(3)
    related: list[float] = []
    unrelated: list[float] = []
    verdicts: dict[bool, list[str]] = {True: [], False: []}
    cut = [views(pairs, row, random) for row in rows]
    for index, (optical, sar, _) in enumerate(cut[::2]):
        other = cut[(2 * index + PER_SOURCE) % len(cut)][1]
        for image, certainties in ((sar, related), (other, unrelated)):
            found = register(network, optical, image, BOUNDS)
            certainties.append(float(found.certainty.mean()))
            verdicts[image is sar].append(found.verdict)
    figures = np.round([related, unrelated], 3)
    assert np.median(related) > 2 * np.median(unrelated), figures
    assert np.mean(unrelated) < 0.2, figures
    assert "registered" not in verdicts[False]
