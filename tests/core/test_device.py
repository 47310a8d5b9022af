"""The device is chosen for a reason that is given."""

from __future__ import annotations

import json

import pytest
import torch

from model_core import device
from model_core.__main__ import main
from model_core.errors import BadInputError


def test_cpu_is_taken_when_asked_for():
    assert device.choose_device("cpu") == (torch.device("cpu"), "the CPU was asked for")


def test_every_device_that_is_chosen_passes_the_kernel_test():
    chosen, reason = device.choose_device("auto")
    device.smoke_test(chosen)
    assert reason


def test_unknown_device_is_refused():
    with pytest.raises(BadInputError, match=r"'tpu'.*auto, cpu or cuda"):
        device.choose_device("tpu")


@pytest.mark.parametrize("how", ["no build", "no driver", "no kernel"])
def test_gpu_that_cannot_be_used_is_refused_when_asked_for_and_passed_over_else(monkeypatch, how):
    def broken(_):
        raise RuntimeError("no kernel image is available\nfor execution")

    monkeypatch.setattr(torch.version, "cuda", None if how == "no build" else "12.4")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: how == "no kernel")
    monkeypatch.setattr(device, "smoke_test", broken)
    clause = {"no build": "CPU only", "no driver": "driver", "no kernel": "no kernel image"}[how]
    with pytest.raises(BadInputError, match=clause) as caught:
        device.choose_device("cuda")
    assert "\n" not in str(caught.value)
    chosen, reason = device.choose_device("auto")
    assert chosen.type == "cpu"
    assert clause in reason


def test_info_says_versions_device_and_models(capsys):
    assert main(["info", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["versions"]["torch"] == torch.__version__
    assert facts["device"] in ("cpu", "cuda")
    assert facts["device_reason"]
    assert len(facts["models"]["soma-compact"]["sha256"]) == 64
    assert main(["info"]) == 0
    text = capsys.readouterr().out
    assert facts["device_reason"] in text
    assert facts["models"]["soma-compact"]["sha256"] in text
