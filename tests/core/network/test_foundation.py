"""The frozen branch: normalised input, any size, no leak, nothing of it trained or saved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from model_core.errors import BadInputError
from model_core.network.checkpoint import load_network, save_network
from model_core.network.config import FoundationConfig
from model_core.network.foundation import FrozenFoundation
from model_core.network.soma import Soma
from tests.core.network.images import TINY, branch_of, learned_of, pair, shift

SMALL = FoundationConfig("vit_small_patch14_reg4_dinov2")
TEST = FoundationConfig("test_vit2")


@pytest.fixture(scope="module")
def foundation() -> FrozenFoundation:
    torch.manual_seed(0)
    frozen = FrozenFoundation(SMALL)
    for block in frozen.vit.blocks:  # before training they hardly add anything
        block.ls1.gamma.fill_(1)
        block.ls2.gamma.fill_(1)
    return frozen


def seen_by(foundation: FrozenFoundation, monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """Return a list that receives what the transformer is given."""
    given: list[torch.Tensor] = []
    forward = foundation.vit.forward_features

    def watch(image, **options):
        given.append(image)
        return forward(image, **options)

    monkeypatch.setattr(foundation.vit, "forward_features", watch)
    return given


def test_input_is_normalised_as_in_imagenet_and_sar_repeated(foundation, monkeypatch):
    given = seen_by(foundation, monkeypatch)
    image = torch.rand(1, 1, 28, 42)
    foundation(image, torch.ones_like(image), 16)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    expected = (image.expand(1, 3, 28, 42) - mean.view(3, 1, 1)) / std.view(3, 1, 1)
    assert torch.allclose(given[0], expected, atol=1e-5)


@pytest.mark.parametrize("size", [(28, 28), (61, 100), (13, 30)])
def test_any_size_is_continued_to_whole_patches_without_an_edge(foundation, monkeypatch, size):
    given = seen_by(foundation, monkeypatch)
    image = torch.rand(2, 3, *size)
    out = foundation(image, torch.ones(2, 1, *size), 16)
    assert out.shape == (2, 384, -(-size[0] // 16), -(-size[1] // 16))
    assert given[0].shape[-2] % 14 == given[0].shape[-1] % 14 == 0
    assert torch.equal(given[0][..., -1, :], given[0][..., size[0] - 1, :])
    assert bool(out.isfinite().all())


def test_patches_without_a_valid_pixel_are_attended_by_none(foundation):
    one, valid = torch.rand(1, 3, 56, 84), torch.ones(1, 1, 56, 84)
    valid[..., :28, :] = 0
    other = torch.where(valid > 0, one, torch.rand_like(one))
    first, second = (foundation(image, valid, 14)[..., 2:, :] for image in (one, other))
    assert torch.allclose(first, second, atol=1e-4)
    every = torch.ones_like(valid)
    first, second = (foundation(image, every, 14)[..., 2:, :] for image in (one, other))
    assert not torch.allclose(first, second, atol=1e-4)


def test_an_image_without_valid_pixels_gives_finite_features(foundation):
    image = torch.zeros(1, 3, 28, 28)
    assert bool(foundation(image, torch.zeros(1, 1, 28, 28), 14).isfinite().all())


def test_nothing_of_it_is_trained(foundation):
    soma = Soma(replace(TINY, foundation=TEST)).train()
    frozen = learned_of(soma).foundation
    assert frozen is not None
    assert not frozen.vit.training
    assert not any(p.requires_grad for p in frozen.parameters())
    optical, _ = pair(shift(0, 0), 64, 64)
    soma.feature_map(optical, 4).descriptors[:, 8:, 5, 5].sum().backward()
    projection = branch_of(soma, "optical").frozen
    assert projection is not None
    assert projection.weight.grad is not None
    assert projection.weight.grad.abs().max() > 0


def test_checkpoint_leaves_it_out_and_it_loads_from_a_file_of_the_user(tmp_path, monkeypatch):
    torch.manual_seed(0)
    soma = Soma(replace(TINY, foundation=TEST)).eval()
    path = tmp_path / "mine.safetensors"
    save_network(soma, path)
    assert not any("foundation" in name for name in load_file(path))
    weights = tmp_path / "vit.safetensors"
    frozen = learned_of(soma).foundation
    assert frozen is not None
    save_file(dict(frozen.vit.state_dict()), weights)
    monkeypatch.setenv("SOMA_FOUNDATION", str(weights))
    loaded, _ = load_network(str(path))
    optical, _ = pair(shift(0, 0), 64, 64)
    with torch.inference_mode():
        expected, found = soma.feature_map(optical, 4), loaded.feature_map(optical, 4)
    assert torch.equal(found.descriptors, expected.descriptors)


@pytest.mark.parametrize("name", ["missing.safetensors", "weights.pth"])
def test_weights_that_cannot_be_used_are_refused_with_a_sentence(foundation, tmp_path, name):
    path: Path = tmp_path / name
    if path.suffix == ".pth":
        path.write_bytes(b"\x80\x04K\x01.")
    with pytest.raises(BadInputError, match=r"weights.*vit_small_patch14_reg4_dinov2|safetensors"):
        foundation.load(path)
