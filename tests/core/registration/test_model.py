"""Models stay loaded, and a file that was replaced is another model."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from model_core.errors import BadInputError
from model_core.locations import WEIGHTS
from model_core.registration.model import load_model


def test_a_model_is_loaded_once_and_a_replaced_file_anew(tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    shutil.copy(WEIGHTS / "fixed-descriptors.safetensors", path)
    first, reason = load_model(str(path), "cpu")
    assert reason == "the CPU was asked for"
    assert load_model(str(path), "cpu")[0] is first
    assert first.network.learned is None
    shutil.copy(WEIGHTS / "soma-compact.safetensors", path)
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    second, _ = load_model(str(path), "cpu")
    assert second.network.learned is not None
    path.unlink()
    with pytest.raises(BadInputError, match="no model file"):
        load_model(str(path), "cpu")
