"""Pairs as they are given: the truth, what methods are told of it, and pairs that are refused."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.evaluation.cases import CannotCutError
from model_core.evaluation.cutting import build_case
from model_core.evaluation.manifest import read_manifest
from model_core.evaluation.methods import MethodResult
from model_core.evaluation.pairs import load_pair
from model_core.evaluation.protocols import PROTOCOLS
from model_core.evaluation.scoring import score
from tests.conftest import data_folder
from tests.core.evaluation.synthetic import SIDE, loaded_pair

AS_IS = PROTOCOLS["as-is"]


def turned(degrees: float, scale: float, shift: tuple[float, float]) -> NDArray[np.float64]:
    """Return the homography that turns and scales about the centre and then shifts."""
    cos, sin = (scale * f(math.radians(degrees)) for f in (math.cos, math.sin))
    linear = np.array([[cos, -sin], [sin, cos]])
    centre = np.full(2, (SIDE - 1) / 2)
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = linear, centre + shift - linear @ centre
    return matrix


def test_whole_images_are_the_views_and_the_matrix_is_the_truth() -> None:
    """Nothing is cut or resampled; the matrix itself has no error; the identity has the turn's."""
    matrix = turned(-60, 0.7, (12.0, -30.0))
    pair = loaded_pair(alignment=matrix)
    case = build_case(AS_IS, pair, seed=0)
    assert case.optical is pair.optical
    assert case.sar_views[0].view is pair.sar
    right, none = (score(case, "m", [MethodResult(m)], None) for m in (matrix[:2], np.eye(2, 3)))
    assert right.rmse == pytest.approx(0, abs=1e-9)
    assert none.rmse is not None
    assert none.rmse > 30
    assert right.view_side == SIDE


@pytest.mark.parametrize(
    ("degrees", "scale", "shift", "told"),
    [
        (0, 1.0, (0.0, 0.0), (10, 5, 1.1)),
        (-60, 0.7, (12.0, -30.0), (50, 90, 1.5)),
        (100, 1.9, (-60.0, 4.0), (100, 180, 2.0)),
    ],
)
def test_what_is_told_holds_the_truth_and_does_not_tell_it(
    degrees: float, scale: float, shift: tuple[float, float], told: tuple[float, float, float]
) -> None:
    """Rounded up to a step; scales below 1 count by their inverse."""
    case = build_case(AS_IS, loaded_pair(alignment=turned(degrees, scale, shift)), seed=0)
    bounds = case.transform_range.search_bounds
    assert (bounds.max_shift, bounds.max_rotation, bounds.max_scale) == told


def test_pixels_without_data_stay_and_are_not_judged() -> None:
    """In either image; positions beyond the SAR image are not judged either."""
    pair = loaded_pair(alignment=turned(0, 1, (20.0, 0.0)))
    masks = np.ones((2, SIDE, SIDE), dtype=bool)
    masks[0, :30], masks[1, -30:] = False, False
    optical, sar = (
        dataclasses.replace(view, valid=mask)
        for view, mask in zip((pair.optical, pair.sar), masks, strict=True)
    )
    case = build_case(AS_IS, dataclasses.replace(pair, optical=optical, sar=sar), seed=0)
    truth = case.sar_views[0].truth
    assert truth is not None
    assert truth.positions[:, 1].min() == 30
    assert truth.targets[:, 1].max() < SIDE - 30
    assert truth.targets[:, 0].max() < SIDE


def test_too_far_apart_is_refused_with_the_reason() -> None:
    """A factor of 5, or no common ground."""
    with pytest.raises(CannotCutError, match=r"a factor of 5\.00 apart"):
        build_case(AS_IS, loaded_pair(alignment=turned(0, 5, (0.0, 0.0))), seed=0)
    with pytest.raises(CannotCutError, match="Hardly any ground"):
        build_case(AS_IS, loaded_pair(alignment=turned(0, 1, (300.0, 0.0))), seed=0)


@pytest.mark.parametrize("name", ["P2", "small-96", "equivariance"])
def test_no_views_are_cut_from_turned_pairs(name: str) -> None:
    """The truth would lie outside of what methods are told; nearly aligned pairs are cut."""
    with pytest.raises(CannotCutError, match="turned by 40° and scaled"):
        build_case(PROTOCOLS[name], loaded_pair(alignment=turned(40, 1, (0.0, 0.0))), seed=0)
    build_case(PROTOCOLS[name], loaded_pair(alignment=turned(1, 1.01, (3.0, 0.0))), seed=0)


def test_real_pairs_that_are_turned_are_asked_as_they_are() -> None:
    """Every pair of another sensor that its authors turned and scaled gives a case."""
    folder: Path = data_folder("sensors")
    every = [p for p in read_manifest(folder / "manifest.csv", "val") if p.source == "srif"]
    assert len(every) == 60
    for pair in every[::6]:
        case = build_case(AS_IS, load_pair(pair), seed=0)
        truth = case.sar_views[0].truth
        assert truth is not None
        assert len(truth.positions) > 10_000
