"""Refinement: steps, tiles, and the order in which displacement and field are applied."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from model_core.errors import CancelledError
from model_core.feedback import Feedback, Progress
from model_core.geometry.affine import affine_field, compose
from model_core.geometry.sampling import sample
from model_core.geometry.window import Window
from model_core.network.images import ImageBatch
from model_core.network.matcher_config import StageConfig
from model_core.network.soma import Soma
from model_core.raster import ahead
from model_core.registration import refine as refining
from model_core.registration import tiles
from model_core.registration.feature_cache import FeatureCache
from model_core.registration.refine import Refinement, Step, measure_step, refine, refinement
from model_core.registration.tile_rounds import TileRounds, spread_out
from model_core.registration.transformation import FLOW, KINDS, Transformation
from model_core.registration.verify import verify
from tests.core.network.images import TINY, coarse_pair, pair, rotation, scene, shift
from tests.core.registration.registering import as_model, error, image_pair, start_field

PROGRESS = Progress(Feedback(), "refine")
NETWORK = Soma(replace(TINY, learned=False)).eval()
PUT = TileRounds._put


def refined(images, start, wanted, progress=PROGRESS):
    """Return the answer for two images from a start (1, 2, 3)."""
    size = tuple(images[0].image.shape[-2:])
    cache = FeatureCache(image_pair(*images), as_model(NETWORK))
    how = refinement(size, NETWORK.config, wanted)
    return refine(cache, cache.model, start_field(start, size), how, progress).answer


def test_steps_go_from_coarse_to_fine_and_end_with_the_field_that_was_asked_for():
    config = NETWORK.config
    affine, local = (refinement((500, 900), config, wanted).steps for wanted in ("affine", FLOW))
    assert [step.factor for step in affine] == [1, 1]
    assert [step.factor for step in local] == [1, 1, 1]
    assert affine[1].stage == config.affine_stages[2]
    assert [step.stage for step in local[1:]] == list(config.flow_stages)
    assert affine[0].stage == local[0].stage == config.affine_stages[1]
    # What is to be chosen by the evidence is measured as the freest kind is.
    assert refinement((500, 900), config, "auto").steps == local


@pytest.mark.parametrize(
    ("side", "factors"),
    [(1025, [2, 2]), (3000, [3, 2]), (6000, [6, 2]), (10_980, [11, 3, 2])],
)
def test_large_scenes_are_measured_at_full_resolution_in_one_go(side, factors):
    config = NETWORK.config
    ends: dict[Transformation, tuple[StageConfig, ...]] = {
        "affine": config.affine_stages[2:],
        FLOW: config.flow_stages,
    }
    for wanted, last in ends.items():
        how = refinement((500, side), config, wanted)
        assert [step.factor for step in how.steps] == factors
        assert all(step.stage == config.affine_stages[1] for step in how.steps[:-1])
        assert how.steps[-1].stage == last[-1]
        assert how.rounds == last
    assert refinement((500, 900), config, FLOW).rounds == ()


@pytest.mark.parametrize("wanted", ["affine", FLOW, "auto"])
def test_tiles_give_what_one_window_gives(monkeypatch, wanted):
    """An oblong image in twelve tiles: every control point is where it was."""
    truth = rotation(2.0, 3.0, -2.0, 220)
    images = pair(truth, 200, 250)
    start = compose(truth, shift(2.0, -1.5))
    whole = refined(images, start, wanted).fit
    monkeypatch.setattr(tiles, "TILE", 64)
    assert len(tiles.tile_windows(200, 250, 16)) > 10
    tiled = refined(images, start, wanted).fit
    window = Window(0, 0, 200, 250)
    apart = np.linalg.norm(tiled.field.window(window) - whole.field.window(window), axis=-1)
    assert np.median(apart) < 0.1
    assert apart.max() < 0.5
    assert error(tiled.field, truth) < 0.4


def deformed_pair(size):
    """Return a pair whose moving image is deformed smoothly, and the true positions (H, W, 2)."""
    height, width = size
    whole = scene(height, width, 3)
    grid = affine_field(shift(0, 0), height, width)[0]
    x, y = grid[..., 0], grid[..., 1]
    displacement = torch.stack([3 * torch.sin(y / 40), 2 * torch.cos(x / 45)], dim=-1)
    margin = 48
    moving = whole[..., margin : margin + height, margin : margin + width]
    # The reference shows at x what the moving image shows at x + displacement.
    reference = sample(whole, (grid + displacement + margin)[None])
    valid = torch.ones_like(moving)
    images = (
        ImageBatch(reference.expand(1, 3, -1, -1), valid, "optical"),
        ImageBatch(moving, valid, "sar"),
    )
    return images, (grid + displacement).double().numpy()


def test_a_smooth_deformation_is_found_with_its_sign_and_axes():
    size = (224, 300)
    images, truth = deformed_pair(size)
    inner = (slice(24, -24), slice(24, -24))

    def rms(fit):
        gap = fit.field.window(Window(0, 0, *size)) - truth
        return float(np.sqrt(np.square(gap[inner]).sum(axis=-1).mean()))

    affine, local, chosen = (
        refined(images, shift(0, 0), wanted) for wanted in ("affine", FLOW, "auto")
    )
    assert rms(affine.fit) > 1.2
    assert rms(local.fit) < 0.45
    assert chosen.kind == FLOW
    assert rms(chosen.fit) < 0.45


@pytest.mark.parametrize("side", [64, 640])
def test_progress_grows_to_the_end_of_the_stage_and_a_wish_to_stop_is_heard(monkeypatch, side):
    """In an image of four tiles and of one."""
    monkeypatch.setattr(tiles, "TILE", side)
    seen = []

    class Watcher(Feedback):
        stop = False

        def progress(self, stage, done, total, fraction):
            seen.append(fraction)

        def cancelled(self):
            return self.stop and len(seen) > 3

    watcher = Watcher()
    images = pair(shift(2, 1), 128, 128)
    refined(images, shift(0, 0), FLOW, Progress(watcher, "refine", 0.2, 0.6))
    assert seen == sorted(seen)
    assert seen[0] == pytest.approx(0.2)
    assert seen[-1] == pytest.approx(0.6)
    seen.clear()
    watcher.stop = True
    with pytest.raises(CancelledError):
        refined(images, shift(0, 0), FLOW, Progress(watcher, "refine"))


def test_rounds_within_tiles_find_what_steps_over_the_whole_scene_find(monkeypatch):
    """A deformed scene in six tiles, each measured twice before the next is read."""
    size = (224, 300)
    images, truth = deformed_pair(size)
    steps = tuple(Step(1, stage) for stage in NETWORK.config.affine_stages[1:2])
    rounds = NETWORK.config.flow_stages
    whole = Refinement((*steps, *(Step(1, stage) for stage in rounds)), FLOW)
    monkeypatch.setattr(tiles, "TILE", 112)
    found = []
    for how in (whole, Refinement(steps, FLOW, rounds=rounds)):
        cache = FeatureCache(image_pair(*images), as_model(NETWORK))
        found.append(refine(cache, cache.model, start_field(shift(0, 0), size), how, PROGRESS))
    one, other = found
    assert one.matches is None
    assert other.matches is not None
    fields = [each.answer.fit.field.window(Window(0, 0, *size)) for each in found]
    apart = np.linalg.norm(fields[0] - fields[1], axis=-1)
    assert np.median(apart) < 0.1
    assert apart.max() < 0.6
    gap = (fields[1] - truth)[24:-24, 24:-24]
    assert np.sqrt(np.square(gap).sum(axis=-1).mean()) < 0.45
    # The verification windows on the way say what they say after the end.
    field = other.answer.fit.field
    along, after = other.matches.beside(field), verify(cache, cache.model, field, PROGRESS)
    same, back = (np.lexsort(each.points.T) for each in (along, after))
    assert along.points[same] == pytest.approx(after.points[back])
    assert along.independent == pytest.approx(after.independent)
    between = np.abs(along.residual[same] - after.residual[back])
    assert between.max() < 1
    assert np.median(between) < 0.15
    assert along.inliers(4.0).mean() == pytest.approx(after.inliers(4.0).mean(), abs=0.02)


@pytest.mark.parametrize(
    ("wanted", "deformed", "measured"),
    [("shift", False, 4), ("auto", False, 4), (FLOW, False, 12), ("auto", True, 12)],
)
def test_a_transformation_of_the_whole_image_is_known_from_some_tiles(
    monkeypatch, wanted, deformed, measured
):
    """Four of twelve are enough, unless the images ask for a residual displacement."""
    size = (192, 256)
    monkeypatch.setattr(tiles, "TILE", 64)
    monkeypatch.setattr(refining, "ENOUGH_TILES", 4)
    images = deformed_pair(size)[0] if deformed else pair(shift(3.0, -2.0), *size)
    config, cache = NETWORK.config, FeatureCache(image_pair(*images), as_model(NETWORK))
    rounds = config.affine_stages[2:] if wanted == "shift" else config.flow_stages
    steps = (Step(1, config.affine_stages[1]), Step(2, rounds[-1]))
    asked = []

    def put(self, found):
        asked.append(found)
        return PUT(self, found)

    monkeypatch.setattr(TileRounds, "_put", put)
    how = Refinement(steps, wanted, rounds=rounds)
    found = refine(cache, cache.model, start_field(shift(0, 0), size), how, PROGRESS)
    assert len(asked) == measured
    fit = found.answer.fit
    assert fit.known.all()
    assert fit.looked_at.mean() == pytest.approx(measured / 12)
    assert not np.isfinite(fit.residual[~fit.looked_at]).any()
    assert np.isfinite(found.answer.deviation).all()
    assert found.matches is not None
    assert len(found.matches.points) == pytest.approx(192 * 256 / 16**2 * measured / 12, abs=1)
    if not deformed:
        assert error(fit.field, shift(3.0, -2.0)) < 0.3


def test_however_many_tiles_are_worked_on_at_one_time_the_field_is_the_same(monkeypatch):
    size = (192, 256)
    images = deformed_pair(size)[0]
    monkeypatch.setattr(tiles, "TILE", 64)
    threads = torch.get_num_threads()
    fields = []
    for at_once in (1, 3):
        monkeypatch.setattr(ahead, "items_at_once", lambda count=at_once: count)
        fields.append(refined(images, shift(0, 0), FLOW).fit.field.window(Window(0, 0, *size)))
    assert np.array_equal(*fields)
    assert torch.get_num_threads() == threads


def test_tiles_are_measured_far_apart_at_first():
    places = np.stack(np.meshgrid(np.arange(5.0), np.arange(4.0)), axis=-1).reshape(-1, 2)
    order = spread_out(places)
    assert sorted(order) == list(range(20))
    first = places[order[:5]]
    apart = np.linalg.norm(first[:, None] - first, axis=-1) + 9 * np.eye(5)
    assert apart.min() >= 2
    assert {tuple(place) for place in first[1:]} == {(0, 0), (0, 3), (4, 0), (4, 3)}


def test_a_coarse_level_measures_in_pixels_of_the_full_image():
    """Three steps at a third of the resolution, and no other: the affine is found."""
    size, truth = (640, 640), rotation(0.8, 9.0, -6.0, 640)
    images = coarse_pair(truth, 640)
    stage = NETWORK.config.affine_stages[1]
    cache = FeatureCache(image_pair(*images), as_model(NETWORK))
    given = []

    class Watched(Refinement):
        def between(self, targets, so_far):
            given.append((targets.factor, targets.tolerance, targets.grid.spacing))
            return super().between(targets, so_far)

    how = Watched((Step(3, stage),) * 3, "affine")
    found = refine(cache, cache.model, start_field(shift(0, 0), size), how, PROGRESS).answer
    assert error(start_field(shift(0, 0), size), truth) > 9
    assert error(found.fit.field, truth) < 0.7
    assert given == [(3, 6.0, 48)] * 2
    assert found.fit.field.grid.spacing == 48


def test_a_coarse_level_takes_little_of_the_progress():
    seen = []

    class Watcher(Feedback):
        def progress(self, stage, done, total, fraction):
            seen.append(fraction)

    stage = NETWORK.config.affine_stages[1]
    cache = FeatureCache(image_pair(*pair(shift(0, 0), 128, 128)), as_model(NETWORK))
    how = Refinement((Step(2, stage), Step(1, stage)), "affine")
    start = start_field(shift(0, 0), (128, 128))
    refine(cache, cache.model, start, how, Progress(Watcher(), "refine"))
    assert seen[:4] == pytest.approx([0.0, 0.2, 0.2, 1.0])
    assert seen[3:] == [1.0] * len(seen[3:])


@pytest.mark.parametrize("wanted", KINDS)
def test_the_field_is_of_the_kind_that_was_asked_for(wanted: Transformation) -> None:
    """Also between the steps: a residual displacement beside an affine, or a linear kind alone."""
    truth = rotation(2.0, 3.0, -2.0, 128)
    images = pair(truth, 128, 128)
    found = refined(images, compose(truth, shift(2.0, -1.5)), wanted)
    assert found.kind == wanted
    assert found.choice is None
    affine = found.fit.field.affine[:, :2]
    assert (found.fit.field.residual_displacement is None) == (wanted != FLOW)
    assert np.allclose(affine, np.eye(2), atol=1e-12) == (wanted == "shift")
    assert np.allclose(affine.T @ affine, np.eye(2), atol=1e-9) == (wanted in ("shift", "rigid"))
    assert (error(found.fit.field, truth) < 0.5) == (wanted != "shift")


@pytest.mark.parametrize("wanted", ["rigid", FLOW])
def test_between_the_steps_an_affine_is_kept_only_where_that_is_asked_for(wanted) -> None:
    truth = rotation(2.0, 3.0, -2.0, 128)
    cache = FeatureCache(image_pair(*pair(truth, 128, 128)), as_model(NETWORK))
    step = Step(1, NETWORK.config.affine_stages[1])
    so_far = start_field(compose(truth, shift(2.0, -1.5)), (128, 128))
    targets = measure_step(cache, cache.model, so_far, step, PROGRESS)
    fitted = Refinement((step,), wanted).between(targets, so_far)
    assert error(fitted, truth) < 0.7
    assert (fitted.residual_displacement is None) == (wanted == "rigid")
    assert not np.allclose(fitted.affine, so_far.affine, atol=0.5)
    kept = Refinement((step,), FLOW, keeps_affine=True).between(targets, so_far)
    assert np.array_equal(kept.affine, so_far.affine)
    assert error(kept, truth) < 0.7


def test_where_the_kind_is_chosen_one_that_needs_no_local_field_is_measured_once() -> None:
    """The last step is there twice, for a field; a shift has told enough after the first."""
    stage = NETWORK.config.flow_stages[1]
    steps = (Step(1, NETWORK.config.affine_stages[1]), Step(1, stage), Step(1, stage))
    truth = shift(3.0, -2.0)

    ends = []

    class Watcher(Feedback):
        def progress(self, stage, done, total, fraction):
            ends.append(fraction)

    def measured_times(images, wanted):
        cache = FeatureCache(image_pair(*images), as_model(NETWORK))
        seen = []

        class Watched(Refinement):
            def between(self, targets, so_far):
                seen.append(targets.grid.spacing)
                return super().between(targets, so_far)

        size = tuple(images[0].image.shape[-2:])
        start = start_field(shift(0, 0), size)
        progress = Progress(Watcher(), "refine")
        found = refine(cache, cache.model, start, Watched(steps, wanted), progress).answer
        assert ends[-1] == 1.0
        return len(seen) + 1, found

    times, found = measured_times(pair(truth), "auto")
    assert (times, found.kind) == (2, "shift")
    assert found.choice is not None
    assert found.choice.probability["shift"] > 0.5
    assert error(found.fit.field, truth) < 0.3
    assert measured_times(pair(truth), FLOW)[0] == 3
    deformed, _ = deformed_pair((224, 300))
    times, found = measured_times(deformed, "auto")
    assert (times, found.kind) == (3, FLOW)
