"""A rendered pair and its registration, for all tests of the Python interface."""

from __future__ import annotations

from pathlib import Path

import pytest

import model_core as soma
from model_core.feedback import Feedback
from model_core.simulation.scene_pair import SceneSettings, simulate


@pytest.fixture(scope="package")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with sar.tif and optical.tif, and the truth beside them.

    The SAR image has to move 6 px east and 4 px south.
    """
    folder = tmp_path_factory.mktemp("pair")
    settings = SceneSettings(size=256, shift=(60.0, -40.0), rotation=0.4, local=0.5, relief=1.0)
    simulate(settings, folder, Feedback())
    return folder


@pytest.fixture(scope="package")
def registration(pair: Path) -> soma.Registration:
    return soma.register(pair / "sar.tif", pair / "optical.tif", max_shift=20)
