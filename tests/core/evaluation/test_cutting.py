"""The cases: their truth, taken from the images themselves, and what must not leak into them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from model_core.evaluation.cases import CannotCutError, unrelated_partner
from model_core.evaluation.cutting import build_case
from model_core.evaluation.deformation import invert_affine
from model_core.evaluation.manifest import read_manifest
from model_core.evaluation.methods import MethodResult, sample_map
from model_core.evaluation.metrics import best_affine, distances
from model_core.evaluation.protocols import PROTOCOLS, TransformRange, expand
from model_core.evaluation.scoring import score
from tests.core.evaluation.synthetic import SIDE, loaded_pair

ALIGNMENT = np.array([[1.01, 0.02, -3.0], [-0.015, 0.99, 2.0], [1e-5, -2e-5, 1.0]])
RELATED = [name for name, protocol in PROTOCOLS.items() if protocol.type != "unrelated"]
CUT = [name for name in RELATED if not PROTOCOLS[name].whole]


@pytest.mark.parametrize("name", RELATED)
def test_the_truth_leads_to_the_same_ground(name: str) -> None:
    """What the optical view shows at a position, the SAR view shows at the target."""
    case = build_case(PROTOCOLS[name], loaded_pair(alignment=ALIGNMENT), seed=3)
    for side in case.sar_views:
        truth = side.truth
        assert truth is not None
        assert len(truth.positions) > 0.4 * case.optical.valid.size
        inner = ((truth.targets > 1) & (truth.targets < case.optical.valid.shape[0] - 2)).all(1)
        seen = sample_map(case.optical.image[0], truth.positions[inner])
        there = sample_map(side.view.image[0], truth.targets[inner])
        # Two bilinear samplings of a smooth texture differ by little; one pixel off, by much.
        assert np.abs(seen - there).mean() < 0.004
        off = sample_map(side.view.image[0], truth.targets[inner] + np.array([1.0, 0.0]))
        assert np.abs(seen - off).mean() > 0.03


@pytest.mark.parametrize("name", CUT)
def test_views_hold_data_everywhere_and_are_drawn_the_same_again(name: str) -> None:
    """No black border, and the same case in every run; another seed gives another one."""
    pair = loaded_pair()
    first, again = (build_case(PROTOCOLS[name], pair, seed=1) for _ in range(2))
    other = build_case(PROTOCOLS[name], pair, seed=2)
    for view in (first.optical, *(side.view for side in first.sar_views)):
        assert view.valid.all()
        side = 152 if name == "scale" else PROTOCOLS[name].view_side or 192
        assert view.valid.shape == (side, side)
        assert (view.image > 0).mean() > 0.95
    np.testing.assert_array_equal(first.optical.image, again.optical.image)
    np.testing.assert_array_equal(first.sar_views[0].view.image, again.sar_views[0].view.image)
    assert np.abs(first.sar_views[0].to_image - other.sar_views[0].to_image).max() > 0.1


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("P1", [0.958420502, 0.285358447, 14.969034702]),
        ("P2", [1.008363884, -0.006818304, 28.009393034]),
        ("local", [1.014788000, -0.027780000, 48.220271000]),
        ("equivariance", [0.955363000, 0.295434000, 2.364963000]),
        ("local-equivariance", [0.986202000, -0.016424000, 32.782352000]),
        ("unrelated", [1.008817000, -0.023968000, 27.215053000]),
    ],
)
def test_published_protocols_draw_what_they_always_drew(name: str, row: list[float]) -> None:
    """Figures of before stay comparable: seed, protocol and pair give the same case for ever."""
    partner = loaded_pair("o", 1) if name == "unrelated" else None
    case = build_case(PROTOCOLS[name], loaded_pair(), 0, partner)
    np.testing.assert_allclose(case.sar_views[0].to_image[0], row, atol=2e-6)


def drawn(name: str, count: int = 40) -> tuple[np.ndarray, TransformRange]:
    """Return shift x, y, degrees and scale (N, 4) of the truth of cases, and what is told."""
    found = []
    pair = loaded_pair()
    for number in range(count):
        named = dataclasses.replace(pair.pair, id=f"place{number}")
        case = build_case(PROTOCOLS[name], dataclasses.replace(pair, pair=named), seed=0)
        truth = case.sar_views[0].truth
        assert truth is not None
        affine = best_affine(truth.positions, truth.targets)
        centre = np.full(2, (case.optical.valid.shape[0] - 1) / 2)
        shift = affine[:, :2] @ centre + affine[:, 2] - centre
        angle = np.degrees(np.arctan2(affine[1, 0], affine[0, 0]))
        found.append([*shift, angle, np.sqrt(np.linalg.det(affine[:, :2]))])
    return np.array(found), case.transform_range


@pytest.mark.parametrize(
    ("name", "shift", "rotation", "scale"),
    [
        ("P1-main", 16, 5, 1.2),
        ("shift", 25, 0, 1),
        ("scale", 10, 10, 1.25),
        ("small-96", 10, 2, 1.02),
        ("small-128", 10, 2, 1.02),
    ],
)
def test_protocols_fill_their_range(name: str, shift: float, rotation: float, scale: float) -> None:
    """Of images of 256 px: never more than what methods are told, and nearly all of it."""
    found, told = drawn(name)
    assert (told.max_shift, told.max_rotation, told.max_scale) == (shift, rotation, scale)
    ratios = np.abs(np.log(found[:, 3]))
    for values, limit in (
        (found[:, :2], shift),
        (found[:, 2], rotation),
        (ratios, float(np.log(scale))),
    ):
        assert 0.85 * limit <= np.abs(values).max() + 1e-9
        assert np.abs(values).max() <= limit + 1e-6


def test_unrelated_views_have_the_side_of_their_protocol() -> None:
    """96 and 128 px from images of 256 px; 384 px are refused there, and cut from 704 px."""
    one, other = loaded_pair("one", 0), loaded_pair("other", 1)
    for side in (96, 128):
        case = build_case(PROTOCOLS[f"unrelated-{side}"], one, 0, other)
        assert case.optical.valid.shape == case.sar_views[0].view.valid.shape == (side, side)
    with pytest.raises(CannotCutError, match="512 are needed"):
        build_case(PROTOCOLS["unrelated-384"], one, 0, other)
    large = loaded_pair("one", 0, side=704), loaded_pair("other", 1, side=704)
    for side in (384, 512):
        case = build_case(PROTOCOLS[f"unrelated-{side}"], large[0], 0, large[1])
        assert case.optical.valid.shape == (side, side)
        assert case.transform_range.max_shift == 20


def test_sets_of_protocols_are_spelt_out_once() -> None:
    """A name beside a set that holds it is asked once; what is no set stays, to be refused."""
    assert expand(["P1", "small", "small-96", "P9"]) == ("P1", "small-96", "small-128", "P9")
    assert "unrelated" in expand(["unrelated-sizes"])
    assert set(expand(["all"])) == set(PROTOCOLS)


def test_p1_spans_half_the_published_range_in_small_images() -> None:
    """Shifts of ±25 px and rotations of ±20° at 256 px, filled to their ends."""
    shifts, angles = [], []
    pair = loaded_pair()
    for number in range(60):
        named = dataclasses.replace(pair.pair, id=f"place{number}")
        case = build_case(PROTOCOLS["P1"], dataclasses.replace(pair, pair=named), seed=0)
        truth = case.sar_views[0].truth
        assert truth is not None
        affine = best_affine(truth.positions, truth.targets)
        centre = np.array([95.5, 95.5])
        shifts.append(affine[:, :2] @ centre + affine[:, 2] - centre)
        angles.append(np.degrees(np.arctan2(affine[1, 0], affine[0, 0])))
    assert case.transform_range.max_shift == 25
    assert 20 < np.abs(shifts).max() <= 25 + 1e-6
    assert 17 < np.abs(angles).max() <= 20
    assert min(angles) < -10
    assert max(angles) > 10


def test_the_local_protocol_deforms_by_its_full_length() -> None:
    """Half of 6 px in small images, in every case; no affine explains it, and P1 has none of it."""
    for seed in range(5):
        case = build_case(PROTOCOLS["local"], loaded_pair(), seed=seed)
        truth = case.sar_views[0].truth
        assert truth is not None
        assert case.transform_range.local == 3
        affine = best_affine(truth.positions, truth.targets)
        left = distances(truth.positions @ affine[:, :2].T + affine[:, 2], truth.targets)
        assert 0.9 < left.mean() < 3
    rigid = build_case(PROTOCOLS["P1"], loaded_pair(), seed=0).sar_views[0].truth
    assert rigid is not None
    affine = best_affine(rigid.positions, rigid.targets)
    left = distances(rigid.positions @ affine[:, :2].T + affine[:, 2], rigid.targets)
    assert left.max() < 1e-6


@pytest.mark.parametrize("name", ["equivariance", "local-equivariance"])
def test_equivariance_undoes_two_different_warps(name: str) -> None:
    """The true answers to both views, undone, are one position of the SAR image."""
    case = build_case(PROTOCOLS[name], loaded_pair(alignment=ALIGNMENT), seed=0)
    one, other = case.sar_views
    assert np.abs(one.to_image - other.to_image).max() > 1
    undone = []
    for side in case.sar_views:
        assert side.truth is not None
        image = np.full((*case.optical.valid.shape, 2), np.nan)
        x, y = side.truth.positions.astype(int).T
        image[y, x] = side.image_positions(side.truth.targets)
        undone.append(image)
    both = np.isfinite(undone[0]).all(-1) & np.isfinite(undone[1]).all(-1)
    assert both.mean() > 0.3
    np.testing.assert_allclose(undone[0][both], undone[1][both], atol=1e-6)


def test_check_points_are_followed_into_the_views() -> None:
    """Points that lie in both views, and only these, with local deformation and all."""
    rng = np.random.default_rng(0)
    optical = rng.uniform(20, SIDE - 20, (40, 2))
    sar = optical + np.array([3.0, -2.0])
    shift = np.array([[1, 0, 3.0], [0, 1, -2.0], [0, 0, 1]])
    points = np.column_stack([optical, sar])
    case = build_case(PROTOCOLS["local"], loaded_pair(alignment=shift, points=points), seed=0)
    dense = build_case(PROTOCOLS["local"], loaded_pair(alignment=shift), seed=0)
    truth, whole = case.sar_views[0].truth, dense.sar_views[0].truth
    assert truth is not None
    assert whole is not None
    assert 4 <= len(truth.positions) < 40
    field = np.full((*case.optical.valid.shape, 2), np.nan, dtype=np.float32)
    x, y = whole.positions.astype(int).T
    field[y, x] = whole.targets
    expected = sample_map(field, truth.positions)
    known = np.isfinite(expected).all(1)
    assert known.sum() >= 4
    np.testing.assert_allclose(truth.targets[known], expected[known], atol=0.01)


def test_check_points_that_leave_a_view_are_left_out() -> None:
    """Shifts of up to 25 px take some out of the SAR view, though the optical one shows them."""
    both = np.random.default_rng(0).uniform(20, SIDE - 20, (200, 2))
    pair = loaded_pair(points=np.column_stack([both, both]))
    for seed in range(3):
        case = build_case(PROTOCOLS["P1"], pair, seed=seed)
        truth = case.sar_views[0].truth
        assert truth is not None
        side = case.optical.valid.shape[0]
        for places in (truth.positions, truth.targets):
            assert places.min() > -0.5
            assert places.max() < side - 0.5


def test_pixels_without_data_are_avoided_or_the_case_is_refused() -> None:
    """A hole in a corner is walked around; one in the middle leaves no room."""
    pair = loaded_pair()
    valid = pair.sar.valid.copy()
    valid[:20, :20] = False
    corner = dataclasses.replace(pair, sar=dataclasses.replace(pair.sar, valid=valid))
    case = build_case(PROTOCOLS["P2"], corner, seed=0)
    assert case.sar_views[0].view.valid.all()
    valid = np.ones_like(valid)
    valid[128, 128] = False
    middle = dataclasses.replace(pair, sar=dataclasses.replace(pair.sar, valid=valid))
    with pytest.raises(CannotCutError, match="missing pixels"):
        build_case(PROTOCOLS["P2"], middle, seed=0)
    with pytest.raises(CannotCutError, match="side of 160 px"):
        build_case(PROTOCOLS["P2"], loaded_pair(side=160), seed=0)


def test_other_protocols_take_views_with_gaps_where_there_are_no_others() -> None:
    """Half of the pixels must have data; what has none is not judged, and the record says so."""
    pair = loaded_pair()
    valid = np.ones_like(pair.sar.valid)
    valid[:, 128:160] = False
    striped = dataclasses.replace(pair, sar=dataclasses.replace(pair.sar, valid=valid))
    case = build_case(PROTOCOLS["P1-main"], striped, seed=0)
    (cut,) = case.sar_views
    assert 0.75 < cut.view.valid.mean() < 0.9
    assert cut.truth is not None
    column, row = np.rint(cut.truth.targets).astype(int).T
    assert cut.view.valid[row, column].all()
    record = score(case, "m", [MethodResult(np.eye(2, 3))], None)
    assert record.optical_valid == 1
    assert record.sar_valid == pytest.approx(cut.view.valid.mean())
    assert not record.gapless
    whole = score(build_case(PROTOCOLS["P1-main"], pair, 0), "m", [MethodResult(None)], None)
    assert whole.gapless
    valid[:, 60:200] = False
    with pytest.raises(CannotCutError, match="at most 50% missing pixels"):
        build_case(PROTOCOLS["P1-main"], striped, seed=0)


def test_unrelated_views_come_from_two_places() -> None:
    """The SAR view is the partner's; a partner of the same region is refused."""
    one, other = loaded_pair("one", 0), loaded_pair("other", 1)
    case = build_case(PROTOCOLS["unrelated"], one, 0, other)
    side = case.sar_views[0]
    assert side.truth is None
    own = sample_map(
        other.sar.image[0],
        (np.array([[50.0, 50.0]]) @ side.to_image[:, :2].T + side.to_image[:, 2]),
    )
    assert side.view.image[0, 50, 50] == pytest.approx(float(own[0]), abs=1e-5)
    assert invert_affine(side.to_image).shape == (2, 3)
    with pytest.raises(ValueError, match="may show the place"):
        build_case(PROTOCOLS["unrelated"], one, 0, one)


def test_partners_on_real_data_never_share_ground(pairs: Path, scenes: Path) -> None:
    """By event, by tile and by zone for the pairs; by their coordinates for the scenes."""
    for manifest in (pairs / "manifest.csv", scenes / "manifest.csv"):
        every = read_manifest(manifest)
        for pair in every[::40] + every[-6:]:
            partner = unrelated_partner(pair, every, seed=0)
            assert partner is not None
            assert not pair.may_touch(partner)
            assert partner.side >= 192
    events = {p.region for p in read_manifest(pairs / "manifest.csv", "val")}
    assert events == {f"ombria_2021{name}" for name in ("albania", "france", "guyana", "timor")}
