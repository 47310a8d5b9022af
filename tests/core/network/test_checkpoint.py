"""Checkpoints come back as they were saved; whatever is not sound is refused with one sentence."""

from __future__ import annotations

import json
import pickle
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import model_core
from model_core.errors import BadInputError
from model_core.locations import WEIGHTS
from model_core.network import checkpoint
from model_core.network.bundle import UNTRAINED, write_bundled
from model_core.network.checkpoint import load_network, read_manifest, save_network, sha256
from model_core.network.config import PRESETS
from model_core.network.soma import Soma
from model_core.settings import SETTINGS
from tests.core.network.images import TINY, pair, shift


def refusal(model: str | Path) -> str:
    """Return the sentence with which a model is refused."""
    with pytest.raises(BadInputError) as caught:
        load_network(str(model))
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert ";" in sentence, "it says what to do next"
    return sentence


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Return a small, sound checkpoint."""
    torch.manual_seed(0)
    path = tmp_path / "mine.safetensors"
    save_network(Soma(TINY), path, {"steps": 12})
    return path


def rewrite(path: Path, change) -> None:
    """Write a checkpoint again with its tensors or facts changed."""
    with safe_open(path, "pt") as file:
        facts = json.loads(file.metadata()["soma"])
    tensors = load_file(path)
    change(tensors, facts)
    save_file(tensors, path, {"soma": json.dumps(facts)})


# Bundled.


@pytest.mark.parametrize("model", ["soma-compact", "fixed-descriptors"])
def test_a_bundled_network_is_what_its_manifest_says(model):
    network, name = load_network(model)
    entry = read_manifest()[model]
    content = (WEIGHTS / entry["file"]).read_bytes()
    assert entry["sha256"] == sha256(content)
    assert entry["bytes"] == len(content) <= 20_000_000
    assert entry["learned"] == network.settings.learned
    assert entry["preset"] == network.settings.preset == "soma-compact"
    assert name == entry["title"]
    assert {"description", "licence", "training_data", "figures"} <= entry.keys()
    assert not network.training
    if entry["learned"]:
        assert {"command", "commit", "hours", "hardware"} <= entry["training"].keys()
        assert entry["training_data"]
        assert entry["figures"]
    else:
        assert "No training" in entry["description"]
        assert entry["training_data"] == []


def test_the_model_that_is_used_unless_another_is_asked_for_is_trained():
    assert read_manifest()[SETTINGS["model"].default]["learned"]


def test_bundle_is_reproducible_and_its_manifest_keeps_other_models(tmp_path):
    network = Soma(replace(PRESETS["soma-compact"], learned=False))
    one = write_bundled(network, "one", UNTRAINED, tmp_path).read_bytes()
    other = write_bundled(network, "other", UNTRAINED, tmp_path).read_bytes()
    assert one == other
    assert set(read_manifest(tmp_path)) == {"one", "other"}
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "manifest.json", "one.safetensors", "other.safetensors"
    ]  # fmt: skip


def test_models_are_found_in_the_layout_of_the_zip(tmp_path):
    plugin = tmp_path / "soma_qgis"
    shutil.copytree(Path(model_core.__file__).parent, plugin / "model_core")
    shutil.copytree(WEIGHTS, plugin / "resources" / "weights")
    code = (
        "from model_core.network.checkpoint import WEIGHTS, load_network;"
        "load_network('soma-compact'); print(WEIGHTS)"
    )
    command = [sys.executable, "-W", "ignore", "-c", code]
    answer = subprocess.run(command, cwd=plugin, capture_output=True, text=True, check=True)
    assert Path(answer.stdout.strip()) == (plugin / "resources" / "weights").resolve()


def test_untrained_network_loads_without_timm():
    code = (
        "import sys; from model_core.network.checkpoint import load_network;"
        "load_network('fixed-descriptors'); print('timm' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    root = Path(model_core.__file__).parents[1]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


def test_tampered_bundled_file_is_refused(tmp_path, monkeypatch):
    for file in WEIGHTS.iterdir():
        shutil.copy(file, tmp_path)
    monkeypatch.setattr(checkpoint, "WEIGHTS", tmp_path)
    load_network("soma-compact")
    file = tmp_path / "soma-compact.safetensors"
    file.write_bytes(file.read_bytes().replace(b'"stride', b'"strode', 1))
    assert "checksum" in refusal("soma-compact")
    file.unlink()
    assert "no model file" in refusal("soma-compact")
    (tmp_path / "manifest.json").write_text("{")
    assert "manifest.json" in refusal("soma-compact")


# Saved and loaded.


@torch.inference_mode()
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 0.0), (torch.float16, 2e-2)])
def test_network_comes_back_as_it_was_saved(tmp_path, dtype, tolerance):
    torch.manual_seed(0)
    network = Soma(replace(TINY, gate=0.5)).eval()
    path = tmp_path / "mine.safetensors"
    save_network(network, path, dtype=dtype)
    loaded, name = load_network(str(path))
    optical, _ = pair(shift(0, 0), 64, 64)
    assert name == "mine"
    assert loaded.settings == network.settings
    assert next(loaded.parameters()).dtype == torch.float32
    found, expected = loaded.describe(optical, 2), network.describe(optical, 2)
    assert torch.allclose(found.descriptors, expected.descriptors, atol=tolerance)


def test_training_summary_travels_with_the_file(saved):
    assert checkpoint.read_checkpoint(saved).training == {"steps": 12}


# Refused.


def test_unknown_name_lists_the_names():
    assert re.search(r"'soma-huge'.*soma-compact", refusal("soma-huge"))


def test_missing_file_is_refused(tmp_path):
    assert "no model file" in refusal(tmp_path / "none.safetensors")


class Bomb:
    """Leaves a mark when it is unpickled."""

    def __reduce__(self):
        return Path.touch, (Path("exploded"),)


@pytest.mark.parametrize("name", ["weights.pt", "weights.pth", "weights.safetensors"])
@pytest.mark.parametrize("how", ["pickle", "torch"])
def test_pickle_is_refused_and_never_opened(tmp_path, monkeypatch, name, how):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / name
    if how == "pickle":
        path.write_bytes(pickle.dumps(Bomb()))
    else:
        torch.save(Bomb(), path)
    assert "pickle" in refusal(path)
    assert not Path("exploded").exists()


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.01, 0.5, 0.999])
def test_truncated_file_is_refused(saved, share):
    content = saved.read_bytes()
    saved.write_bytes(content[: int(len(content) * share)])
    assert "damaged or cut off" in refusal(saved)


def test_file_of_another_program_is_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(3)}, path)
    assert "no SOMA network" in refusal(path)


def test_newer_format_is_refused(saved):
    rewrite(saved, lambda tensors, facts: facts.update(format_version=99))
    assert re.search("newer.*99.*update", refusal(saved))


def test_unusable_configuration_is_refused(saved):
    rewrite(saved, lambda tensors, facts: facts.update(config="{}"))
    assert "configuration" in refusal(saved)


def test_encoder_unknown_to_timm_is_refused(saved):
    config = replace(TINY, encoder=replace(TINY.encoder, name="resnet_of_nobody")).to_json()
    rewrite(saved, lambda tensors, facts: facts.update(config=config))
    assert "No network can be built" in refusal(saved)


@pytest.mark.parametrize("fault", ["missing", "added", "reshaped", "not a number"])
def test_tensors_other_than_the_configuration_says_are_refused(saved, fault):
    def change(tensors, facts):
        name = next(iter(tensors))
        if fault == "missing":
            del tensors[name]
        elif fault == "added":
            tensors["more"] = torch.zeros(1)
        elif fault == "reshaped":
            tensors[name] = torch.zeros(2, *tensors[name].shape)
        else:
            tensors[name] = torch.full_like(tensors[name], torch.nan)

    rewrite(saved, change)
    assert "tensors of its configuration" in refusal(saved)


def test_file_that_differs_from_the_manifest_beside_it_is_refused(tmp_path):
    path = write_bundled(Soma(TINY), "mine", UNTRAINED, tmp_path)
    load_network(str(path))
    rewrite(path, lambda tensors, facts: facts.update(preset="other"))
    assert "checksum" in refusal(path)


def test_unwritable_folder_is_said_and_leaves_nothing(tmp_path):
    with pytest.raises(BadInputError, match=r"could not be written"):
        save_network(Soma(replace(TINY, learned=False)), tmp_path / "none" / "x.safetensors")
