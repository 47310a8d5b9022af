"""The faults of the published code, one by one: none of them is in a registration.

What concerns the engine is tried through the engine that users run.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from model_core.feedback import Feedback, Progress
from model_core.geometry.affine import (
    affine_field,
    compose,
    identity_affine,
    invert,
)
from model_core.geometry.sampling import resize_displacement, sample, sample_mask
from model_core.network.affine_flow_matcher import AffineFlowMatcher, FlowHead
from model_core.network.config import PRESETS
from model_core.network.images import ImageBatch
from model_core.network.matcher_config import StageConfig
from model_core.network.soma import Soma
from model_core.raster.view import Modality
from model_core.registration.bounds import SearchBounds
from model_core.registration.feature_cache import FeatureCache
from model_core.registration.refine import refine, refinement
from model_core.registration.search import fit_residual_affine
from model_core.registration.transformation import KINDS
from model_core.registration.verify import verify
from tests.core.network.images import (
    TINY,
    branch_of,
    enhancer_of,
    learned_of,
    pair,
    rotation,
    scene,
    shift,
)
from tests.core.registration.registering import (
    as_model,
    error,
    image_pair,
    register,
    start_field,
)

CLASSICAL = replace(TINY, learned=False)
MODALITIES: tuple[Modality, ...] = ("sar", "optical")
PROGRESS = Progress(Feedback(), "refine")


@pytest.fixture(scope="module", autouse=True)
def _no_gradient_unless_asked():
    with torch.inference_mode():
        yield


def network(learned: bool) -> Soma:
    torch.manual_seed(0)
    return Soma(TINY if learned else CLASSICAL).eval()


# 1. Zero-filled warps leak the transform.


def framed(images: ImageBatch, left: int, top: int, right: int, bottom: int) -> ImageBatch:
    """Return images with black, invalid borders around."""
    around = (left, right, top, bottom)
    pad = nn.functional.pad
    return ImageBatch(pad(images.image, around), pad(images.valid, around), images.modality)


@pytest.mark.parametrize("learned", [False, True])
def test_black_border_around_one_image_does_not_change_the_answer(learned):
    truth = rotation(3.0, 6.0, -4.0)
    optical, sar = pair(truth)
    soma = network(learned)
    bare = register(soma, optical, sar, SearchBounds(16, 4, 1), "affine")
    around = framed(sar, 24, 40, 56, 8)
    bordered = register(soma, optical, around, SearchBounds(64, 4, 1), "affine")
    moved = compose(shift(24, 40), torch.from_numpy(bare.field.affine)[None].float())
    assert error(bare.field, truth) < 0.5
    assert error(bordered.field, moved) < 0.35


@pytest.mark.parametrize("learned", [False, True])
def test_borders_of_unrelated_images_do_not_give_their_transform(learned):
    """Both images lie in black frames that differ by a rotation: the frames must not match."""
    truth = rotation(5.0, 8.0, 10.0)
    optical, _ = pair(truth, seed=0)
    _, other = pair(truth, seed=1)
    inner = torch.zeros_like(other.valid)
    inner[..., 24:-24, 24:-24] = 1
    frame = sample_mask(inner, affine_field(invert(truth), 192, 192))
    one = ImageBatch(optical.image * inner, inner, "optical")
    two = ImageBatch(other.image * frame, frame, "sar")
    soma = network(learned)
    found = register(soma, one, two, SearchBounds(20, 8, 1))
    assert error(found.field, truth) > 5
    assert found.verdict == "failed"
    assert float(found.certainty[found.fit.known].mean()) < 0.2
    # At the frames' own transform there is nothing certain either.
    cache = FeatureCache(image_pair(one, two), as_model(soma))
    at_frames = verify(cache, cache.model, start_field(truth, (192, 192)), PROGRESS)
    assert float(at_frames.inliers(2.0).mean()) < 0.2


@pytest.mark.parametrize("learned", [False, True])
def test_what_stands_in_invalid_pixels_does_not_matter(learned):
    optical, _ = pair(shift(0, 0), 96, 96)
    valid = optical.valid.clone()
    valid[..., :30, :] = 0
    valid[..., 60:70, 20:40] = 0
    soma = network(learned)
    black = ImageBatch(optical.image * valid, valid, "optical")
    bright = ImageBatch(torch.where(valid > 0, optical.image, 1.0), valid, "optical")
    for stride in (1, 2, 4):
        one, other = soma.feature_map(black, stride), soma.feature_map(bright, stride)
        assert torch.equal(one.mask, other.mask)
        assert torch.allclose(one.descriptors * one.mask, other.descriptors * one.mask, atol=1e-4)


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_black_frame_of_a_flat_image_is_no_edge(stride):
    valid = torch.zeros(1, 1, 97, 120)
    valid[..., 13:80, 21:101] = 1
    features = network(False).feature_map(ImageBatch(0.8 * valid, valid, "sar"), stride)
    assert float(features.mask.sum()) > 0
    assert float(features.descriptors.abs().max()) < 0.05  # an edge would give about 1


def test_learned_descriptors_of_a_constant_image_do_not_say_where_a_cell_lies():
    grey = torch.full((1, 1, 90, 130), 0.4)
    features = network(True).feature_maps(ImageBatch(grey, torch.ones_like(grey), "sar"))
    for stride in (1, 2, 4):
        descriptors = features.at(stride).descriptors
        assert float((descriptors - descriptors[..., :1, :1]).abs().max()) < 1e-4


def test_mask_is_eroded_where_learned_descriptors_look_into_the_filling():
    image, valid = torch.rand(1, 1, 64, 64), torch.ones(1, 1, 64, 64)
    valid[..., :16] = 0
    mask = network(True).feature_map(ImageBatch(image, valid, "sar"), 2).mask[0, 0, 5]
    assert mask.tolist() == [0.0] * 10 + [1.0] * 22  # 16 px and the margin of 4 px


# 2 and 7. Units at every stride.


@pytest.mark.parametrize("stride", [1, 2, 4, 8])
def test_eight_pixels_are_eight_pixels_at_every_stride(stride):
    soma = network(False)
    stage = StageConfig(stride, 16 // stride, 24.0, 16)
    whole = scene(192, 192, 0)
    # Column x of the first is column x + 8 of the second.
    views = [whole[..., :192, 8:200], whole[..., :192, :192]]
    reference, moving = (ImageBatch(i, torch.ones_like(i), "sar") for i in views)
    measured = soma.measure(soma.feature_maps(reference), soma.feature_maps(moving), stage)
    middle = measured.displacement[0, :, 3:-3, 3:-3].flatten(1).median(dim=1).values
    assert middle.tolist() == pytest.approx([8, 0], abs=0.02 * stride)
    pixels = resize_displacement(torch.full((1, 2, 24, 24), 8.0), 192, 192, stride)
    assert torch.allclose(pixels, torch.full((1, 2, 192, 192), 8.0))


# 3. x and y.


@pytest.mark.parametrize("wanted", ["affine", "affine+flow"])
@pytest.mark.parametrize("learned", [False, True])
def test_x_and_y_are_not_swapped_on_an_oblong_image(learned, wanted):
    truth = shift(11, -4)
    optical, sar = pair(truth, 160, 256)
    found = register(network(learned), optical, sar, SearchBounds(16, 0, 1), wanted)
    assert found.field.affine[:, 2] == pytest.approx([11, -4], abs=0.8)
    assert error(found.field, truth) < 0.6


def test_zero_flow_samples_the_image_itself():
    _, sar = pair(shift(0, 0), 96, 128)
    warped = sar.warped(affine_field(identity_affine(1, sar.image), 96, 128))
    assert torch.allclose(warped.image, sar.image, atol=1e-5)
    assert bool((warped.valid == 1).all())


# 4. Order of composition.


# (At 60 degrees the wrong order leaves as much as there was, however often it is repeated.)


@pytest.mark.parametrize("wanted", ["affine", "affine+flow"])
@pytest.mark.parametrize("learned", [False, True])
def test_residual_is_applied_before_the_current_field(learned, wanted):
    truth = rotation(60.0, 2.0, -3.0)
    optical, sar = pair(truth)
    start = start_field(compose(truth, rotation(1.0, -3.0, -2.0)), (192, 192))
    soma = network(learned)
    how = refinement((192, 192), soma.config, wanted)
    cache = FeatureCache(image_pair(optical, sar), as_model(soma))
    found = refine(cache, cache.model, start, how, PROGRESS).answer
    assert error(start, truth) > 3
    assert error(found.fit.field, truth) < 0.5


# 5. Identity.


@pytest.mark.parametrize("learned", [False, True])
@pytest.mark.parametrize("size", [(160, 160), (131, 173)])
def test_identity_gives_no_displacement(learned, size):
    optical, _ = pair(shift(0, 0), *size)
    soma = network(learned)
    features = soma.feature_maps(optical)
    for stage in (*soma.config.affine_stages, *soma.config.flow_stages):
        measured = soma.measure(features, features, stage)
        peaks = measured.displacement / stage.stride
        assert torch.equal(peaks.round(), torch.zeros_like(peaks))
        assert float(measured.displacement.abs().mean()) < 0.05
    grey = optical.image.mean(1, keepdim=True)
    same = ImageBatch(grey, optical.valid, "sar")
    for wanted in KINDS:
        found = register(soma, same, same, SearchBounds(8, 0, 1), wanted)
        assert error(found.field, shift(0, 0)) < 0.05


@pytest.mark.parametrize("size", [(7, 7), (64, 64), (33, 50)])
def test_identity_warp_is_exact_at_every_size(size):
    image = torch.rand(1, 3, *size)
    field = affine_field(identity_affine(1, image), *size)
    assert torch.allclose(sample(image, field), image, atol=1e-5)


# 6. How the affine is found.


def test_affine_is_found_without_training_and_everything_learned_receives_gradients():
    optical, sar = pair(rotation(2.0, 3.0, -2.0), 128, 128)
    with torch.inference_mode(False):
        soma = network(True).train()
        images = [ImageBatch(i.image.clone(), i.valid.clone(), i.modality) for i in (optical, sar)]
        stage = soma.config.affine_stages[-1]
        one, other = (soma.feature_maps(image) for image in images)
        affine = fit_residual_affine(stage, soma.measure(one, other, stage))
        field = affine_field(affine, 128, 128)
        truth = affine_field(rotation(2.0, 3.0, -2.0, 192).double(), 128, 128)
        (field - truth).square().mean().backward()
        head = soma.matcher.heads[AffineFlowMatcher.head_name(stage)]
        assert isinstance(head, FlowHead)
        receiving = {"gate": learned_of(soma).gates["stride2"], "head": head.last.weight}
        for modality in MODALITIES:
            branch = branch_of(soma, modality)
            receiving[f"encoder {modality}"] = next(branch.encoder.parameters())
            receiving[f"FGE {modality}"] = enhancer_of(soma, modality, 2).mix.weight
    for name, parameter in receiving.items():
        assert parameter.grad is not None, name
        assert bool(parameter.grad.isfinite().all()), name
        assert float(parameter.grad.abs().max()) > 0, name
    assert not [m for m in soma.modules() if isinstance(m, nn.Linear)]


# 8. Directional kernels: tests/core/network/test_gradient_enhancer.py.


# 9. Normalisation.


def test_batch_of_one_trains_and_no_image_depends_on_its_batch():
    soma = network(True)
    optical, _ = pair(shift(0, 0), 96, 96)
    other, _ = pair(shift(0, 0), 96, 96, seed=1)
    batch = ImageBatch(
        torch.cat([optical.image, other.image]), torch.cat([optical.valid, other.valid]), "optical"
    )
    for stride in (1, 2, 4):
        alone = soma.eval().feature_map(optical, stride).descriptors
        trained = soma.train().feature_map(optical, stride).descriptors
        together = soma.eval().feature_map(batch, stride).descriptors[:1]
        assert torch.equal(alone, trained)
        assert torch.allclose(alone, together, atol=1e-4)


def test_features_from_scratch_have_a_scale_at_every_level():
    torch.manual_seed(0)
    optical, _ = pair(shift(0, 0), 96, 96)
    soma = Soma(PRESETS["soma-compact"]).eval()
    for level in learned_of(soma).features(optical).encoded.values():
        assert 0.05 < float(level.std()) < 20


# 10. Sizes, and what the finest stage sees. (DINOv2's input: test_foundation.)


@pytest.mark.parametrize("learned", [False, True])
@pytest.mark.parametrize("size", [(97, 131), (64, 201), (143, 75)])
def test_any_size_registers(learned, size):
    truth = shift(3, -2)
    optical, sar = pair(truth, *size)
    found = register(network(learned), optical, sar, SearchBounds(6, 0, 1))
    assert found.field.at(np.zeros((*size, 2))).shape == (*size, 2)
    assert error(found.field, truth) < 1.0


def test_images_of_different_sizes_register():
    truth = shift(3, -2)
    optical, sar = pair(truth, 150, 200)
    cut = ImageBatch(optical.image[..., :120, :150], optical.valid[..., :120, :150], "optical")
    found = register(network(True), cut, sar, SearchBounds(6, 0, 1))
    assert error(found.field, truth) < 1.0


def test_full_resolution_descriptors_hold_enhanced_features():
    optical, _ = pair(shift(0, 0), 64, 64)
    with torch.inference_mode(False):
        images = ImageBatch(optical.image.clone(), optical.valid.clone(), "optical")
        soma = network(True)
        soma.feature_map(images, 1).descriptors[:, 8:, 20, 20].sum().backward()
    gradient = enhancer_of(soma, "optical", 2).mix.weight.grad
    assert gradient is not None
    assert float(gradient.abs().max()) > 0
