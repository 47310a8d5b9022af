"""Measures how far measured displacements are off on training pairs, and how errors go together.

    python benchmarks/measurement_noise.py --pairs $SOMA_DATA/pairs/manifest.csv \\
        --pairs $SOMA_DATA/sensors/manifest.csv --limit 24

Prints the constants of ``registration/noise.py``: they make the errors of training pairs most
probable, where an error is normal or, rarely, an outlier. The alignment of the pairs is known but
for a shift, so the median error of each view is removed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from model_core.evaluation.cases import CannotCutError, Case
from model_core.evaluation.cutting import build_case
from model_core.evaluation.manifest import read_manifest
from model_core.evaluation.metrics import best_affine
from model_core.evaluation.pairs import limit_per_source, load_pair
from model_core.evaluation.protocols import PROTOCOLS
from model_core.feedback import Feedback, stage_progress
from model_core.geometry.field import transform
from model_core.registration import noise
from model_core.registration.feature_cache import FeatureCache
from model_core.registration.fit import Targets
from model_core.registration.model import RegistrationModel, load_model
from model_core.registration.refine import measure_step, refinement
from model_core.registration.search import find_start
from model_core.workflows.match import plain_pair

FARTHEST, OTHERWISE = 8.0, 3.0
"""Pixels: measurements further off are left out, and views whose median error is larger."""

OUTLIER = 3.0
"""Standard deviation of outliers, in pixels."""

LAGS = 12
"""Control points as far as which errors are compared."""

Array = NDArray[np.float64]


def last_targets(model: RegistrationModel, case: Case) -> Targets:
    """Return what the last step measures."""
    pair = plain_pair(case.sar_views[0].view, case.optical)
    cache = FeatureCache(pair, model)
    field = find_start(pair, model, case.transform_range.search_bounds).field
    how = refinement(pair.size, model.network.config, "auto")
    progress = stage_progress(Feedback(), "refine")
    targets = measure_step(cache, model, field, how.steps[0], progress)
    for step in how.steps[1:]:
        field = how.between(targets, field)
        targets = measure_step(cache, model, field, step, progress)
    return targets


def errors_of(case: Case, targets: Targets) -> Array | None:
    """Return the errors (h, w, 2), NaN where there is none; None for a view aligned wrongly."""
    truth = case.sar_views[0].truth
    assert truth is not None
    affine = best_affine(truth.positions, truth.targets)
    found = targets.positions - transform(affine, targets.grid.positions())
    there = (targets.certainty > 1 - noise.MOST_CERTAIN) & (np.abs(found).max(axis=-1) < FARTHEST)
    if not there.any():
        return None
    middle = np.median(found[there], axis=0)
    if np.abs(middle).max() > OTHERWISE:
        return None
    return np.where(there[..., None], found - middle, np.nan)


def rows_of(errors: Array, targets: Targets) -> Array:
    """Return (n, 4): error along an axis, and the logarithms that its deviation depends on."""
    observed = targets.observations(np.eye(2, 3))
    certainty = np.clip(targets.certainty, 1 - noise.MOST_CERTAIN, noise.MOST_CERTAIN)
    share = np.log(np.clip(observed.data_share(), noise.LEAST_SHARE, 1))
    found = []
    for axis, part in ((0, 0), (1, 2)):
        curvature = np.maximum(targets.curvature[part], noise.LEAST_CURVATURE)
        columns = (
            errors[..., axis],
            np.log(curvature / noise.REFERENCE_CURVATURE),
            np.log(certainty / (1 - certainty)),
            share,
        )
        rows = np.stack(columns, axis=-1).reshape(-1, 4)
        found.append(rows[np.isfinite(rows[:, 0])])
    return np.concatenate(found)


def fitted(rows: Array) -> list[float]:
    """Return the logarithm of the deviation, the three powers, and the logit of the outliers."""
    given = torch.from_numpy(rows)
    found = torch.tensor([-0.5, -0.3, -0.2, 0.0, -3.0], dtype=torch.float64, requires_grad=True)
    solver = torch.optim.LBFGS([found], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        solver.zero_grad()
        deviation = torch.exp(found[0] + given[:, 1:] @ found[1:4])
        outliers = torch.sigmoid(found[4])
        usual = torch.exp(-0.5 * (given[:, 0] / deviation) ** 2) / deviation
        wild = torch.exp(-0.5 * (given[:, 0] / OUTLIER) ** 2) / OUTLIER
        value = -torch.log((1 - outliers) * usual + outliers * wild).mean()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    solver.step(loss)  # type: ignore[no-untyped-call]
    return [float(value) for value in found.detach()]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, action="append", required=True)
    parser.add_argument("--limit", type=int, default=24, help="pairs per source")
    parser.add_argument("--model", default="soma-compact")
    options = parser.parse_args()
    model, _ = load_model(options.model, "cpu")
    pairs = [pair for manifest in options.pairs for pair in read_manifest(manifest, "train")]
    products, counts, rows = np.zeros(LAGS), np.zeros(LAGS), []
    for pair in limit_per_source([one for one in pairs if one.side >= 192], options.limit, 5):
        for name in ("P1", "shift"):
            try:
                case = build_case(PROTOCOLS[name], load_pair(pair), 5)
            except (CannotCutError, ValueError):
                continue
            targets = last_targets(model, case)
            errors = errors_of(case, targets)
            if errors is None:
                continue
            rows.append(rows_of(errors, targets))
            for lag in range(LAGS):
                both = errors[:, lag:] * errors[:, : errors.shape[1] - lag]
                products[lag] += np.nansum(both)
                counts[lag] += np.isfinite(both).sum()
    logarithm, curvature, certainty, border, outliers = fitted(np.concatenate(rows))
    print(f"DEVIATION = {np.exp(logarithm):.2f}  CURVATURE_POWER = {curvature:.2f}  "
          f"CERTAINTY_POWER = {certainty:.2f}  BORDER_POWER = {border:.2f}  "
          f"outliers {1 / (1 + np.exp(-outliers)):.3f}, errors {sum(map(len, rows))}")  # fmt: skip
    covariance = products / counts
    spacing = targets.grid.spacing
    for lag in range(LAGS):
        told = float(noise.correlation(np.array(float(lag * spacing))))
        print(f"{lag * spacing:3d} px: correlation {covariance[lag] / covariance[0]:.2f}, "
              f"taken for {told:.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
