"""Measures during training: the same questions every time, to the network and to its fixed part."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import torch

from model_core.evaluation.cases import CannotCutError, Case
from model_core.evaluation.cutting import build_case
from model_core.evaluation.deformation import apply_homography
from model_core.evaluation.metrics import distances
from model_core.evaluation.metrics import rmse as root_mean_square
from model_core.evaluation.pairs import DatasetPair, limit_per_source, load_pair, stable_hash
from model_core.evaluation.protocols import PROTOCOLS
from model_core.network.images import ImageBatch
from model_core.network.matcher_config import StageConfig
from model_core.network.soma import Soma
from model_core.registration.model import RegistrationModel
from model_core.training.config import TrainingConfig
from model_core.training.data import PairSet
from model_core.training.warps import Views, local_views
from model_core.workflows.match import match_pair

TEMPLATE = StageConfig(stride=4, radius=6, window=18.0, spacing=16)
"""Windows about as wide as a box of 64 px, searched by up to 24 px: a question both parts of the
descriptors can be asked."""


@dataclass(frozen=True)
class Figures:
    """What a network reaches on the validation pairs.

    Attributes:
        within2: share of templates found within 2 px.
        within5: share of templates found within 5 px.
        rmse: median error of the registered affine under protocol P1, in pixels.
        cmr2: share of these errors below 2 px.
        failed: share of these errors above 5 px.
        certain: mean certainty on related pairs.
        certain_unrelated: mean certainty on pairs of different places.
    """

    within2: float
    within5: float
    rmse: float
    cmr2: float
    failed: float
    certain: float
    certain_unrelated: float

    @property
    def score(self) -> float:
        """By which the best checkpoint is chosen."""
        return (self.within2 + self.within5) / 2


class Validation:
    """Fixed questions; the pairs are those held out."""

    def __init__(self, held: list[DatasetPair], config: TrainingConfig) -> None:
        """Read the pairs and cut the views; ``held`` must not be empty."""
        per_source = max(1, config.validation_cases // len({p.source for p in held}))
        self.cases: list[Case] = []
        for pair in limit_per_source(held, per_source, config.seed):
            if pair.alignment is not None:
                try:
                    self.cases.append(build_case(PROTOCOLS["P1"], load_pair(pair), config.seed))
                except CannotCutError:
                    continue  # an image with gaps: the protocol cannot be cut from it
        ordered = sorted(held, key=lambda pair: stable_hash(f"validation:{pair.id}"))
        pairs = PairSet(ordered, [1.0] * len(ordered))
        count = min(config.validation_pairs, len(ordered))
        warp = dataclasses.replace(config.warp, side=min(192, config.warp.side))
        self.views: list[Views] = []
        self.related: list[Views] = []
        self.unrelated: list[Views] = []
        for index in range(count):
            rng = np.random.default_rng([config.seed, index])
            self.views.append(local_views(pairs.get(index), warp, TEMPLATE.reach - 4.0, rng))
            self.related.append(local_views(pairs.get(index), warp, 4.0, rng))
            others = [i for i in range(count) if not ordered[i].may_touch(ordered[index])]
            if others:
                other = pairs.get(others[index % len(others)])
                self.unrelated.append(local_views(pairs.get(index), warp, 4.0, rng, other))

    @torch.inference_mode()
    def measure(self, network: Soma, device: torch.device) -> Figures:
        """Ask a network, in evaluation mode, all questions."""
        errors = []
        for views in self.views:
            reference, moving = (network.feature_maps(i) for i in _images(views, device))
            found = network.measure(reference, moving, TEMPLATE)
            truth = views.displacement(TEMPLATE.spacing)
            error = np.linalg.norm(found.displacement[0].cpu().numpy() - truth, axis=0)
            inside = np.abs(truth).max(axis=0) <= TEMPLATE.reach - 2
            errors.append(error[inside & (found.support[0] > 0.5).cpu().numpy()])
        joined = np.concatenate(errors)
        model = RegistrationModel(network, device, "")
        rmse = np.array([_affine_error(model, case) for case in self.cases] or [np.nan])
        return Figures(
            within2=float((joined < 2).mean()),
            within5=float((joined < 5).mean()),
            rmse=float(np.median(rmse)),
            cmr2=float((rmse < 2).mean()),
            failed=float((rmse > 5).mean()),
            certain=_certainty(network, self.related, device),
            certain_unrelated=_certainty(network, self.unrelated, device),
        )


def _certainty(network: Soma, some: list[Views], device: torch.device) -> float:
    """Return the mean certainty of the first flow stage; NaN without views."""
    stage = network.config.flow_stages[0]
    found = []
    for views in some:
        optical, sar = (network.feature_maps(images) for images in _images(views, device))
        found.append(network.measure(optical, sar, stage).certainty)
    return float(torch.cat(found).mean()) if found else float("nan")


def _images(views: Views, device: torch.device) -> tuple[ImageBatch, ImageBatch]:
    (optical, optical_valid), (sar, sar_valid) = views.reference, views.moving
    return (
        ImageBatch(optical.to(device), optical_valid.to(device), "optical"),
        ImageBatch(sar.to(device), sar_valid.to(device), "sar"),
    )


def _affine_error(model: RegistrationModel, case: Case) -> float:
    """Return the RMSE, in pixels, of the affine that the registration finds for a case."""
    (sar,) = case.sar_views
    assert sar.truth is not None
    bounds = case.transform_range.search_bounds
    found = match_pair(model, sar.view, case.optical, bounds, "affine")
    return root_mean_square(
        distances(apply_homography(found.affine, sar.truth.positions), sar.truth.targets)
    )
