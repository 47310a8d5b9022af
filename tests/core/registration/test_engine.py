"""The engine as a whole: one way for every network, precision and image."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from model_core.feedback import Feedback
from model_core.geometry.window import Window
from model_core.network.config import FoundationConfig, SomaConfig
from model_core.network.images import ImageBatch
from model_core.network.soma import Soma
from model_core.registration.bounds import SearchBounds
from model_core.registration.engine import UNDERSTATED, UNEXPLAINED, Alignment, align
from tests.core.network.images import TINY, pair, rotation, shift
from tests.core.registration.registering import as_model, error, image_pair, register


def network(config: SomaConfig = TINY) -> Soma:
    torch.manual_seed(0)
    return Soma(config).eval()


def positions(found: Alignment) -> NDArray[np.float64]:
    """Return the field at every pixel."""
    grid = found.field.grid
    return found.field.window(Window(0, 0, grid.height, grid.width))


@torch.inference_mode()
def test_with_gates_and_margin_at_zero_the_network_is_the_classical_matcher():
    optical, sar = pair(rotation(4.0, 5.0, -3.0))
    bounds = SearchBounds(10, 6, 1)
    learned = register(network(replace(TINY, gate=0.0, margin=0)), optical, sar, bounds)
    classical = register(network(replace(TINY, learned=False)), optical, sar, bounds)
    assert np.allclose(positions(learned), positions(classical), atol=2e-3)
    assert np.allclose(learned.certainty, classical.certainty, atol=1e-3)
    assert learned.verdict == classical.verdict == "registered"


@torch.inference_mode()
@pytest.mark.parametrize("how", ["own dtype", "autocast"])
def test_bfloat16_encoders_leave_the_matching_in_full_precision(how):
    truth = rotation(3.0, 4.0, -6.0)
    optical, sar = pair(truth)
    bounds = SearchBounds(10, 4, 1)
    exact = register(network(), optical, sar, bounds)
    if how == "autocast":
        with torch.autocast("cpu", torch.bfloat16):
            found = register(network(), optical, sar, bounds)
    else:
        found = register(network().to(torch.bfloat16), optical, sar, bounds)
    assert error(found.field, truth) < 0.5
    assert np.linalg.norm(positions(found) - positions(exact), axis=-1).mean() < 0.1


@torch.inference_mode()
def test_result_is_the_same_every_time():
    optical, sar = pair(rotation(3.0, 4.0, -6.0), 128, 128)
    one, other = (register(network(), optical, sar, SearchBounds(10, 4, 1)) for _ in range(2))
    assert np.array_equal(positions(one), positions(other))
    assert np.array_equal(one.certainty, other.certainty)


@pytest.mark.parametrize(
    "change",
    [{"fge": None}, {"head_channels": 0}, {"foundation": FoundationConfig("test_vit2")}],
    ids=["without FGE", "without heads", "with a frozen branch"],
)
def test_every_network_registers(change):
    truth = shift(4, -3)
    optical, sar = pair(truth, 128, 128)
    found = register(network(replace(TINY, **change)), optical, sar, SearchBounds(8, 0, 1))
    assert error(found.field, truth) < 0.8


def test_an_affine_alone_has_no_residual_displacement():
    optical, sar = pair(shift(4, -3), 128, 128)
    bounds = SearchBounds(8, 0, 1)
    assert register(network(), optical, sar, bounds, "affine").field.residual_displacement is None
    assert (
        register(network(), optical, sar, bounds, "affine+flow").field.residual_displacement
        is not None
    )


def test_the_simplest_kind_that_explains_the_images_is_chosen_and_said():
    optical, sar = pair(shift(4, -3))
    heard = []

    class Listener(Feedback):
        def log(self, text):
            heard.append(text)

    bounds = SearchBounds(8, 0, 1)
    found = align(image_pair(optical, sar), as_model(network()), bounds, "auto", Listener())
    assert found.kind == "shift"
    assert found.field.affine[:, :2].tolist() == np.eye(2).tolist()
    assert error(found.field, shift(4, -3)) < 0.3
    assert found.answer.choice is not None
    assert found.answer.choice.sentence in heard
    heard.clear()
    found = align(image_pair(optical, sar), as_model(network()), bounds, "rigid", Listener())
    assert found.kind == "rigid"
    assert not any("chosen" in text for text in heard)


def test_the_certainty_is_the_probability_that_the_field_is_right_to_a_pixel():
    """That the alignment is right at all, times the share of errors below a pixel then."""
    optical, sar = pair(shift(4, -3), 128, 320)
    seen = sar.valid.clone()
    seen[..., :208] = 0
    half = ImageBatch(sar.image, seen, "sar")
    found = register(network(), optical, half, SearchBounds(8, 0, 1), "affine")
    known, deviation = found.fit.known, found.answer.deviation
    assert known.any()
    assert not known.all()
    assert (found.certainty[~known] == 0).all()
    draws = np.random.default_rng(0).normal(size=(2, 20_000))
    for place in ((2, 19), (7, 16), (5, 14)):
        spread = np.hypot(UNDERSTATED * deviation[place], UNEXPLAINED)
        share = (np.linalg.norm(spread * draws, axis=0) < 1).mean()
        expected = found.judgement.probability * share
        assert known[place]
        assert found.certainty[place] == pytest.approx(expected, abs=0.01)
    assert found.coverage == pytest.approx((found.certainty[known] >= 0.5).mean())


def test_where_too_little_was_measured_nothing_is_certain():
    noise = torch.rand(1, 1, 48, 48, generator=torch.Generator().manual_seed(0))
    flat = ImageBatch(torch.full((1, 1, 48, 48), 0.5), torch.ones_like(noise), "sar")
    found = register(network(replace(TINY, learned=False)), flat, flat, SearchBounds(4, 0, 1))
    assert np.isinf(found.answer.deviation).all()
    assert not found.certainty.any()
    assert found.coverage == 0
    assert found.verdict == "failed"
