"""What all tests share: where the real data is, and quiet threads."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # both as in model_core.__main__
os.environ.setdefault("GOMP_SPINCOUNT", "300")

ROOT = Path(__file__).resolve().parent.parent


def data_folder(name: str) -> Path:
    """Return a folder of the real data, or skip the test with the reason."""
    base = Path(os.environ.get("SOMA_DATA", ROOT.parent / "shared" / "data"))
    folder = base / name
    if not folder.is_dir():
        pytest.skip(f"the real data is not here: {folder} (set SOMA_DATA)")
    return folder


@pytest.fixture(scope="session")
def scenes() -> Path:
    """Folder of the georeferenced SAR and optical scenes."""
    return data_folder("scenes")


@pytest.fixture(scope="session")
def pairs() -> Path:
    """Folder of the aligned 256-px pairs with their manifest."""
    return data_folder("pairs")
