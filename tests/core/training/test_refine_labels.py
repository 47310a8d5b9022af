"""Labels measured again: a wrong one is put right, and an unsure measurement changes none."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from model_core.__main__ import main
from model_core.errors import CancelledError
from model_core.evaluation.manifest import read_manifest
from model_core.evaluation.pairs import DatasetPair, LoadedPair, load_pair
from model_core.feedback import Feedback
from model_core.registration.model import RegistrationModel, load_model
from model_core.training.refine_labels import refine_alignment, write_refined_labels

SURE = "ombria_0265_before"
"""A pair with much structure: its shipped alignment is good to a pixel."""


@pytest.fixture(scope="module")
def model() -> RegistrationModel:
    return load_model("soma-compact", "cpu")[0]


@pytest.fixture(scope="module")
def sure(manifest: Path) -> DatasetPair:
    return next(pair for pair in read_manifest(manifest, "train") if pair.id == SURE)


def _mislabelled(pair: DatasetPair) -> DatasetPair:
    alignment = np.array(pair.alignment)
    alignment[:2, 2] += 2.5, -1.5
    return dataclasses.replace(pair, alignment=alignment)


def test_a_wrong_label_is_put_right(
    sure: DatasetPair, model: RegistrationModel, tmp_path: Path
) -> None:
    out = tmp_path / "better.csv"
    found = write_refined_labels([_mislabelled(sure)], model, out, Feedback())
    assert found.moved == pytest.approx([np.hypot(2.5, 1.5)], abs=1.0)
    again = read_manifest(out)[0]
    assert (again.id, again.place, again.region) == (sure.id, sure.place, sure.region)
    assert again.sar_path.resolve() == sure.sar_path.resolve()
    assert again.alignment is not None
    assert sure.alignment is not None
    apart = (again.alignment - sure.alignment) @ np.array([127.5, 127.5, 1.0])
    assert np.hypot(*apart[:2]) < 1.0


def test_no_label_is_refined_where_the_images_show_different_places(
    sure: DatasetPair, manifest: Path, model: RegistrationModel
) -> None:
    other = next(p for p in read_manifest(manifest, "train") if p.source == "volkov")
    wrong = LoadedPair(sure, load_pair(other).sar, load_pair(sure).optical)
    assert refine_alignment(wrong, model) is None


def test_an_alignment_far_from_the_label_is_rejected(
    sure: DatasetPair, model: RegistrationModel
) -> None:
    far = np.array(sure.alignment)
    far[:2, 2] += 6.0, 0.0
    loaded = load_pair(sure)
    assert refine_alignment(dataclasses.replace(loaded, pair=sure), model) is not None
    moved = dataclasses.replace(sure, alignment=far)
    assert refine_alignment(dataclasses.replace(loaded, pair=moved), model) is None


def test_the_command_writes_a_manifest_to_train_with(sure: DatasetPair, tmp_path: Path) -> None:
    """By its name on the command line; what it writes is read again as training data."""
    source = tmp_path / "pairs.csv"
    row = f"{sure.id},{sure.sar_path.resolve()},{sure.optical_path.resolve()}"
    source.write_text(f"id,sar_path,optical_path\n{row}\n", encoding="utf-8")
    settings, out = tmp_path / "run.yaml", tmp_path / "refined.csv"
    settings.write_text(
        f"preset: soma-compact\nsteps: 1\ndata:\n  - path: {source}\n", encoding="utf-8"
    )
    assert main(["refine-labels", "--config", str(settings), "--out", str(out)]) == 0
    (refined,) = read_manifest(out)
    assert refined.id == sure.id
    assert refined.alignment is not None
    assert np.abs(refined.alignment - np.eye(3)).max() > 0.05


def test_cancelled_leaves_no_manifest(
    sure: DatasetPair, model: RegistrationModel, tmp_path: Path
) -> None:
    class Stop(Feedback):
        def cancelled(self) -> bool:
            return True

    with pytest.raises(CancelledError):
        write_refined_labels([sure], model, tmp_path / "never.csv", Stop())
    assert list(tmp_path.iterdir()) == []
