"""The methods: what they answer where the answer is known, and what is said of those not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_core.errors import BadInputError
from model_core.evaluation import methods
from model_core.evaluation.cases import Case
from model_core.evaluation.cutting import build_case
from model_core.evaluation.manifest import read_manifest
from model_core.evaluation.methods import (
    BASELINES,
    MethodResult,
    absence,
    build_baseline,
    check_names,
    sample_map,
)
from model_core.evaluation.metrics import best_affine, distances, rmse
from model_core.evaluation.pairs import load_pair
from model_core.evaluation.protocols import PROTOCOLS
from model_core.evaluation.scoring import score
from model_core.registration.bounds import SearchBounds
from tests.core.evaluation.synthetic import loaded_pair, view


def answer(name: str, case: Case) -> MethodResult:
    """Run a baseline method on a case of one SAR view."""
    method = build_baseline(name, 1)
    return method(case.sar_views[0].view, case.optical, case.transform_range.search_bounds)


def error(result: MethodResult, case: Case) -> float:
    """Return the RMSE of an answer."""
    truth = case.sar_views[0].truth
    assert truth is not None
    found = result.positions(truth.positions)
    assert found is not None
    return rmse(distances(found, truth.targets))


def test_identity_has_the_error_of_the_warp() -> None:
    """No registration leaves what the warp did, and the record says so twice."""
    case = build_case(PROTOCOLS["P1"], loaded_pair(), seed=0)
    truth = case.sar_views[0].truth
    assert truth is not None
    affine = best_affine(truth.positions, truth.targets)
    moved = truth.positions @ affine[:, :2].T + affine[:, 2] - truth.positions
    expected = float(np.sqrt((moved**2).sum(axis=1).mean()))
    record = score(case, "identity", [answer("identity", case)], None)
    assert expected > 5
    assert record.rmse == pytest.approx(expected, abs=1e-6)
    assert record.start_rmse == pytest.approx(expected, abs=1e-6)


def test_no_answer_is_recorded_as_such() -> None:
    """Its error is that of the start, and it is not answered."""
    case = build_case(PROTOCOLS["P2"], loaded_pair(), seed=0)
    record = score(case, "ecc", [MethodResult(None)], None)
    assert not record.answered
    assert record.rmse == record.start_rmse
    twice = build_case(PROTOCOLS["equivariance"], loaded_pair(), seed=0)
    one_missing = [MethodResult(np.eye(2, 3)), MethodResult(None)]
    assert not score(twice, "ecc", one_missing, None).answered


def test_the_field_counts_where_it_is_known() -> None:
    """NaN of the field is the affine's; a certainty map gives the calibration."""
    case = build_case(PROTOCOLS["P2"], loaded_pair(), seed=0)
    truth = case.sar_views[0].truth
    assert truth is not None
    side = case.optical.valid.shape[0]
    field = np.full((side, side, 2), np.nan, dtype=np.float32)
    x, y = truth.positions.astype(int).T
    field[y, x] = truth.targets
    exact = MethodResult(np.eye(2, 3), field, np.full((side, side), 0.95, dtype=np.float32))
    record = score(case, "m", [exact], None)
    assert record.rmse == pytest.approx(0, abs=1e-4)
    assert record.affine_rmse == record.start_rmse
    assert record.reliability is not None
    assert record.reliability[2][9] == record.reliability[0][9] == len(truth.positions)
    unknown = MethodResult(np.eye(2, 3), np.full_like(field, np.nan))
    assert score(case, "m", [unknown], None).rmse == record.start_rmse


def test_perfect_answers_agree_and_a_wrong_one_does_not() -> None:
    """Equivariance of the true affines is 0; 3 px on one side are 3 px of disagreement."""
    case = build_case(PROTOCOLS["equivariance"], loaded_pair(), seed=0)
    answers = []
    for cut in case.sar_views:
        assert cut.truth is not None
        answers.append(MethodResult(best_affine(cut.truth.positions, cut.truth.targets)))
    assert score(case, "m", answers, None).disagreement == pytest.approx(0, abs=1e-6)
    affine = answers[0].affine
    assert affine is not None
    off = MethodResult(affine + np.array([[0, 0, 3.0], [0, 0, 0]]))
    found = score(case, "m", [off, answers[1]], None).disagreement
    assert found == pytest.approx(3, abs=1e-6)


def test_maps_are_interpolated_at_pixel_centres() -> None:
    """Exact at integers, halfway between them, and untouched by a NaN next door."""
    values = np.array([[0, 1], [2, np.nan]], dtype=np.float32)
    points = np.array([[0, 0], [1, 0], [0.5, 0], [0, 0.25], [0.5, 0.5]])
    found = sample_map(values, points)
    assert found[:4].tolist() == [0, 1, 0.5, 0.5]
    assert np.isnan(found[4])


@pytest.mark.parametrize("name", ["cfog", "mind"])
@pytest.mark.parametrize("protocol", ["P1", "P2"])
def test_structure_matching_registers_a_synthetic_pair(name: str, protocol: str) -> None:
    """To a tenth of a pixel under P1; under P2 to what the best affine leaves."""
    case = build_case(PROTOCOLS[protocol], loaded_pair(seed=5), seed=1)
    result = answer(name, case)
    record = score(case, name, [result], None)
    assert record.start_rmse is not None
    assert record.start_rmse > 2
    assert record.best_affine_error is not None
    assert error(result, case) < 0.15 + 2 * record.best_affine_error
    assert result.certainty is not None
    assert result.certainty > 0.5


@pytest.mark.parametrize("name", ["cfog", "mind"])
def test_structure_matching_registers_real_images(name: str, pairs: Path) -> None:
    """A Sentinel pair of 20 to 30 m under P1, views of 512 px, within a pixel."""
    every = read_manifest(pairs / "manifest.csv", "train")
    pair = next(pair for pair in every if pair.id == "sih_scene2@81_65")
    case = build_case(PROTOCOLS["P1"], load_pair(pair), seed=0)
    assert case.optical.valid.shape == (512, 512)
    assert error(answer(name, case), case) < 1


DENSE = [name for name, baseline in BASELINES.items() if baseline.needs and name != "arosics"]
SPARSE = ("xfeat", "aliked-lightglue")


@pytest.mark.parametrize("name", [name for name in DENSE if name not in SPARSE])
def test_optional_baselines_answer_in_our_convention(name: str) -> None:
    """Optical pixel to SAR pixel: a shift of (-3, +2) px is found with its signs."""
    if absence(name) is not None:
        pytest.skip(f"{name} {absence(name)}")
    pair = loaded_pair(alignment=np.array([[1, 0, -3.0], [0, 1, 2.0], [0, 0, 1]]))
    result = build_baseline(name, 1)(pair.sar, pair.optical, SearchBounds(10, 0, 1))
    centre = result.positions(np.array([[128.0, 128.0]]))
    assert centre is not None
    np.testing.assert_allclose(centre, [[125, 130]], atol=0.3)


@pytest.mark.parametrize("name", SPARSE)
def test_key_points_answer_in_our_convention(name: str) -> None:
    """The same shift, of rectangles: photographs' detectors look for corners."""
    if absence(name) is not None:
        pytest.skip(f"{name} {absence(name)}")
    rng = np.random.default_rng(0)
    ground = np.full((320, 320), 0.5)
    for row, column, height, width in rng.integers(4, 300, (300, 4)) // (1, 1, 6, 6):
        ground[row : row + height, column : column + width] = rng.uniform()
    optical = view(ground[20:276, 20:276], "optical")
    sar = view(ground[18:274, 23:279], "sar")
    result = build_baseline(name, 1)(sar, optical, SearchBounds(10, 0, 1))
    centre = result.positions(np.array([[128.0, 128.0]]))
    assert centre is not None
    np.testing.assert_allclose(centre, [[125, 130]], atol=0.5)
    empty = view(np.full((256, 256), 0.5), "sar")
    assert build_baseline(name, 1)(empty, optical, SearchBounds(10, 0, 1)).affine is None


def test_an_absent_dependency_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every baseline with a dependency names it and how to get it; the others are always there."""
    monkeypatch.setattr(methods, "_importable", lambda module: False)
    for name, baseline in BASELINES.items():
        said = absence(name)
        if baseline.needs is None:
            assert said is None
        else:
            module, distribution = baseline.needs
            assert said == f"not run: {module} is not installed (pip install {distribution})"
    assert {name for name, baseline in BASELINES.items() if baseline.needs is None} == {
        "identity",
        "cfog",
        "mind",
    }
    with pytest.raises(BadInputError, match="'loftr' is no method"):
        check_names(["cfog", "loftr"])
