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
from model_core.network.soma import Soma
from model_core.registration import tiles
from model_core.registration.feature_cache import FeatureCache
from model_core.registration.fit import fit_affine
from model_core.registration.refine import Refinement, Step, refine, refinement
from tests.core.network.images import TINY, coarse_pair, pair, rotation, scene, shift
from tests.core.registration.registering import as_model, error, image_pair, start_field

PROGRESS = Progress(Feedback(), "refine")
NETWORK = Soma(replace(TINY, learned=False)).eval()


def refined(images, start, local, progress=PROGRESS):
    """Return the fit of two images from a start (1, 2, 3)."""
    size = tuple(images[0].image.shape[-2:])
    cache = FeatureCache(image_pair(*images), as_model(NETWORK))
    how = refinement(size, NETWORK.config, local)
    return refine(cache, cache.model, start_field(start, size), how, progress)


def test_steps_go_from_coarse_to_fine_and_end_with_the_field_that_was_asked_for():
    config = NETWORK.config
    affine = refinement((500, 3000), config, local=False).steps
    local = refinement((500, 3000), config, local=True).steps
    assert [step.factor for step in affine] == [3, 1, 1]
    assert [step.stage for step in affine[-1:]] == list(config.affine_stages[2:])
    assert [step.stage for step in local[2:]] == list(config.flow_stages)
    assert all(step.stage == config.affine_stages[1] for step in local[:2])


@pytest.mark.parametrize("local", [False, True])
def test_tiles_give_what_one_window_gives(monkeypatch, local):
    """An oblong image in twelve tiles: every control point is where it was."""
    truth = rotation(2.0, 3.0, -2.0, 220)
    images = pair(truth, 200, 250)
    start = compose(truth, shift(2.0, -1.5))
    whole = refined(images, start, local)
    monkeypatch.setattr(tiles, "TILE", 64)
    assert len(tiles.tile_windows(200, 250, 16)) > 10
    tiled = refined(images, start, local)
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

    affine, local = (refined(images, shift(0, 0), local) for local in (False, True))
    assert rms(affine) > 1.2
    assert rms(local) < 0.45


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
    refined(images, shift(0, 0), True, Progress(watcher, "refine", 0.2, 0.6))
    assert seen == sorted(seen)
    assert seen[0] == pytest.approx(0.2)
    assert seen[-1] == pytest.approx(0.6)
    seen.clear()
    watcher.stop = True
    with pytest.raises(CancelledError):
        refined(images, shift(0, 0), True, Progress(watcher, "refine"))


def test_a_coarse_level_measures_in_pixels_of_the_full_image():
    """Three steps at a third of the resolution, and no other: the affine is found."""
    size, truth = (640, 640), rotation(0.8, 9.0, -6.0, 640)
    images = coarse_pair(truth, 640)
    stage = NETWORK.config.affine_stages[1]
    cache = FeatureCache(image_pair(*images), as_model(NETWORK))
    given = []

    def fitted(targets, so_far, final):
        given.append((targets.factor, targets.tolerance, targets.grid.spacing, final))
        return fit_affine(targets)

    how = Refinement((Step(3, stage),) * 3, fitted)
    fit = refine(cache, cache.model, start_field(shift(0, 0), size), how, PROGRESS)
    assert error(start_field(shift(0, 0), size), truth) > 9
    assert error(fit.field, truth) < 0.7
    assert [one[:3] for one in given] == [(3, 6.0, 48)] * 3
    assert [one[3] for one in given] == [False, False, True]


def test_a_coarse_level_takes_little_of_the_progress():
    seen = []

    class Watcher(Feedback):
        def progress(self, stage, done, total, fraction):
            seen.append(fraction)

    stage = NETWORK.config.affine_stages[1]
    cache = FeatureCache(image_pair(*pair(shift(0, 0), 128, 128)), as_model(NETWORK))
    how = Refinement((Step(2, stage), Step(1, stage)), lambda targets, *_: fit_affine(targets))
    start = start_field(shift(0, 0), (128, 128))
    refine(cache, cache.model, start, how, Progress(Watcher(), "refine"))
    assert seen == pytest.approx([0.0, 0.2, 0.2, 1.0])
